"""What changed between two times: the figures that differ, and the events that were recorded between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.reporting import views
from services.reporting.queries.asked import Answering, earlier
from services.reporting.queries.history import events_between
from shared.contracts import require

MOST_EVENTS = 1000
"""How many events are told; ``events_total`` says how many there are."""
LINEAGE = "lineage"

Leaves = dict[tuple[str, str], Any]
"""Values by (figure, member). A figure's name is its lineage, or else its place in the answer."""


async def changes(answer: Answering, since: datetime) -> dict[str, Any]:
    """Figures of the nation and its regions that differ from ``since`` to what was asked, and the events between.

    Figures change without events too, when a day is over by which something was due. Raises Rejected
    ``query.unreadable`` for a ``since`` that is later, ``programme.unknown`` for one before the programme was known.
    """
    require(since <= (answer.question.as_of or answer.now), "query.unreadable", name="since", value=since.isoformat())
    before = await earlier(answer, since)
    then, now = await _leaves(before), await _leaves(answer)
    events = await events_between(
        answer.connection, answer.question.programme, before.positions, answer.positions, MOST_EVENTS
    )
    differing = [key for key in (now | then) if then.get(key) != now.get(key)]
    return {
        "since": since,
        "changes": [
            {
                "figure": figure,
                "member": member,
                "before": then.get((figure, member)),
                "after": now.get((figure, member)),
            }
            for figure, member in differing
        ],
        "events_total": events[0]["total"] if events else 0,
        "events": [{name: value for name, value in event.items() if name != "total"} for event in events],
    }


async def _leaves(answer: Answering) -> Leaves:
    national, regions = await views.national(answer), await views.regions(answer)
    cells = {"cells": await views.cells(answer)}
    return dict([*_walk(national, "national"), *_walk(regions, "regions"), *_walk(cells, "cells")])


def _walk(part: Mapping[str, Any], place: str) -> Iterator[tuple[tuple[str, str], Any]]:
    figure = part.get(LINEAGE) or place
    for name, value in part.items():
        match value:
            case Mapping():
                yield from _walk(value, f"{place}/{name}")
            case list() if value and all(isinstance(each, Mapping) for each in value):
                for number, each in enumerate(value):
                    yield from _walk(each, f"{place}/{_key(each, number)}")
            case _ if name != LINEAGE:
                yield (figure, name), value


def _key(row: Mapping[str, Any], number: int) -> str:
    return str(row.get("region") or row.get("code") or number)
