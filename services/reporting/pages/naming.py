"""What figures and streams are about, in words, made from their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.reporting.pages.language import marked
from services.reporting.queries.lineage import NATION
from shared.thai.errors import ThaiConventionError
from shared.thai.regions import CODES

if TYPE_CHECKING:
    from services.reporting.pages.showing import Showing

_FIRST: Mapping[str, str] = {
    "committees": marked("All committees"),
    "committee": marked("Committee"),
    "meetings": marked("Meetings"),
    "meeting": marked("Meeting"),
    "activity": marked("Activity"),
    "budget": marked("Budget"),
    "cell": marked("Figure"),
    "score": marked("Score"),
    "nation": marked("Figure of the nation"),
    "total": marked("Weighted total"),
    "completeness": marked("Completeness"),
    "recommendations": marked("Recommendations"),
    "recommendation": marked("Recommendation"),
    "visits": marked("Supervision visits"),
    "briefing": marked("Briefing"),
    "due": marked("What is due"),
    "national": marked("The nation"),
    "regions": marked("Regions"),
    "cells": marked("Figures"),
    "programme": marked("Programme"),
    "indicators": marked("Indicators"),
    "measurement": marked("Figure"),
    "supervision": marked("Supervision visit"),
    "workshop": marked("Workshop"),
    "mandate": marked("Mandate"),
    "evaluation": marked("Evaluation"),
    "report": marked("Report"),
    "centre": marked("The centre"),
    "region": "",
}
"""Parts of names that have a word."""

_ANSWERS = frozenset({"national", "regions", "cells"})
"""First parts of what names a place in an answer: behind it stands no lineage of its own."""
_MONEY = frozenset({"allocated", "budget", "disbursed", "reversed", "net_disbursed", "remaining"})
_SHARES = frozenset({"completeness", "timeliness"})
_TEXTS = frozenset({"order_number", "order_year", "ordinal"})
_SCORES = frozenset({"score", "total"})
_NUMBERS = frozenset({"figure", "value", "target", "weight", "weighted", "verified_figure", "numerator", "denominator"})
_STATES: Mapping[str, str] = {
    "committee": "committee",
    "activity": "activity",
    "cell": "cell",
    "completeness": "completeness",
    "nation": "cell",
    "indicators": "cell",
}


def form_of(member: str) -> str | None:
    """The form in which a member's numbers are shown; None: whatever it is."""
    for form, members in (
        ("baht", _MONEY),
        ("percent", _SHARES),
        ("score", _SCORES),
        ("number", _NUMBERS),
        ("text", _TEXTS),
    ):
        if member in members:
            return form
    return None


def state_of(figure: str, member: str) -> str | None:
    """What a member is a state of, when it is one of a kind that has words."""
    return _STATES.get(figure.partition("/")[0]) if member in ("state", "status") else None


def has_lineage(figure: str) -> bool:
    """Whether a name is a figure's, of which the events behind it can be told."""
    return figure.partition("/")[0] not in _ANSWERS


def name_of_figure(show: Showing, figure: str) -> str:
    """Such as Figure · QN2 · Region 7 · Quarter 1, B.E. 2560 for ``cell/QN2/R07/2560-Q1``."""
    return _joined(show, figure.split("/"))


def name_of_stream(show: Showing, stream: str, *, brief: bool = False) -> str:
    """Such as Committee · Region 7 for ``committee:2560-cluster:R07:1``; ``brief``: without the kind and the region."""
    kind, _colon, rest = stream.partition(":")
    parts = [part for part in rest.split(":") if part != show.address.programme]
    if kind == "committee":
        parts = parts[:1]
    if kind in ("meeting", "recommendation", "supervision", "workshop", "briefing"):
        parts = []
    if brief:
        return _joined(show, [part for part in parts if part not in CODES and part != NATION])
    return _joined(show, [kind, *parts])


def path_of_stream(stream: str) -> str | None:
    """The page of what a stream is about, below the programme's; None when it has none."""
    kind, _colon, rest = stream.partition(":")
    match kind, rest.split(":"):
        case ("committee", [_, region, *_]):
            return f"committees/{region}"
        case ("measurement", [_, indicator, *_]):
            return f"indicators/{indicator}"
        case ("activity", [_, code]):
            return f"activities/{code}"
        case ("meeting" | "recommendation", _):
            return f"{kind}s/{stream}"
        case _:
            return None


def _joined(show: Showing, parts: list[str]) -> str:
    return " · ".join(word for word in (_word(show, part) for part in parts) if word)


def _word(show: Showing, part: str) -> str:
    if part in _FIRST:
        return show.say(_FIRST[part]) if _FIRST[part] else ""
    if ":" in part:  # a stream's name, which says nothing to people
        return ""
    if part in CODES or part == NATION:
        return show.region(part)
    try:
        return show.period(part)
    except ThaiConventionError:
        return part
