"""Meetings, activities, recommendations and money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.exceptions import HTTPException

from services.reporting.pages.sheets.pictures import timeline_of
from services.reporting.pages.sheets.sheet import Asked, Context, Parts, Sheet, one
from services.reporting.pages.showing import Showing


def whole(_show: Showing, parts: Parts, _asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """The view as it is."""
    return dict(parts[1])


def meeting(_show: Showing, parts: Parts, asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """One meeting."""
    return {"meeting": _found(parts[1]["meetings"], "stream", asked.of["stream"])}


def recommendation(_show: Showing, parts: Parts, asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """One recommendation."""
    return {"recommendation": _found(parts[1]["recommendations"], "stream", asked.of["stream"])}


def activities(show: Showing, parts: Parts, _asked: Asked, meta: Mapping[str, Any]) -> Context:
    """Every activity, over the year."""
    national, found = parts
    year = national["programme"]["fiscal_year"]
    return {**found, "timeline": timeline_of(show, found["activities"], year, meta["at"])}


def activity(_show: Showing, parts: Parts, asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """One activity, with its briefings and its money."""
    _, found, money = parts
    code = asked.of["code"]
    return {
        "activity": _found(found["activities"], "code", code),
        "briefings": [each for each in found["briefings"] if each["activity"] == code],
        "money": next((each for each in money["by_activity"] if each["activity"] == code), None),
    }


def _found(rows: Iterable[Mapping[str, Any]], column: str, value: str) -> Mapping[str, Any]:
    for row in rows:
        if row[column] == value:
            return row
    raise HTTPException(404)


def _activity_and_money(_asked: Asked) -> tuple[Any, ...]:
    return (*one("activities")(_asked), *one("budget")(_asked))


SHEETS = (
    Sheet("meetings", "meetings.html", whole, one("meetings")),
    Sheet("meetings/{stream}", "meeting.html", meeting, one("meetings"), ignores=("region",)),
    Sheet("activities", "activities.html", activities, one("activities")),
    Sheet("activities/{code}", "activity.html", activity, _activity_and_money),
    Sheet("recommendations", "recommendations.html", whole, one("recommendations")),
    Sheet(
        "recommendations/{stream}", "recommendation.html", recommendation, one("recommendations"), ignores=("region",)
    ),
    Sheet("budget", "budget.html", whole, one("budget")),
)
