"""The projection behind every figure: copies each event and brings the rows of its stream up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from services.reporting.projections.canaries import add_canaries, is_canary
from services.reporting.projections.copying import in_chunks, row_of
from services.reporting.projections.fact import VOIDED, Fact, from_copy, from_envelope
from services.reporting.projections.folding import (
    APPENDED,
    FOLDS,
    Folded,
    folded,
    kind_of,
    newly_voided,
    voided,
)
from services.reporting.projections.money import Money
from services.reporting.projections.recent import Recent
from services.reporting.projections.tables import EVENTS, TABLES, Given, Row
from services.reporting.sql import statements
from shared.contracts.envelope import Envelope
from shared.streams.projection import Connection, Unappliable

STORES = ("committee", "activity", "evaluation")
CACHED_STREAMS = 20_000
"""Folds kept in memory between batches; what is not among them is read anew from the copy when it is needed."""
LONG = frozenset({"budget"})
"""Kinds of streams that have no fold and may be too long to read whole when something in them is voided."""

_SQL = statements("services.reporting.projections", "statements.sql")
_CLEAR = statements("services.reporting.projections", "clear.sql")

_UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, ArithmeticError)


@dataclass(slots=True)
class _Batch:
    """What a batch comes to before anything is read."""

    told: defaultdict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    voidings: list[Fact] = field(default_factory=list)
    money: Money = field(default_factory=Money)
    begun: dict[str, Folded] = field(default_factory=dict)
    """Folds of the streams that begin in this batch: they have no rows yet."""
    carried_on: dict[str, Folded] = field(default_factory=dict)
    """Folds that were in memory, a step further: their rows replace those that stand."""
    missing: list[str] = field(default_factory=list)
    """Streams that must be folded anew from the copy."""


class ReportingProjection:
    """Writes the event copy and the row tables in the schema that the connection's search_path finds first.

    ``name`` tells rebuilds apart: each is a projection of its own, with a schema of its own. A stream's rows are the
    fold of its living events; as long as events come in order the fold is carried on from memory, else it is made anew
    from the copy.
    """

    def __init__(self, name: str = "reporting", stores: Sequence[str] = STORES) -> None:
        self.name = name
        self.stores = stores
        self._folds: Recent[Folded] = Recent(CACHED_STREAMS)

    def forget(self) -> None:
        """Drop the folds kept in memory."""
        self._folds.clear()

    async def event_id_at(self, connection: Connection, store: str, shard: int, position: int) -> str | None:
        """Id of the event copied from that place; None when there is none."""
        found = await connection.fetchval(_SQL["event_id_at"], store, shard, position)
        return None if found is None else str(found)

    async def apply(self, connection: Connection, events: Sequence[Envelope]) -> None:
        """Write the effect of a batch of one (store, shard).

        Raises Unappliable: ``event.unknown_type``, ``event.newer_version``, ``event.no_upcaster``, ``event.not_json``,
        ``projection.unreadable`` (a field is missing or of another kind), ``projection.unstorable``.
        """
        canaries = [event for event in events if is_canary(event)]
        told = [event for event in events if not is_canary(event)] if canaries else events
        try:
            if canaries:
                await add_canaries(connection, canaries)
            if told:
                await self._apply(connection, told)
        except asyncpg.DataError as error:
            raise Unappliable("projection.unstorable", str(error)) from error
        except _UNREADABLE as error:
            raise Unappliable("projection.unreadable", repr(error)) from error

    async def _apply(self, connection: Connection, events: Sequence[Envelope]) -> None:
        batch = _Batch()
        copies = self._taken_in(events, batch)
        await connection.copy_to_table(EVENTS.name, source=in_chunks(copies), columns=EVENTS.columns, format="binary")
        if batch.voidings or batch.missing or batch.carried_on:
            await connection.execute(_SQL["by_index"])
        if batch.voidings:
            await self._void(connection, batch.voidings, batch.money)
        await self._fold(connection, batch)
        if rows := batch.money.rows():
            await connection.execute(_SQL["add_budget"], *map(list, zip(*rows, strict=True)))
        if batch.voidings:
            await connection.execute(_SQL["drop_empty_budget"])
        last = events[-1]
        await connection.execute(_SQL["mark_applied"], last.store, last.shard, last.position, last.recorded_at)

    def _taken_in(self, events: Sequence[Envelope], batch: _Batch) -> Iterator[bytes]:
        """Rows of the copy; what needs no database is done between them and after, while the server takes them in."""
        told = batch.told
        for event in events:
            fact = from_envelope(event)
            told[fact.stream].append(fact)
            if fact.name == VOIDED:
                batch.voidings.append(fact)
            yield row_of(fact, event)
        for stream, facts in told.items():
            kind = FOLDS.get(kind_of(stream))
            if kind is None:
                batch.money.add(facts)
            elif facts[0].version == 1:
                batch.begun[stream] = folded(kind, stream, facts)
            elif (known := self._folds.get(stream)) is not None and known.follows(facts):
                known.step(facts)
                batch.carried_on[stream] = known
            else:
                batch.missing.append(stream)

    async def _void(self, connection: Connection, voidings: Sequence[Fact], money: Money) -> None:
        """Take what is voided out of the sums; of streams without a fold, name it in ``voided``."""
        streams = sorted({fact.stream for fact in voidings})
        histories = {
            **await _read(connection, "stream_events", [each for each in streams if kind_of(each) not in LONG]),
            **await _read(connection, "voiding_events", [each for each in streams if kind_of(each) in LONG]),
        }
        for history in histories.values():
            money.add(newly_voided(history, voidings), sign=-1)
        await _write_voided(connection, {each: histories[each] for each in streams if kind_of(each) not in FOLDS})

    async def _fold(self, connection: Connection, batch: _Batch) -> None:
        histories = await _read(connection, "stream_events", batch.missing)
        again = {each: folded(FOLDS[kind_of(each)], each, history) for each, history in histories.items()}
        rows: Given = defaultdict(list)
        old: defaultdict[str, list[str]] = defaultdict(list)
        for done in batch.begun.values():
            done.fold.give(rows)
        for stream, done in batch.carried_on.items():
            given: Given = defaultdict(list)
            done.fold.give(given)
            for table, its in given.items():
                rows[table] += its
                if table not in APPENDED:
                    old[table].append(stream)
        for stream, done in again.items():
            done.fold.give(rows)
            for table in done.fold.tables:
                old[table].append(stream)
        for table in {**old, **rows}:
            await _write(connection, table, rows[table], old[table])
        anew = {**batch.begun, **again}
        await _write_voided(
            connection, {each: histories.get(each, batch.told[each]) for each, done in anew.items() if done.voids}
        )
        self._folds.keep(anew)


async def _read(connection: Connection, statement: str, streams: Sequence[str]) -> dict[str, list[Fact]]:
    """Events of streams from the copy, in order of position."""
    found: dict[str, list[Fact]] = {stream: [] for stream in streams}
    for row in await connection.fetch(_SQL[statement], streams) if streams else ():
        found[row["stream"]].append(from_copy(row))
    return found


async def _write_voided(connection: Connection, histories: Mapping[str, Sequence[Fact]]) -> None:
    rows = [row for history in histories.values() for row in voided(history)]
    await _write(connection, "voided", rows, list(histories))


async def _write(connection: Connection, table: str, rows: Sequence[Row], clear: Sequence[str]) -> None:
    if clear:
        await connection.execute(_CLEAR[table], clear)
    if rows:
        await connection.copy_records_to_table(table, records=rows, columns=TABLES[table].columns)
