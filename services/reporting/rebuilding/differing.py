"""Compares two schemas row by row at the same positions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import asyncpg

from services.reporting.rebuilding.filling import POLL_SECONDS
from services.reporting.rebuilding.standing import LIVE, in_schema, standing
from services.reporting.sql import statements

Row = Mapping[str, Any]
MOST = 1000
"""Differences that are told."""
ROWS = 1000
"""Read at once."""

_TABLES = statements("services.reporting.rebuilding", "compare.sql")
_KEYS = {name: [key.strip() for key in text.partition("ORDER BY")[2].split(",")] for name, text in _TABLES.items()}


class NotComparable(Exception):
    """The two schemas did not stand at the same positions within the time allowed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not the same in both schemas; a side where there is no such row is None."""

    table: str
    key: tuple[Any, ...]
    live: Row | None
    rebuilt: Row | None


class Snapshots:
    """One look at each of two schemas, which does not change any more; made by ``snapshots``."""

    def __init__(self, one: asyncpg.Connection, other: asyncpg.Connection) -> None:
        self._one, self._other = one, other

    async def differences(self, most: int = MOST) -> list[Difference]:
        """The rows that differ, ``most`` at most."""
        found: list[Difference] = []
        for table in _TABLES:
            async for difference in _of_table(table, self._one, self._other):
                found.append(difference)
                if len(found) >= most:
                    return found
        return found


@asynccontextmanager
async def snapshots(dsn: str, one: str, other: str) -> AsyncIterator[tuple[Snapshots, bool]]:
    """Both schemas as they are now, and whether they stand at the same positions."""
    mine, its = await in_schema(dsn, one), await in_schema(dsn, other)
    try:
        async with _still(mine), _still(its):
            same = await standing(mine, one) == await standing(its, other)
            yield Snapshots(mine, its), same
    finally:
        await mine.close()
        await its.close()


async def compare(
    dsn: str, schema: str, *, live: str = LIVE, most: int = MOST, patience: float = 30.0
) -> list[Difference]:
    """The rows that differ, ``most`` at most, read from both schemas at the same positions.

    Raises NotComparable when the two do not come to stand at the same positions within ``patience`` seconds.
    """
    deadline = monotonic() + patience
    while True:
        async with snapshots(dsn, live, schema) as (both, same):
            if same:
                return await both.differences(most)
        if monotonic() >= deadline:
            raise NotComparable(f"{live} and {schema} are not at the same positions")
        await asyncio.sleep(POLL_SECONDS)


async def _of_table(table: str, live: asyncpg.Connection, rebuilt: asyncpg.Connection) -> AsyncIterator[Difference]:
    """Goes through both in order of key. Where they are the same, which is nearly everywhere, no row is looked into."""
    ours, theirs = await live.cursor(_TABLES[table]), await rebuilt.cursor(_TABLES[table])
    mine: list[asyncpg.Record] = []
    its: list[asyncpg.Record] = []
    while True:
        mine = mine or await ours.fetch(ROWS)
        its = its or await theirs.fetch(ROWS)
        both = min(len(mine), len(its))
        if mine[:both] == its[:both]:
            mine, its = mine[both:], its[both:]
        if mine and its:
            here, there = _key(table, mine[0]), _key(table, its[0])
            if here < there:
                yield Difference(table, here, dict(mine.pop(0)), None)
            elif there < here:
                yield Difference(table, there, None, dict(its.pop(0)))
            elif mine[0] == its[0]:
                del mine[0], its[0]
            else:
                yield Difference(table, here, dict(mine.pop(0)), dict(its.pop(0)))
        elif both == 0:
            for row in mine:
                yield Difference(table, _key(table, row), dict(row), None)
            for row in its:
                yield Difference(table, _key(table, row), None, dict(row))
            if not mine and not its:
                return
            mine, its = [], []


def _key(table: str, row: asyncpg.Record) -> tuple[Any, ...]:
    return tuple(row[name] for name in _KEYS[table])


def _still(connection: asyncpg.Connection) -> Any:
    return connection.transaction(isolation="repeatable_read", readonly=True)
