"""Numbers of a programme at a time, computed by hand."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from oracle.numbers.cells import cell, completeness
from oracle.numbers.dues import activity_progress, due, due_item
from oracle.numbers.regions import committees_in_place, region_committee
from oracle.numbers.scores import current_score, national_cell, weighted_total, year_score
from oracle.numbers.subject import only
from oracle.numbers.sums import briefings, judged_otherwise_now, meetings, money, recommendations, visits
from tests.unit.oracle.story import (
    ANN,
    BEN,
    CAT,
    COMMITTEE,
    DAN,
    NOW,
    QN2,
    P,
    Row,
    Story,
    measurement,
    midnight,
    seat,
    utc,
)
from tests.unit.oracle.test_rows_activity import ADJOURNED, HELD, ROLL, spend
from tests.unit.oracle.test_rows_evaluation import recommend

SET = f"indicators:{P}"
Q1_DUE_OVER = midnight("2017-01-16")
NOBODY = "00000000-0000-4000-8000-000000000009"
RATIO: Row = {"numerator": "3", "denominator": "4"}


def begun() -> Story:
    story = Story()
    story.programme()
    story.indicators()
    return story


def cell_of(story: Story, at: Any = NOW, *, scope: str = "R01", period: str = "2560-Q1", code: str = "QN2") -> Row:
    found = only(story.numbers(cell, at), indicator=code, scope=scope, period=period)
    assert found is not None
    return found


# Committees.


def test_a_region_without_a_committee_says_none_and_the_nation_counts_the_appointed() -> None:
    story = begun()
    story.propose("R01")
    story.appoint("R01")
    story.propose("R02")
    states = {row["region"]: row["state"] for row in story.numbers(region_committee)}
    assert states == {"CTR": "none", "R01": "appointed", "R02": "proposed"}
    assert committees_in_place(story.subject()) == (1, 3)


def test_a_committee_is_what_its_interval_at_that_time_says() -> None:
    story = begun()
    story.propose("R01", on="2016-11-07")
    story.appoint("R01", on="2016-12-01")

    def state(at: Any) -> Any:
        return story.numbers(region_committee, at)[1]["state"]

    assert state(midnight("2016-11-07") - timedelta(microseconds=1)) == "none"
    assert state(midnight("2016-12-01") - timedelta(microseconds=1)) == "proposed"
    assert state(midnight("2016-12-01")) == "appointed"


def test_an_appointed_committee_stands_before_a_newer_proposal_and_that_before_a_dissolved_one() -> None:
    story = begun()
    story.propose("R01", ordinal=1)
    story.appoint("R01", ordinal=1)
    story.propose("R01", ordinal=2, on="2017-02-01")
    assert story.numbers(region_committee)[1]["ordinal"] == 1
    story.say(COMMITTEE, "CommitteeDissolved", programme=P, region="R01", dissolved_on="2017-03-01", reason="r")
    assert story.numbers(region_committee)[1]["state"] == "proposed"
    story.say(
        f"committee:{P}:R01:2",
        "CommitteeProposalWithdrawn",
        programme=P,
        region="R01",
        withdrawn_on="2017-03-02",
        reason="r",
    )
    assert story.numbers(region_committee)[1]["state"] == "dissolved"


def test_of_two_proposals_the_later_one_stands() -> None:
    story = begun()
    story.propose("R01", ordinal=1)
    story.propose("R01", ordinal=2)
    assert story.numbers(region_committee)[1]["ordinal"] == 2


def test_a_chair_and_a_secretary_are_missed_while_the_committee_is_in_office() -> None:
    story = begun()
    story.propose("R01")
    story.appoint("R01")
    assert story.numbers(region_committee)[1]["vacant"] == []
    for number, person in enumerate((ANN, CAT)):
        story.say(
            COMMITTEE,
            "MemberEnded",
            programme=P,
            region="R01",
            holder={"person_id": person},
            ended_on=f"2017-02-0{number + 1}",
            reason="r",
        )
    assert story.numbers(region_committee, midnight("2017-02-01"))[1]["vacant"] == ["chair"]
    assert story.numbers(region_committee)[1]["vacant"] == ["chair", "secretary"]
    story.say(COMMITTEE, "CommitteeDissolved", programme=P, region="R01", dissolved_on="2017-03-01", reason="r")
    assert story.numbers(region_committee)[1]["vacant"] == []


# Cells.


def test_there_is_a_cell_for_every_region_and_period_or_for_the_nation() -> None:
    cells = begun().numbers(cell)
    assert sum(row["indicator"] == "QN2" for row in cells) == 3 * 4
    assert sum(row["indicator"] == "QN1" for row in cells) == 3
    assert [(row["scope"], row["period"]) for row in cells if row["indicator"] == "QL1"] == [
        ("TH", "2560-H1"),
        ("TH", "2560-H2"),
    ]


def test_an_empty_cell_says_why() -> None:
    story = begun()
    assert cell_of(story)["due_on"] == date(2017, 1, 15)
    before, after = Q1_DUE_OVER - timedelta(microseconds=1), Q1_DUE_OVER
    assert (cell_of(story, before)["status"], cell_of(story, before)["is_due"]) == ("not_due", False)
    assert (cell_of(story, after)["status"], cell_of(story, after)["is_due"]) == ("not_reported", True)
    figure = story.measure(RATIO)
    assert cell_of(story)["status"] == "waiting"
    story.turn_back(figure)
    assert cell_of(story)["status"] == "returned"
    assert cell_of(story)["provisional"] is True


def test_a_cell_of_an_indicator_that_was_closed_before_its_due_day_was_over_does_not_apply() -> None:
    story = begun()
    story.say(SET, "IndicatorClosed", programme=P, code="QN2", reason="r", at=Q1_DUE_OVER)
    assert (cell_of(story)["applies"], cell_of(story)["status"]) == (True, "not_reported")
    later = cell_of(story, period="2560-Q2")
    assert (later["applies"], later["is_due"], later["status"]) == (False, False, "not_applicable")


def test_an_extension_moves_the_due_day_of_its_region_and_never_back() -> None:
    story = begun()
    extended: Row = {"programme": P, "period": "2560-Q1", "reason": "r"}
    story.say(SET, "PeriodExtended", **extended, region="R01", until="2017-02-10")
    story.say(SET, "PeriodExtended", **extended, region="R02", until="2017-01-02")
    assert cell_of(story)["due_on"] == date(2017, 2, 10)
    assert cell_of(story, scope="R02")["due_on"] == date(2017, 1, 15)
    assert cell_of(story, midnight("2017-02-01"))["status"] == "not_due"


def test_timely_is_what_was_first_received_before_the_due_day_was_over() -> None:
    story = begun()
    first = story.measure(RATIO, received_at=Q1_DUE_OVER - timedelta(microseconds=1), at=Q1_DUE_OVER)
    story.turn_back(first)
    story.measure(RATIO, supersedes=first, at=utc(2017, 3, 1))
    assert cell_of(story)["timely"] is True
    late = begun()
    late.measure(RATIO, received_at=Q1_DUE_OVER, at=Q1_DUE_OVER)
    assert cell_of(late)["timely"] is False
    assert cell_of(late, scope="CTR")["timely"] is False


def test_completeness_counts_what_is_due_submitted_verified_and_timely() -> None:
    story = begun()
    at = midnight("2017-01-17")
    figure = story.measure(RATIO, scope="R01", at=utc(2017, 1, 10))
    story.verify(figure, scope="R01")
    story.measure(RATIO, scope="R01", supersedes=figure)
    returned = story.measure(RATIO, scope="R02", at=utc(2017, 1, 16, 1))
    story.turn_back(returned, scope="R02")
    rows = {row["region"]: row for row in story.numbers(completeness, at)}
    assert rows["R01"] == {"region": "R01", "expected": 1, "submitted": 1, "verified": 1, "timely": 1, "state": "due"}
    assert rows["R02"] == {"region": "R02", "expected": 1, "submitted": 0, "verified": 0, "timely": 0, "state": "due"}
    assert rows["CTR"] == {"region": "CTR", "expected": 1, "submitted": 0, "verified": 0, "timely": 0, "state": "due"}
    assert rows["TH"] == {"region": "TH", "expected": 3, "submitted": 1, "verified": 1, "timely": 1, "state": "due"}


def test_nothing_expected_is_not_due() -> None:
    rows = begun().numbers(completeness, utc(2016, 11, 1))
    assert {row["state"] for row in rows} == {"not_due"}
    assert {row["expected"] for row in rows} == {0}


def test_without_a_programme_there_is_nothing_to_count() -> None:
    story = Story()
    story.indicators()
    assert story.numbers(cell) == []
    assert story.numbers(due_item) == []
    assert story.numbers(activity_progress) == []


# Scores.


def scored(story: Story, *, scope: str = "R01", period: str = "2560-Q1", score: str = "3.5") -> tuple[str, str]:
    figure = story.measure(RATIO, scope=scope, period=period)
    cause = story.verify(figure, scope=scope, period=period)
    return figure, story.score("0.75", score, cause, scope=scope, period=period)


def test_the_last_score_whose_figure_is_the_verified_one_holds() -> None:
    story = begun()
    figure, first = scored(story)
    (row,) = story.numbers(current_score)
    assert row["event_id"] == first
    story.measure({"numerator": "4", "denominator": "5"}, supersedes=figure)
    assert [row["event_id"] for row in story.numbers(current_score)] == [first]
    again = story.score("0.75", "3.25", first)
    assert [row["event_id"] for row in story.numbers(current_score)] == [again]
    story.void(measurement(), again)
    assert [row["event_id"] for row in story.numbers(current_score)] == [first]


def test_a_score_goes_with_its_figure() -> None:
    story = begun()
    figure, _ = scored(story)
    story.void(measurement(), figure)
    assert story.numbers(current_score) == []


def test_a_score_of_a_figure_that_was_verified_anew_holds_no_longer() -> None:
    story = begun()
    figure, _ = scored(story)
    restated = story.measure({"numerator": "4", "denominator": "5"}, supersedes=figure)
    story.verify(restated)
    assert story.numbers(current_score) == []


def test_figures_are_compared_to_six_decimals() -> None:
    story = begun()
    cause = story.verify(story.measure({"numerator": "2", "denominator": "3"}))
    story.score("0.6666671", "2.67", cause)
    assert len(story.numbers(current_score)) == 1
    story.score("0.666666", "2.67", cause, period="2560-Q1")
    assert [row["figure"] for row in story.numbers(current_score)] == [Decimal("0.6666671")]


def test_a_rolled_up_score_needs_no_measurement() -> None:
    story = begun()
    cause = scored(story)[1]
    story.score("0.75", "3.5", cause, scope="TH", regions_counted=1, regions_expected=3, provisional=True)
    story.score("0.75", "3.5", cause, period="2560-Y")
    held = {(row["scope"], row["period"]) for row in story.numbers(current_score)}
    assert held == {("R01", "2560-Q1"), ("TH", "2560-Q1"), ("R01", "2560-Y")}


def test_the_nations_cell_has_its_score_or_the_most_pressing_reason_of_the_regions() -> None:
    story = begun()
    early = utc(2016, 12, 1)

    def status(at: Any = NOW, period: str = "2560-Q1") -> Any:
        found = only(story.numbers(national_cell, at), indicator="QN2", period=period)
        assert found is not None
        return found["status"]

    assert (status(early), status(), status(period="2560-Q4")) == ("not_due", "not_reported", "not_due")
    story.verify(story.measure(RATIO, scope="R01"), scope="R01")
    assert (status(early), status()) == ("waiting", "not_reported")
    returned = story.measure(RATIO, scope="R02")
    story.turn_back(returned, scope="R02")
    assert status() == "returned"
    waits = story.measure(RATIO, scope="CTR")
    assert status() == "waiting"
    story.score("0.75", "3.5", waits, scope="TH", regions_counted=1, regions_expected=3, provisional=True)
    assert status() == "provisional"
    story.score("0.75", "3.5", waits, scope="TH", regions_counted=3, regions_expected=3)
    assert status() == "scored"


def test_the_years_score_is_the_years_own_else_that_of_the_latest_period() -> None:
    story = begun()
    scored(story, period="2560-Q1")
    scored(story, period="2560-Q2", score="4.00")
    (row,) = story.numbers(year_score)
    assert (row["period"], row["score"]) == ("2560-Q2", Decimal(4))
    story.score("0.75", "3.75", NOBODY, period="2560-Y")
    (row,) = story.numbers(year_score)
    assert (row["period"], row["score"]) == ("2560-Y", Decimal("3.75"))


def test_the_weighted_total_is_on_the_weight_that_is_scored() -> None:
    story = begun()
    scored(story, score="3.45")
    figure = story.measure({"level": 4}, scope="TH", period="2560-H1", code="QL1")
    cause = story.verify(figure, scope="TH", period="2560-H1", code="QL1")
    level: Row = {
        "indicator": "QL1",
        "scope": "TH",
        "period": "2560-H1",
        "weight": "20",
        "weighted": "0.8",
        "target": "4",
    }
    story.score("4", "4.00", cause, **level)
    story.score("0.75", "3.45", cause, scope="TH", weighted="1.38")
    rows = {row["scope"]: row for row in story.numbers(weighted_total)}
    assert (rows["R01"]["total"], rows["R01"]["weight"]) == (Decimal("3.45"), Decimal(40))
    # (40 × 3.45 + 20 × 4.00) / 60 = 218 / 60 = 3.6333…
    assert (rows["TH"]["total"], rows["TH"]["weight"]) == (Decimal("3.63"), Decimal(60))
    assert (rows["R02"]["total"], rows["R02"]["weight"]) == (None, 0)


def test_the_weighted_total_rounds_halves_up() -> None:
    story = begun()
    story.score("0.75", "3.45", NOBODY, scope="TH", weight="50")
    story.score("3", "3.46", NOBODY, scope="TH", period="2560-Y", indicator="QN1", weight="50")
    total = {row["scope"]: row["total"] for row in story.numbers(weighted_total)}
    assert total["TH"] == Decimal("3.46")


# What is due.


def test_everything_that_is_due_has_a_day_and_somebody() -> None:
    story = begun()
    story.propose("R02", on="2016-11-07")
    story.say("meeting:one", "MeetingHeld", **HELD)
    recommend(story, region=None, due_on="2017-06-30")
    returned = story.measure(RATIO, scope="R01", period="2560-Q2")
    story.turn_back(returned, period="2560-Q2")
    story.verify(story.measure(RATIO, scope="R01"))
    items = story.numbers(due_item)
    of: dict[str, list[tuple[Any, Any]]] = {}
    for item in items:
        of.setdefault(item["kind"], []).append((item["region"], item["due_on"]))
    assert of["appointment"] == [("R02", date(2017, 1, 6))]
    assert of["minutes"] == [("R01", date(2017, 4, 9))]
    assert of["recommendation"] == [("", date(2017, 6, 30))]
    assert of["activity"] == [("", date(2017, 2, 28)), ("", date(2017, 3, 31)), ("", date(2017, 9, 15))]
    quarters = [day for region, day in of["measurement"] if region == "R01"]
    assert quarters == [date(2017, 4, 15), date(2017, 7, 15), date(2017, 10, 15)]
    assert [day for region, day in of["measurement"] if region == ""] == [date(2017, 4, 15), date(2017, 10, 15)]
    assert not any("QN1" in item["about"] for item in items)


def test_what_is_due_next_and_what_is_overdue() -> None:
    story = begun()
    rows = {row["region"]: row for row in story.numbers(due, utc(2017, 4, 1))}
    assert (rows["R01"]["next_due"], rows["R01"]["overdue"]) == (date(2017, 4, 15), 1)
    assert (rows[""]["next_due"], rows[""]["overdue"]) == (date(2017, 4, 15), 2)
    assert (rows["TH"]["next_due"], rows["TH"]["overdue"]) == (date(2017, 4, 15), 5)


def test_activities_have_the_definitions_days_until_they_have_their_own() -> None:
    story = begun()
    rows = {row["code"]: row for row in story.numbers(activity_progress, midnight("2017-09-18"))}
    assert rows["3"] == {
        "code": "3",
        "state": "not_planned",
        "opens": date(2017, 3, 1),
        "closes": date(2017, 8, 31),
        "deadline": date(2017, 9, 15),
        "overdue": True,
        "days_late": 3,
        "needed": None,
        "counted": None,
    }
    stream = f"activity:{P}:3"
    story.say(stream, "DeadlineExtended", programme=P, code="3", deadline="2017-09-18", reason="r")
    row = story.numbers(activity_progress, midnight("2017-09-18"))[2]
    assert (row["state"], row["deadline"], row["overdue"], row["days_late"]) == (
        "not_planned",
        date(2017, 9, 18),
        False,
        0,
    )
    story.say(stream, "ActivityCompleted", programme=P, code="3", completed_on="2017-09-17", outputs=["a"])
    row = story.numbers(activity_progress, midnight("2018-09-18"))[2]
    assert (row["state"], row["overdue"]) == ("completed", False)


def test_evidence_is_counted_by_region() -> None:
    story = begun()
    story.propose("R01")
    story.propose("R01", ordinal=2)
    wrong = story.propose("R02")
    progress = story.numbers(activity_progress)[0]
    assert (progress["needed"], progress["counted"]) == (3, 2)
    story.void(f"committee:{P}:R02:1", wrong)
    assert story.numbers(activity_progress)[0]["counted"] == 1
    assert story.numbers(activity_progress, effective_at=date(2016, 11, 7))[0]["counted"] == 1
    assert story.numbers(activity_progress, effective_at=date(2016, 11, 6))[0]["counted"] == 0


def workshop(story: Story, stream: str, regions: list[str]) -> None:
    story.say(
        stream,
        "WorkshopHeld",
        programme=P,
        activity="1.3",
        title="t",
        started_on="2017-02-01",
        ended_on="2017-02-02",
        place="p",
        regions=regions,
        participants=20,
    )


def test_evidence_of_the_programme_is_counted_by_stream_and_not_beyond_what_is_needed() -> None:
    story = begun()
    workshop(story, "workshop:one", ["R01", "R02"])
    workshop(story, "workshop:one", ["CTR", "R02"])
    assert story.numbers(activity_progress)[1]["counted"] == 1
    workshop(story, "workshop:one", ["R02"])
    assert (story.numbers(activity_progress)[1]["needed"], story.numbers(activity_progress)[1]["counted"]) == (3, 2)
    for number in range(3):
        workshop(story, f"workshop:{number}", [])
    assert story.numbers(activity_progress)[1]["counted"] == 3


# Meetings, money, recommendations, visits, briefings.


def test_meetings_are_counted_where_they_belong() -> None:
    story = begun()
    story.say("meeting:one", "MeetingAdjourned", **ADJOURNED)
    story.say("meeting:one", "MeetingHeld", **HELD)
    centre = {name: value for name, value in HELD.items() if name != "region"}
    story.say("meeting:two", "MeetingHeld", **centre)
    rows = {row["region"]: row for row in story.numbers(meetings)}
    one = {"held": 1, "scheduled": 0, "cancelled": 0, "resolutions": 1}
    assert rows["R01"] == {"region": "R01", **one, "inquorate": 1}
    assert rows[""] == {"region": "", **one, "inquorate": 0}
    assert rows["R02"]["held"] == 0


def test_a_meeting_whose_roll_is_known_better_now_shows_both() -> None:
    story = begun()
    story.propose("R01")
    story.appoint("R01")
    story.say("meeting:one", "MeetingHeld", **HELD)
    assert story.numbers(judged_otherwise_now) == []
    story.say(
        COMMITTEE,
        "MemberAppointed",
        programme=P,
        region="R01",
        member=seat(DAN),
        effective_from="2017-03-01",
        at=utc(2017, 5, 1),
    )
    late = {"voting_now": 3, "present_now": 2, "quorate_now": True}
    assert story.numbers(judged_otherwise_now) == [{"stream": "meeting:one", **late}]
    assert story.numbers(judged_otherwise_now, as_of=utc(2017, 4, 1)) == []
    story.say(
        COMMITTEE,
        "MemberEnded",
        programme=P,
        region="R01",
        holder={"person_id": BEN},
        ended_on="2017-04-01",
        reason="r",
    )
    assert story.numbers(judged_otherwise_now) == [{"stream": "meeting:one", **late}]


def test_a_meeting_of_a_committee_that_was_never_in_office_has_no_voters_now() -> None:
    story = begun()
    story.say("meeting:one", "MeetingAdjourned", **{**ADJOURNED, "roll": {**ROLL, "present": 1, "quorate": False}})
    assert story.numbers(judged_otherwise_now) == [
        {"stream": "meeting:one", "voting_now": 0, "present_now": 0, "quorate_now": False}
    ]


def test_money_is_counted_by_activity_by_region_and_in_all() -> None:
    story = begun()
    story.say(
        f"budget:{P}",
        "BudgetAllocated",
        programme=P,
        activity="1.2",
        amount_satang=1000,
        allocated_on="2016-10-05",
        document="d",
    )
    story.say(
        f"budget:{P}",
        "BudgetTransferred",
        programme=P,
        from_activity="1.2",
        to_activity="2",
        amount_satang=300,
        transferred_on="2016-12-01",
        document="d",
    )
    spend(story, 100, "R01")
    spend(story, 30)
    rows = {(row["by"], row["of"]): row for row in story.numbers(money)}
    two = rows["activity", "2"]
    assert (two["allocated"], two["budget"], two["net_disbursed"], two["remaining"]) == (0, 300, 130, 170)
    assert rows["activity", "1.2"]["budget"] == 700
    assert rows["activity", "3"]["budget"] == 0
    assert rows["region", "R01"]["net_disbursed"] == 100
    assert rows["region", ""]["net_disbursed"] == 30
    total = rows["all", ""]
    assert (total["allocated"], total["budget"], total["net_disbursed"], total["remaining"]) == (1000, 1000, 130, 870)


def test_recommendations_age_from_the_oldest_that_is_open() -> None:
    story = begun()
    recommend(story, "recommendation:one", issued_on="2017-05-03", due_on="2017-06-30")
    recommend(story, "recommendation:two", issued_on="2017-05-10", due_on="2017-05-20")
    recommend(story, "recommendation:three", issued_on="2017-01-10", due_on="2017-05-20")
    story.say(
        "recommendation:three",
        "RecommendationClosed",
        programme=P,
        closed_on="2017-05-30",
        closer="usr-2",
        evidence=[{"title": "e"}],
    )
    rows = {row["region"]: row for row in story.numbers(recommendations, midnight("2017-06-01"))}
    assert rows["R02"] == {"region": "R02", "open": 2, "closed": 1, "overdue": 1, "oldest_open_days": 29}
    assert rows[""] == {"region": "", "open": 0, "closed": 0, "overdue": 0, "oldest_open_days": None}


def test_visits_and_briefings_are_counted() -> None:
    story = begun()
    for number, day in enumerate(("2017-05-02", "2017-05-01", "2017-05-02")):
        story.say(
            f"supervision:{number}",
            "SupervisionVisited",
            programme=P,
            region="R02",
            visited_on=day,
            visited_by="team",
            findings=["a", "b"],
        )
    row = only(story.numbers(visits), region="R02")
    assert row == {"region": "R02", "visits": 3, "days": [date(2017, 5, 1), date(2017, 5, 2)], "findings": 6}
    story.say(
        "briefing:one",
        "PolicyBriefed",
        programme=P,
        activity="2",
        title="t",
        briefed_on="2017-02-10",
        regions=["R01", "R02"],
        policy={"title": "p"},
    )
    for region in ("R01", "CTR"):
        story.say(
            "briefing:one",
            "PolicyAcknowledged",
            programme=P,
            activity="2",
            region=region,
            committee=f"committee:{P}:{region}:1",
            acknowledged_on="2017-02-12",
        )
    assert story.numbers(briefings) == [{"stream": "briefing:one", "called": 2, "acknowledged": 1}]


def test_a_definition_of_another_year_changes_nothing_here() -> None:
    story = begun()
    story.say(SET, "IndicatorDefined", programme="2563-other", indicator=QN2, version=1)
    assert len(story.numbers(cell)) == 3 * 4 + 3 + 2
