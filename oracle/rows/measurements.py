"""Rows of ``measurement`` and ``score``: the figures, which of them are verified, and what was scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from oracle.asked import World
from oracle.told import Told
from shared.contracts.evaluation import (
    IndicatorMeasured,
    IndicatorScored,
    MeasurementReturned,
    MeasurementVerified,
    Reading,
)

Row = dict[str, Any]

DIGITS = Context(prec=28, rounding=ROUND_HALF_EVEN)


def figure(reading: Reading) -> Decimal:
    """The number that a reading comes to."""
    if reading.level is not None:
        return Decimal(reading.level)
    if reading.value is not None:
        return reading.value
    assert reading.numerator is not None
    assert reading.denominator is not None
    return DIGITS.divide(reading.numerator, reading.denominator)


def measurement(world: World) -> Iterable[Row]:
    """One row for each stream that has a figure."""
    kinds = (IndicatorMeasured, MeasurementReturned, MeasurementVerified)
    for stream, facts in world.of(*kinds).items():
        measured = [told for told in facts if isinstance(told.event, IndicatorMeasured)]
        if measured:
            yield {
                "stream": stream,
                **_current(measured[-1]),
                **_standing(facts, measured[-1]),
                **verified(facts),
                "first_received_at": min(told.received_at for told in measured),
                "restatements": len(measured) - 1,
            }


def _current(told: Told) -> Row:
    event = told.event
    assert isinstance(event, IndicatorMeasured)
    return {
        "programme": event.programme,
        "indicator": event.indicator,
        "scope": event.scope,
        "period": event.period,
        "figure": figure(event.reading),
        "value": event.reading.value,
        "numerator": event.reading.numerator,
        "denominator": event.reading.denominator,
        "level": event.reading.level,
        "indicator_version": event.indicator_version,
        "measured_id": told.id,
        "received_at": told.received_at,
        "evidence": len(event.evidence),
        "reporter": event.reporter,
    }


def _standing(facts: Sequence[Told], current: Told) -> Row:
    """What was last said of the current figure, after it was reported."""
    status, reason = "waiting", None
    for told in facts[facts.index(current) :]:
        match told.event:
            case MeasurementVerified(measured=measured) if str(measured) == current.id:
                status, reason = "verified", None
            case MeasurementReturned(measured=measured, reason=why) if str(measured) == current.id:
                status, reason = "returned", why
    return {"status": status, "returned_reason": reason}


def verified(facts: Sequence[Told]) -> Row:
    """The figure that counts, and who confirmed it."""
    before: dict[str, Told] = {}
    by: Told | None = None
    for told in facts:
        match told.event:
            case IndicatorMeasured():
                before[told.id] = told
            case MeasurementVerified(measured=measured) if str(measured) in before:
                by = told
            case MeasurementReturned(measured=measured) if by is not None and measured == _measured(by):
                by = None
    if by is None:
        return dict.fromkeys(("verified_figure", "verified_measured", "verifier", "verified_id", "verified_at"))
    of = before[str(_measured(by))]
    assert isinstance(of.event, IndicatorMeasured)
    assert isinstance(by.event, MeasurementVerified)
    return {
        "verified_figure": figure(of.event.reading),
        "verified_measured": of.id,
        "verifier": by.event.verifier,
        "verified_id": by.id,
        "verified_at": by.occurred_at,
    }


def _measured(told: Told) -> object:
    assert isinstance(told.event, MeasurementVerified)
    return told.event.measured


def score(world: World) -> Iterable[Row]:
    """One row for each living score."""
    for stream, facts in world.of(IndicatorScored).items():
        for told in facts:
            event = told.event
            assert isinstance(event, IndicatorScored)
            yield {
                "event_id": told.id,
                "stream": stream,
                "programme": event.programme,
                "indicator": event.indicator,
                "scope": event.scope,
                "period": event.period,
                "indicator_version": event.indicator_version,
                "figure": event.figure,
                "target": event.target,
                "score": event.score,
                "level": event.level,
                "weight": event.weight,
                "weighted": event.weighted,
                "scheme": event.scheme,
                "regions_counted": event.regions_counted,
                "regions_expected": event.regions_expected,
                "provisional": event.provisional,
                "cause": str(event.cause),
                "occurred_at": told.occurred_at,
                "position": told.position,
            }
