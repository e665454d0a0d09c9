"""How the periods' figures make the year's, and the regions' the nation's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st

from services.evaluation.rollup import RolledUp, WeightedTotal, figure_of, is_measured, weighted_total
from services.evaluation.streams import Cell
from shared.contracts.definition import IndicatorDefinition
from shared.contracts.evaluation import Reading
from tests.unit.evaluation.examples import QL1, QN1, QN2, QN3, REGIONS, amount, qualitative, quantitative, revised

Q1, Q2, Q3, Q4 = "2560-Q1", "2560-Q2", "2560-Q3", "2560-Q4"
YEAR = "2560-Y"
Figures = dict[tuple[str, str], Any]


def reading(figure: Any) -> Reading:
    if isinstance(figure, tuple):
        return Reading(numerator=amount(figure[0]), denominator=amount(figure[1]))
    return Reading(value=amount(figure))


def rolled(indicator: IndicatorDefinition, scope: str, period: str, figures: Figures) -> RolledUp | None:
    verified = {Cell(*cell): reading(figure) for cell, figure in figures.items()}
    return figure_of(indicator, REGIONS, Cell(scope, period), verified)


def regions(*figures: Any, period: str = Q1) -> Figures:
    return {(region, period): figure for region, figure in zip(REGIONS, figures, strict=False)}


def ruled(national_rule: str, **changes: Any) -> IndicatorDefinition:
    return quantitative("QN9", 100, national_rule=national_rule, **changes)


# A figure of its own


def test_a_verified_figure_is_its_own() -> None:
    assert rolled(QN2, "R01", Q1, {("R01", Q1): "87.5"}) == RolledUp(amount("87.5"))


def test_a_ratio_is_taken_to_28_digits() -> None:
    found = rolled(QN3, "R01", Q1, {("R01", Q1): (2, 3)})
    assert found == RolledUp(Decimal("0.6666666666666666666666666667"))
    assert found.figure == Reading(numerator=amount(2), denominator=amount(3)).figure()


def test_where_nothing_is_verified_there_is_no_figure() -> None:
    assert rolled(QN2, "R01", Q1, {("R02", Q1): 1, ("R01", Q2): 1}) is None
    assert rolled(QN2, "TH", Q1, {}) is None
    assert rolled(QN2, "R01", YEAR, {}) is None
    assert rolled(QN2, "TH", YEAR, {}) is None


def test_there_is_no_figure_of_a_period_that_is_not_the_indicators() -> None:
    assert rolled(QN2, "R01", "2560-H1", {("R01", Q1): 1}) is None
    assert rolled(QN2, "TH", "2560-M01", {("R01", Q1): 1}) is None


@pytest.mark.parametrize(
    ("indicator", "scope", "period", "measured"),
    [
        (QN2, "R01", Q1, True), (QN2, "TH", Q1, False), (QN2, "R01", YEAR, False), (QN1, "R01", YEAR, True),
        (QN1, "TH", YEAR, False), (QL1, "TH", YEAR, True), (QL1, "R01", YEAR, False), (QL1, "TH", Q1, False),
    ],
)  # fmt: skip
def test_what_is_reported_is_not_rolled_up(
    indicator: IndicatorDefinition, scope: str, period: str, measured: bool
) -> None:
    assert is_measured(indicator, Cell(scope, period)) is measured


# The nation


def test_the_nation_is_the_sum_of_the_regions() -> None:
    assert rolled(ruled("sum"), "TH", Q1, regions(1, 2, "3.5")) == RolledUp(amount("6.5"), 3, 3)


def test_the_nation_is_the_mean_of_the_regions() -> None:
    assert rolled(ruled("mean"), "TH", Q1, regions(1, 2, 6)) == RolledUp(amount(3), 3, 3)


def test_the_nations_ratio_is_the_ratio_of_the_sums_and_no_mean_of_ratios() -> None:
    found = rolled(QN3, "TH", Q1, regions((1, 2), (9, 10), (0, 8)))
    assert found == RolledUp(amount("0.5"), 3, 3)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"target": "2"}, 2),
        ({"target": None}, 2),
        ({"target": "2", "direction": "lower", "bands": ["9", "7", "5", "3", "1"]}, 2),
        ({"target": "9"}, 0),
    ],
)
def test_counting_counts_the_regions_that_reach_the_target(changes: dict[str, Any], expected: int) -> None:
    assert rolled(ruled("count", **changes), "TH", Q1, regions(0, 2, 3)) == RolledUp(amount(expected), 3, 3)


def test_a_missing_region_is_never_filled_in() -> None:
    assert rolled(ruled("mean"), "TH", Q1, regions(10, 20)) == RolledUp(amount(15), 2, 3, provisional=True)
    assert rolled(ruled("sum"), "TH", Q1, regions(0)) == RolledUp(amount(0), 1, 3, provisional=True)


def test_a_figure_of_zero_is_not_a_missing_one() -> None:
    assert rolled(ruled("mean"), "TH", Q1, regions(0, 0, 3)) == RolledUp(amount(1), 3, 3)


def test_other_regions_than_the_programmes_do_not_count() -> None:
    assert rolled(ruled("sum"), "TH", Q1, {**regions(1), ("R18", Q1): 5}) == RolledUp(amount(1), 1, 3, provisional=True)


def test_what_is_measured_for_the_nation_is_not_rolled_up() -> None:
    verified = {Cell("TH", YEAR): Reading(level=4)}
    assert figure_of(QL1, REGIONS, Cell("TH", YEAR), verified) == RolledUp(amount(4))


# The year


def test_the_year_is_the_last_periods_figure() -> None:
    figures: Figures = {("R01", Q4): 4, ("R01", Q1): 1, ("R01", Q2): 9}
    assert rolled(ruled("mean"), "R01", YEAR, figures) == RolledUp(amount(4))


def test_the_year_so_far_is_provisional_until_its_last_period() -> None:
    assert rolled(ruled("mean"), "R01", YEAR, {("R01", Q1): 1, ("R01", Q3): 3}) == RolledUp(amount(3), provisional=True)


@pytest.mark.parametrize(("rule", "expected"), [("sum", 10), ("mean", "2.5")])
def test_the_year_is_the_sum_or_the_mean_of_its_periods(rule: str, expected: Any) -> None:
    indicator = ruled("mean", period_rule=rule)
    year: Figures = {("R01", Q1): 1, ("R01", Q2): 2, ("R01", Q3): 3, ("R01", Q4): 4}
    assert rolled(indicator, "R01", YEAR, year) == RolledUp(amount(expected))
    del year["R01", Q4]
    assert rolled(indicator, "R01", YEAR, year) == RolledUp(amount(6 if rule == "sum" else 2), provisional=True)


@pytest.mark.parametrize("rule", ["sum", "mean"])
def test_a_years_ratio_is_made_of_its_periods_sums(rule: str) -> None:
    indicator = revised(QN3, period_rule=rule)
    year: Figures = {("R01", Q1): (1, 2), ("R01", Q2): (1, 6), ("R01", Q3): (2, 2), ("R01", Q4): (0, 6)}
    assert rolled(indicator, "R01", YEAR, year) == RolledUp(amount("0.25"))


def test_the_nations_year_is_made_of_the_regions_years() -> None:
    indicator = ruled("sum", period_rule="mean")
    year: Figures = {(region, period): 3 for region in REGIONS for period in (Q1, Q2, Q3, Q4)}
    assert rolled(indicator, "TH", YEAR, year) == RolledUp(amount(9), 3, 3)
    del year["R02", Q2]
    assert rolled(indicator, "TH", YEAR, year) == RolledUp(amount(9), 3, 3, provisional=True)


def test_a_mean_of_thirds_comes_out_whole() -> None:
    indicator = ruled("sum", period_rule="mean", frequency="monthly")
    year = {("R01", f"2560-M{month:02}"): 1 for month in (1, 2)} | {("R01", "2560-M03"): 0}
    figures = {(region, period): figure for region in REGIONS for (_, period), figure in year.items()}
    found = rolled(indicator, "TH", YEAR, figures)
    assert found == RolledUp(amount(2), 3, 3, provisional=True)


def test_levels_of_the_year_are_averaged_as_figures() -> None:
    indicator = qualitative("QL9", 100, measured_at="region", national_rule="mean", frequency="half_yearly")
    verified = {Cell(region, "2560-H2"): Reading(level=level) for region, level in zip(REGIONS, (3, 4, 3), strict=True)}
    found = figure_of(indicator, REGIONS, Cell("TH", YEAR), verified)
    assert found == RolledUp(Decimal("3.333333333333333333333333333"), 3, 3)


@settings(deadline=None, max_examples=60)
@generated(st.lists(st.decimals(0, 10**9, places=3), min_size=1, max_size=3), st.sampled_from(["sum", "mean"]))
def test_the_order_of_the_regions_does_not_matter(figures: list[Decimal], rule: str) -> None:
    one = rolled(ruled(rule), "TH", Q1, regions(*figures))
    other = rolled(ruled(rule), "TH", Q1, dict(reversed(regions(*figures).items())))
    assert one == other
    assert one is not None
    assert (one.regions_counted, one.provisional) == (len(figures), len(figures) < 3)


@settings(deadline=None, max_examples=60)
@generated(st.lists(st.decimals(0, 10**9, places=3), min_size=1, max_size=3))
def test_a_mean_lies_between_the_least_and_the_most(figures: list[Decimal]) -> None:
    found = rolled(ruled("mean"), "TH", Q1, regions(*figures))
    assert found is not None
    assert min(figures) <= found.figure <= max(figures)


# The weighted total


def test_the_weighted_total_is_shown_with_the_weight_that_is_scored() -> None:
    scored = [(amount(20), amount("5.00")), (amount(15), amount("3.00")), (amount(25), amount("3.44"))]
    assert weighted_total(scored) == WeightedTotal(amount("3.85"), amount(60))


def test_the_weighted_total_is_rounded_half_up() -> None:
    assert weighted_total([(amount(50), amount("2.34")), (amount(50), amount("2.35"))]) == WeightedTotal(
        amount("2.35"), amount(100)
    )


def test_nothing_scored_has_no_total() -> None:
    assert weighted_total([]) is None
    assert weighted_total([(amount(0), amount(3))]) is None
