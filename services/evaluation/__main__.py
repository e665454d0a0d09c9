"""Processes of the evaluation service: ``python -m services.evaluation migrate|api|reactions``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from shared.starting import start

if TYPE_CHECKING:
    from shared.settings import Settings


async def api(settings: Settings, stop: asyncio.Event) -> None:
    """Serve HTTP and relay the events."""
    from services.evaluation import facts, http
    from services.evaluation.consumers import consumers
    from shared.service import Parts, serve_store

    parts = Parts(
        http.COLLECTIONS,
        http.LEARNED,
        facts=facts.FACTS,
        processes=["evaluation-reactions"],
        consumers=consumers,
    )
    await serve_store("evaluation", parts, settings, stop)


async def reactions(settings: Settings, stop: asyncio.Event) -> None:
    """Copy what is read of other services, measure by rule and score."""
    from services.evaluation import http, reactions
    from shared.eventstore.commands import CommandHandler
    from shared.process import opened_store
    from shared.streams.working import runner_of, work

    async with opened_store(settings, "evaluation") as store:
        learned = reactions.learner()
        handler = CommandHandler(store, [each.aggregate for each in http.COLLECTIONS], http.LEARNED)
        rules = reactions.Rules(handler, learned)
        runner = runner_of(settings, "evaluation", learned, recompute=True)
        await work(settings, stop, [runner], reactions.Worker(settings, store, rules).run)


if __name__ == "__main__":
    start("evaluation", {"api": api, "reactions": reactions})
