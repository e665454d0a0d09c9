"""Processes of the activity service: ``python -m services.activity migrate|api|reactions``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from shared.starting import start

if TYPE_CHECKING:
    from shared.settings import Settings


async def api(settings: Settings, stop: asyncio.Event) -> None:
    """Serve HTTP and relay the events."""
    from services.activity import facts, http
    from services.activity.consumers import consumers
    from shared.service import Parts, serve_store

    parts = Parts(
        http.COLLECTIONS,
        http.LEARNED,
        facts=facts.FACTS,
        processes=["activity-reactions"],
        consumers=consumers,
    )
    await serve_store("activity", parts, settings, stop)


async def reactions(settings: Settings, stop: asyncio.Event) -> None:
    """Copy what is read of other services, and move the plan by evidence."""
    from services.activity import http, reactions
    from shared.eventstore.commands import CommandHandler
    from shared.process import opened_store
    from shared.streams.working import runner_of, work

    async with opened_store(settings, "activity") as store:
        learned = reactions.learner()
        handler = CommandHandler(store, [each.aggregate for each in http.COLLECTIONS], http.LEARNED)
        progress = reactions.progress(handler, learned)
        runners = [runner_of(settings, "activity", each, recompute=True) for each in (learned, progress)]
        await work(settings, stop, runners)


if __name__ == "__main__":
    start("activity", {"api": api, "reactions": reactions})
