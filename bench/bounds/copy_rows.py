"""The least that puts a projection's rows into its tables: binary COPY, a transaction for each 10,000 events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import asyncpg

from services.reporting.projections.tables import TABLES

AT_ONCE = 10_000
SEARCH_PATH = {"search_path": "reporting, public"}
MOVE = (
    "UPDATE consumer_offsets SET next_offset = $1, position = $1, moved_at = clock_timestamp() WHERE consumer = 'bare'"
)


async def export(dsn: str, events: int, folder: Path) -> int:
    """Write a projected database's rows to files as COPY wants them back; returns how many rows there are."""
    connection = await asyncpg.connect(dsn, server_settings=SEARCH_PATH)
    try:
        rows = events
        for first in range(0, events, AT_ONCE):
            await connection.copy_from_query(
                "SELECT * FROM events WHERE position > $1 AND position <= $2 ORDER BY position",
                first,
                first + AT_ONCE,
                output=folder / f"events-{first}",
                format="binary",
            )
        for table in TABLES:
            said = await connection.copy_from_table(table, output=folder / table, format="binary")
            rows += int(said.removeprefix("COPY "))
        return rows
    finally:
        await connection.close()


async def copy_back(dsn: str, events: int, folder: Path) -> float:
    """Seconds to put the rows into an empty database; what is not an event's copy goes in whole, in the end."""
    connection = await asyncpg.connect(dsn, server_settings=SEARCH_PATH)
    try:
        await connection.execute("INSERT INTO consumer_offsets (consumer, store, shard) VALUES ('bare', '', 0)")
        began = perf_counter()
        for first in range(0, events, AT_ONCE):
            async with connection.transaction():
                await connection.execute(MOVE, first + AT_ONCE)
                await connection.copy_to_table("events", source=_read(folder / f"events-{first}"), format="binary")
        async with connection.transaction():
            for table in TABLES:
                await connection.copy_to_table(table, source=_read(folder / table), format="binary")
        return perf_counter() - began
    finally:
        await connection.close()


async def _read(file: Path) -> AsyncIterator[bytes]:
    yield file.read_bytes()
