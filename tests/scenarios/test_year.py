"""Fiscal year 2560 when it is over: totals that can be counted by hand from the demonstration's example."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from demo import example
from demo.example import REGIONS, number_of, reading
from tests.scenarios.year import Lived

CENT = Decimal("0.01")
CENTRAL_PAYMENTS = 32_500_000 + 48_750_000 + 41_200_000
"""Satang paid for the first meeting, the workshop and the briefing."""
VOIDED_AND_BOOKED_ANEW = 1_250_000


def regional_payments(region: str) -> int:
    """Satang for the two working meetings of a region's committee."""
    return 2_000_000 + 2_500_000 + 2 * 12_500 * (number_of(region) % 5)


def total(numbers: Iterable[str]) -> Decimal:
    """Sum of decimals as they are told."""
    return sum(map(Decimal, numbers), Decimal())


def half_up(number: Decimal) -> Decimal:
    """To 0.01."""
    return number.quantize(CENT, ROUND_HALF_UP)


def test_the_nation_has_its_19_of_19_committees(year: Lived) -> None:
    national = year.ended["national"]
    assert next(iter(national)) == "committees"
    assert national["committees"]["text"] == "19/19"
    assert national["meta"]["parked"] == 0


def test_every_committee_sits_by_its_own_order_with_its_eight_members(year: Lived) -> None:
    committees = [year.region(region)["committee"] for region in REGIONS]
    assert [each["order_number"] for each in committees] == list(range(201, 220))
    assert {each["members"] for each in committees} == {8}
    assert [each["vacant"] for each in committees] == [[]] * 19


def test_the_committee_whose_order_came_late_is_in_office_since_its_effective_day(year: Lived) -> None:
    assert year.region(example.LATE_ORDER)["committee"]["effective_from"] == "2016-12-15"


def test_57_meetings_were_held_and_one_had_no_quorum(year: Lived) -> None:
    meetings = year.ended["national"]["meetings"]
    assert {name: meetings[name] for name in ("held", "inquorate", "resolutions", "scheduled")} == {
        "held": 1 + 3 * 19 - 1,
        "inquorate": 1,
        "resolutions": 57,
        "scheduled": 0,
    }
    assert year.region(example.INQUORATE)["meetings"]["inquorate"] == 1
    assert year.region(example.INQUORATE)["meetings"]["held"] == 2


def test_a_meeting_told_late_was_judged_by_the_roll_of_its_day(year: Lived) -> None:
    region = example.LATE_ORDER
    its = [each for each in year.ended["meetings"]["meetings"] if each["region"] == region]
    assert [each["voting"] for each in its] == [7, 7, 7]
    assert all(each["quorate"] for each in its)


def test_allocations_and_payments_add_up_to_the_satang(year: Lived) -> None:
    budget = year.ended["national"]["budget"]
    paid = CENTRAL_PAYMENTS + sum(map(regional_payments, REGIONS)) + VOIDED_AND_BOOKED_ANEW
    assert (budget["allocated"], budget["net_disbursed"]) == (sum(example.ALLOCATIONS.values()), paid)
    assert (budget["allocated"], paid) == (440_000_000, 210_100_000)
    assert budget["remaining"] == budget["allocated"] - paid


def test_every_region_has_what_was_paid_for_it_and_the_voided_payment_counts_for_the_right_one(year: Lived) -> None:
    for region in REGIONS:
        wanted = regional_payments(region) + (VOIDED_AND_BOOKED_ANEW if region == "R12" else 0)
        assert year.region(region)["budget"]["net_disbursed"] == wanted, region


def test_the_silent_region_lacks_its_three_figures_of_the_second_quarter(year: Lived) -> None:
    complete = {region: year.region(region)["completeness"] for region in REGIONS}
    counts = {region: (each["verified"], each["expected"]) for region, each in complete.items()}
    assert counts == {region: (10 if region == "R11" else 13, 13) for region in REGIONS}
    silent = [each for each in year.ended["regions/R11"]["cells"] if each["status"] == "not_reported"]
    assert [(each["indicator"], each["period"]) for each in silent] == [
        (code, "2560-Q2") for code in ("QN2", "QN3", "QN4")
    ]


def test_of_247_expected_figures_244_are_verified_and_all_of_these_came_in_time(year: Lived) -> None:
    complete = year.ended["national"]["completeness"]
    assert {name: complete[name] for name in ("expected", "submitted", "verified", "timely")} == {
        "expected": 19 + 3 * 4 * 19,
        "submitted": 244,
        "verified": 244,
        "timely": 244,
    }


def test_qn1_counts_the_19_committees_though_nobody_told_a_figure(year: Lived) -> None:
    score = year.indicator("QN1")["year_score"]
    assert [Decimal(score["figure"]), Decimal(score["score"]), score["regions_counted"]] == [19, 5, 19]


