"""All numbers, by the names under which reporting asks for them, with the columns that the dictionary fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from oracle.numbers.cells import cell, completeness
from oracle.numbers.dues import activity_progress, due, due_item
from oracle.numbers.regions import region_committee
from oracle.numbers.scores import current_score, national_cell, weighted_total, year_score
from oracle.numbers.subject import Subject
from oracle.numbers.sums import all_meetings, briefings, in_all, meetings, money, recommendations, visits
from oracle.views import Row


@dataclass(frozen=True)
class Number:
    """Rows of a question: columns that tell them apart, further columns that are compared, and what makes them."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Callable[[Subject], Iterable[Row]]


SCORE = ("event_id", "figure", "target", "score", "level", "weight", "weighted", "scheme", "indicator_version", "cause")
ROLLED_UP = ("regions_counted", "regions_expected", "provisional")
OF_CELL = ("measured_at", "due_on", "is_due", "status", "provisional", "timely", "figure", "first_received_at")


OF_MEETING = (
    *("region", "activity", "number", "state", "scheduled_at", "place", "rescheduled", "notice_on", "adjourned"),
    *("started_at", "ended_at", "committee", "committee_version", "voting", "present", "quorate", "resolutions"),
    *("resolution_list", "corrected", "minutes_on"),
)
OF_INDICATOR = (
    *("version", "kind", "measured_at", "frequency", "period_rule", "national_rule", "computed_by", "due_days"),
    *("baseline", "target", "national_target", "weight", "revisions", "closed_at"),
)
OF_RECOMMENDATION = (
    *("region", "visit", "issued_on", "due_on", "text", "owner", "state", "follow_ups"),
    *("last_followed_up_on", "closed_on"),
)


def _where(rows: Callable[[Subject], Iterable[Row]], **columns: Any) -> Callable[[Subject], Iterable[Row]]:
    return lambda subject: [row for row in rows(subject) if all(row[name] == value for name, value in columns.items())]


def _but(rows: Callable[[Subject], Iterable[Row]], **columns: Any) -> Callable[[Subject], Iterable[Row]]:
    return lambda subject: [row for row in rows(subject) if all(row[name] != value for name, value in columns.items())]


def _by(kind: str) -> Callable[[Subject], Iterable[Row]]:
    return lambda subject: [{**row, kind: row["of"]} for row in money(subject) if row["by"] == kind]


def _scored_cells(subject: Subject) -> Iterable[Row]:
    """The cells with the score that holds of each."""
    scores = {(row["indicator"], row["scope"], row["period"]): row for row in current_score(subject)}
    for row in cell(subject):
        score = scores.get((row["indicator"], row["scope"], row["period"]), {})
        yield {**row, "score": score.get("score"), "cause": score.get("cause"), "scored_by": score.get("event_id")}


def _table(name: str) -> Callable[[Subject], Iterable[Row]]:
    return lambda subject: subject.rows(name)


def _total(rows: Callable[[Subject], Iterable[Row]]) -> Callable[[Subject], Iterable[Row]]:
    return lambda subject: [in_all(rows(subject))]


def _committee_counts(subject: Subject) -> Iterable[Row]:
    rows = list(region_committee(subject))
    states = [row["state"] for row in rows]
    yield {
        "regions": len(rows),
        **{state: states.count(state) for state in ("appointed", "proposed", "dissolved")},
        "with_vacancy": sum(bool(row["vacant"]) for row in rows),
    }


def _budget(subject: Subject) -> Iterable[Row]:
    for row in subject.rows("budget"):
        budget = row["allocated"] + row["transferred_in"] - row["transferred_out"]
        yield {**row, "budget": budget, "net_disbursed": row["disbursed"] - row["reversed"]}


MONEY = ("allocated", "budget", "net_disbursed", "remaining")
DUE = ("next_due", "overdue")
COMPLETE = ("expected", "submitted", "verified", "timely", "state")

NUMBERS: Mapping[str, Number] = {
    "committees": Number(("region",), ("state", "stream", "vacant", "members", "order_number"), region_committee),
    "meeting_counts": Number(("region",), ("held", "scheduled", "cancelled", "inquorate", "resolutions"), meetings),
    "meeting_total": Number((), ("held", "scheduled", "cancelled", "inquorate", "resolutions"), _total(meetings)),
    "meetings": Number(("stream",), (*OF_MEETING, "voting_now", "present_now", "quorate_now"), all_meetings),
    "committee_counts": Number(
        (), ("regions", "appointed", "proposed", "dissolved", "with_vacancy"), _committee_counts
    ),
    "activities": Number(
        ("code",),
        ("state", "opens", "closes", "deadline", "overdue", "days_late", "needed", "counted"),
        activity_progress,
    ),
    "budget_by_activity": Number(("activity",), MONEY, _by("activity")),
    "budget_by_region": Number(("region",), ("net_disbursed",), _by("region")),
    "budget_total": Number((), MONEY, _by("all")),
    "cells": Number(
        ("indicator", "scope", "period"),
        (*OF_CELL, "verified_figure", "restatements", "returned_reason", "score", "cause", "scored_by"),
        _scored_cells,
    ),
    "national_cells": Number(("indicator", "period"), ("figure", "score", *ROLLED_UP, "status"), national_cell),
    "scores": Number(("indicator", "scope", "period"), (*SCORE, *ROLLED_UP), current_score),
    "year_scores": Number(("indicator", "scope"), ("period", *SCORE, *ROLLED_UP), year_score),
    "weighted_totals": Number(("scope",), ("total", "weight"), weighted_total),
    "completeness": Number(("region",), COMPLETE, _but(completeness, region="TH")),
    "completeness_total": Number((), COMPLETE, _where(completeness, region="TH")),
    "budget": Number(
        ("activity", "region"),
        ("allocated", "budget", "disbursed", "reversed", "net_disbursed", "payments", "reversals"),
        _budget,
    ),
    "indicators": Number(("code",), OF_INDICATOR, _table("indicator")),
    "recommendations": Number(("stream",), OF_RECOMMENDATION, _table("recommendation")),
    "recommendation_total": Number((), ("open", "closed", "overdue", "oldest_open_days"), _total(recommendations)),
    "visits": Number(("stream",), ("region", "visited_on", "visited_by", "findings", "no_findings"), _table("visit")),
    "visit_total": Number((), ("visits", "findings"), _total(visits)),
    "acknowledgements": Number(
        ("stream", "committee"), ("activity", "region", "acknowledged_on"), _table("acknowledgement")
    ),
    "recommendation_counts": Number(("region",), ("open", "closed", "overdue", "oldest_open_days"), recommendations),
    "visit_counts": Number(("region",), ("visits", "days", "findings"), visits),
    "briefings": Number(("stream",), ("called", "acknowledged"), briefings),
    "due": Number(("kind", "about"), ("region", "due_on"), due_item),
    "due_counts": Number(("region",), DUE, _but(due, region="TH")),
    "due_total": Number((), DUE, _where(due, region="TH")),
}


def expected_rows(number: Number, subject: Subject) -> list[Row]:
    """The oracle's rows with the columns that are compared; what a row does not have is None."""
    return [
        {name: _shown(name, row.get(name)) for name in (*number.key, *number.columns)} for row in number.rows(subject)
    ]


def _shown(name: str, value: Any) -> Any:
    """The centre is '' wherever a region stands."""
    return "" if name == "region" and value is None else value
