"""Two regions, two periods or two programmes side by side: what each says of the same thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from services.reporting import views
from services.reporting.leaves import Found, walk
from services.reporting.narrowing import narrowing
from services.reporting.queries.asked import Answering, elsewhere
from shared.contracts import Rejected, require
from shared.web.asked import at_most_one

Answer = dict[str, Any]
Side = Mapping[tuple[str, str], Found]

KINDS = ("region", "period", "programme")
"""What may be laid side by side; the query names the two as ``this_<kind>`` and ``with_<kind>``."""
_TELLING = frozenset({"stream", "event_id", "scored_by", "cause", "measured_id", "period", "scope", "indicator"})
"""What says which row it is, and no figure."""


async def compare(answer: Answering, query: Mapping[str, str]) -> Answer:
    """Each figure of the one beside the same of the other: ``this_region`` and ``with_region``, ``this_period`` and
    ``with_period``, or ``with_programme``.

    Raises Rejected ``query.unreadable`` when not just one such pair is named, ``programme.unknown*``.
    """
    kind = _kind(query)
    other = query[f"with_{kind}"]
    if kind == "programme":
        one, beside = answer.question.programme, other
        left = await _programme(answer)
        right = await _programme(await elsewhere(answer, other))
    else:
        one, beside = query[f"this_{kind}"], other
        definition = await answer.figures.one("definition")
        for name in (one, beside):
            narrowing({kind: name}).require_known(definition)
        sides = [narrowing({kind: name}) for name in (one, beside)]
        one, beside = ((each.region if kind == "region" else each.period) or "" for each in sides)
        of = _region if kind == "region" else _period
        left, right = await of(answer, one), await of(answer, beside)
    return {"of": kind, "left": one, "right": beside, "figures": list(_beside(left, right))}


def _kind(query: Mapping[str, str]) -> str:
    named = {kind: query.get(f"with_{kind}") for kind in KINDS}
    at_most_one(**{f"with_{kind}": value for kind, value in named.items()})
    kind = next((kind for kind, value in named.items() if value), None)
    if kind is None:
        raise Rejected("query.unreadable", name="with_region", value="")
    require(kind == "programme" or query.get(f"this_{kind}"), "query.unreadable", name=kind, value="")
    return kind


async def _region(answer: Answering, code: str) -> Side:
    """A region's summary, its figures of every period and its scores."""
    found = await views.region(answer, code)
    summary = {name: part for name, part in found.items() if isinstance(part, Mapping)}
    return _side([*walk(summary, ""), *_rows(found["cells"], ("indicator", "period"))])


async def _period(answer: Answering, period: str) -> Side:
    """The nation's figure of every indicator in a period, and its regions'."""
    nation = [row for each in (await views.indicators(answer))["indicators"] for row in each["nation"]]
    cells = await views.cells(answer)
    return _side(_rows([row for row in (*nation, *cells) if row["period"] == period], ("indicator", "scope")))


async def _programme(answer: Answering) -> Side:
    """The nation's counts and the totals of the programme, by place."""
    found = await views.national(answer)
    counts = {name: part for name, part in found.items() if isinstance(part, Mapping) and name != "programme"}
    return _side(walk(counts, ""))


def _rows(rows: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> Iterator[Found]:
    for row in rows:
        place = "/".join(str(row.get(key) or "TH") for key in keys)
        inner = {name: value for name, value in row.items() if name not in (*keys, *_TELLING)}
        yield from walk(inner, place)


def _side(found: Iterable[Found]) -> Side:
    return {(each.place, each.member): each for each in found}


def _beside(left: Side, right: Side) -> Iterator[Answer]:
    for place, member in dict.fromkeys((*left, *right)):
        one, other = left.get((place, member)), right.get((place, member))
        yield {
            "figure": place.strip("/"),
            "member": member,
            "left": one.value if one else None,
            "right": other.value if other else None,
            "left_lineage": one.lineage if one else None,
            "right_lineage": other.lineage if other else None,
        }
