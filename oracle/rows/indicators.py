"""Rows of ``indicator``, ``period`` and ``period_extension``: the indicator set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from oracle.asked import World
from oracle.told import Told
from shared.contracts.definition import IndicatorDefinition
from shared.contracts.evaluation import (
    IndicatorClosed,
    IndicatorDefined,
    PeriodClosed,
    PeriodExtended,
    PeriodReopened,
    TargetRevised,
)

Row = dict[str, Any]


def indicator(world: World) -> Iterable[Row]:
    """One row for each indicator that was defined."""
    for stream, facts in world.of(IndicatorDefined, TargetRevised, IndicatorClosed).items():
        codes = {_about(told): None for told in facts}
        for programme, code in codes:
            of_it = [told for told in facts if _about(told) == (programme, code)]
            if any(not isinstance(told.event, IndicatorClosed) for told in of_it):
                yield {"stream": stream, "programme": programme, "code": code, **_indicator(of_it)}


def _about(told: Told) -> tuple[str, str]:
    event = told.event
    assert isinstance(event, IndicatorDefined | TargetRevised | IndicatorClosed)
    return event.programme, event.indicator.code if isinstance(event, IndicatorDefined) else event.code


def _indicator(facts: Sequence[Told]) -> Row:
    row: Row = {"revisions": [], "closed_at": None}
    for told in facts:
        match told.event:
            case IndicatorDefined() as event:
                row |= {"version": event.version, "definition": told.payload["indicator"], "closed_at": None}
                row |= {"defined_at": told.occurred_at, **_defined(event.indicator)}
            case TargetRevised() as event:
                row |= {"version": event.version, "definition": told.payload["new"]}
                row |= {"defined_at": told.occurred_at, **_defined(event.new)}
                row["revisions"] = [*row["revisions"], _revision(told, event)]
            case IndicatorClosed() if "version" in row:
                row["closed_at"] = told.occurred_at
    return row


def _defined(defined: IndicatorDefinition) -> Row:
    return {
        "kind": defined.kind.value,
        "measured_at": defined.measured_at.value,
        "frequency": defined.frequency.value,
        "period_rule": defined.period_rule.value,
        "national_rule": defined.national_rule.value,
        "computed_by": defined.computed_by,
        "due_days": defined.due_days,
        "baseline": defined.baseline,
        "target": defined.target,
        "national_target": defined.national_target,
        "weight": defined.weight,
    }


def _revision(told: Told, event: TargetRevised) -> Row:
    old, new = told.payload["old"], told.payload["new"]
    return {
        "event_id": told.id,
        "version": event.version,
        "revised_on": event.revised_on.isoformat(),
        "old_target": old.get("target"),
        "new_target": new.get("target"),
        "old_national_target": old.get("national_target"),
        "new_national_target": new.get("national_target"),
        "reason": event.reason,
    }


def period(world: World) -> Iterable[Row]:
    """One row for each period that was ever closed or reopened."""
    for stream, facts in world.of(PeriodClosed, PeriodReopened).items():
        last: dict[tuple[str, str], Row] = {}
        for told in facts:
            event = told.event
            assert isinstance(event, PeriodClosed | PeriodReopened)
            last[event.programme, event.period] = {
                "programme": event.programme,
                "period": event.period,
                "stream": stream,
                "closed": isinstance(event, PeriodClosed),
                "changed_at": told.occurred_at,
            }
        yield from last.values()


def period_extension(world: World) -> Iterable[Row]:
    """One row for each region that was given longer for a period."""
    for stream, facts in world.of(PeriodExtended).items():
        last: dict[tuple[str, str, str], Row] = {}
        for told in facts:
            event = told.event
            assert isinstance(event, PeriodExtended)
            last[event.programme, event.period, event.region] = {
                "programme": event.programme,
                "period": event.period,
                "region": event.region,
                "stream": stream,
                "until": event.until,
            }
        yield from last.values()
