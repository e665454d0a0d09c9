"""What the processes of reporting stand on: their database, and one another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from shared.process import patiently, told_of
from shared.settings import Settings

SEARCH_PATH = {"search_path": "reporting, public"}
ASKING = {**SEARCH_PATH, "jit": "off", "plan_cache_mode": "force_generic_plan"}
"""Of the connections that answer questions: their statements are few, long and always the same; planning each anew took
more than half of the time."""
PROCESSES = ("reporting-projector",)
"""Without which this service does not do its work, beside its API."""
CONNECTIONS = 8
"""Of the pool that answers questions."""


@asynccontextmanager
async def opened_pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A pool on reporting's database, closed in the end. Raises StartRefused."""
    dsn = settings.dsn("reporting")
    with told_of("OBEC_REPORTING_DSN", "reporting"):
        pool = await patiently(
            lambda: _connected(asyncpg.create_pool(dsn, min_size=1, max_size=CONNECTIONS, server_settings=ASKING))
        )
        await pool.fetchval("SELECT count(*) FROM heads")
    try:
        yield pool
    finally:
        await pool.close()


async def _connected(pool: asyncpg.Pool) -> asyncpg.Pool:
    return await pool
