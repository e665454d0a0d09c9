"""Makes all rows anew in a schema beside the live one, and compares the two row by row at the same positions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from time import monotonic
from typing import Any

import asyncpg

from services.reporting.projections.projection import ReportingProjection
from services.reporting.sql import statements
from shared.streams.broker import Broker
from shared.streams.runner import Runner
from shared.streams.topics import Topics

Positions = Mapping[tuple[str, int], int]
"""Last position applied, by store and shard."""
Progress = Callable[[Positions, Positions], None]
"""Told how far the rebuild is, and how far it has to go."""
Row = Mapping[str, Any]

LIVE = "reporting"
POLL_SECONDS = 0.1

_SQL = statements("services.reporting", "rebuild.sql")
_TABLES = statements("services.reporting", "compare.sql")
_KEYS = {name: [key.strip() for key in text.partition("ORDER BY")[2].split(",")] for name, text in _TABLES.items()}


class RebuildStopped(Exception):
    """An event could not be applied and no operator has decided about it; the rebuilt schema is not whole."""


class NotComparable(Exception):
    """The two schemas did not stand at the same positions within the time allowed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not the same in both schemas; a side where there is no such row is None."""

    table: str
    key: tuple[Any, ...]
    live: Row | None
    rebuilt: Row | None


@dataclass(frozen=True, slots=True)
class Where:
    """The reporting database, for the role that owns its tables and for the one that runs, and the topics."""

    owner_dsn: str
    dsn: str
    broker: Broker
    topics: Topics


async def make_schema(owner_dsn: str, schema: str) -> None:
    """Make reporting's tables, empty, in a new schema. Raises asyncpg.DuplicateSchemaError."""
    owner = await asyncpg.connect(owner_dsn)
    try:
        async with owner.transaction():
            await owner.execute(_SQL["target"], schema)
            folder = files("services.reporting") / "migrations"
            for file in sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=lambda f: f.name):
                await owner.execute(file.read_text("utf-8"))
    finally:
        await owner.close()


async def rebuild(where: Where, schema: str, progress: Progress | None = None, *, stop: asyncio.Event) -> bool:
    """Fill a schema from offset 0 until it is as far as the live one; True then, False when ``stop`` was set before.

    The schema's name is its projection's too, so each rebuild has offsets of its own; one that was broken off goes on
    where it was. Records that an operator skips are skipped. Raises RebuildStopped.
    """
    path = {"search_path": f"{schema}, public"}
    runner = Runner(ReportingProjection(schema), where.dsn, where.broker, where.topics, settings=path)
    enough = asyncio.Event()
    running = asyncio.create_task(runner.run(enough))
    live = await _open(where.dsn, LIVE)
    there = await _open(where.dsn, schema)
    try:
        while not stop.is_set() and not running.done():
            goal, done = await _positions(live), await _positions(there)
            if progress is not None:
                progress(done, goal)
            await _require_whole(there, schema)
            if all(done.get(place, 0) >= position for place, position in goal.items()):
                return True
            await asyncio.sleep(POLL_SECONDS)
    finally:
        enough.set()
        await live.close()
        await there.close()
        await running
    return False


async def compare(
    dsn: str, schema: str, *, live: str = LIVE, most: int = 1000, patience: float = 30.0
) -> list[Difference]:
    """The rows that differ, ``most`` at most, read from both schemas at the same positions.

    Raises NotComparable when the two do not come to stand at the same positions within ``patience`` seconds.
    """
    one, other = await _open(dsn, live), await _open(dsn, schema)
    deadline = monotonic() + patience
    try:
        while True:
            async with _snapshot(one), _snapshot(other):
                if await _positions(one) == await _positions(other):
                    return await _differences(one, other, most)
            if monotonic() >= deadline:
                raise NotComparable(f"{live} and {schema} are not at the same positions")
            await asyncio.sleep(POLL_SECONDS)
    finally:
        await one.close()
        await other.close()


async def _differences(live: asyncpg.Connection, rebuilt: asyncpg.Connection, most: int) -> list[Difference]:
    found: list[Difference] = []
    for table in _TABLES:
        async for difference in _of_table(table, live, rebuilt):
            found.append(difference)
            if len(found) >= most:
                return found
    return found


async def _of_table(table: str, live: asyncpg.Connection, rebuilt: asyncpg.Connection) -> AsyncIterator[Difference]:
    """Goes through both in order of key, holding one row of each."""
    ours, theirs = _rows(live, table), _rows(rebuilt, table)
    mine, its = await anext(ours, None), await anext(theirs, None)
    while mine is not None or its is not None:
        here, there = _key(table, mine), _key(table, its)
        if there is None or (here is not None and here < there):
            yield Difference(table, here or (), mine, None)
            mine = await anext(ours, None)
        elif here is None or there < here:
            yield Difference(table, there, None, its)
            its = await anext(theirs, None)
        else:
            if mine != its:
                yield Difference(table, here, mine, its)
            mine, its = await anext(ours, None), await anext(theirs, None)


async def _rows(connection: asyncpg.Connection, table: str) -> AsyncIterator[Row]:
    async for row in connection.cursor(_TABLES[table], prefetch=1000):
        yield dict(row)


def _key(table: str, row: Row | None) -> tuple[Any, ...] | None:
    return None if row is None else tuple(row[name] for name in _KEYS[table])


def _snapshot(connection: asyncpg.Connection) -> Any:
    return connection.transaction(isolation="repeatable_read", readonly=True)


async def _open(dsn: str, schema: str) -> asyncpg.Connection:
    return await asyncpg.connect(dsn, server_settings={"search_path": f"{schema}, public"})


async def _positions(connection: asyncpg.Connection) -> Positions:
    return {(row["store"], row["shard"]): row["position"] for row in await connection.fetch(_SQL["positions"])}


async def _require_whole(connection: asyncpg.Connection, consumer: str) -> None:
    parked = await connection.fetchrow(_SQL["parked"], consumer)
    if parked is not None:
        place = f"{parked['store']}/{parked['shard']}, record {parked['record']}"
        raise RebuildStopped(f"{place}: {parked['code']} {parked['message']}")
