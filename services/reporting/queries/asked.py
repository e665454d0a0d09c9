"""What is asked: as of which positions and which time; and how fresh the answer is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

from services.reporting.projections.projection import STORES
from services.reporting.queries.figures import Figures
from services.reporting.queries.history import Position, as_json, known_facts, rows_of
from services.reporting.sql import statements
from shared.clock import Clock
from shared.contracts import require
from shared.streams.projection import Connection
from shared.web.asked import moment

_SQL = statements("services.reporting.queries", "asked.sql")
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for, as it was read from the request."""

    programme: str
    as_of: datetime | None = None
    effective_at: datetime | None = None
    after: Position | None = None

    @property
    def is_now(self) -> bool:
        """Whether the rows of now answer it."""
        return self.as_of is None and self.effective_at is None


@dataclass(frozen=True, slots=True)
class Answering:
    """One consistent look at everything: figures, positions and freshness belong together."""

    question: Question
    figures: Figures
    at: datetime
    positions: Sequence[Position]
    meta: dict[str, Any]
    connection: Connection
    now: datetime
    """Business time when it was asked."""


def question(
    programme: str, as_of: str | None = None, effective_at: str | None = None, after: str | None = None
) -> Question:
    """A question from its parameters as text; a day means its last microsecond in Bangkok.

    Raises Rejected ``query.unreadable``.
    """
    return Question(
        programme,
        moment("as_of", as_of),
        moment("effective_at", effective_at),
        None if after is None else position("after", after),
    )


def position(name: str, text: str) -> Position:
    """A position as ``store:shard:position``."""
    store, _, rest = text.strip().partition(":")
    shard, _, place = rest.partition(":")
    require(
        store.isidentifier() and shard.isdecimal() and place.isdecimal() and len(shard) < 6 and len(place) < 19,
        "query.unreadable",
        name=name,
        value=text,
    )
    return Position(store, int(shard), int(place))


@asynccontextmanager
async def answering(
    pool: Any, clock: Clock, asked: Question, *, consumer: str, stores: Sequence[str] = STORES, patience: float = 2.0
) -> AsyncIterator[Answering]:
    """Answer a question in one REPEATABLE READ transaction; waits up to ``patience`` seconds for ``after``.

    Raises Rejected: ``query.as_of_in_future``, ``programme.unknown``.
    """
    now = await clock.now()
    if asked.as_of is not None:
        require(asked.as_of <= now, "query.as_of_in_future", as_of=asked.as_of.isoformat(), now=now.isoformat())
    stale = asked.after is not None and not await _reached(pool, asked.after, patience)
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        yield await _look(connection, asked, now, stale, consumer, stores)


async def _reached(pool: Any, after: Position, patience: float) -> bool:
    """Whether a position was applied within ``patience`` seconds; no connection is held while it is awaited."""
    deadline = monotonic() + patience
    while await pool.fetchval(_SQL["reached"], after.store, after.shard) < after.position:
        if monotonic() >= deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


async def _look(
    connection: Connection, asked: Question, now: datetime, stale: bool, consumer: str, stores: Sequence[str]
) -> Answering:
    positions = await _positions(connection, asked.as_of)
    at = asked.effective_at or asked.as_of or now
    figures = await _figures(connection, asked, positions, at)
    freshness = await connection.fetchrow(_SQL["freshness"], consumer, list(stores))
    complete = freshness["complete_up_to"]
    counts = await figures.one("completeness_total")
    meta = {
        "positions": positions,
        "as_of": asked.as_of,
        "effective_at": asked.effective_at,
        "at": at,
        "final": bool(asked.as_of and complete and complete >= asked.as_of and not freshness["parked"]),
        "complete_up_to": complete,
        "newest_recorded_at": freshness["newest_recorded_at"],
        "completeness": {name: counts[name] for name in ("submitted", "verified", "expected")},
        "parked": freshness["parked"],
        "stale": stale,
    }
    return Answering(asked, figures, at, positions, meta, connection, now)


async def earlier(answer: Answering, as_of: datetime) -> Answering:
    """The same question as of an earlier time, within the same transaction; without ``meta``.

    Raises Rejected ``programme.unknown``.
    """
    asked = replace(answer.question, as_of=as_of, after=None)
    positions = await _positions(answer.connection, as_of)
    at = asked.effective_at or as_of
    figures = await _figures(answer.connection, asked, positions, at)
    return Answering(asked, figures, at, positions, {}, answer.connection, answer.now)


async def _figures(connection: Connection, asked: Question, positions: Sequence[Position], at: datetime) -> Figures:
    rows = None
    if not asked.is_now:
        facts = await known_facts(connection, asked.programme, positions)
        rows = as_json(rows_of(facts, asked.effective_at))
    figures = Figures(connection, asked.programme, at, rows)
    require(await figures.one("definition"), "programme.unknown", programme=asked.programme)
    return figures


async def _positions(connection: Connection, as_of: datetime | None) -> list[Position]:
    if as_of is None:
        rows = await connection.fetch(_SQL["positions"])
    else:
        rows = await connection.fetch(_SQL["positions_at"], as_of)
    return [Position(row["store"], row["shard"], row["position"]) for row in rows]
