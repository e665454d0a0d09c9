"""All numbers, by the names under which reporting asks for them, with the columns that the dictionary fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.numbers.cells import cell, completeness
from tests.oracle.numbers.dues import activity_progress, due, due_item
from tests.oracle.numbers.regions import region_committee
from tests.oracle.numbers.scores import current_score, national_cell, weighted_total, year_score
from tests.oracle.numbers.subject import Subject
from tests.oracle.numbers.sums import briefings, judged_otherwise_now, meetings, money, recommendations, visits
from tests.oracle.views import Row


@dataclass(frozen=True)
class Number:
    """Rows of a question: columns that tell them apart, further columns that are compared, and what makes them."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Callable[[Subject], Iterable[Row]]


SCORE = ("event_id", "figure", "target", "score", "level", "weight", "weighted", "scheme", "indicator_version", "cause")
ROLLED_UP = ("regions_counted", "regions_expected", "provisional")
OF_CELL = ("measured_at", "due_on", "is_due", "status", "provisional", "timely", "figure", "first_received_at")


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


MONEY = ("allocated", "budget", "net_disbursed", "remaining")
DUE = ("next_due", "overdue")
COMPLETE = ("expected", "submitted", "verified", "timely", "state")

NUMBERS: Mapping[str, Number] = {
    "committees": Number(("region",), ("state", "stream", "vacant", "members", "order_number"), region_committee),
    "meeting_counts": Number(("region",), ("held", "scheduled", "cancelled", "inquorate", "resolutions"), meetings),
    "meetings": Number(("stream",), ("voting_now", "present_now", "quorate_now"), judged_otherwise_now),
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
    "recommendation_counts": Number(("region",), ("open", "closed", "overdue", "oldest_open_days"), recommendations),
    "visit_counts": Number(("region",), ("visits", "days", "findings"), visits),
    "briefings": Number(("stream",), ("called", "acknowledged"), briefings),
    "due": Number(("kind", "about"), ("region", "due_on"), due_item),
    "due_counts": Number(("region",), DUE, _but(due, region="TH")),
    "due_total": Number((), DUE, _where(due, region="TH")),
}


def expected_rows(number: Number, subject: Subject) -> list[Row]:
    """The oracle's rows with the columns that are compared; what a row does not have is None."""
    return [{name: row.get(name) for name in (*number.key, *number.columns)} for row in number.rows(subject)]
