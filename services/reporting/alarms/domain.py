"""Conditions of the programme, judged from what the views answer of one programme at one business time.

Each function takes rows of queries of ``queries/figures.sql``, and of ``readings.sql``, by their names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from services.reporting.alarms.kinds import Condition, condition, of_day, of_period, of_region

Rows = Sequence[Mapping[str, Any]]

CENTRE = "centre"
WHOLE = Decimal(100)


def without_chair(programme: str, committees: Rows) -> Iterator[Condition]:
    """Appointed committees whose chair is vacant."""
    for row in committees:
        if row["state"] == "appointed" and "chair" in row["vacant"]:
            yield condition("committee.without_chair", row["region"], programme, **of_region(row["region"]))


def without_order(programme: str, due: Rows) -> Iterator[Condition]:
    """Proposals whose order is overdue: by the programme's ``appointment_days``, 60 where it says nothing."""
    for row in _overdue(due, "appointment"):
        said = of_region(row["region"]) | of_day(row["due_on"])
        yield condition("committee.without_order", row["region"], programme, **said)


def past_deadline(programme: str, due: Rows) -> Iterator[Condition]:
    """Activities and recommendations whose deadline is over."""
    for row in _overdue(due, "activity"):
        code = row["about"].rpartition(":")[2]
        yield condition("deadline.activity", code, programme, activity=code, **of_day(row["due_on"]))
    for row in _overdue(due, "recommendation"):
        said = of_region(row["region"]) | of_day(row["due_on"])
        yield condition("deadline.recommendation", row["about"], programme, **said)


def inquorate_twice(programme: str, meetings: Rows) -> Iterator[Condition]:
    """Regions, and the centre, whose last two sittings had no quorum."""
    sat = [row for row in meetings if row["started_at"] is not None]
    for region, rows in groupby(sorted(sat, key=_sitting), key=lambda row: row["region"]):
        quorate = [held for row in rows for held in _sittings(row)]
        if len(quorate) > 1 and not any(quorate[-2:]):
            yield condition("meeting.inquorate_twice", region or CENTRE, programme, **of_region(region))


def minutes_unapproved(programme: str, due: Rows) -> Iterator[Condition]:
    """Meetings whose minutes are overdue: by the programme's ``minutes_days``, 30 where it says nothing."""
    for row in _overdue(due, "minutes"):
        said = of_region(row["region"]) | of_day(row["due_on"])
        yield condition("meeting.minutes_unapproved", row["about"], programme, **said)


def late_figures(programme: str, cells: Rows, indicators: Rows) -> Iterator[Condition]:
    """Regions that sent nothing that was due of a period, and those of which part is overdue.

    What a rule measures by itself is nobody's to send.
    """
    computed = {row["code"] for row in indicators if row["computed_by"] is not None}
    due = defaultdict[tuple[str, str], list[str]](list)
    for row in cells:
        if row["is_due"] and row["indicator"] not in computed:
            due[row["scope"], row["period"]].append(row["status"])
    for (scope, period), states in due.items():
        missing = [state for state in states if state in ("not_reported", "returned")]
        said = of_region(scope) | of_period(period)
        if all(state == "not_reported" for state in states):
            yield condition("region.silent", f"{scope}:{period}", programme, **said)
        elif missing:
            yield condition("deadline.figures", f"{scope}:{period}", programme, count=len(missing), **said)


def weights_off(programme: str, indicators: Rows) -> Iterator[Condition]:
    """Indicators that do not weigh 100 together since one of them was closed."""
    left = [row["weight"] for row in indicators if row["closed_at"] is None]
    total = sum(left, Decimal())
    if len(left) < len(indicators) and total != WHOLE:
        yield condition("indicators.weights", "all", programme, sum=format(total.normalize(), "f"))


def unverified_scores(programme: str, unverified: Rows) -> Iterator[Condition]:
    """Scores whose scope is measured by itself and has no verified figure."""
    for row in unverified:
        scope, period = row["scope"], row["period"]
        said = {"indicator": row["indicator"], **of_region(scope), **of_period(period)}
        yield condition("score.unverified", f"{row['indicator']}:{scope}:{period}", programme, **said)


def _overdue(due: Rows, kind: str) -> Iterator[Mapping[str, Any]]:
    return (row for row in due if row["kind"] == kind and row["overdue"])


def _sitting(row: Mapping[str, Any]) -> tuple[str, Any]:
    return row["region"] or "", row["started_at"]


def _sittings(row: Mapping[str, Any]) -> Iterator[bool]:
    """Whether each sitting of a meeting had a quorum: those that were adjourned had none."""
    yield from (False for _ in range(row["adjourned"]))
    if row["state"] == "held":
        yield row["quorate"]
