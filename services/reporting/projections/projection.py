"""The projection behind every figure: copies each event and brings the rows of its stream up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import asyncpg

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
from services.reporting.projections.tables import EVENTS, TABLES, Row
from services.reporting.sql import statements
from shared.contracts.envelope import Envelope
from shared.streams.projection import Connection, Unappliable

STORES = ("committee", "activity", "evaluation")
CACHED_STREAMS = 20_000
"""Folds kept in memory between batches; beyond that all are dropped and read anew from the copy when needed."""
LONG = frozenset({"budget"})
"""Kinds of streams that have no fold and may be too long to read whole when something in them is voided."""

_SQL = statements("services.reporting.projections", "statements.sql")
_CLEAR = statements("services.reporting.projections", "clear.sql")
REPLACED = frozenset(TABLES) - APPENDED
"""Tables of which a fold gives all of a stream's rows each time."""
ACTIVITY_EVENTS = frozenset(
    {"ActivityPlanned", "ActivityStarted", "ActivityCompleted", "ActivityCancelled", "DeadlineExtended"}
)
INDICATOR_EVENTS = frozenset({"TargetRevised", "IndicatorClosed"})

_UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, ArithmeticError)


class ReportingProjection:
    """Writes the event copy and the row tables in the schema that the connection's search_path finds first.

    ``name`` tells rebuilds apart: each is a projection of its own, with a schema of its own. A stream's rows are the
    fold of its living events; as long as events come in order the fold is carried on from memory, else it is made anew
    from the copy.
    """

    def __init__(self, name: str = "reporting", stores: Sequence[str] = STORES) -> None:
        self.name = name
        self.stores = stores
        self._folds: dict[str, Folded] = {}

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
        if not events:
            return
        try:
            await self._apply(connection, events)
        except asyncpg.DataError as error:
            raise Unappliable("projection.unstorable", str(error)) from error
        except _UNREADABLE as error:
            raise Unappliable("projection.unreadable", repr(error)) from error

    async def _apply(self, connection: Connection, events: Sequence[Envelope]) -> None:
        facts = [from_envelope(event) for event in events]
        copies = [_copy(fact, event) for fact, event in zip(facts, events, strict=True)]
        await connection.copy_records_to_table(EVENTS.name, records=copies, columns=EVENTS.columns)
        money = Money()
        money.add(facts)
        voidings = [fact for fact in facts if fact.name == VOIDED]
        if voidings:
            await self._void(connection, voidings, money)
        await self._fold(connection, facts)
        if rows := money.rows():
            await connection.execute(_SQL["add_budget"], *map(list, zip(*rows, strict=True)))
        if voidings:
            await connection.execute(_SQL["drop_empty_budget"])
        last = facts[-1]
        await connection.execute(_SQL["mark_applied"], last.store, last.shard, last.position, last.recorded_at)

    async def _void(self, connection: Connection, voidings: Sequence[Fact], money: Money) -> None:
        """Take what is voided out of the sums; of streams without a fold, name it in ``voided``."""
        store = voidings[0].store
        streams = sorted({fact.stream for fact in voidings})
        histories = {
            **await _read(connection, "stream_events", store, [each for each in streams if kind_of(each) not in LONG]),
            **await _read(connection, "voiding_events", store, [each for each in streams if kind_of(each) in LONG]),
        }
        for history in histories.values():
            money.add(newly_voided(history, voidings), sign=-1)
        await _write_voided(connection, {each: histories[each] for each in streams if kind_of(each) not in FOLDS})

    async def _fold(self, connection: Connection, facts: Sequence[Fact]) -> None:
        told: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            told[fact.stream].append(fact)
        begun: dict[str, Folded] = {}
        carried_on: dict[str, Folded] = {}
        missing: list[str] = []
        for stream, news in told.items():
            kind = FOLDS.get(kind_of(stream))
            if kind is None:
                continue
            if news[0].version == 1:
                begun[stream] = folded(kind, stream, news)
            elif (known := self._folds.get(stream)) is not None and known.follows(news):
                known.step(news)
                carried_on[stream] = known
            else:
                missing.append(stream)
        histories = await _read(connection, "stream_events", facts[0].store, missing)
        again = {each: folded(FOLDS[kind_of(each)], each, histories[each]) for each in missing}
        await _write_rows(connection, begun, clear=())
        await _write_rows(connection, carried_on, clear=REPLACED)
        await _write_rows(connection, again, clear=TABLES)
        both = {**{each: told[each] for each in begun}, **histories}
        anew = {**begun, **again}
        await _write_voided(connection, {each: both[each] for each, done in anew.items() if done.voids})
        self._keep(anew)

    def _keep(self, folds: Mapping[str, Folded]) -> None:
        if len(self._folds) + len(folds) > CACHED_STREAMS:
            self._folds.clear()
        if len(folds) <= CACHED_STREAMS:
            self._folds.update(folds)


def _copy(fact: Fact, envelope: Envelope) -> Row:
    body = fact.body
    indicator = body.get("indicator")
    code = body.get("code")
    return (
        fact.store,
        fact.shard,
        fact.position,
        fact.stream,
        fact.version,
        fact.event_id,
        envelope.type,
        fact.name,
        body.get("programme"),
        body.get("region") or body.get("scope"),
        code if fact.name in ACTIVITY_EVENTS else body.get("activity"),
        code if fact.name in INDICATOR_EVENTS else indicator["code"] if isinstance(indicator, dict) else indicator,
        body.get("period"),
        body.get("amount_satang"),
        body["event_id"] if fact.name == VOIDED else None,
        fact.occurred_at,
        fact.recorded_at,
        fact.received_at,
        envelope.metadata,
        envelope.data.decode(),
    )


async def _read(connection: Connection, statement: str, store: str, streams: Sequence[str]) -> dict[str, list[Fact]]:
    """Events of streams from the copy, in order of position."""
    found: dict[str, list[Fact]] = {stream: [] for stream in streams}
    for row in await connection.fetch(_SQL[statement], store, streams) if streams else ():
        found[row["stream"]].append(from_copy(row))
    return found


async def _write_rows(connection: Connection, folds: Mapping[str, Folded], clear: Collection[str]) -> None:
    """Write what folds give; of the tables in ``clear`` the streams' rows are taken away first."""
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    old: defaultdict[str, list[str]] = defaultdict(list)
    for stream, done in folds.items():
        for table, its in done.fold.rows().items():
            rows[table] += its
            if table in clear:
                old[table].append(stream)
    for table in rows:
        await _write(connection, table, rows[table], old[table])


async def _write_voided(connection: Connection, histories: Mapping[str, Sequence[Fact]]) -> None:
    rows = [row for history in histories.values() for row in voided(history)]
    await _write(connection, "voided", rows, list(histories))


async def _write(connection: Connection, table: str, rows: Sequence[Row], clear: Sequence[str]) -> None:
    if clear:
        await connection.execute(_CLEAR[table], clear)
    if rows:
        await connection.copy_records_to_table(table, records=rows, columns=TABLES[table].columns)
