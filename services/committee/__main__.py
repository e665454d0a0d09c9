"""Processes of the committee service: ``python -m services.committee migrate|api``."""

from __future__ import annotations

import asyncio

from shared.process import run
from shared.settings import Settings


async def api(settings: Settings, stop: asyncio.Event) -> None:
    """Serve HTTP and relay the events."""
    from services.committee import credentials, facts, http, persons
    from shared.service import Parts, serve_store
    from shared.web.auth import authorise

    parts = Parts(
        http.COLLECTIONS,
        http.LEARNED,
        lambda store: [persons.router(lambda: store.pool, authorise)],
        credentials.add_to,
        facts.FACTS,
    )
    await serve_store("committee", parts, settings, stop)


if __name__ == "__main__":
    run("committee", {"api": api})
