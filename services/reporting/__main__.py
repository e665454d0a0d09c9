"""Processes of the reporting service: ``python -m services.reporting migrate|api|projector|monitor|rebuilder``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.starting import start

if TYPE_CHECKING:
    from shared.settings import Settings


async def api(settings: Settings, stop: asyncio.Event) -> None:
    """Serve the views."""
    from services.reporting.application import serve_reporting

    await serve_reporting(settings, stop)


async def migrate(settings: Settings, stop: asyncio.Event) -> None:
    """Bring the database up to date, and put up the views of analysts."""
    from services.reporting.analysis.install import install
    from shared.process import migrating

    await migrating("reporting")(settings, stop)
    await install(settings.owner_dsn("reporting"))


async def projector(settings: Settings, stop: asyncio.Event) -> None:
    """Project the topics of all stores, and follow their heads."""
    from services.reporting.processes import SEARCH_PATH, opened_pool
    from services.reporting.projections.heads import apply_heads
    from services.reporting.projections.projection import STORES, ReportingProjection
    from shared.streams.heads import Head, follow_heads
    from shared.streams.topics import Topics
    from shared.streams.working import broker_of, runner_of, work

    async with opened_pool(settings) as pool:

        async def keep(heads: Sequence[Head]) -> None:
            # Reporting's own store is not projected: how far it is says nothing of the views.
            async with pool.acquire() as connection, connection.transaction():
                await apply_heads(connection, [head for head in heads if head.store in STORES])

        async def follow(until: asyncio.Event) -> None:
            await follow_heads(broker_of(settings), Topics(settings.topic_prefix), keep, until)

        runner = runner_of(settings, "reporting", ReportingProjection(), connection=SEARCH_PATH)
        await work(settings, stop, [runner], follow)


async def monitor(settings: Settings, stop: asyncio.Event) -> None:
    """Watch the topics of all services, and judge alarms."""
    from services.reporting.alarms.running import opened_alarms
    from services.reporting.monitor.worker import Monitor
    from services.reporting.processes import opened_pool
    from shared.process import opened_store
    from shared.streams.working import Beside, work

    async with (
        opened_pool(settings) as pool,
        opened_store(settings, "reporting") as store,
        opened_alarms(settings, pool, store) as alarms,
    ):
        beside: list[Beside] = [Monitor(settings, pool, store.clock).run, alarms.run]
        await work(settings, stop, [], *beside)


async def rebuilder(settings: Settings, stop: asyncio.Event) -> None:
    """Make the views anew beside the live ones, as operators order it."""
    from services.reporting.rebuilding.rebuilder import Rebuilder
    from services.reporting.rebuilding.standing import Where
    from shared.streams.topics import Topics
    from shared.streams.working import broker_of, work

    topics = Topics(settings.topic_prefix)
    where = Where(settings.owner_dsn("reporting"), settings.dsn("reporting"), broker_of(settings), topics)
    await work(settings, stop, [], Rebuilder(where).run)


if __name__ == "__main__":
    roles = {"migrate": migrate, "api": api, "projector": projector, "monitor": monitor, "rebuilder": rebuilder}
    start("reporting", roles)
