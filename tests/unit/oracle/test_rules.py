"""The recount of the domain's rules finds nothing in a sound history, and names each error that is planted in one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from oracle.rules.committees import committee_faults, mandate_faults, programme_faults
from oracle.rules.every import rule_faults
from oracle.rules.measurements import briefing_faults, measurement_faults, recommendation_faults, weight_faults
from oracle.rules.meetings import meeting_faults
from oracle.rules.money import money_faults
from oracle.rules.rollups import rollup_faults
from oracle.rules.scores import score_faults, score_of
from shared.contracts.committee import MandateText
from shared.contracts.types import Direction
from tests.unit.oracle.story import (
    ANN,
    BEN,
    CAT,
    COMMITTEE,
    DAN,
    QL1,
    QN1,
    QN2,
    THREE,
    P,
    Row,
    Story,
    measurement,
    seat,
    utc,
)
from tests.unit.oracle.test_rows_activity import ADJOURNED, HELD, MEETING, ROLL
from tests.unit.oracle.test_rows_evaluation import recommend

BUDGET = f"budget:{P}"
SET = f"indicators:{P}"


def one(lines: Sequence[str]) -> str:
    """The only line."""
    (line,) = lines
    return line


def in_office() -> Story:
    """A programme with a committee in office since 2016-12-01: two voting members."""
    story = Story()
    story.programme()
    story.propose()
    story.appoint()
    return story


def test_a_sound_history_breaks_no_rule() -> None:
    story = in_office()
    story.indicators()
    nobody = {"attendance": [{"person_id": ANN, "attendance": "apology"}], "roll": roll(present=0, quorate=False)}
    story.say(MEETING, "MeetingAdjourned", **{**ADJOURNED, **nobody})
    story.say(MEETING, "MeetingHeld", **HELD)
    story.say(MEETING, "MinutesApproved", programme=P, approved_on="2017-03-12", evidence={"title": "m"})
    allocate(story, 1000)
    pay(story, 1000)
    figure = story.measure({"numerator": "3", "denominator": "4"})
    story.score("0.75", "3.50", story.verify(figure))
    recommend(story)
    assert rule_faults(story.told) == []


# Programmes, mandates, committees.


def test_a_digest_that_is_not_the_definitions_is_found() -> None:
    story = Story()
    story.programme()
    told = story.told[0].payload
    amended = {**told, "version": 3, "digest": "0" * 64, "reason": "r"}
    story.say(f"programme:{P}", "ProgrammeAmended", **amended)
    assert len(programme_faults(story.told)) == 2


TEXT = dict.fromkeys(("form", "composition", "scope", "duties", "mission_frame"), "words")


@pytest.mark.parametrize(("text", "again", "faults"), [("words", False, 0), ("other", False, 1), ("words", True, 1)])
def test_a_mandate_is_adopted_as_it_was_drafted_and_then_fixed(text: str, again: bool, faults: int) -> None:
    story = Story()
    stream = f"mandate:{P}:1"
    drafted: Row = {"programme": P, "version": 1, "text": TEXT}
    digest = MandateText.model_validate({**TEXT, "form": text}).digest()
    story.say(stream, "MandateDrafted", **drafted, drafted_on="2016-10-10")
    story.say(stream, "MandateAdopted", programme=P, version=1, adopted_on="2016-10-20", resolution="r", digest=digest)
    if again:
        story.say(stream, "MandateDrafted", **drafted, drafted_on="2016-10-21")
    assert len(mandate_faults(story.told)) == faults


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ([seat(ANN, "chair"), seat(BEN, "chair"), seat(CAT, "secretary")], "has 2 chairs"),
        ([seat(ANN), seat(CAT, "secretary")], "has 0 chairs"),
        ([seat(ANN, "chair"), seat(BEN, "assistant_secretary")], "has no secretary"),
        ([seat(ANN, "chair"), seat(BEN, "secretary"), seat(BEN)], "has a member twice"),
        ([seat(ANN, "chair"), *[seat(None, "secretary", office="clerk")] * 2], "has a member twice"),
    ],
)
def test_a_committee_that_was_not_composed_by_the_rules_is_found(members: list[Row], fault: str) -> None:
    story = Story()
    story.propose()
    story.appoint(members=members)
    assert any(line.endswith(fault) for line in committee_faults(story.told))


def test_a_second_chair_that_came_later_is_found() -> None:
    story = in_office()
    story.say(
        COMMITTEE, "MemberAppointed", programme=P, region="R01", member=seat(DAN, "chair"), effective_from="2017-01-01"
    )
    assert "has 2 chairs from" in one(committee_faults(story.told))


def test_an_appointment_before_the_proposal_is_found() -> None:
    story = Story()
    story.propose(on="2016-11-07")
    story.appoint(on="2016-11-06")
    assert "was not proposed before" in one(committee_faults(story.told))


def test_what_follows_the_end_of_a_committee_is_found() -> None:
    story = in_office()
    story.say(
        COMMITTEE,
        "MemberEnded",
        programme=P,
        region="R01",
        holder={"person_id": BEN},
        ended_on="2017-04-01",
        reason="r",
    )
    assert committee_faults(story.told) == []
    story.say(COMMITTEE, "CommitteeDissolved", programme=P, region="R01", dissolved_on="2017-03-01", reason="r")
    assert "follows its end" in one(committee_faults(story.told))


def test_two_committees_in_office_at_the_same_time_are_found_though_one_has_ended_by_now() -> None:
    story = in_office()
    story.say(COMMITTEE, "CommitteeDissolved", programme=P, region="R01", dissolved_on="2017-03-01", reason="r")
    story.propose(ordinal=2)
    story.appoint(ordinal=2, number=20, on="2017-02-27")
    assert "are both in office at" in one(committee_faults(story.told))


# Meetings.


def held(story: Story, **changed: Any) -> str:
    return story.say(MEETING, "MeetingHeld", **{**HELD, **changed})


def roll(**changed: Any) -> Row:
    return {**ROLL, **changed}


def test_more_votes_than_members_present_are_found() -> None:
    story = in_office()
    held(story, resolutions=[{"number": 1, "text": "t", "votes_for": 1, "votes_against": 1, "abstentions": 1}])
    assert "resolution 1 has 3 votes of 2 present" in one(meeting_faults(story.told))


def test_more_votes_in_a_corrected_record_are_found() -> None:
    story = in_office()
    held(story)
    story.say(
        MEETING,
        "MeetingRecordCorrected",
        programme=P,
        ended_at="2017-03-10T06:00:00Z",
        resolutions=[{"number": 1, "text": "t", "votes_for": 3}],
        reason="r",
        at=utc(2017, 4, 1),
    )
    assert "resolution 1 has 3 votes of 2 present" in one(meeting_faults(story.told))


def test_a_quorum_that_was_not_there_is_found() -> None:
    story = in_office()
    held(story, attendance=[{"office": "guest", "attendance": "present"}], roll=roll(present=0), resolutions=[])
    assert "0 of 2 is said to be quorate: True" in one(meeting_faults(story.told))


def test_a_quorum_that_was_denied_is_found() -> None:
    story = in_office()
    story.say(MEETING, "MeetingAdjourned", **{**ADJOURNED, "roll": roll(present=1, quorate=False)})
    assert meeting_faults(story.told) != []


def test_a_roll_that_counts_others_than_were_there_is_found() -> None:
    story = in_office()
    held(story, attendance=[{"person_id": ANN, "attendance": "present"}])
    assert "1 of the voting members were there, it says 2" in one(meeting_faults(story.told))


def test_a_roll_of_today_in_place_of_that_of_the_meeting_is_found() -> None:
    story = in_office()
    joined = story.say(
        COMMITTEE, "MemberAppointed", programme=P, region="R01", member=seat(DAN), effective_from="2017-03-20"
    )
    members = [*THREE, seat(DAN)]
    held(story, roll=roll(members=members, voting=3, committee_version=3))
    assert "its roll is not the membership" in one(meeting_faults(story.told))
    assert joined


def test_a_roll_that_was_known_better_later_is_no_fault() -> None:
    story = in_office()
    held(story)
    story.say(COMMITTEE, "MemberAppointed", programme=P, region="R01", member=seat(DAN), effective_from="2017-03-01")
    assert meeting_faults(story.told) == []


def test_a_roll_after_a_voiding_is_that_of_what_is_left() -> None:
    story = in_office()
    joined = story.say(
        COMMITTEE, "MemberAppointed", programme=P, region="R01", member=seat(DAN), effective_from="2017-01-05"
    )
    story.void(COMMITTEE, joined)
    held(story)
    assert meeting_faults(story.told) == []


def test_minutes_of_a_meeting_that_had_not_ended_are_found() -> None:
    story = in_office()
    held(story)
    story.say(MEETING, "MinutesApproved", programme=P, approved_on="2017-03-09", evidence={"title": "m"})
    assert "before it was held" in one(meeting_faults(story.told))


def test_a_resolutions_number_that_stands_twice_is_found() -> None:
    story = in_office()
    held(story, resolutions=[{"number": 1, "text": "a"}, {"number": 1, "text": "b"}])
    assert "stands twice" in one(meeting_faults(story.told))


# Money.


def allocate(story: Story, amount: int, activity: str = "2", on: str = "2016-10-05") -> str:
    return story.say(
        BUDGET, "BudgetAllocated", programme=P, activity=activity, amount_satang=amount, allocated_on=on, document="d"
    )


VOUCHER = {"number": "1", "unit": "u", "date": "2017-01-10"}


def pay(story: Story, amount: int, on: str = "2017-01-10", **fields: Any) -> str:
    given: Row = {"programme": P, "activity": "2", "amount_satang": amount, "paid_on": on, "voucher": VOUCHER, **fields}
    return story.say(BUDGET, "FundsDisbursed", **given)


def test_more_paid_out_than_allocated_is_found_at_its_position() -> None:
    story = Story()
    allocate(story, 100)
    pay(story, 60)
    assert money_faults(story.told) == []
    pay(story, 41)
    assert one(money_faults(story.told)).startswith(f"{BUDGET} known at 3: activity 2 is 1 satang short after")


def test_money_paid_out_before_it_was_there_is_found() -> None:
    story = Story()
    allocate(story, 100, on="2017-01-11")
    pay(story, 60, on="2017-01-10")
    assert "activity 2 is 60 satang short" in one(money_faults(story.told))


def test_a_voided_allocation_leaves_its_payments_without_money() -> None:
    story = Story()
    allocated = allocate(story, 100)
    pay(story, 60)
    story.void(BUDGET, allocated)
    assert "known at 3" in one(money_faults(story.told))


def test_a_transfer_of_more_than_there_is_is_found() -> None:
    story = Story()
    allocate(story, 100, "1.2")
    moved: Row = {
        "programme": P,
        "from_activity": "1.2",
        "to_activity": "2",
        "transferred_on": "2016-12-01",
        "document": "d",
    }
    story.say(BUDGET, "BudgetTransferred", **moved, amount_satang=100)
    pay(story, 100)
    assert money_faults(story.told) == []
    story.say(BUDGET, "BudgetTransferred", **moved, amount_satang=1)
    assert any("activity 1.2 is 1 satang short" in line for line in money_faults(story.told))


def test_a_voucher_that_comes_back_for_more_than_it_paid_is_found() -> None:
    story = Story()
    allocate(story, 100)
    pay(story, 60)
    back: Row = {"programme": P, "activity": "2", "voucher": VOUCHER, "reversed_on": "2017-02-01", "reason": "r"}
    story.say(BUDGET, "DisbursementReversed", **back, amount_satang=60)
    assert money_faults(story.told) == []
    story.say(BUDGET, "DisbursementReversed", **back, amount_satang=1)
    assert "voucher 1 has -1 satang" in one(money_faults(story.told))


@pytest.mark.parametrize(
    ("on", "carried_over", "faults"),
    [("2017-09-30", False, 0), ("2017-10-01", False, 1), ("2017-10-01", True, 0), ("2017-09-30", True, 1)],
)
def test_a_payment_outside_the_fiscal_year_is_found_unless_it_was_carried_over(
    on: str, carried_over: bool, faults: int
) -> None:
    story = Story()
    allocate(story, 100)
    pay(story, 60, on=on, carried_over=carried_over)
    assert len(money_faults(story.told)) == faults


def test_an_allocation_of_another_year_is_found() -> None:
    story = Story()
    allocate(story, 100, on="2016-09-30")
    assert "is not of the programme's fiscal year" in one(money_faults(story.told))


# Scores.

BANDS = [Decimal(text) for text in ("0.5", "0.6", "0.7", "0.8", "0.9")]


@pytest.mark.parametrize(
    ("figure", "score"),
    [
        ("0.4", "1.00"),
        ("0.5", "1.00"),
        ("0.55", "1.50"),
        ("0.6", "2.00"),
        ("0.7501", "3.50"),
        ("0.6666666666666666666666666667", "2.67"),
        ("0.60449", "2.04"),
        ("0.6045", "2.05"),
        ("0.8", "4.00"),
        ("0.8999", "5.00"),
        ("0.9", "5.00"),
        ("7", "5.00"),
    ],
)
def test_a_score_is_linear_between_the_bands_and_rounds_halves_up(figure: str, score: str) -> None:
    assert score_of(Decimal(figure), BANDS, Direction.HIGHER) == Decimal(score)


@pytest.mark.parametrize(
    ("figure", "score"), [("70", "1.00"), ("60", "1.00"), ("37.5", "2.50"), ("20", "4.00"), ("9", "5.00")]
)
def test_where_less_is_better_bands_fall(figure: str, score: str) -> None:
    bands = [Decimal(number) for number in (60, 45, 30, 20, 10)]
    assert score_of(Decimal(figure), bands, Direction.LOWER) == Decimal(score)


def scored(figure: str = "0.75", score: str = "3.50", **changed: Any) -> Story:
    story = Story()
    story.indicators()
    measured = story.measure({"numerator": "3", "denominator": "4"})
    story.score(figure, score, story.verify(measured), **changed)
    return story


def test_a_score_by_the_formula_is_no_fault() -> None:
    assert score_faults(scored().told) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"score": "3.49"}, "score of 0.75 is 3.5, it says 3.49"),
        ({"level": 4}, "level of 0.75 is 3, it says 4"),
        ({"weight": "39"}, "weight of 0.75 is 40, it says 39"),
        ({"weighted": "1.41"}, "weighted of 0.75 is 1.40, it says 1.41"),
        ({"target": "0.9"}, "target of 0.75 is 0.8, it says 0.9"),
        ({"figure": "0.8", "score": "4.00", "level": 4, "weighted": "1.6"}, "but the verified figure was 0.75"),
        ({"indicator_version": 7}, "version 7 of the indicator is unknown"),
    ],
)
def test_a_score_that_was_computed_otherwise_is_found(changed: Row, fault: str) -> None:
    assert any(fault in line for line in score_faults(scored(**changed).told))


def test_a_score_of_a_figure_that_nobody_verified_is_found() -> None:
    story = Story()
    story.indicators()
    story.score("0.75", "3.50", story.measure({"numerator": "3", "denominator": "4"}))
    assert "but the verified figure was None" in one(score_faults(story.told))


def test_a_rolled_up_figure_is_scored_on_the_nations_bands_against_its_target() -> None:
    story = Story()
    story.indicators()
    given: Row = {
        "scope": "TH",
        "period": "2560-Y",
        "indicator": "QN1",
        "target": "3",
        "level": 4,
        "weighted": "1.6",
        "weight": "40",
    }
    story.score("2.5", "4.00", "00000000-0000-4000-8000-000000000009", **given)
    assert score_faults(story.told) == []
    story.score("2.5", "5.00", "00000000-0000-4000-8000-000000000009", **{**given, "level": 5, "weighted": "2.0"})
    assert [line.rpartition(": ")[2] for line in score_faults(story.told)] == [
        "score of 2.5 is 4, it says 5.00",
        "level of 2.5 is 4, it says 5",
    ]


def test_a_rubrics_level_is_its_score() -> None:
    story = Story()
    story.indicators()
    place: Row = {"scope": "TH", "period": "2560-H1"}
    cause = story.verify(story.measure({"level": 4}, code="QL1", **place), code="QL1", **place)
    given: Row = {**place, "indicator": "QL1", "weight": "20", "target": "4", "weighted": "0.8"}
    story.score("4", "4.00", cause, **given)
    assert score_faults(story.told) == []
    story.score("4", "4.10", cause, **{**given, "weighted": "0.82"})
    assert "score of 4 is 4" in one(score_faults(story.told))


# Roll-ups.


def rolled_up(regions: Sequence[tuple[str, Row]], figure: str, score: str, **changed: Any) -> list[str]:
    """What is found when these regions are verified in the first quarter and the nation has this score."""
    story = Story()
    story.programme()
    story.indicators(QN2)
    cause = ""
    for region, reading in regions:
        cause = story.verify(story.measure(reading, scope=region), scope=region)
    counted = {"regions_counted": len(regions), "regions_expected": 3, "provisional": len(regions) < 3, **changed}
    if figure:
        story.score(figure, score, cause, scope="TH", **counted)
    return [line for line in rollup_faults(story.subject()) if "2560-Q1" in line]


TWO = [("R01", {"numerator": "3", "denominator": "4"}), ("R02", {"numerator": "1", "denominator": "4"})]


def test_a_ratio_of_sums_is_made_of_the_parts() -> None:
    assert rolled_up(TWO, "0.5", "1.00") == []
    assert "the regions make 0.5, scored is 0.6" in one(rolled_up(TWO, "0.6", "2.00"))
    uneven = [TWO[0], ("R02", {"numerator": "1", "denominator": "16"})]
    assert rolled_up(uneven, "0.2", "1.00") == []


def test_a_nation_that_counts_regions_wrongly_is_found() -> None:
    assert "counted, expected and provisional are (2, 3, True)" in one(rolled_up(TWO, "0.5", "1.00", regions_counted=3))
    assert "counted, expected and provisional" in one(rolled_up(TWO, "0.5", "1.00", provisional=False))


def test_a_nation_that_was_not_scored_though_a_region_is_verified_is_found() -> None:
    assert "2 regions are verified, but nothing is scored" in one(rolled_up(TWO, "", ""))


def test_a_nation_that_is_scored_though_no_region_is_verified_any_more_is_found() -> None:
    story = Story()
    story.programme()
    story.indicators(QN2)
    figure = story.measure({"numerator": "3", "denominator": "4"})
    story.score("0.75", "3.50", story.verify(figure), scope="TH")
    story.void(measurement(), figure)
    assert "but no region is verified" in one(rollup_faults(story.subject()))


def test_sums_and_means_of_regions() -> None:
    for rule, figure in (("sum", "5"), ("mean", "2.5")):
        story = Story()
        story.programme()
        story.indicators({**QN1, "national_rule": rule})
        cause = ""
        for region, value in (("R01", "2"), ("CTR", "3")):
            place: Row = {"scope": region, "period": "2560-Y", "code": "QN1"}
            cause = story.verify(story.measure({"value": value}, **place), **place)
        given: Row = {
            "scope": "TH",
            "period": "2560-Y",
            "indicator": "QN1",
            "regions_counted": 2,
            "regions_expected": 3,
        }
        story.score(figure, "5.00", cause, **given, provisional=True)
        assert rollup_faults(story.subject()) == []
        story.score("4", "5.00", cause, **given, provisional=True)
        assert len(rollup_faults(story.subject())) == 1


@pytest.mark.parametrize(("rule", "figure"), [("last", "4"), ("sum", "6"), ("mean", "3")])
def test_a_years_figure_is_made_of_its_periods_by_their_rule(rule: str, figure: str) -> None:
    story = Story()
    story.programme()
    story.indicators({**QL1, "period_rule": rule, "weight": "100"})
    cause = ""
    for period, level in (("2560-H2", 4), ("2560-H1", 2)):
        place: Row = {"scope": "TH", "period": period, "code": "QL1"}
        cause = story.verify(story.measure({"level": level}, **place), **place)
    year: Row = {"scope": "TH", "period": "2560-Y", "indicator": "QL1", "weight": "100", "weighted": "1"}
    assert "2 periods are verified, scored: None" in one(rollup_faults(story.subject()))
    story.score(figure, "1.00", cause, **year)
    assert rollup_faults(story.subject()) == []
    story.score("5", "1.00", cause, **year)
    assert "its periods make" in one(rollup_faults(story.subject()))


@pytest.mark.parametrize(("rule", "figure"), [("last", "3.5"), ("sum", "4.5"), ("mean", "2.75")])
def test_the_nations_year_is_made_of_the_regions_years(rule: str, figure: str) -> None:
    story = Story()
    story.programme()
    given: Row = {"weight": "100", "weighted": "1", "target": "1", "indicator": "QN1"}
    story.indicators(
        {**QN1, "computed_by": None, "frequency": "half_yearly", "period_rule": rule, "national_rule": "mean"}
    )
    cause = ""
    for region, period, value in (("R01", "2560-H1", "2"), ("R01", "2560-H2", "5"), ("R02", "2560-H1", "2")):
        place: Row = {"scope": region, "period": period, "code": "QN1"}
        cause = story.verify(story.measure({"value": value}, **place), **place)
    year: Row = {**given, "scope": "TH", "period": "2560-Y", "regions_counted": 2, "regions_expected": 3}

    def found() -> list[str]:
        return [line for line in rollup_faults(story.subject()) if line.startswith("QN1 TH 2560-Y")]

    assert "2 regions are verified, scored: None" in one(found())
    story.score(figure, "1.00", cause, **year, provisional=True)
    assert found() == []
    story.score(figure, "1.00", cause, **year)
    assert "is not provisional" in one(found())
    story.score("4", "1.00", cause, **{**year, "regions_counted": 3}, provisional=True)
    assert len(found()) == 2


# Measurements, recommendations, briefings, weights.


def test_a_second_figure_that_supersedes_nothing_is_found() -> None:
    story = Story()
    first = story.measure({"value": "1"})
    story.measure({"value": "2"}, supersedes=first)
    assert measurement_faults(story.told) == []
    story.measure({"value": "3"}, supersedes=first)
    story.measure({"value": "3"})
    assert len(measurement_faults(story.told)) == 2


def test_a_verification_of_another_figure_than_the_current_one_is_found() -> None:
    story = Story()
    first = story.measure({"value": "1"})
    story.measure({"value": "2"}, supersedes=first)
    story.verify(first)
    story.turn_back(first)
    assert len(measurement_faults(story.told)) == 2


def test_a_reporter_who_verifies_is_found() -> None:
    story = Story()
    story.verify(story.measure({"value": "1"}), verifier="usr-reporter")
    assert "usr-reporter verified what they reported" in one(measurement_faults(story.told))


def test_an_owner_who_closes_is_found() -> None:
    story = Story()
    recommend(story, owner_actor="usr-owner")
    story.say(
        "recommendation:one",
        "RecommendationClosed",
        programme=P,
        closed_on="2017-05-30",
        closer="usr-owner",
        evidence=[{"title": "e"}],
    )
    assert "closed by its owner" in one(recommendation_faults(story.told))


def test_a_committee_that_acknowledges_twice_is_found() -> None:
    story = Story()
    told: Row = {"programme": P, "activity": "2", "region": "R01", "committee": COMMITTEE}
    first = story.say("briefing:one", "PolicyAcknowledged", **told, acknowledged_on="2017-02-12")
    story.say("briefing:one", "PolicyAcknowledged", **told, acknowledged_on="2017-02-13")
    assert "acknowledges again" in one(briefing_faults(story.told))
    story.void("briefing:one", first)
    assert briefing_faults(story.told) == []


def test_weights_that_do_not_sum_to_100_after_a_command_are_found() -> None:
    story = Story()
    story.indicators()
    assert weight_faults(story.told) == []
    story.say(SET, "IndicatorDefined", programme=P, indicator={**QN2, "weight": "41"}, version=2)
    assert "the weights sum to 101" in one(weight_faults(story.told))


def test_the_weight_of_a_closed_indicator_does_not_count() -> None:
    story = Story()
    story.indicators()
    story.say(SET, "IndicatorClosed", programme=P, code="QL1", reason="r")
    story.say(SET, "IndicatorDefined", programme=P, indicator={**QN2, "weight": "60"}, version=2)
    assert weight_faults(story.told) == []
