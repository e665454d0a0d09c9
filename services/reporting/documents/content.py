"""What a report says, as one JSON-able object: the files are rendered from it and from nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Content = dict[str, Any]
View = Mapping[str, Any]

VERSION = 1
"""Of the content's shape."""

# What is taken of each row is named here, so that nobody's id and nothing unforeseen gets into a document.
_INDICATOR = (
    *(
        "code",
        "version",
        "kind",
        "name",
        "unit",
        "measured_at",
        "frequency",
        "period_rule",
        "national_rule",
        "computed_by",
    ),
    *("direction", "baseline", "target", "national_target", "weight", "rubric", "example", "closed_at"),
)
_REVISION = (
    "version",
    "revised_on",
    "old_target",
    "new_target",
    "old_national_target",
    "new_national_target",
    "reason",
)
_FIGURE = (
    *("period", "status", "due_on", "figure", "score", "level", "weight", "weighted", "target", "provisional"),
    *("regions_counted", "regions_expected"),
)
_SCORE = ("indicator", "scope", "period", "figure", "target", "score", "level", "weight", "weighted", "provisional")
_SCORE_OF_NATION = (*_SCORE, "regions_counted", "regions_expected", "is_year", "scheme")
_CELL = ("indicator", "scope", "period", "status", "figure", "verified_figure", "provisional", "due_on", "restatements")
_ACTIVITY = (
    *(
        "code",
        "name",
        "state",
        "opens",
        "closes",
        "deadline",
        "extensions",
        "started_on",
        "completed_on",
        "cancelled_on",
    ),
    *("overdue", "days_late", "needed", "counted", "per"),
)
_BRIEFING = ("activity", "title", "briefed_on", "called", "acknowledged", "awaited")
_COMMITTEE = (
    *("region", "state", "order_unit", "order_number", "order_year", "order_date", "effective_from", "proposed_on"),
    *(
        "dissolved_on",
        "withdrawn_on",
        "chairs",
        "vice_chairs",
        "ordinary_members",
        "secretaries",
        "assistant_secretaries",
    ),
    *("voting", "vacant"),
)
_RECOMMENDATION = ("region", "issued_on", "due_on", "text", "owner", "state", "overdue", "follow_ups", "closed_on")
_MEETINGS = ("held", "scheduled", "cancelled", "inquorate", "resolutions", "with_minutes")
_MONEY = ("allocated", "budget", "disbursed", "reversed", "net_disbursed", "remaining")
_MONEY_OF_REGION = ("disbursed", "reversed", "net_disbursed", "payments")
_ADVICE = ("open", "closed", "overdue", "oldest_open_days")
_VISITS = ("visits", "findings", "last_visited_on")
_COMPLETENESS = ("state", "expected", "submitted", "verified", "timely", "completeness", "timeliness")
_TOTAL = ("total", "weight", "indicators")
_COUNTS = ("text", "regions", "appointed", "proposed", "dissolved", "without", "with_vacancy")
_PAGE = ("source", "strategy", "project_set", "unit", "committee_name")
_CONCLUSION = ("concluded_on", "conclusions", "recommendations", "guidelines")


