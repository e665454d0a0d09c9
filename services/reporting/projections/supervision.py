"""Streams of supervision: visits, and recommendations until they are closed."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from services.reporting.projections.fact import Body, Fact
from services.reporting.projections.tables import Given, Row
from services.reporting.projections.values import day


class VisitFold:
    """Gives the row of ``visit``."""

    tables: ClassVar[tuple[str, ...]] = ("visit",)
    __slots__ = ("_row", "_stream")

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._row: Row | None = None

    def step(self, fact: Fact) -> None:
        """One visit a stream; the last that is told."""
        body = fact.body
        if fact.name == "SupervisionVisited":
            self._row = (
                self._stream,
                body["programme"],
                body["region"],
                day(body["visited_on"]),
                body["visited_by"],
                len(body.get("findings", ())),
                body.get("no_findings", False),
            )

    def give(self, rows: Given) -> None:
        """One row, or none."""
        if self._row:
            rows["visit"].append(self._row)


class RecommendationFold:
    """Gives the row of ``recommendation``."""

    tables: ClassVar[tuple[str, ...]] = ("recommendation",)
    __slots__ = ("_closed_on", "_follow_ups", "_issued", "_last_followed_up_on", "_stream")

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._issued: Body | None = None
        self._follow_ups = 0
        self._last_followed_up_on: date | None = None
        self._closed_on: date | None = None

    def step(self, fact: Fact) -> None:
        """Open until it is closed."""
        body = fact.body
        match fact.name:
            case "RecommendationIssued":
                self._issued = body
            case "RecommendationFollowedUp":
                self._follow_ups += 1
                self._last_followed_up_on = day(body["followed_up_on"])
            case "RecommendationClosed":
                self._closed_on = day(body["closed_on"])

    def give(self, rows: Given) -> None:
        """One row, or none without its issuing."""
        if self._issued is not None:
            rows["recommendation"].append(self._row(self._issued))

    def _row(self, issued: Body) -> Row:
        return (
            self._stream,
            issued["programme"],
            issued.get("region"),
            issued.get("visit"),
            day(issued["issued_on"]),
            day(issued["due_on"]),
            issued["text"],
            issued["owner"],
            "open" if self._closed_on is None else "closed",
            self._follow_ups,
            self._last_followed_up_on,
            self._closed_on,
        )
