"""What was known when, and what was in effect when: each by itself and both together."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from demo import example
from demo.year import DAY_BEFORE_LATE_ORDER
from oracle.asked import World, ask
from oracle.days import last_instant
from oracle.numbers.subject import Subject
from tests.oracle_figures import figure_differences
from tests.scenarios.comparing import answer_differences
from tests.scenarios.product import Answer
from tests.scenarios.year import IN_THE_COURSE, Lived, without_freshness

DAYS = (
    "2016-10-03",
    "2016-10-28",
    "2016-11-07",
    "2016-11-21",
    "2016-12-01",
    "2016-12-15",
    "2017-01-18",
    "2017-01-24",
    "2017-01-25",
    "2017-03-14",
    "2017-04-20",
    "2017-05-02",
    "2017-05-22",
    "2017-06-18",
    "2017-08-10",
    "2017-10-14",
)
YEARS_END = "2016-12-31"
LATE = example.LATE_ORDER


def committee(answer: Answer, region: str) -> Answer:
    """A region's committee in the list of regions."""
    return next(each["committee"] for each in answer["regions"] if each["region"] == region)


async def test_the_day_before_the_late_order_was_recorded_that_committee_is_not_known(year: Lived) -> None:
    national = await year.product.ask("national", as_of=DAY_BEFORE_LATE_ORDER)
    regions = await year.product.ask("regions", as_of=DAY_BEFORE_LATE_ORDER)
    assert national["committees"]["text"] == "18/19"
    assert committee(regions, LATE)["state"] == "proposed"


async def test_the_day_the_late_order_was_recorded_it_is_known(year: Lived) -> None:
    national = await year.product.ask("national", as_of="2017-01-25")
    assert national["committees"]["text"] == "19/19"


async def test_what_was_in_effect_before_it_was_known_has_that_committee(year: Lived) -> None:
    national = await year.product.ask("national", effective_at=YEARS_END)
    regions = await year.product.ask("regions", effective_at=YEARS_END)
    assert national["committees"]["text"] == "19/19"
    assert committee(regions, LATE)["state"] == "appointed"


async def test_what_was_then_known_of_what_was_in_effect_lacks_it(year: Lived) -> None:
    both = {"as_of": DAY_BEFORE_LATE_ORDER, "effective_at": YEARS_END}
    national = await year.product.ask("national", **both)
    assert national["committees"]["text"] == "18/19"
    assert committee(await year.product.ask("regions", **both), LATE)["state"] == "proposed"


async def test_before_its_effective_day_nobody_has_that_committee(year: Lived) -> None:
    assert (await year.product.ask("national", effective_at="2016-12-14"))["committees"]["text"] == "12/19"


async def test_a_day_may_be_named_by_its_year_of_the_buddhist_era(year: Lived) -> None:
    named = await year.product.ask("national", as_of="2560-01-24")
    assert named["committees"]["text"] == "18/19"
    assert named["meta"]["as_of"] == "2017-01-24T16:59:59.999999Z"


@pytest.mark.parametrize("day", DAYS)
async def test_what_was_known_on_a_day_is_what_the_events_recorded_by_then_come_to(year: Lived, day: str) -> None:
    await year.product.at_rest()
    product = year.product
    told, asked = await product.told(), date.fromisoformat(day)
    subject = Subject(World(told, ask(told, await product.now(), as_of=asked)), example.PROGRAMME)
    national = await product.ask("national", as_of=day)
    committees = (await product.ask("committees", as_of=day))["committees"]
    meetings = (await product.ask("meetings", as_of=day))["by_region"]
    scores = [each["year_score"] for each in national["indicators"] if each["year_score"]]

    assert answer_differences("committees", subject, committees) == []
    assert answer_differences("meeting_counts", subject, meetings) == []
    assert answer_differences("budget_total", subject, [national["budget"]]) == []
    assert answer_differences("activities", subject, national["activities"]) == []
    assert answer_differences("completeness_total", subject, [national["completeness"]]) == []
    assert answer_differences("due_total", subject, [national["due"]]) == []
    assert answer_differences("year_scores", subject, scores, scope="TH") == []


async def test_every_figure_of_some_days_is_the_oracles_with_either_time_and_both(year: Lived) -> None:
    await year.product.at_rest()
    told, now = await year.product.told(), await year.product.now()
    async with year.product.views() as pool:
        for known, effective in (
            ("2017-01-24", None),
            ("2017-05-22", None),
            (None, "2016-12-31"),
            (None, "2017-06-01"),
            ("2017-01-24", "2016-12-31"),
            ("2017-06-18", "2017-06-01"),
        ):
            differences = await figure_differences(pool, told, now, as_of=end_of(known), effective_at=end_of(effective))
            assert differences == []


async def test_what_was_answered_in_the_course_of_the_year_is_answered_again(year: Lived) -> None:
    assert len(year.said) == len(IN_THE_COURSE) >= 20
    for question, answer in year.said.items():
        again = await year.product.ask(question.path, as_of=question.as_of)
        assert without_freshness(again) == without_freshness(answer), question
        assert again["meta"]["final"], question


async def test_the_voided_payment_was_in_the_sums_until_it_was_voided(year: Lived) -> None:
    before, after = [await paid_by_region(year, as_of=day) for day in ("2017-06-18", "2017-06-19")]
    wrong, right = example.WRONG_PAYMENT, "R12"
    assert (before[wrong], before[right]) == (2_025_000 + 1_250_000, 2_025_000)
    assert (after[wrong], after[right]) == (2_025_000, 2_025_000 + 1_250_000)


async def test_the_voided_payment_is_in_no_sum_of_its_day_any_more(year: Lived) -> None:
    in_effect = await paid_by_region(year, effective_at="2017-06-01")
    assert (in_effect[example.WRONG_PAYMENT], in_effect["R12"]) == (2_025_000, 2_025_000 + 1_250_000)


async def test_the_vacant_chair_was_vacant_for_twenty_days(year: Lived) -> None:
    vacant = {
        day: committee(await year.product.ask("regions", as_of=day), example.VACATED)["vacant"]
        for day in ("2017-07-31", "2017-08-01", "2017-08-20", "2017-08-21")
    }
    assert list(vacant.values()) == [[], ["chair"], ["chair"], []]


async def test_the_future_is_not_known(year: Lived) -> None:
    answer = await year.product.get("/v1/programmes/2560-cluster/national", as_of="2600-01-01T00:00:00+07:00")
    assert (answer.status_code, answer.json()["code"]) == (400, "query.as_of_in_future")


async def paid_by_region(year: Lived, **when: str) -> dict[str | None, int]:
    """Satang by region."""
    rows = (await year.product.ask("budget", **when))["by_region"]
    return {row["region"]: row["net_disbursed"] for row in rows}


def end_of(day: str | None) -> datetime | None:
    """The last instant of a day in Bangkok."""
    return None if day is None else last_instant(date.fromisoformat(day))
