"""Rules of measurements, recommendations, briefings and indicator sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from oracle.rules.streams import by_stream, living
from oracle.told import Told
from shared.contracts.activity import PolicyAcknowledged
from shared.contracts.evaluation import (
    IndicatorClosed,
    IndicatorDefined,
    IndicatorMeasured,
    MeasurementReturned,
    MeasurementVerified,
    RecommendationClosed,
    RecommendationIssued,
    TargetRevised,
)


def measurement_faults(told: Iterable[Told]) -> list[str]:
    """Figures beside a current one, and verifications of another figure or by its own reporter."""
    lines = []
    for stream, history in by_stream(told, "measurement").items():
        for count, each in enumerate(history):
            before = [fact for fact in living(history[:count]) if isinstance(fact.event, IndicatorMeasured)]
            lines += [f"{stream} {each.id}: {fault}" for fault in _faults(each, before[-1] if before else None)]
    return lines


def _faults(told: Told, current: Told | None) -> Iterable[str]:
    match told.event:
        case IndicatorMeasured(supersedes=supersedes):
            if (str(supersedes) if supersedes else None) != (current.id if current else None):
                yield f"supersedes {supersedes}, while {current.id if current else None} is current"
        case MeasurementVerified(measured=measured) | MeasurementReturned(measured=measured):
            if current is None or current.id != str(measured):
                yield f"is about {measured}, while {current.id if current else None} is current"
            elif isinstance(told.event, MeasurementVerified):
                assert isinstance(current.event, IndicatorMeasured)
                if told.event.verifier == current.event.reporter:
                    yield f"{told.event.verifier} verified what they reported"


def recommendation_faults(told: Iterable[Told]) -> list[str]:
    """Recommendations that their owner closed, or that were closed before they were issued."""
    lines = []
    for stream, history in by_stream(told, "recommendation").items():
        owner, issued = None, False
        for each in living(history):
            match each.event:
                case RecommendationIssued(owner_actor=owner_actor):
                    owner, issued = owner_actor, True
                case RecommendationClosed(closer=closer):
                    if not issued:
                        lines.append(f"{stream} {each.id}: closed before it was issued")
                    if closer == owner:
                        lines.append(f"{stream} {each.id}: closed by its owner, {closer}")
    return lines


def briefing_faults(told: Iterable[Told]) -> list[str]:
    """Committees that acknowledged the same policy twice."""
    lines = []
    for stream, history in by_stream(told, "briefing").items():
        seen = set()
        for each in living(history):
            if isinstance(each.event, PolicyAcknowledged):
                if each.event.committee in seen:
                    lines.append(f"{stream} {each.id}: {each.event.committee} acknowledges again")
                seen.add(each.event.committee)
    return lines


def weight_faults(told: Iterable[Told]) -> list[str]:
    """Indicator sets whose weights do not sum to 100 after a whole append; what one command made belongs together."""
    lines = []
    for stream, history in by_stream(told, "indicators").items():
        for count, each in enumerate(history, start=1):
            last_of_its_command = count == len(history) or _command(history[count]) != _command(each)
            if last_of_its_command and isinstance(each.event, IndicatorDefined | TargetRevised):
                weight = _weight(living(history[:count]))
                if weight != 100:
                    lines.append(f"{stream} known at {each.position}: the weights sum to {weight}")
    return lines


def _command(told: Told) -> object:
    return told.envelope.about.get("command")


def _weight(facts: Sequence[Told]) -> Decimal:
    weights: dict[str, Decimal] = {}
    for each in facts:
        match each.event:
            case IndicatorDefined(indicator=defined) | TargetRevised(new=defined):
                weights[defined.code] = defined.weight
            case IndicatorClosed(code=code):
                weights.pop(code, None)
    return sum(weights.values(), Decimal())
