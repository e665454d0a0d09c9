"""The steps of a score lead where the scoring policy does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.scoring import five_band_linear
from services.reporting.working import working
from shared.contracts.definition import INDICATOR_EXAMPLE, IndicatorDefinition

FIGURES = st.decimals("-5", "30", places=3)


def indicator(**changes: Any) -> IndicatorDefinition:
    return IndicatorDefinition.model_validate({**INDICATOR_EXAMPLE, **changes})


def steps(definition: IndicatorDefinition, figure: Decimal, scope: str, **changes: Any) -> dict[str, Any]:
    """The working of what the policy gives."""
    score = five_band_linear(definition, figure, scope)
    told = {
        "scope": scope,
        "period": "2560-Y",
        "figure": figure,
        "score": score,
        "level": int(score),
        "weight": Decimal(20),
        "weighted": Decimal(20) * score / 100,
        "scheme": "five-band-linear/1",
        "indicator_version": 1,
        **changes,
    }
    return working(definition.model_dump(mode="json"), told)


@given(FIGURES, st.sampled_from(["TH", "R01"]))
def test_the_steps_lead_to_the_score_of_the_policy(figure: Decimal, scope: str) -> None:
    found = steps(indicator(), figure, scope)
    assert found["agrees"] is True
    assert found["low"] is None or found["low"] <= figure
    assert found["high"] is None or figure <= found["high"]


@given(FIGURES)
def test_they_do_where_less_is_better_too(figure: Decimal) -> None:
    falling = indicator(direction="lower", bands=["20", "15", "12", "6", "1"], national_bands=None)
    found = steps(falling, figure, "R01")
    assert found["agrees"] is True
    assert found["low"] is None or found["low"] >= figure
    assert found["high"] is None or figure >= found["high"]


def test_between_two_bands_the_share_of_the_way_is_told() -> None:
    found = steps(indicator(), Decimal("16.25"), "TH")
    assert (found["low"], found["high"], found["earned"], found["share"]) == (16, 17, 2, Decimal("0.25"))
    assert found["score"] == Decimal("2.25")


@pytest.mark.parametrize(
    ("figure", "low", "high", "earned"),
    [("14", None, Decimal(15), 1), ("15", None, Decimal(15), 1), ("20", Decimal(19), None, 5)],
)
def test_outside_the_bands_there_is_no_share(figure: str, low: Any, high: Any, earned: int) -> None:
    found = steps(indicator(), Decimal(figure), "TH")
    assert (found["low"], found["high"], found["earned"], found["share"]) == (low, high, earned, None)


def test_the_level_of_a_rubric_is_its_score() -> None:
    rubric = [{"th": f"ระดับ {n}", "en": f"level {n}"} for n in range(1, 6)]
    quality = indicator(kind="qualitative", bands=None, national_bands=None, rubric=rubric, computed_by=None)
    found = steps(quality, Decimal(4), "R01")
    assert (found["kind"], found["agrees"], found["bands"]) == ("rubric", True, None)


def test_a_score_that_does_not_follow_is_said_to_disagree() -> None:
    assert steps(indicator(), Decimal("16.25"), "TH", score=Decimal("2.26"))["agrees"] is False


def test_a_scheme_that_is_not_known_here_is_not_laid_open() -> None:
    found = steps(indicator(), Decimal("16.25"), "TH", scheme="seven-steps/2")
    assert (found["kind"], found["agrees"]) == ("unknown", None)
