"""A programme's set of indicators: definitions with their revised targets, closed and extended periods."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from services.reporting.projections.fact import Body, Fact
from services.reporting.projections.tables import Given, Row
from services.reporting.projections.values import day, json, number


@dataclass(slots=True)
class _Indicator:
    programme: str
    version: int
    definition: Body
    defined_at: datetime
    revisions: list[Body] = field(default_factory=list)
    closed_at: datetime | None = None


class IndicatorsFold:
    """Gives the rows of ``indicator``, ``period`` and ``period_extension``."""

    tables: ClassVar[tuple[str, ...]] = ("indicator", "period", "period_extension")
    __slots__ = ("_extensions", "_indicators", "_periods", "_stream")

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._indicators: dict[str, _Indicator] = {}
        self._periods: dict[str, Row] = {}
        self._extensions: dict[tuple[str, str], Row] = {}

    def step(self, fact: Fact) -> None:
        """The last definition, revision, closing and extension counts."""
        body = fact.body
        match fact.name:
            case "IndicatorDefined":
                self._defined(fact, body["indicator"])
            case "TargetRevised":
                self._defined(fact, body["new"]).revisions.append(_revision(fact))
            case "IndicatorClosed":
                if indicator := self._indicators.get(body["code"]):
                    indicator.closed_at = fact.occurred_at
            case "PeriodClosed" | "PeriodReopened":
                closed = fact.name == "PeriodClosed"
                self._periods[body["period"]] = (
                    body["programme"],
                    body["period"],
                    self._stream,
                    closed,
                    fact.occurred_at,
                )
            case "PeriodExtended":
                self._extensions[body["period"], body["region"]] = (
                    body["programme"],
                    body["period"],
                    body["region"],
                    self._stream,
                    day(body["until"]),
                )

    def give(self, rows: Given) -> None:
        """One row an indicator, one a period that was ever closed, one an extension."""
        rows["indicator"] += map(self._row, self._indicators.values())
        rows["period"] += self._periods.values()
        rows["period_extension"] += self._extensions.values()

    def _defined(self, fact: Fact, definition: Body) -> _Indicator:
        code, body = definition["code"], fact.body
        known = self._indicators.get(code)
        defined = _Indicator(body["programme"], body["version"], definition, fact.occurred_at)
        if known:
            defined.revisions = known.revisions
            defined.closed_at = known.closed_at if fact.name == "TargetRevised" else None
        self._indicators[code] = defined
        return defined

    def _row(self, indicator: _Indicator) -> Row:
        definition = indicator.definition
        return (
            indicator.programme,
            definition["code"],
            self._stream,
            indicator.version,
            definition["kind"],
            definition["measured_at"],
            definition["frequency"],
            definition["period_rule"],
            definition["national_rule"],
            definition.get("computed_by"),
            definition["due_days"],
            number(definition.get("baseline")),
            number(definition.get("target")),
            number(definition.get("national_target")),
            number(definition["weight"]),
            json(definition),
            indicator.defined_at,
            json(indicator.revisions),
            indicator.closed_at,
        )


def _revision(fact: Fact) -> dict[str, Any]:
    old, new = fact.body["old"], fact.body["new"]
    return {
        "event_id": fact.event_id,
        "version": fact.body["version"],
        "revised_on": fact.body["revised_on"],
        "old_target": old.get("target"),
        "new_target": new.get("target"),
        "old_national_target": old.get("national_target"),
        "new_national_target": new.get("national_target"),
        "reason": fact.body["reason"],
    }
