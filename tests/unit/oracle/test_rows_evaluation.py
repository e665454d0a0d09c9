"""Rows of indicators, measurements, scores, visits and recommendations, computed by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.unit.oracle.story import QL1, QN2, P, Story, measurement, midnight, utc

SET = f"indicators:{P}"


def revise(story: Story, new: dict[str, Any], version: int = 2, on: str = "2017-02-01") -> str:
    return story.say(
        SET, "TargetRevised", programme=P, code="QN2", version=version, old=QN2, new=new, revised_on=on, reason="flood"
    )


def test_an_indicator_as_it_was_defined() -> None:
    story = Story()
    story.indicators(QN2)
    row = story.row("indicator")
    definition = row.pop("definition")
    assert row == {
        "stream": SET,
        "programme": P,
        "code": "QN2",
        "version": 1,
        "kind": "quantitative",
        "measured_at": "region",
        "frequency": "quarterly",
        "period_rule": "last",
        "national_rule": "ratio_of_sums",
        "computed_by": None,
        "due_days": 15,
        "baseline": Decimal("0.5"),
        "target": Decimal("0.8"),
        "national_target": None,
        "weight": Decimal(40),
        "defined_at": story.now,
        "revisions": [],
        "closed_at": None,
    }
    assert definition["bands"] == ["0.5", "0.6", "0.7", "0.8", "0.9"]


def test_a_revised_target_counts_and_is_remembered() -> None:
    story = Story()
    story.indicators(QN2)
    revised = revise(story, {**QN2, "target": "0.70", "national_target": "9"})
    row = story.row("indicator")
    assert (row["target"], row["version"], row["defined_at"]) == (Decimal("0.7"), 2, midnight("2017-02-01"))
    assert row["definition"]["target"] == "0.70"
    assert row["revisions"] == [
        {
            "event_id": revised,
            "version": 2,
            "revised_on": "2017-02-01",
            "old_target": "0.8",
            "new_target": "0.70",
            "old_national_target": None,
            "new_national_target": "9",
            "reason": "flood",
        }
    ]
    story.void(SET, revised)
    assert (story.row("indicator")["target"], story.row("indicator")["revisions"]) == (Decimal("0.8"), [])


def test_an_indicator_is_closed_until_it_is_defined_anew() -> None:
    story = Story()
    story.indicators(QN2)
    story.say(SET, "IndicatorClosed", programme=P, code="QN2", reason="r", at=utc(2017, 3, 1))
    assert story.row("indicator")["closed_at"] == utc(2017, 3, 1)
    revise(story, QN2, on="2017-04-01")
    assert story.row("indicator")["closed_at"] == utc(2017, 3, 1)
    story.say(SET, "IndicatorDefined", programme=P, indicator=QN2, version=3, at=utc(2017, 5, 1))
    assert story.row("indicator")["closed_at"] is None


def test_an_indicator_that_is_only_closed_is_none() -> None:
    story = Story()
    (defined,) = story.indicators(QN2)
    story.say(SET, "IndicatorClosed", programme=P, code="QN2", reason="r")
    story.void(SET, defined)
    assert story.rows("indicator") == []


def test_periods_are_closed_reopened_and_extended() -> None:
    story = Story()
    story.say(SET, "PeriodClosed", programme=P, period="2560-Q1", at=utc(2017, 2, 1))
    assert story.row("period") == {
        "programme": P,
        "period": "2560-Q1",
        "stream": SET,
        "closed": True,
        "changed_at": utc(2017, 2, 1),
    }
    story.say(SET, "PeriodReopened", programme=P, period="2560-Q1", reason="r", at=utc(2017, 2, 2))
    assert (story.row("period")["closed"], story.row("period")["changed_at"]) == (False, utc(2017, 2, 2))
    for until in ("2017-02-10", "2017-02-05"):
        story.say(SET, "PeriodExtended", programme=P, period="2560-Q1", region="R01", until=until, reason="r")
    assert story.row("period_extension") == {
        "programme": P,
        "period": "2560-Q1",
        "region": "R01",
        "stream": SET,
        "until": date(2017, 2, 5),
    }


def test_a_figure_waits_until_it_is_verified() -> None:
    story = Story()
    figure = story.measure(
        {"numerator": "2", "denominator": "3"},
        evidence=[{"title": "a"}, {"title": "b"}],
        received_at=utc(2017, 1, 5),
        at=utc(2017, 1, 6),
    )
    third = Decimal("0.6666666666666666666666666667")
    assert story.row("measurement") == {
        "stream": measurement(),
        "programme": P,
        "indicator": "QN2",
        "scope": "R01",
        "period": "2560-Q1",
        "status": "waiting",
        "figure": third,
        "value": None,
        "numerator": Decimal(2),
        "denominator": Decimal(3),
        "level": None,
        "indicator_version": 1,
        "measured_id": figure,
        "received_at": utc(2017, 1, 5),
        "first_received_at": utc(2017, 1, 5),
        "restatements": 0,
        "evidence": 2,
        "reporter": "usr-reporter",
        **dict.fromkeys(("verified_figure", "verified_measured", "verifier", "verified_id", "verified_at")),
        "returned_reason": None,
    }
    verified = story.verify(figure, at=utc(2017, 1, 8))
    row = story.row("measurement")
    assert (row["status"], row["verified_figure"], row["verified_measured"]) == ("verified", third, figure)
    assert (row["verifier"], row["verified_id"], row["verified_at"]) == ("usr-verifier", verified, utc(2017, 1, 8))


def test_a_returned_figure_says_why_until_another_is_reported() -> None:
    story = Story()
    figure = story.measure({"value": "1"}, at=utc(2017, 1, 5))
    story.turn_back(figure)
    assert (story.row("measurement")["status"], story.row("measurement")["returned_reason"]) == (
        "returned",
        "no evidence",
    )
    story.measure({"value": "2"}, at=utc(2017, 1, 9), supersedes=figure)
    row = story.row("measurement")
    assert (row["status"], row["returned_reason"], row["figure"]) == ("waiting", None, 2)
    assert (row["restatements"], row["first_received_at"], row["received_at"]) == (1, utc(2017, 1, 5), utc(2017, 1, 9))


def test_a_verified_figure_counts_while_a_restatement_waits_or_is_returned() -> None:
    story = Story()
    figure = story.measure({"value": "1"})
    story.verify(figure)
    restated = story.measure({"value": "2"}, supersedes=figure)
    row = story.row("measurement")
    assert (row["status"], row["figure"], row["verified_figure"]) == ("waiting", 2, 1)
    story.turn_back(restated)
    assert (story.row("measurement")["status"], story.row("measurement")["verified_figure"]) == ("returned", 1)
    again = story.measure({"value": "3"}, supersedes=restated)
    story.verify(again)
    assert (story.row("measurement")["verified_figure"], story.row("measurement")["verified_measured"]) == (3, again)


def test_a_return_of_the_verified_figure_ends_it() -> None:
    story = Story()
    figure = story.measure({"value": "1"})
    story.verify(figure)
    story.turn_back(figure)
    row = story.row("measurement")
    assert (row["status"], row["verified_figure"], row["verifier"], row["verified_id"]) == (
        "returned",
        None,
        None,
        None,
    )


def test_a_voided_restatement_leaves_the_figure_before_it_verified() -> None:
    story = Story()
    figure = story.measure({"value": "1"})
    story.verify(figure)
    restated = story.measure({"value": "2"}, supersedes=figure)
    story.verify(restated)
    story.void(measurement(), restated)
    row = story.row("measurement")
    assert (row["status"], row["figure"], row["verified_figure"], row["restatements"]) == ("verified", 1, 1, 0)


def test_a_verification_of_another_figure_verifies_nothing() -> None:
    story = Story()
    figure = story.measure({"value": "1"})
    story.void(measurement(), figure)
    story.verify(figure)
    later = story.measure({"level": 3})
    row = story.row("measurement")
    assert (row["status"], row["verified_figure"], row["figure"], row["measured_id"]) == ("waiting", None, 3, later)


def test_a_stream_without_a_living_figure_has_no_row() -> None:
    story = Story()
    figure = story.measure({"value": "1"})
    story.verify(figure)
    story.void(measurement(), figure)
    assert story.rows("measurement") == []


def test_a_score_is_copied_as_it_was_told() -> None:
    story = Story()
    cause = story.verify(story.measure({"value": "0.75"}))
    scored = story.score("0.75", "3.5", cause, regions_counted=2, regions_expected=3, provisional=True)
    assert story.row("score") == {
        "event_id": scored,
        "stream": measurement(),
        "programme": P,
        "indicator": "QN2",
        "scope": "R01",
        "period": "2560-Q1",
        "indicator_version": 1,
        "figure": Decimal("0.75"),
        "target": Decimal("0.8"),
        "score": Decimal("3.5"),
        "level": 3,
        "weight": Decimal(40),
        "weighted": Decimal("1.4"),
        "scheme": "five-band-linear/1",
        "regions_counted": 2,
        "regions_expected": 3,
        "provisional": True,
        "cause": cause,
        "occurred_at": story.now,
        "position": 3,
    }
    story.void(measurement(), scored)
    assert story.rows("score") == []


def test_a_visit_with_findings() -> None:
    story = Story()
    story.say(
        "supervision:one",
        "SupervisionVisited",
        programme=P,
        region="R02",
        visited_on="2017-05-02",
        visited_by="team",
        findings=["a", "b"],
    )
    assert story.row("visit") == {
        "stream": "supervision:one",
        "programme": P,
        "region": "R02",
        "visited_on": date(2017, 5, 2),
        "visited_by": "team",
        "findings": 2,
        "no_findings": False,
    }


def recommend(story: Story, stream: str = "recommendation:one", region: str | None = "R02", **fields: Any) -> str:
    given = {"issued_on": "2017-05-03", "due_on": "2017-06-30", "text": "do it", "owner": "area office", **fields}
    given |= {"region": region} if region else {}
    return story.say(stream, "RecommendationIssued", programme=P, **given)


def test_a_recommendation_is_followed_up_and_closed() -> None:
    story = Story()
    stream = "recommendation:one"
    issued = recommend(story, visit="supervision:one")
    for day in ("2017-05-20", "2017-05-25"):
        story.say(stream, "RecommendationFollowedUp", programme=P, followed_up_on=day, progress="half")
    assert story.row("recommendation") == {
        "stream": stream,
        "programme": P,
        "region": "R02",
        "visit": "supervision:one",
        "issued_on": date(2017, 5, 3),
        "due_on": date(2017, 6, 30),
        "text": "do it",
        "owner": "area office",
        "state": "open",
        "follow_ups": 2,
        "last_followed_up_on": date(2017, 5, 25),
        "closed_on": None,
    }
    story.say(
        stream, "RecommendationClosed", programme=P, closed_on="2017-05-30", closer="usr-2", evidence=[{"title": "e"}]
    )
    assert (story.row("recommendation")["state"], story.row("recommendation")["closed_on"]) == (
        "closed",
        date(2017, 5, 30),
    )
    story.void(stream, issued)
    assert story.rows("recommendation") == []


def test_levels_and_definitions_of_qualitative_indicators() -> None:
    story = Story()
    story.indicators(QL1)
    story.measure({"level": 4}, scope="TH", period="2560-H1", code="QL1")
    assert (story.row("measurement")["figure"], story.row("measurement")["level"]) == (4, 4)
    assert story.row("indicator")["measured_at"] == "nation"