def content_of(
    national: View,
    regions: View,
    committees: View,
    indicators: View,
    activities: View,
    recommendations: View,
    budget: View,
    document: View,
    meta: View,
    *,
    edition: int,
    title: str,
    text: str,
    digests: Mapping[str, str],
    corrects: int | None = None,
    changes: str | None = None,
) -> Content:
    """The content, in the order of the programme's page.

    The views are those of ``asking.VIEWS`` by the same names, ``meta`` that of their Answers; ``digests`` are sha256 in
    hex by what was hashed. Decimals are strings, money is integer satang, days are ISO dates, instants are ISO in UTC;
    members of committees are told by their offices, never as persons. Only what the frozen positions and the time
    of judging decide is in it, so that it can be made again.
    """
    programme = national["programme"]
    content = {
        "version": VERSION,
        "report": {"edition": edition, "title": title, "text": text, "corrects": corrects, "changes": changes},
        "programme": {
            **_of(programme, "programme", "version", "digest", "fiscal_year", "name"),
            "region_list": document["region_list"],
            "regions": programme["regions"],
            "page": _of(document["page"], *_PAGE),
        },
        "indicators": [_indicator(row) for row in indicators["indicators"]],
        "activities": [_of(row, *_ACTIVITY) for row in activities["activities"]],
        "briefings": [_of(row, *_BRIEFING) for row in activities["briefings"]],
        "results": {
            "committees": _of(national["committees"], *_COUNTS),
            "total": _of(indicators["total"], *_TOTAL),
            "completeness": _of(national["completeness"], *_COMPLETENESS),
            "meetings": _of(national["meetings"], *_MEETINGS),
            "visits": _of(national["visits"], *_VISITS, "regions"),
            "regions": [_region(row) for row in regions["regions"]],
            "centre": _centre(regions["centre"]),
            "scores": [_of(row, *_SCORE) for row in document["year_scores"]],
            "cells": [_of(row, *_CELL) for row in document["cells"]],
        },
        "committees": [_committee(row) for row in committees["committees"]],
        "budget": {
            "total": _of(budget["total"], *_MONEY),
            "by_activity": [_of(row, "activity", *_MONEY) for row in budget["by_activity"]],
        },
        "recommendations": {
            "total": _of(recommendations["total"], *_ADVICE),
            "list": [_of(row, *_RECOMMENDATION) for row in recommendations["recommendations"]],
        },
        "conclusion": _of(document["conclusion"], *_CONCLUSION) if document["conclusion"] else None,
        "expected_results": document["expected_results"],
        "sources": {
            "at": meta["at"],
            "simulated": meta["simulated"],
            "positions": sorted(
                ({"store": each.store, "shard": each.shard, "position": each.position} for each in meta["positions"]),
                key=lambda each: (each["store"], each["shard"]),
            ),
            "digests": [{"of": of, "sha256": digests[of]} for of in sorted(digests)],
        },
    }
    plain: Content = _plain(content)
    return plain


def canonical(content: Content) -> bytes:
    """The content as bytes that are the same for the same content: this is what is hashed. UTF-8, keys in order."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _of(row: View, *names: str) -> dict[str, Any]:
    return {name: row.get(name) for name in names}


def _indicator(row: View) -> dict[str, Any]:
    score = row["year_score"]
    return {
        **_of(row, *_INDICATOR),
        "revisions": [_of(each, *_REVISION) for each in row["revisions"] or ()],
        "nation": [_of(each, *_FIGURE) for each in row["nation"]],
        "year_score": _of(score, *_SCORE_OF_NATION) if score else None,
    }


def _region(row: View) -> dict[str, Any]:
    return {
        "region": row["region"],
        "committee": row["committee"]["state"],
        "completeness": _of(row["completeness"], *_COMPLETENESS),
        "total": _of(row["total"], *_TOTAL),
        "visits": _of(row["visits"], *_VISITS),
        **_centre(row),
    }


def _centre(row: View) -> dict[str, Any]:
    """What a region and the centre have in common."""
    return {
        "meetings": _of(row["meetings"], *_MEETINGS),
        "budget": _of(row["budget"], *_MONEY_OF_REGION),
        "recommendations": _of(row["recommendations"], *_ADVICE),
        "overdue": row["due"]["overdue"],
    }


def _committee(row: View) -> dict[str, Any]:
    """``chair`` and ``secretary`` are offices, None when a person holds the seat under no office or nobody does."""
    members = row["members"] or ()
    return {
        **_of(row, *_COMMITTEE),
        "members": len(members),
        **{seat: _office(members, seat) for seat in ("chair", "secretary")},
    }


def _office(members: Iterable[View], seat: str) -> str | None:
    return next((each.get("office") for each in members if each["seat"] == seat), None)


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case None | bool() | int() | str():
            return value
        case _:
            raise TypeError(f"{type(value).__name__} has no form in a report")
