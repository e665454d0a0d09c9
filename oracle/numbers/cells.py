"""Which figures there could be, which are due and which have come: cells and completeness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from oracle.days import last_day, over_at, periods
from oracle.numbers.subject import Subject, only
from oracle.views import Row
from shared.contracts.types import Frequency


def cell(subject: Subject) -> Iterable[Row]:
    """One row for each indicator, scope and period there could be a figure of."""
    definition = subject.definition
    if definition is None:
        return
    for indicator in subject.rows("indicator"):
        for period in periods(definition.fiscal_year, Frequency(indicator["frequency"])):
            for scope in subject.regions if indicator["measured_at"] == "region" else ("TH",):
                yield _cell(subject, indicator, period, scope)


def _cell(subject: Subject, indicator: Row, period: str, scope: str) -> Row:
    due = _due_on(subject, indicator, period, scope)
    applies = indicator["closed_at"] is None or indicator["closed_at"] >= over_at(due)
    past = subject.is_past(due)
    found = only(subject.rows("measurement"), indicator=indicator["code"], scope=scope, period=period)
    row = {
        "programme": subject.programme,
        "indicator": indicator["code"],
        "scope": scope,
        "period": period,
        "measured_at": indicator["measured_at"],
        "computed_by": indicator["computed_by"],
        "due_on": due,
        "applies": applies,
        "is_due": applies and past,
    }
    if found is not None:
        shown = ("status", "figure", "verified_figure", "first_received_at", "restatements", "returned_reason")
        return {
            **row,
            **{name: found[name] for name in shown},
            "provisional": found["status"] != "verified",
            "timely": found["first_received_at"] < over_at(due),
        }
    empty = "not_reported" if past else "not_due"
    return {
        **row,
        "status": empty if applies else "not_applicable",
        "figure": None,
        "verified_figure": None,
        "first_received_at": None,
        "restatements": None,
        "returned_reason": None,
        "provisional": False,
        "timely": False,
    }


def _due_on(subject: Subject, indicator: Row, period: str, scope: str) -> date:
    due: date = last_day(period) + timedelta(days=indicator["due_days"])
    extended = only(subject.rows("period_extension"), period=period, region=scope)
    return max(due, extended["until"]) if extended else due


def completeness(subject: Subject) -> Iterable[Row]:
    """One row a region, and one for the nation (region ``TH``) with their sums."""
    due = [row for row in cell(subject) if row["measured_at"] == "region" and row["is_due"]]
    for region in subject.regions:
        yield {"region": region, **_complete([row for row in due if row["scope"] == region])}
    yield {"region": "TH", **_complete(due)}


def _complete(due: Sequence[Row]) -> Row:
    return {
        "expected": len(due),
        "submitted": sum(row["status"] in ("waiting", "verified") or row["verified_figure"] is not None for row in due),
        "verified": sum(row["verified_figure"] is not None for row in due),
        "timely": sum(row["timely"] for row in due),
        "state": "due" if due else "not_due",
    }
