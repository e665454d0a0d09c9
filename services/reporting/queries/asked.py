"""What is asked: as of which positions and which time; and how fresh the answer is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

from services.reporting.projections.projection import STORES
from services.reporting.queries.figures import Figures
from services.reporting.queries.history import Position, as_json, known_facts, rows_of
from services.reporting.sql import statements
from shared.clock import Clock, ClockMode
from shared.contracts import require
from shared.streams.projection import Connection
from shared.thai.fiscal import bangkok_day
from shared.web.asked import last_of, moment

SCHEMA_VERSION = 1
"""Of the answers' shape: it rises when a member is taken away or comes to mean something else."""

_SQL = statements("services.reporting.queries", "asked.sql")
_BEGIN, _END = _SQL["begin"], _SQL["end"]
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Frozen:
    """Positions that were read once, and the time at which figures were judged then: the same is read again."""

    positions: tuple[Position, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for, as it was read from the request."""

    programme: str
    as_of: datetime | None = None
    effective_at: datetime | None = None
    after: Position | None = None
    frozen: Frozen | None = None

    @property
    def is_now(self) -> bool:
        """Whether the rows of now answer it."""
        return self.as_of is None and self.effective_at is None and self.frozen is None


@dataclass(frozen=True, slots=True)
class Look:
    """What an answer would be made of: how far the stores were read, the time of judging, and how fresh that is."""

    now: datetime
    """Business time when it was asked."""
    at: datetime
    positions: tuple[Position, ...]
    complete_up_to: datetime | None
    fresh_until: datetime | None
    """When the answer changes though nothing is recorded: a day is over, an order comes into effect."""
    newest_recorded_at: datetime | None
    parked: int
    final: bool
    simulated: bool
    revision: int
    """Of the views: another one after a swap, though the positions may be the same."""


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
        value=text[:100],
    )
    return Position(store, int(shard), int(place))


@asynccontextmanager
async def answering(
    pool: Any, clock: Clock, asked: Question, *, consumer: str, stores: Sequence[str] = STORES, patience: float = 2.0
) -> AsyncIterator[Answering]:
    """Answer a question in one REPEATABLE READ transaction; waits up to ``patience`` seconds for ``after``.

    Raises Rejected: ``query.as_of_in_future``, ``programme.unknown``.
    """
    stale = asked.after is not None and not await reached(pool, asked.after, patience)
    async with opened(pool) as connection:
        seen = await look(connection, clock, asked, consumer, stores)
        yield await answer_of(connection, asked, seen, stale=stale)


@asynccontextmanager
async def opened(pool: Any) -> AsyncIterator[Connection]:
    """A connection within one REPEATABLE READ transaction that writes nothing, while no other views take the place of
    those that answer: what is read from one table belongs to what is read from the next.
    """
    async with pool.acquire() as connection:
        try:
            await connection.execute(_BEGIN)
            yield connection
        finally:
            if not connection.is_closed() and connection.is_in_transaction():
                await connection.execute(_END)


async def reached(pool: Any, after: Position, patience: float) -> bool:
    """Whether a position was applied within ``patience`` seconds; no connection is held while it is awaited."""
    deadline = monotonic() + patience
    while await pool.fetchval(_SQL["reached"], after.store, after.shard) < after.position:
        if monotonic() >= deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


async def look(connection: Any, clock: Clock, asked: Question, consumer: str, stores: Sequence[str] = STORES) -> Look:
    """What the question would be answered from, read by one statement. Raises Rejected ``query.as_of_in_future``."""
    now = await clock.now()
    if asked.as_of is not None:
        # A day means its end: of today's, it is what is known so far, and not final before the day is over.
        known = asked.as_of <= now or asked.as_of == last_of(bangkok_day(now))
        require(known, "query.as_of_in_future", as_of=_told(asked.as_of), now=_told(now))
    row = await connection.fetchrow(_SQL["look"], consumer, list(stores), asked.as_of, now)
    read = tuple(map(Position, row["stores"], row["shards"], row["positions"]))
    complete = row["complete_up_to"]
    frozen, pinned = asked.frozen, asked.frozen.at if asked.frozen else asked.effective_at or asked.as_of
    return Look(
        now=now,
        at=pinned or row["turned"],
        positions=frozen.positions if frozen else read,
        # Heads come every few seconds; by the minute, an answer of now stays the same until something happens.
        complete_up_to=_whole_minute(complete) if asked.is_now else complete,
        fresh_until=row["turns_next"] if asked.is_now else None,
        newest_recorded_at=row["newest_recorded_at"],
        parked=row["parked"],
        final=bool(asked.as_of and complete and complete >= asked.as_of and not row["parked"]),
        simulated=clock.mode is ClockMode.SIMULATED,
        revision=row["revision"],
    )


async def answer_of(connection: Connection, asked: Question, seen: Look, *, stale: bool = False) -> Answering:
    """The figures that a look is of. Raises Rejected ``programme.unknown``."""
    figures = await _figures(connection, asked, seen.positions, seen.at)
    meta = meta_of(asked, seen, await figures.one("completeness_total"), stale=stale)
    return Answering(asked, figures, seen.at, seen.positions, meta, connection, seen.now)


def meta_of(asked: Question, seen: Look, counts: Mapping[str, Any], *, stale: bool) -> dict[str, Any]:
    """What an answer says of itself; ``counts``: figures submitted, verified and expected."""
    return {
        "positions": seen.positions,
        "as_of": asked.as_of,
        "effective_at": asked.effective_at,
        "at": seen.at,
        "final": seen.final,
        "complete_up_to": seen.complete_up_to,
        "fresh_until": seen.fresh_until,
        "newest_recorded_at": seen.newest_recorded_at,
        "completeness": {name: counts[name] for name in ("submitted", "verified", "expected")},
        "parked": seen.parked,
        "stale": stale,
        "simulated": seen.simulated,
        "schema_version": SCHEMA_VERSION,
    }


async def earlier(answer: Answering, as_of: datetime) -> Answering:
    """The same question as of an earlier time, within the same transaction; without ``meta``.

    Raises Rejected ``programme.unknown``.
    """
    asked = replace(answer.question, as_of=as_of, after=None, frozen=None)
    positions = await _positions(answer.connection, as_of)
    at = asked.effective_at or as_of
    figures = await _figures(answer.connection, asked, positions, at)
    return Answering(asked, figures, at, positions, {}, answer.connection, answer.now)


async def elsewhere(answer: Answering, programme: str) -> Answering:
    """The same question of another programme, within the same transaction; without ``meta``.

    Raises Rejected ``programme.unknown``.
    """
    asked = replace(answer.question, programme=programme)
    figures = await _figures(answer.connection, asked, answer.positions, answer.at)
    return Answering(asked, figures, answer.at, answer.positions, {}, answer.connection, answer.now)


async def _figures(connection: Connection, asked: Question, positions: Sequence[Position], at: datetime) -> Figures:
    rows = None
    if not asked.is_now:
        facts = await known_facts(connection, asked.programme, positions)
        rows = as_json(rows_of(facts, asked.effective_at))
    figures = Figures(connection, asked.programme, at, rows)
    require(await figures.one("definition"), "programme.unknown", programme=asked.programme[:100])
    return figures


async def _positions(connection: Connection, as_of: datetime) -> list[Position]:
    rows = await connection.fetch(_SQL["positions_at"], as_of)
    return [Position(row["store"], row["shard"], row["position"]) for row in rows]


def _told(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _whole_minute(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(second=0, microsecond=0)
