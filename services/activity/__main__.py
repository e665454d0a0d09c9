"""Processes of the activity service: ``python -m services.activity migrate|api``."""

from __future__ import annotations

from shared.service import Parts, run, serving


def parts() -> Parts:
    """What the service serves; imported only by the role that needs it."""
    from services.activity import http

    return Parts(http.COLLECTIONS, http.LEARNED)


if __name__ == "__main__":
    run("activity", {"api": serving("activity", parts)})
