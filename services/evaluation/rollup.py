"""Roll-ups: the periods' figures make the year's, the regions' make the nation's. Scores are never averaged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from services.evaluation.periods import fits, of_year, whole_year, year_of
from services.evaluation.scoring import half_up
from services.evaluation.streams import NATION, Cell
from shared.contracts.definition import IndicatorDefinition, MeasuredAt, NationalRule, PeriodRule
from shared.contracts.evaluation import Reading
from shared.contracts.types import Direction

_EXACT, _TO_28_DIGITS = Context(prec=60), Context(prec=28)

Verified = Mapping[Cell, Reading]
"""The verified readings of one indicator."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure that can still be rolled up, exactly: an amount, of a ratio over another."""

    amount: Fraction
    over: Fraction | None = None

    @property
    def number(self) -> Fraction:
        """The number it is."""
        return self.amount if self.over is None else self.amount / self.over

    @property
    def figure(self) -> Decimal:
        """The number to 28 significant digits, as it is scored."""
        return _TO_28_DIGITS.divide(Decimal(self.number.numerator), Decimal(self.number.denominator))


@dataclass(frozen=True, slots=True)
class RolledUp:
    """A figure and how much of what it should be made of it is made of."""

    figure: Decimal
    regions_counted: int | None = None
    """Of the nation's, from the regions' figures: from how many."""
    regions_expected: int | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class WeightedTotal:
    """Σ(weight × score) / Σ weight over what is scored, half-up to 0.01, and that weight: "3.85 on 60 of 100"."""

    score: Decimal
    weight: Decimal


@dataclass(frozen=True, slots=True)
class _Part:
    """Figure of one scope in a period or year, and whether the year's rule has all that it needs."""

    quantity: Quantity
    complete: bool = True


def is_measured(indicator: IndicatorDefinition, cell: Cell) -> bool:
    """Whether figures are reported for this cell; what is not measured is rolled up."""
    national = indicator.measured_at is MeasuredAt.NATION
    return (cell.scope == NATION) == national and fits(cell.period, indicator.frequency)


def figure_of(
    indicator: IndicatorDefinition, regions: Sequence[str], cell: Cell, verified: Verified
) -> RolledUp | None:
    """The figure of a cell, measured or rolled up; None when nothing is there that it could be made of."""
    if cell.scope != NATION or indicator.measured_at is MeasuredAt.NATION:
        part = _part(indicator, cell, verified)
        return RolledUp(part.quantity.figure, provisional=not part.complete) if part else None
    parts = [part for region in regions if (part := _part(indicator, Cell(region, cell.period), verified))]
    if not parts:
        return None
    figure = over_regions(indicator, [part.quantity for part in parts]).figure
    complete = len(parts) == len(regions) and all(part.complete for part in parts)
    return RolledUp(figure, len(parts), len(regions), provisional=not complete)


def _part(indicator: IndicatorDefinition, cell: Cell, verified: Verified) -> _Part | None:
    if fits(cell.period, indicator.frequency):
        reading = verified.get(cell)
        return _Part(quantity(reading)) if reading else None
    if cell.period != whole_year(year_of(cell.period)):
        return None
    periods = of_year(year_of(cell.period), indicator.frequency)
    readings = [reading for period in periods if (reading := verified.get(Cell(cell.scope, period)))]
    needed = periods[-1:] if indicator.period_rule is PeriodRule.LAST else periods
    complete = all(Cell(cell.scope, period) in verified for period in needed)
    return _Part(over_periods(indicator.period_rule, list(map(quantity, readings))), complete) if readings else None


def quantity(reading: Reading) -> Quantity:
    """What a reading brings to a roll-up."""
    if reading.numerator is not None:
        return Quantity(Fraction(reading.numerator), Fraction(reading.denominator or 1))
    return Quantity(Fraction(reading.figure()))


def over_periods(rule: PeriodRule, periods: Sequence[Quantity]) -> Quantity:
    """The year's figure of one scope from its periods', in their order; at least one.

    Ratios are not averaged: for sum and mean alike, the year's is the periods' numerators over their denominators.
    """
    match rule:
        case PeriodRule.LAST:
            return periods[-1]
        case PeriodRule.SUM:
            return _sum(periods)
        case PeriodRule.MEAN:
            return _mean(periods)


def over_regions(indicator: IndicatorDefinition, regions: Sequence[Quantity]) -> Quantity:
    """The nation's figure from the regions', in any order; at least one.

    ``count`` counts the regions that reach the target or, when there is none, whose figure is above 0.
    """
    match indicator.national_rule:
        case NationalRule.COUNT:
            return Quantity(Fraction(sum(_counts(indicator, region.number) for region in regions)))
        case NationalRule.MEAN:
            return _mean([Quantity(region.number) for region in regions])
        case NationalRule.SUM | NationalRule.RATIO_OF_SUMS:
            return _sum(regions)
        case NationalRule.MEASURED:
            raise ValueError("what is measured for the nation is not made of the regions' figures")


def weighted_total(scored: Iterable[tuple[Decimal, Decimal]]) -> WeightedTotal | None:
    """The total of (weight, score) pairs; None when no weight is scored."""
    pairs = list(scored)
    with localcontext(_EXACT):
        weight = sum((weight for weight, _ in pairs), Decimal())
        points = sum((weight * score for weight, score in pairs), Decimal())
        return WeightedTotal(half_up(points / weight), weight) if weight else None


def _counts(indicator: IndicatorDefinition, number: Fraction) -> bool:
    if indicator.target is None:
        return number > 0
    target = Fraction(indicator.target)
    return number <= target if indicator.direction is Direction.LOWER else number >= target


def _sum(parts: Sequence[Quantity]) -> Quantity:
    overs = [part.over for part in parts if part.over is not None]
    return Quantity(sum((part.amount for part in parts), Fraction()), sum(overs, Fraction()) if overs else None)


def _mean(parts: Sequence[Quantity]) -> Quantity:
    total = _sum(parts)
    return total if total.over is not None else Quantity(total.amount / len(parts))
