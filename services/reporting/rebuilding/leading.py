"""Sees to it that one process alone makes rebuilds, however many are started."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from services.reporting.rebuilding.standing import NAMES
from shared.process import first_of

PING_SECONDS = 1.0
SESSION_TIMEOUT = "3s"
"""Of the session that holds the lock: a process that stands still for so long no longer leads."""


@asynccontextmanager
async def leading(dsn: str, stop: asyncio.Event) -> AsyncIterator[asyncio.Event | None]:
    """An event that is set with ``stop`` and when the session is lost; None while another process leads."""
    connection = await asyncpg.connect(
        dsn, timeout=5, command_timeout=10, server_settings={"idle_session_timeout": SESSION_TIMEOUT}
    )
    try:
        if await connection.fetchval(NAMES["lead"]):
            over = asyncio.Event()
            pinging = asyncio.create_task(_ping(connection, stop, over))
            try:
                yield over
            finally:
                pinging.cancel()
                await asyncio.gather(pinging, return_exceptions=True)
        else:
            yield None
    finally:
        connection.terminate()


async def _ping(connection: asyncpg.Connection, stop: asyncio.Event, over: asyncio.Event) -> None:
    try:
        while not stop.is_set():
            await connection.execute(NAMES["ping"])
            await first_of(stop, seconds=PING_SECONDS)
    finally:
        over.set()