def test_the_nations_ratio_is_the_ratio_of_the_regions_sums_and_no_mean_of_ratios(year: Lived) -> None:
    told = [reading("QN2", region, 4) for region in REGIONS]
    ratio = total(each["numerator"] for each in told) / total(each["denominator"] for each in told)
    bands = [Decimal(band) for band in ("0.5", "0.6", "0.7", "0.8", "0.9")]
    level = max(place for place, band in enumerate(bands, 1) if ratio >= band)
    wanted = half_up(level + (ratio - bands[level - 1]) / (bands[level] - bands[level - 1]))

    score = year.indicator("QN2")["year_score"]

    assert abs(Decimal(score["figure"]) - ratio) < Decimal("1e-20")
    assert Decimal(score["score"]) == wanted


def test_the_restated_figure_is_scored_and_the_one_before_is_not(year: Lived) -> None:
    cell = year.cell("QN3", example.RESTATED, "2560-Q2")
    assert [Decimal(cell["figure"]), cell["restatements"]] == [24, 1]
    assert Decimal(cell["score"]) == 2 + Decimal(24 - 20) / 10


def test_the_returned_figure_counts_as_it_was_reported_anew(year: Lived) -> None:
    cell = year.cell("QN2", example.RETURNED, "2560-Q1")
    assert [Decimal(cell["figure"]), Decimal(cell["score"])] == [Decimal("0.6"), 2]
    assert (cell["status"], cell["timely"]) == ("verified", True)


def test_a_revised_target_rescored_what_was_open_and_left_the_closed_quarter_alone(year: Lived) -> None:
    nation = {each["period"]: each for each in year.indicator("QN4")["nation"]}
    mean = {quarter: total(reading("QN4", region, quarter)["value"] for region in REGIONS) / 19 for quarter in (1, 4)}
    for quarter in (1, 4):
        figure = Decimal(nation[f"2560-Q{quarter}"]["figure"])
        assert abs(figure - mean[quarter]) < Decimal("1e-20")
    # Lower is better. Of the old bands 60, 45, 30, 20, 10; of the new ones 65, 50, 35, 25, 15.
    assert Decimal(nation["2560-Q1"]["score"]) == half_up(1 + (60 - mean[1]) / 15)
    assert Decimal(nation["2560-Q4"]["score"]) == half_up(3 + (35 - mean[4]) / 10)


def test_the_weighted_total_is_what_the_seven_indicators_earn(year: Lived) -> None:
    scored = {each["code"]: each["year_score"] for each in year.ended["indicators"]["indicators"]}
    points = sum((Decimal(each["weight"]) * Decimal(each["score"]) for each in scored.values()), Decimal())
    assert [(code, each["weight"]) for code, each in scored.items()] == [
        ("QN1", "20"),
        ("QL1", "15"),
        ("QL2", "15"),
        ("QL3", "10"),
        ("QN2", "15"),
        ("QN3", "15"),
        ("QN4", "10"),
    ]
    assert year.ended["national"]["total"]["text"] == f"{half_up(points / 100)} on 100 of 100"


def test_the_centre_judged_three_rubrics_whose_level_is_the_score(year: Lived) -> None:
    scores = {code: year.indicator(code)["year_score"]["score"] for code in ("QL1", "QL2", "QL3")}
    assert {code: Decimal(score) for code, score in scores.items()} == {"QL1": 4, "QL2": 4, "QL3": 5}


def test_every_activity_is_completed_and_none_was_late(year: Lived) -> None:
    activities = year.ended["activities"]["activities"]
    assert {each["code"]: each["completed_on"] for each in activities} == {
        "1": "2017-03-31",
        "1.1": "2016-11-07",
        "1.2": "2016-11-21",
        "1.3": "2017-03-10",
        "2": "2017-03-15",
        "3": "2017-09-08",
        "4": "2017-10-14",
        "5": "2017-10-31",
    }
    assert not any(each["overdue"] or each["days_late"] for each in activities)


def test_activity_1_2_began_with_the_first_proposals_and_ended_with_the_last_by_rule(year: Lived) -> None:
    activity = year.activity("1.2")
    assert (activity["started_on"], activity["completed_on"]) == ("2016-11-14", "2016-11-21")
    assert (activity["counted"], activity["needed"]) == (19, 19)


def test_two_of_four_recommendations_are_closed_and_two_have_been_open_since_june(year: Lived) -> None:
    advice = year.ended["national"]["recommendations"]
    assert {name: advice[name] for name in ("open", "closed", "overdue")} == {"open": 2, "closed": 2, "overdue": 2}
    assert {each["region"] for each in year.ended["recommendations"]["recommendations"] if each["state"] == "open"} == {
        "R11",
        "R17",
    }


def test_every_region_was_visited_and_five_visits_found_something(year: Lived) -> None:
    visits = year.ended["national"]["visits"]
    assert (visits["visits"], visits["findings"]) == (19, sum(number_of(region) % 4 == 1 for region in REGIONS))


def test_all_committees_but_one_acknowledged_the_policy(year: Lived) -> None:
    (briefing,) = year.ended["national"]["briefings"]
    assert (briefing["called"], briefing["acknowledged"]) == (19, 18)


async def test_what_was_known_on_the_last_day_is_what_was_answered_on_it(year: Lived) -> None:
    for path in ("national", "regions", "indicators/QN4", "budget", "meetings"):
        then, ended = await year.then(path), year.ended[path]
        assert {**then, "meta": None} == {**ended, "meta": None}, path
