"""How a figure becomes a score from 1 to 5."""

from __future__ import annotations

from decimal import Decimal, getcontext, localcontext
from typing import Any

import pytest
from hypothesis import assume, settings
from hypothesis import given as generated
from hypothesis import strategies as st

from services.evaluation.scoring import SCHEMES, Score, find, half_up, label, on_bands, score, target_of
from shared.contracts.definition import ScoringScheme
from shared.contracts.rejection import Rejected
from shared.contracts.types import Direction
from tests.unit.evaluation.examples import QL1, QN1, QN2, amount, quantitative

SCHEME = ScoringScheme(name="five-band-linear", version=1)
RISING = tuple(map(amount, (50, 60, 70, 80, 90)))
FALLING = tuple(map(amount, (60, 45, 30, 20, 10)))


def earned(figure: str, bands: tuple[Decimal, ...] = RISING, direction: Direction = Direction.HIGHER) -> str:
    return str(on_bands(Decimal(figure), bands, direction))


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("50", "1.00"), ("60", "2.00"), ("70", "3.00"), ("80", "4.00"), ("90", "5.00"),
        ("65", "2.50"), ("87.5", "4.75"), ("0", "1.00"), ("49.999999", "1.00"), ("90.000001", "5.00"), ("1000", "5.00"),
        ("-1000", "1.00"),
    ],
)  # fmt: skip
def test_bands_earn_one_to_five_with_straight_lines_between(figure: str, expected: str) -> None:
    assert earned(figure) == expected


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("60", "1.00"), ("45", "2.00"), ("30", "3.00"), ("20", "4.00"), ("10", "5.00"),
        ("61", "1.00"), ("52.5", "1.50"), ("25", "3.50"), ("15", "4.50"), ("9", "5.00"), ("0", "5.00"),
    ],
)  # fmt: skip
def test_where_less_is_better_the_bands_fall(figure: str, expected: str) -> None:
    assert earned(figure, FALLING, Direction.LOWER) == expected


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("63.45", "2.35"),
        ("63.55", "2.36"),
        ("63.4499", "2.34"),
        ("50.05", "1.01"),
        ("89.95", "5.00"),
        ("89.94", "4.99"),
    ],
)
def test_a_score_is_rounded_half_up_to_a_hundredth(figure: str, expected: str) -> None:
    assert earned(figure) == expected


@pytest.mark.parametrize(
    ("number", "expected"), [("2.345", "2.35"), ("2.335", "2.34"), ("2.3449999999999999999999999999", "2.34")]
)
def test_halves_go_up_and_not_to_the_even_neighbour(number: str, expected: str) -> None:
    assert str(half_up(Decimal(number))) == expected


def test_a_third_of_a_band_is_not_rounded_before_the_end() -> None:
    thirds = tuple(map(amount, (0, 3, 6, 9, 12)))
    assert earned("1", thirds) == "1.33"
    assert earned("2", thirds) == "1.67"


def test_the_level_is_the_whole_part_and_the_weighted_score_a_part_of_the_weight() -> None:
    assert score(SCHEME, QN2, amount("87.5"), "R01") == Score(amount("4.75"), 4, amount("1.425"))
    assert score(SCHEME, QN2, amount("90"), "R01").level == 5
    assert score(SCHEME, QN2, amount("1"), "R01") == Score(amount("1.00"), 1, amount("0.3"))


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_a_level_of_the_rubric_is_its_score(level: int) -> None:
    assert score(SCHEME, QL1, Decimal(level), "TH") == Score(Decimal(level), level, 30 * Decimal(level) / 100)


def test_a_mean_of_levels_is_a_score_half_up() -> None:
    assert str(score(SCHEME, QL1, amount("3.125"), "TH").score) == "3.13"


def test_the_nation_has_bands_and_a_target_of_its_own() -> None:
    assert score(SCHEME, QN1, amount(1), "R01").score == 5
    assert score(SCHEME, QN1, amount(17), "TH").score == 3
    assert target_of(QN1, "R01") == 1
    assert target_of(QN1, "TH") == 19


def test_without_bands_of_its_own_the_nation_is_scored_as_a_region() -> None:
    assert score(SCHEME, QN2, amount(65), "TH") == score(SCHEME, QN2, amount(65), "R01")
    assert target_of(QN2, "TH") == 80


def test_a_scheme_is_found_by_name_and_version() -> None:
    assert label(SCHEME) == "five-band-linear/1"
    assert find(SCHEME) is SCHEMES["five-band-linear", 1]
    with pytest.raises(Rejected, match=r"score\.unknown_scheme"):
        find(ScoringScheme(name="five-band-linear", version=2))


NUMBERS = st.decimals(-1_000_000, 1_000_000, places=6)


@st.composite
def bands(draw: Any) -> tuple[tuple[Decimal, ...], Direction]:
    rising = sorted(draw(st.lists(NUMBERS, min_size=5, max_size=5, unique=True)))
    direction = draw(st.sampled_from(Direction))
    return tuple(rising if direction is Direction.HIGHER else reversed(rising)), direction


@settings(deadline=None, max_examples=60)
@generated(bands(), NUMBERS)
def test_a_score_lies_between_one_and_five(scale: tuple[tuple[Decimal, ...], Direction], figure: Decimal) -> None:
    found = on_bands(figure, *scale)
    assert 1 <= found <= 5
    assert found == found.quantize(Decimal("0.01"))


@settings(deadline=None, max_examples=60)
@generated(bands(), NUMBERS, NUMBERS)
def test_a_better_figure_never_scores_less(
    scale: tuple[tuple[Decimal, ...], Direction], one: Decimal, other: Decimal
) -> None:
    worse, better = sorted((one, other), reverse=scale[1] is Direction.LOWER)
    assert on_bands(worse, *scale) <= on_bands(better, *scale)


@settings(deadline=None, max_examples=60)
@generated(bands())
def test_each_band_earns_its_score(scale: tuple[tuple[Decimal, ...], Direction]) -> None:
    assert [on_bands(band, *scale) for band in scale[0]] == [1, 2, 3, 4, 5]


@settings(deadline=None, max_examples=60)
@generated(bands(), NUMBERS)
def test_both_directions_are_mirror_images(scale: tuple[tuple[Decimal, ...], Direction], figure: Decimal) -> None:
    values, direction = scale
    other = Direction.LOWER if direction is Direction.HIGHER else Direction.HIGHER
    assert on_bands(figure, values, direction) == on_bands(-figure, tuple(-each for each in values), other)


@settings(deadline=None, max_examples=60)
@generated(bands(), NUMBERS, st.integers(3, 12))
def test_no_setting_of_the_process_changes_a_score(
    scale: tuple[tuple[Decimal, ...], Direction], figure: Decimal, digits: int
) -> None:
    assume(getcontext().prec != digits)
    expected = score(SCHEME, _indicator(scale), figure, "R01")
    with localcontext() as context:
        context.prec = digits
        assert score(SCHEME, _indicator(scale), figure, "R01") == expected


def _indicator(scale: tuple[tuple[Decimal, ...], Direction]) -> Any:
    return quantitative("QN7", 33, bands=scale[0], direction=scale[1])
