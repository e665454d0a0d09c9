"""Rules of scores: each is what the bands make of its figure, in exact fractions; roll-ups come from the regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

from oracle.days import periods
from oracle.rows.measurements import verified
from oracle.rules.streams import by_stream, living
from oracle.told import Told
from shared.contracts.definition import IndicatorDefinition, MeasuredAt
from shared.contracts.evaluation import IndicatorDefined, IndicatorScored, TargetRevised
from shared.contracts.types import Direction

Definitions = Mapping[tuple[str, str, int], IndicatorDefinition]


def definitions(told: Iterable[Told]) -> Definitions:
    """Every definition of every indicator, by programme, code and version; voided ones too, for scores name them."""
    found: dict[tuple[str, str, int], IndicatorDefinition] = {}
    for each in told:
        match each.event:
            case IndicatorDefined(programme=programme, indicator=defined, version=version):
                found[programme, defined.code, version] = defined
            case TargetRevised(programme=programme, new=defined, version=version):
                found[programme, defined.code, version] = defined
    return found


def score_of(figure: Decimal, bands: Sequence[Decimal], direction: Direction) -> Decimal:
    """The score on five bands: linear between them, 1 before the first, 5 past the last; halves up to 0.01."""
    sign = 1 if direction is Direction.HIGHER else -1
    value = sign * Fraction(figure)
    edges = [sign * Fraction(band) for band in bands]
    if value <= edges[0]:
        return Decimal("1.00")
    if value >= edges[-1]:
        return Decimal("5.00")
    number = max(index for index, edge in enumerate(edges) if edge <= value)
    within = (value - edges[number]) / (edges[number + 1] - edges[number])
    return Decimal(floor((1 + number + within) * 100 + Fraction(1, 2))) / 100


def score_faults(told: Sequence[Told]) -> list[str]:
    """Scores that are not what their definition makes of their figure, or whose figure nobody verified."""
    defined = definitions(told)
    lines = []
    for stream, history in by_stream(told, "measurement").items():
        for count, each in enumerate(history):
            if isinstance(each.event, IndicatorScored):
                event = each.event
                by = defined.get((event.programme, event.indicator, event.indicator_version))
                if by is None:
                    lines.append(f"{stream} {each.id}: version {event.indicator_version} of the indicator is unknown")
                    continue
                faults = [*_score_faults(event, by), *_figure_faults(event, by, history[:count])]
                lines += [f"{stream} {each.id}: {fault}" for fault in faults]
    return lines


def _score_faults(event: IndicatorScored, by: IndicatorDefinition) -> Iterable[str]:
    rolled_up = event.scope == "TH" and by.measured_at is MeasuredAt.REGION
    if by.rubric is not None:
        expected = _half_up_score(event.figure)
    else:
        bands = by.national_bands if rolled_up and by.national_bands is not None else by.bands
        assert bands is not None
        expected = score_of(event.figure, bands, by.direction)
    target = by.national_target if rolled_up and by.national_target is not None else by.target
    checks = {
        "score": (expected, event.score),
        "level": (floor(expected), event.level),
        "weight": (by.weight, event.weight),
        "weighted": (event.weight * event.score / 100, event.weighted),
        "target": (target, event.target),
    }
    for name, (wanted, found) in checks.items():
        if wanted != found:
            yield f"{name} of {event.figure} is {wanted}, it says {found}"


def _half_up_score(figure: Decimal) -> Decimal:
    """A rubric's level is its score; a mean of levels is held to two decimals like any score."""
    return Decimal(floor(Fraction(figure) * 100 + Fraction(1, 2))) / 100


def _figure_faults(event: IndicatorScored, by: IndicatorDefinition, before: Sequence[Told]) -> Iterable[str]:
    """A figure that was measured here had been verified before, as it is."""
    year = int(event.programme[:4])
    measured_here = (event.scope == "TH") == (by.measured_at is MeasuredAt.NATION)
    if measured_here and event.period in periods(year, by.frequency):
        standing = verified(living(before))["verified_figure"]
        if standing != event.figure:
            yield f"scores {event.figure}, but the verified figure was {standing}"
