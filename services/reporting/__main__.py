"""Processes of the reporting service: ``python -m services.reporting migrate|api|projector``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from shared.clock import Clock, ClockMode, RealClock, SimulatedClock
from shared.process import patiently, run, told_of
from shared.settings import Settings

SEARCH_PATH = {"search_path": "reporting, public"}


@asynccontextmanager
async def opened_pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A pool on reporting's database, closed in the end. Raises StartRefused."""
    dsn = settings.dsn("reporting")
    with told_of("OBEC_REPORTING_DSN", "reporting"):
        pool = await patiently(
            lambda: _connected(asyncpg.create_pool(dsn, min_size=1, max_size=8, server_settings=SEARCH_PATH))
        )
        await pool.fetchval("SELECT count(*) FROM heads")
    try:
        yield pool
    finally:
        await pool.close()


async def _connected(pool: asyncpg.Pool) -> asyncpg.Pool:
    return await pool


async def api(settings: Settings, stop: asyncio.Event) -> None:
    """Serve the views."""
    import httpx

    from services.reporting.http import reporting_api
    from services.reporting.receipts import Receipts
    from shared.service import WRITE_SERVICES, listen, serve
    from shared.web.app import VERSION, base_app
    from shared.web.auth import Authenticator
    from shared.web.health import Check
    from shared.web.published import Published

    async with AsyncExitStack() as stack:
        listening = stack.enter_context(listen(settings, "reporting"))
        pool = await stack.enter_async_context(opened_pool(settings))
        authenticator = Authenticator(settings.issuers)
        stack.push_async_callback(authenticator.close)
        clock: Clock = RealClock()
        if settings.clock is ClockMode.SIMULATED:
            clock = SimulatedClock(pool)
            await clock.begin()
        views = reporting_api(lambda: pool, clock)
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        Published("reporting", {}, VERSION).add_to(views)
        Receipts({service: settings.url(service) for service in WRITE_SERVICES}, client).add_to(views)

        async def reached() -> str:
            await pool.fetchval("SELECT 1")
            return "reached"

        app = base_app(
            "reporting",
            authenticator,
            checks=[Check("views", reached)],
            clock=clock,
            api=views,
            public_read=settings.public_read,
        )
        await serve(app, listening, stop, settings)


async def projector(settings: Settings, stop: asyncio.Event) -> None:
    """Project the topics of all stores, and follow their heads."""
    from services.reporting.projections.heads import apply_heads
    from services.reporting.projections.projection import ReportingProjection
    from shared.streams.heads import Head, follow_heads
    from shared.streams.topics import Topics
    from shared.streams.working import broker_of, runner_of, work

    async with opened_pool(settings) as pool:

        async def keep(heads: Sequence[Head]) -> None:
            async with pool.acquire() as connection, connection.transaction():
                await apply_heads(connection, heads)

        async def follow(until: asyncio.Event) -> None:
            await follow_heads(broker_of(settings), Topics(settings.topic_prefix), keep, until)

        runner = runner_of(settings, "reporting", ReportingProjection(), connection=SEARCH_PATH)
        await work(settings, stop, [runner], follow)


if __name__ == "__main__":
    run("reporting", {"api": api, "projector": projector})
