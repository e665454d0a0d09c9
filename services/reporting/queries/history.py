"""The rows as they were: the copy's events up to given positions, folded by the folds that make the rows of now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from services.reporting.projections.fact import Fact, from_copy
from services.reporting.projections.folding import FOLDS, Folded, kind_of, living, voided
from services.reporting.projections.money import Money
from services.reporting.projections.tables import TABLES, Given, Row, Rows, Table
from services.reporting.queries.figures import Shadows
from services.reporting.sql import statements
from shared.streams.projection import Connection

_SQL = statements("services.reporting.queries", "asked.sql")

EVIDENCE = Table("events", ("stream", "event_id", "name", "programme", "region", "occurred_at", "position", "data"))
"""What of the copy the figures themselves read."""
CONCLUDED = "EvaluationConcluded"
READ_OF_EVIDENCE = frozenset({"regions", "concluded_on", "conclusions", "recommendations", "guidelines"})
"""Fields that are read of it; what else an event says is left out, for it is much."""
EVERYTHING = ("",)
"""The beginning of every stream's name."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far one shard of one store was read."""

    store: str
    shard: int
    position: int


async def known_facts(
    connection: Connection,
    programme: str,
    positions: Sequence[Position],
    *,
    streams: Sequence[str] = EVERYTHING,
    names: Sequence[str] = (),
) -> list[Fact]:
    """A programme's events at or below ``positions``, by stream and position.

    Of streams that begin with one of ``streams`` and of events named in ``names``, with all voidings of those streams.
    """
    rows = await connection.fetch(
        _SQL["known_events"],
        programme,
        [each.store for each in positions],
        [each.shard for each in positions],
        [each.position for each in positions],
        list(streams),
        list(names),
    )
    return [from_copy(row) for row in rows]


async def events_between(
    connection: Connection, programme: str, before: Sequence[Position], after: Sequence[Position], most: int
) -> list[dict[str, Any]]:
    """A programme's events above the positions ``before`` and not above ``after``, as they were recorded; each says
    with ``total`` how many there are.
    """
    above = {(each.store, each.shard): each.position for each in before}
    rows = await connection.fetch(
        _SQL["events_between"],
        programme,
        [each.store for each in after],
        [each.shard for each in after],
        [above.get((each.store, each.shard), 0) for each in after],
        [each.position for each in after],
        most,
    )
    return [dict(row) for row in rows]


def rows_of(facts: Iterable[Fact], effective_at: datetime | None = None) -> Rows:
    """All rows of the row tables that these events make, of those in effect at ``effective_at`` (None: all).

    Under ``events`` stand the living ones that are evidence for an activity, and the conclusions.
    """
    by_stream: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_stream[fact.stream].append(fact)
    rows: Given = defaultdict(list, {table: [] for table in TABLES})
    money, alive = Money(), []
    for stream, history in by_stream.items():
        its = [fact for fact in living(history) if effective_at is None or fact.occurred_at <= effective_at]
        alive += its
        rows["voided"] += voided(history)
        money.add(its)
        _fold(stream, its, rows)
    rows["budget"] = money.rows()
    return {**rows, EVIDENCE.name: _evidence(rows["programme"], alive)}


def _fold(stream: str, facts: Iterable[Fact], rows: Given) -> None:
    kind = FOLDS.get(kind_of(stream))
    if kind is not None:
        done = Folded(kind(stream), None, False)
        done.step(facts)
        done.fold.give(rows)


def _evidence(programmes: Iterable[Row], facts: Iterable[Fact]) -> list[Row]:
    definition = TABLES["programme"].columns.index("definition")
    activities = [each for row in programmes for each in orjson.loads(row[definition])["activities"]]
    rules = [each["completed_when"] for each in activities if each.get("completed_when")]
    names = {CONCLUDED, *(name for rule in rules for name in rule["evidence"])}
    return [
        (
            fact.stream,
            fact.event_id,
            fact.name,
            fact.body["programme"],
            fact.body.get("region") or fact.body.get("scope"),
            fact.occurred_at,
            fact.position,
            orjson.dumps(
                {name: fact.body[name] for name in fact.body.keys() & READ_OF_EVIDENCE}, default=_text
            ).decode(),
        )
        for fact in facts
        if fact.name in names
    ]


def as_json(rows: Rows) -> Shadows:
    """Rows as queries take them in place of what is stored."""
    return {
        table: orjson.dumps([_object(table, row) for row in its], default=_text).decode() for table, its in rows.items()
    }


def _object(table: str, row: Row) -> Mapping[str, Any]:
    of = EVIDENCE if table == EVIDENCE.name else TABLES[table]
    return {
        column: orjson.Fragment(value) if column in of.json and value is not None else value
        for column, value in zip(of.columns, row, strict=True)
    }


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no JSON form here")
