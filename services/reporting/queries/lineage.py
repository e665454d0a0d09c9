"""The events behind a figure, and the figure computed again from these events alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.reporting.projections.fact import VOIDED, Fact
from services.reporting.projections.folding import living
from services.reporting.queries.asked import Answering
from services.reporting.queries.figures import Figure, Figures
from services.reporting.queries.history import as_json, known_facts, rows_of
from shared.contracts import Rejected

CENTRE = "centre"
"""Stands for the centre in a figure's name."""
NATION = "TH"

Keep = Callable[[Sequence[Fact]], Iterable[Fact]]
"""Of a stream's events those that are behind a figure."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from: the row of a query, and the events of which it is made."""

    query: str
    row: Mapping[str, Any]
    """Columns that tell the figure's row; empty: the query gives one."""
    streams: tuple[str, ...]
    """Beginnings of the streams' names."""
    keep: Keep
    names: tuple[str, ...] = ()
    """Names of events besides, of whichever stream."""


async def lineage(answer: Answering, figure: str) -> dict[str, Any]:
    """A figure, the events behind it, and the figure made of them alone.

    ``figure`` is a name as the answers give it, such as ``cell/QN2/R07/2560-Q1``. Raises Rejected
    ``query.unknown_figure``.
    """
    asked = answer.question
    source = await _source(answer, figure)
    value = await _value(answer.figures, source)
    if value is None:
        raise Rejected("query.unknown_figure", figure=figure)
    rules = (f"programme:{asked.programme}", f"indicators:{asked.programme}")
    streams = (*source.streams, *rules)
    facts = await known_facts(answer.connection, asked.programme, answer.positions, streams=streams, names=source.names)
    behind = [fact for its in _by_stream(facts) for fact in _behind(its, source, rules)]
    rows = as_json(rows_of(behind, asked.effective_at))
    again = await _value(Figures(answer.connection, asked.programme, answer.at, rows), source)
    counted = {fact.event_id for its in _by_stream(behind) for fact in living(its)}
    return {
        "figure": figure,
        "value": value,
        "recomputed": again,
        "agrees": value == again,
        "events": [_told(fact, fact.event_id in counted, asked.effective_at) for fact in behind],
    }


async def _value(figures: Figures, source: Source) -> Figure | None:
    for row in await figures.all(source.query):
        if all(row[column] == value for column, value in source.row.items()):
            return row
    return None


async def _source(answer: Answering, figure: str) -> Source:
    """What a name stands for. Raises Rejected ``query.unknown_figure``."""
    programme = answer.question.programme
    match figure.split("/"):
        case ["committees"]:
            return Source("committee_counts", {}, (f"committee:{programme}:",), _all)
        case ["committee", region]:
            return Source("committees", {"region": region}, (f"committee:{programme}:{region}:",), _all)
        case ["meetings"]:
            return Source("meeting_total", {}, ("meeting:",), _all)
        case ["meetings", region]:
            return Source("meeting_counts", {"region": _region(region)}, ("meeting:",), _of_region(region))
        case ["activity", code]:
            return await _activity(answer, code)
        case ["budget"]:
            return Source("budget_total", {}, ("budget:",), _all)
        case ["budget", "activity", code]:
            return Source("budget_by_activity", {"activity": code}, ("budget:",), _of_money(activity=code))
        case ["budget", "region", region]:
            return Source("budget_by_region", {"region": _region(region)}, ("budget:",), _of_money(region=region))
        case ["budget", code, region]:
            of_both = _of_money(activity=code, region=region)
            return Source("budget", {"activity": code, "region": _region(region)}, ("budget:",), of_both)
        case ["cell", indicator, scope, period]:
            stream = f"measurement:{programme}:{indicator}:{scope}:{period}"
            return Source("cells", {"indicator": indicator, "scope": scope, "period": period}, (stream,), _all)
        case ["score", indicator, scope, period]:
            beginning = f"measurement:{programme}:{indicator}:"
            cell = {"indicator": indicator, "scope": scope, "period": period}
            return Source("scores", cell, (beginning,), _of_cell(scope, period))
        case ["nation", indicator, period]:
            beginning = f"measurement:{programme}:{indicator}:"
            row = {"indicator": indicator, "period": period}
            return Source("national_cells", row, (beginning,), _of_cell(NATION, period))
        case ["total", scope]:
            return Source("weighted_totals", {"scope": scope}, (f"measurement:{programme}:",), _of_cell(scope, "-Y"))
        case ["completeness"]:
            return Source("completeness_total", {}, (f"measurement:{programme}:",), _all)
        case ["completeness", region]:
            return Source("completeness", {"region": region}, (f"measurement:{programme}:",), _of_cell(region, "-Y"))
        case ["recommendations"]:
            return Source("recommendation_total", {}, ("recommendation:",), _all)
        case ["recommendations", region]:
            of_region = {"region": _region(region)}
            return Source("recommendation_counts", of_region, ("recommendation:",), _of_region(region))
        case ["visits"]:
            return Source("visit_total", {}, ("supervision:",), _all)
        case ["visits", region]:
            return Source("visit_counts", {"region": region}, ("supervision:",), _of_region(region))
        case ["briefing", stream]:
            return Source("briefings", {"stream": stream}, (stream,), _all)
        case _:
            raise Rejected("query.unknown_figure", figure=figure[:100])


