"""Scores from 1 to 5: how a figure becomes one, by the programme's named and versioned scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from itertools import pairwise

from services.evaluation.streams import NATION
from shared.contracts.definition import IndicatorDefinition, ScoringScheme
from shared.contracts.rejection import Rejected
from shared.contracts.types import Direction

CENT = Decimal("0.01")
LOWEST, HIGHEST = Decimal(1), Decimal(5)

_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
"""More digits than any figure and band can bring, so that rounding happens once: at the end, half up."""

Scheme = Callable[[IndicatorDefinition, Decimal, str], Decimal]
"""From an indicator, its figure and the scope to a score from 1 to 5, half-up to 0.01."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 1 to 5, its whole part, and what it adds to the weighted total (weight × score / 100)."""

    score: Decimal
    level: int
    weighted: Decimal


def score(scheme: ScoringScheme, indicator: IndicatorDefinition, figure: Decimal, scope: str) -> Score:
    """Score a figure of a region or of the nation (scope TH). Raises Rejected ``score.unknown_scheme``."""
    earned = find(scheme)(indicator, figure, scope)
    with localcontext(_EXACT):
        return Score(earned, int(earned), indicator.weight * earned / 100)


def find(scheme: ScoringScheme) -> Scheme:
    """The policy that a programme names. Raises Rejected ``score.unknown_scheme``."""
    found = SCHEMES.get((scheme.name, scheme.version))
    if found is None:
        raise Rejected("score.unknown_scheme", scheme=label(scheme))
    return found


def label(scheme: ScoringScheme) -> str:
    """How a score names the scheme it was made by, such as ``five-band-linear/1``."""
    return f"{scheme.name}/{scheme.version}"


def target_of(indicator: IndicatorDefinition, scope: str) -> Decimal | None:
    """The target of a region's figure, or of the nation's where that is another one."""
    if scope == NATION and indicator.national_target is not None:
        return indicator.national_target
    return indicator.target


def five_band_linear(indicator: IndicatorDefinition, figure: Decimal, scope: str) -> Decimal:
    """The five bands are the values that earn 1 to 5, with straight lines between; a rubric's level is its score."""
    if indicator.bands is None:
        return half_up(min(max(figure, LOWEST), HIGHEST))
    national = scope == NATION and indicator.national_bands is not None
    return on_bands(figure, (indicator.national_bands if national else None) or indicator.bands, indicator.direction)


def on_bands(figure: Decimal, bands: Sequence[Decimal], direction: Direction) -> Decimal:
    """Score of a figure on five bands, strictly monotone in the direction; outside them it is 1.00 or 5.00."""
    if direction is Direction.LOWER:
        figure, bands = figure.copy_negate(), [band.copy_negate() for band in bands]
    if figure <= bands[0]:
        return half_up(LOWEST)
    for earned, (low, high) in enumerate(pairwise(bands), start=1):
        if figure < high:
            with localcontext(_EXACT):
                return half_up(earned + (figure - low) / (high - low))
    return half_up(HIGHEST)


def half_up(number: Decimal) -> Decimal:
    """To 0.01, a half rounded away from zero: 2.345 is 2.35."""
    return number.quantize(CENT, ROUND_HALF_UP, _EXACT)


SCHEMES: Mapping[tuple[str, int], Scheme] = {("five-band-linear", 1): five_band_linear}
"""Every policy there is, by name and version; one that scored anything is never changed, a new version is added."""
