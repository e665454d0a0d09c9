"""Processes of the evaluation service: ``python -m services.evaluation migrate|api``."""

from __future__ import annotations

import asyncio

from shared.process import run
from shared.settings import Settings


async def api(settings: Settings, stop: asyncio.Event) -> None:
    """Serve HTTP and relay the events."""
    from services.evaluation import http
    from shared.service import Parts, serve_store

    await serve_store("evaluation", Parts(http.COLLECTIONS, http.LEARNED), settings, stop)


if __name__ == "__main__":
    run("evaluation", {"api": api})
