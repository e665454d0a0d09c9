"""Verifies the views: every row table equals what an independent fold makes of the topics up to the same positions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson

from oracle.asked import Asked, World
from oracle.differences import row_differences
from oracle.told import tell
from oracle.views import VIEWS
from services.reporting.sql import statements
from shared.contracts.envelope import Envelope, from_headers
from shared.contracts.event import ContractError
from shared.eventstore.finding import Finding, Progress
from shared.streams.broker import Broker
from shared.streams.topics import Topics, records

PART, SERVICE = "views", "reporting"
NO_TIME = datetime.max.replace(tzinfo=UTC)
"""Row tables do not depend on the time that is asked about."""
UNHURRIED = {"jit": "off", "idle_in_transaction_session_timeout": "0"}

_SQL = statements("obec", "recount.sql")

Row = Mapping[str, Any]
Record = tuple[str, int, int]
"""Store, shard, offset."""
Positions = Mapping[tuple[str, int], int]
"""By store and shard, up to which position."""


class Shown:
    """What the views show at one moment: how far they have read, what they left out, and every row of every table."""

    def __init__(
        self,
        positions: Positions,
        parked: Collection[Record],
        skipped: Collection[Record],
        rows: Mapping[str, Sequence[Row]],
    ) -> None:
        self.positions, self.rows = positions, rows
        self._parked, self._skipped = parked, skipped
        self._there = {(row["store"], row["shard"], row["position"]) for row in rows["events"]}

    def leaves_out(self, record: Record, event: Envelope) -> bool:
        """Whether an event is not expected: it is parked, or skipped and was not applied all the same later."""
        if record in self._parked:
            return True
        return record in self._skipped and (event.store, event.shard, event.position) not in self._there


async def verify_views(
    dsn: str, broker: Broker, topics: Topics, progress: Progress = lambda _count: None
) -> list[Finding]:
    """Verify every row table; the fold holds all events in memory. ``progress`` counts events and rows.

    [] before the views have read anything, and hold nothing.
    """
    shown = await _shown(dsn)
    if not shown.positions and not any(shown.rows.values()):
        return []
    events = [event async for event in _read(broker, topics, shown, progress)]
    return await asyncio.to_thread(_compare, shown, events, progress)


async def _shown(dsn: str) -> Shown:
    """All of one moment: the positions are those at which the rows are."""
    connection = await asyncpg.connect(dsn, timeout=10, server_settings=UNHURRIED)
    try:
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads, format="text"
        )
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.fetchval(_SQL["revision"])
            read = await connection.fetch(_SQL["read"])
            parked, skipped = [
                {(row["store"], row["shard"], row["record"]) for row in await connection.fetch(_SQL[name])}
                for name in ("parked", "skipped")
            ]
            rows: dict[str, Any] = {table: await connection.fetch(_SQL[table]) for table in VIEWS}
        return Shown({(row["store"], row["shard"]): row["position"] for row in read}, parked, skipped, rows)
    finally:
        await connection.close()


async def _read(broker: Broker, topics: Topics, shown: Shown, progress: Progress) -> AsyncIterator[Envelope]:
    """The events that the views are made of."""
    for (store, shard), last in shown.positions.items():
        async with aclosing(records(broker, topics.events(store), shard)) as sent:
            async for record in sent:
                try:
                    event = from_headers(record.headers, record.value)
                except ContractError:
                    continue  # a stranger's record is no event
                if event.position > last:
                    break
                if not shown.leaves_out((store, shard, record.offset), event):
                    yield event
                progress(1)


def _compare(shown: Shown, events: Sequence[Envelope], progress: Progress) -> list[Finding]:
    world = World(tell(events), Asked(at=NO_TIME))
    found = []
    for table, view in VIEWS.items():
        rows = shown.rows[table]
        lines = row_differences(table, view.key, view.rows(world), [dict(row) for row in rows])
        place, _, message = lines[0].partition(": ") if lines else ("", "", "")
        found.append(Finding(PART, SERVICE, table, len(rows), "rows", place, message))
        progress(len(rows))
    return found
