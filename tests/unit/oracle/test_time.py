"""The calendar, what is known at a position, what is in effect at a time, and what a voiding takes out."""

from datetime import UTC, date, datetime, timedelta

import pytest

from oracle.asked import ask, end_of
from oracle.days import day_of, fiscal_year, is_past, last_day, periods
from shared.contracts.types import Frequency
from tests.unit.oracle.story import COMMITTEE, NOW, Story, midnight, utc


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2560-Q1", date(2016, 12, 31)),
        ("2560-Q2", date(2017, 3, 31)),
        ("2560-Q4", date(2017, 9, 30)),
        ("2560-H1", date(2017, 3, 31)),
        ("2560-H2", date(2017, 9, 30)),
        ("2560-Y", date(2017, 9, 30)),
        ("2560-M01", date(2016, 10, 31)),
        ("2560-M03", date(2016, 12, 31)),
        ("2560-M05", date(2017, 2, 28)),
        ("2560-M12", date(2017, 9, 30)),
        ("2563-M05", date(2020, 2, 29)),
    ],
)
def test_a_period_ends_on_its_last_day(period: str, day: date) -> None:
    assert last_day(period) == day


def test_a_fiscal_year_has_its_periods_in_order() -> None:
    assert periods(2560, Frequency.HALF_YEARLY) == ["2560-H1", "2560-H2"]
    assert periods(2560, Frequency.YEARLY) == ["2560-Y"]
    assert periods(2560, Frequency.QUARTERLY)[-1] == "2560-Q4"
    assert periods(2560, Frequency.MONTHLY)[9] == "2560-M10"


def test_october_belongs_to_the_next_fiscal_year() -> None:
    assert fiscal_year(date(2017, 9, 30)) == 2560
    assert fiscal_year(date(2017, 10, 1)) == 2561


def test_a_day_in_bangkok_begins_at_seventeen_hours_utc() -> None:
    assert day_of(utc(2017, 1, 14, 16, 59)) == date(2017, 1, 14)
    assert day_of(utc(2017, 1, 14, 17, 0)) == date(2017, 1, 15)


def test_a_due_day_is_past_at_the_next_midnight_and_not_before() -> None:
    over = utc(2017, 1, 15, 17)
    assert is_past(date(2017, 1, 15), over)
    assert not is_past(date(2017, 1, 15), over - timedelta(microseconds=1))


def test_a_date_that_is_asked_about_means_its_last_instant() -> None:
    assert end_of(date(2017, 1, 15)) == datetime(2017, 1, 15, 16, 59, 59, 999_999, tzinfo=UTC)


def test_the_time_asked_about_is_effective_at_else_as_of_else_now() -> None:
    assert ask([], NOW).at == NOW
    assert ask([], NOW, as_of=utc(2017, 1, 1)).at == utc(2017, 1, 1)
    assert ask([], NOW, as_of=utc(2017, 1, 1), effective_at=utc(2016, 12, 1)).at == utc(2016, 12, 1)


def test_what_was_recorded_after_as_of_is_not_known() -> None:
    story = Story()
    story.propose()
    recorded = story.now
    story.appoint(on="2016-11-10")
    assert [row["state"] for row in story.rows("committee", as_of=recorded)] == ["proposed"]
    assert [row["state"] for row in story.rows("committee")] == ["proposed", "appointed"]


def test_as_of_finds_one_position_for_each_shard() -> None:
    story = Story()
    story.propose()
    story.say(
        f"activity:{'2560-cluster'}:3", "ActivityStarted", programme="2560-cluster", code="3", started_on="2016-11-08"
    )
    first = story.now
    story.propose("R02")
    assert ask(story.told, NOW, as_of=first).known == {("committee", 0): 1, ("activity", 0): 1}
    assert ask(story.told, NOW).known is None


def test_a_back_dated_fact_stands_where_it_took_effect() -> None:
    story = Story()
    story.propose(on="2016-11-07")
    story.say(
        COMMITTEE, "CommitteeDissolved", programme="2560-cluster", region="R01", dissolved_on="2017-03-01", reason="r"
    )
    story.appoint(on="2016-12-01")
    assert [(row["state"], row["valid_from"]) for row in story.rows("committee")] == [
        ("proposed", midnight("2016-11-07")),
        ("appointed", midnight("2016-12-01")),
        ("dissolved", midnight("2017-03-01")),
    ]


def test_what_takes_effect_later_is_not_in_effect() -> None:
    story = Story()
    story.propose(on="2016-11-07")
    story.appoint(on="2016-12-01")
    assert [row["state"] for row in story.rows("committee", effective_at=date(2016, 11, 30))] == ["proposed"]
    assert story.rows("committee", effective_at=date(2016, 11, 30))[0]["valid_to"] is None
    assert len(story.rows("committee", effective_at=date(2016, 12, 1))) == 2


def test_a_voided_fact_is_left_out_as_soon_as_the_voiding_is_known() -> None:
    story = Story()
    story.propose()
    appointed = story.appoint()
    before = story.now
    story.void(COMMITTEE, appointed)
    assert [row["state"] for row in story.rows("committee")] == ["proposed"]
    assert [row["state"] for row in story.rows("committee", as_of=before)] == ["proposed", "appointed"]


def test_a_voiding_counts_whenever_it_was_recorded() -> None:
    story = Story()
    story.propose()
    story.void(COMMITTEE, story.appoint(on="2016-12-01"), at=utc(2017, 5, 1))
    assert [row["state"] for row in story.rows("committee", effective_at=date(2016, 12, 31))] == ["proposed"]


def test_a_voiding_of_another_stream_voids_nothing() -> None:
    story = Story()
    proposed = story.propose()
    story.void("committee:2560-cluster:R02:1", proposed)
    assert len(story.rows("committee")) == 1
    assert story.rows("voided") == []


def test_a_stream_without_living_events_has_no_row() -> None:
    story = Story()
    story.void(COMMITTEE, story.propose())
    assert story.rows("committee") == []


def test_a_record_that_was_sent_twice_counts_once() -> None:
    story = Story()
    story.propose()
    story.envelopes *= 2
    assert len(story.told) == 1


def test_what_was_redacted_is_still_there_and_has_no_effect() -> None:
    story = Story()
    story.propose()
    story.appoint()
    story.envelopes[1] = story.envelopes[1]._replace(data=b"", salt="")
    assert [row["state"] for row in story.rows("committee")] == ["proposed"]
    row = story.rows("events")[1]
    assert (row["name"], row["programme"], row["data"]) == ("CommitteeAppointed", None, "")
