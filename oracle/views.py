"""Every row table of the dictionary of views: its key, and the function that makes its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from oracle.asked import World
from oracle.rows import (
    activities,
    committees,
    freshness,
    indicators,
    measurements,
    meetings,
    programmes,
    supervision,
)

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]


@dataclass(frozen=True)
class View:
    """A table: columns that tell its rows apart, and what makes them."""

    key: tuple[str, ...]
    rows: Callable[[World], Iterable[Row]]


VIEWS: Mapping[str, View] = {
    "events": View(("store", "shard", "position"), programmes.events),
    "programme": View(("programme",), programmes.programme),
    "committee": View(("stream", "valid_from"), committees.committee),
    "meeting": View(("stream",), meetings.meeting),
    "activity": View(("stream",), activities.activity),
    "briefing": View(("stream",), activities.briefing),
    "acknowledgement": View(("stream", "committee"), activities.acknowledgement),
    "budget": View(("programme", "activity", "region"), activities.budget),
    "indicator": View(("programme", "code"), indicators.indicator),
    "period": View(("programme", "period"), indicators.period),
    "period_extension": View(("programme", "period", "region"), indicators.period_extension),
    "measurement": View(("stream",), measurements.measurement),
    "score": View(("event_id",), measurements.score),
    "voided": View(("event_id",), programmes.voided),
    "visit": View(("stream",), supervision.visit),
    "recommendation": View(("stream",), supervision.recommendation),
    "applied": View(("store", "shard"), freshness.applied),
}


def tables(world: World) -> Tables:
    """All rows of all tables."""
    return {name: list(view.rows(world)) for name, view in VIEWS.items()}
