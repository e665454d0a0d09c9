"""Where the live consumer and those of rebuilds stand, and what a rebuild needs to know of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from services.reporting.sql import statements
from shared.streams.broker import Broker
from shared.streams.topics import Topics

LIVE = "reporting"
"""Schema and consumer of the views that answer."""

Standing = Mapping[tuple[str, int], int]
"""Offset of the next record, by store and shard; a shard of which nothing was read is not in it."""

NAMES = statements("services.reporting.rebuilding", "standing.sql")


@dataclass(frozen=True, slots=True)
class Where:
    """The reporting database, for the role that owns its tables and for the one that runs, and the topics."""

    owner_dsn: str
    dsn: str
    broker: Broker
    topics: Topics


async def standing(connection: Any, consumer: str) -> Standing:
    """Where a consumer stands; ``connection`` may be a pool."""
    return _standing(await connection.fetch(NAMES["standing"], consumer))


async def locked_standing(connection: Any, consumer: str) -> Standing:
    """The same, and it stays there until the transaction of ``connection`` ends."""
    return _standing(await connection.fetch(NAMES["lock_standing"], consumer))


def is_behind(one: Standing, other: Standing) -> bool:
    """Whether ``one`` has not read some record that ``other`` has."""
    return any(one.get(place, 0) < record for place, record in other.items())


async def in_schema(dsn: str, schema: str) -> asyncpg.Connection:
    """A connection that finds reporting's tables in that schema first."""
    return await asyncpg.connect(dsn, server_settings={"search_path": f"{schema}, public"})


def _standing(rows: Any) -> Standing:
    return {(row["store"], row["shard"]): row["record"] for row in rows}
