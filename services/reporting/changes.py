"""What changed between two times: the figures that differ, and the events that were recorded between them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.reporting import views
from services.reporting.leaves import Leaf, leaves
from services.reporting.queries.asked import Answering, earlier
from services.reporting.queries.history import events_between
from shared.contracts import require

MOST_EVENTS = 1000
"""How many events are told; ``events_total`` says how many there are."""


async def changes(answer: Answering, since: datetime) -> dict[str, Any]:
    """Figures of the nation and its regions that differ from ``since`` to what was asked, and the events between.

    Figures change without events too, when a day is over by which something was due. Raises Rejected
    ``query.unreadable`` for a ``since`` that is later, ``programme.unknown`` for one before the programme was known.
    """
    require(since <= (answer.question.as_of or answer.now), "query.unreadable", name="since", value=since.isoformat())
    before = await earlier(answer, since)
    events = await events_between(
        answer.connection, answer.question.programme, before.positions, answer.positions, MOST_EVENTS
    )
    return {
        "since": since,
        "changes": await differences(before, answer),
        "events_total": events[0]["total"] if events else 0,
        "events": [{name: value for name, value in event.items() if name != "total"} for event in events],
    }


async def differences(before: Answering, after: Answering) -> list[dict[str, Any]]:
    """The figures of the nation and its regions that differ between two answers."""
    then, now = await every_leaf(before), await every_leaf(after)
    return [
        {"figure": leaf.figure, "member": leaf.member, "before": then.get(leaf), "after": now.get(leaf)}
        for leaf in now | then
        if then.get(leaf) != now.get(leaf)
    ]


async def every_leaf(answer: Answering) -> dict[Leaf, Any]:
    """Every value of the nation, its regions and their cells."""
    national, regions = await views.national(answer), await views.regions(answer)
    cells = {"cells": await views.cells(answer)}
    return {**leaves(national, "national"), **leaves(regions, "regions"), **leaves(cells, "cells")}