async def _activity(answer: Answering, code: str) -> Source:
    stream = f"activity:{answer.question.programme}:{code}"
    progress = await answer.figures.all("activities")
    names = {name for row in progress if row["code"] == code for name in row["evidence"] or ()}

    def keep(facts: Sequence[Fact]) -> Iterable[Fact]:
        if facts[0].stream == stream:
            return facts
        return [fact for fact in facts if fact.name in names or fact.name == VOIDED]

    return Source("activities", {"code": code}, (stream,), keep, tuple(sorted(names)))


def _region(name: str) -> str | None:
    return None if name == CENTRE else name


def _all(facts: Sequence[Fact]) -> Iterable[Fact]:
    return facts


def _of_region(name: str) -> Keep:
    """Whole streams that speak of the region; of the centre those that speak of none."""

    def keep(facts: Sequence[Fact]) -> Iterable[Fact]:
        named = {fact.body["region"] for fact in facts if fact.body.get("region")}
        return facts if (not named if name == CENTRE else name in named) else ()

    return keep


def _of_money(activity: str | None = None, region: str | None = None) -> Keep:
    def counts(fact: Fact) -> bool:
        body = fact.body
        activities = {body.get("activity"), body.get("from_activity"), body.get("to_activity")}
        at = body.get("region") or CENTRE
        return (activity is None or activity in activities) and (region is None or region == at)

    def keep(facts: Sequence[Fact]) -> Iterable[Fact]:
        wanted = {fact.event_id for fact in facts if fact.name != VOIDED and counts(fact)}
        return [fact for fact in facts if fact.event_id in wanted or fact.voids in wanted]

    return keep


def _of_cell(scope: str, period: str) -> Keep:
    """Streams of what a score is rolled up from: of the nation all regions, of a year all its periods."""

    def keep(facts: Sequence[Fact]) -> Iterable[Fact]:
        _, _, _, its_scope, its_period = facts[0].stream.split(":")
        fits = scope in (NATION, its_scope) and (period.endswith("-Y") or period == its_period)
        return facts if fits else ()

    return keep


def _by_stream(facts: Iterable[Fact]) -> list[list[Fact]]:
    streams: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        streams[fact.stream].append(fact)
    return list(streams.values())


def _behind(facts: Sequence[Fact], source: Source, rules: Sequence[str]) -> Iterable[Fact]:
    return facts if facts[0].stream in rules else source.keep(facts)


def _told(fact: Fact, living: bool, effective_at: Any) -> dict[str, Any]:
    """``counts``: neither voided nor a voiding, and in effect at the time asked about."""
    return {
        "id": fact.event_id,
        "name": fact.name,
        "stream": fact.stream,
        "version": fact.version,
        "store": fact.store,
        "shard": fact.shard,
        "position": fact.position,
        "occurred_at": fact.occurred_at,
        "recorded_at": fact.recorded_at,
        "received_at": fact.received_at,
        "counts": living and (effective_at is None or fact.occurred_at <= effective_at),
    }
