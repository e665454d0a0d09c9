"""Rows of ``activity``, ``briefing``, ``acknowledgement`` and ``budget``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from oracle.asked import World
from oracle.told import Told
from shared.contracts.activity import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityPlanned,
    ActivityStarted,
    BudgetAllocated,
    BudgetTransferred,
    DeadlineExtended,
    DisbursementReversed,
    FundsDisbursed,
    PolicyAcknowledged,
    PolicyBriefed,
)

Row = dict[str, Any]

PLAN = (ActivityPlanned, ActivityStarted, ActivityCompleted, ActivityCancelled, DeadlineExtended)
SUMS = (
    "allocated",
    "transferred_in",
    "transferred_out",
    "disbursed",
    "payments",
    "reversed",
    "reversals",
)


def activity(world: World) -> Iterable[Row]:
    """One row an activity's stream."""
    for stream, facts in world.of(*PLAN).items():
        yield _activity(stream, facts)


def _activity(stream: str, facts: Sequence[Told]) -> Row:
    row: Row = {
        "stream": stream,
        "state": None,
        "opens": None,
        "closes": None,
        "planned_deadline": None,
        "deadline": None,
        "extensions": 0,
        "started_on": None,
        "completed_on": None,
        "cancelled_on": None,
        "outputs": [],
    }
    for told in facts:
        row = {**row, "programme": told.payload["programme"], "code": told.payload["code"], **_step(row, told)}
    return row


def _step(row: Row, told: Told) -> Row:
    state = row["state"]
    match told.event:
        case ActivityPlanned() as event:
            return {
                "state": state or "planned",
                "opens": event.opens,
                "closes": event.closes,
                "planned_deadline": event.deadline,
                "deadline": event.deadline,
            }
        case ActivityStarted() as event:
            return {"state": "started" if state in (None, "planned") else state, "started_on": event.started_on}
        case ActivityCompleted() as event:
            return {
                "state": "cancelled" if state == "cancelled" else "completed",
                "completed_on": event.completed_on,
                "outputs": list(event.outputs),
            }
        case ActivityCancelled() as event:
            return {
                "state": "completed" if state == "completed" else "cancelled",
                "cancelled_on": event.cancelled_on,
            }
        case DeadlineExtended() as event:
            return {"deadline": event.deadline, "extensions": row["extensions"] + 1}
        case _:
            return {}


def briefing(world: World) -> Iterable[Row]:
    """One row a briefing."""
    for stream, facts in world.of(PolicyBriefed).items():
        event = facts[-1].event
        assert isinstance(event, PolicyBriefed)
        yield {
            "stream": stream,
            "programme": event.programme,
            "activity": event.activity,
            "title": event.title,
            "briefed_on": event.briefed_on,
            "regions": list(event.regions),
        }


def acknowledgement(world: World) -> Iterable[Row]:
    """One row for each committee that acknowledged a briefing's policy."""
    for stream, facts in world.of(PolicyAcknowledged).items():
        last: dict[str, Row] = {}
        for told in facts:
            event = told.event
            assert isinstance(event, PolicyAcknowledged)
            last[event.committee] = {
                "stream": stream,
                "committee": event.committee,
                "programme": event.programme,
                "activity": event.activity,
                "region": event.region,
                "acknowledged_on": event.acknowledged_on,
            }
        yield from last.values()


def budget(world: World) -> Iterable[Row]:
    """Sums of money by programme, activity and region, in satang."""
    sums: dict[tuple[str, str, str], Row] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for told in world.living:
        match told.event:
            case BudgetAllocated() as event:
                sums[event.programme, event.activity, ""]["allocated"] += event.amount_satang
            case BudgetTransferred() as event:
                sums[event.programme, event.to_activity, ""]["transferred_in"] += event.amount_satang
                sums[event.programme, event.from_activity, ""]["transferred_out"] += event.amount_satang
            case FundsDisbursed() as event:
                row = sums[event.programme, event.activity, event.region or ""]
                row["disbursed"] += event.amount_satang
                row["payments"] += 1
            case DisbursementReversed() as event:
                row = sums[event.programme, event.activity, event.region or ""]
                row["reversed"] += event.amount_satang
                row["reversals"] += 1
    for (programme, code, region), row in sums.items():
        yield {"programme": programme, "activity": code, "region": region, **row}
