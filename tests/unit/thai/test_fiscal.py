"""The fiscal calendar: years and periods by Bangkok's midnight, and dates written in C.E. or B.E."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.thai.fiscal import (
    BE_OFFSET,
    KIND_OF_FREQUENCY,
    DateUnreadable,
    Period,
    PeriodKind,
    PeriodUnreadable,
    bangkok_day,
    bangkok_midnight,
    end_of_day,
    fiscal_year_of,
    parse_date,
    period_of,
    periods,
    to_be,
    to_ce,
)

MICROSECOND = timedelta(microseconds=1)
YEAR_BEGINS = datetime(2016, 9, 30, 17, 0, tzinfo=UTC)
YEAR_IS_OVER = datetime(2017, 9, 30, 17, 0, tzinfo=UTC)

days = st.dates(min_value=date(1941, 1, 1), max_value=date(2399, 12, 31))
frequencies = st.sampled_from(sorted(KIND_OF_FREQUENCY))
fiscal_years = st.integers(min_value=2484, max_value=2900)


def test_fiscal_year_2560_begins_at_bangkok_midnight_of_the_first_of_october_2016() -> None:
    assert bangkok_midnight(date(2016, 10, 1)) == YEAR_BEGINS
    assert fiscal_year_of(YEAR_BEGINS) == 2560
    assert fiscal_year_of(YEAR_BEGINS - MICROSECOND) == 2559


def test_fiscal_year_2560_ends_with_the_thirtieth_of_september_2017_in_bangkok() -> None:
    assert end_of_day(date(2017, 9, 30)) == YEAR_IS_OVER
    assert fiscal_year_of(YEAR_IS_OVER - MICROSECOND) == 2560
    assert fiscal_year_of(YEAR_IS_OVER) == 2561


def test_the_fiscal_year_of_a_date_needs_no_hour() -> None:
    assert [fiscal_year_of(date(2016, 9, 30)), fiscal_year_of(date(2016, 10, 1))] == [2559, 2560]
    assert [fiscal_year_of(date(2017, 9, 30)), fiscal_year_of(date(2017, 10, 1))] == [2560, 2561]


@given(days)
def test_a_day_ends_where_the_next_begins_and_lasts_24_hours(day: date) -> None:
    assert end_of_day(day) == bangkok_midnight(day + timedelta(days=1))
    assert end_of_day(day) - bangkok_midnight(day) == timedelta(hours=24)


@given(days)
def test_the_edges_of_a_day_lie_in_the_right_days(day: date) -> None:
    assert bangkok_day(bangkok_midnight(day)) == day
    assert bangkok_day(end_of_day(day) - MICROSECOND) == day
    assert bangkok_day(end_of_day(day)) == day + timedelta(days=1)


def test_the_midnight_of_an_instant_is_that_of_its_day_in_bangkok() -> None:
    late_in_london = datetime(2016, 9, 30, 20, 0, tzinfo=UTC)
    assert bangkok_midnight(late_in_london) == YEAR_BEGINS


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(DateUnreadable) as refused:
        fiscal_year_of(datetime(2017, 1, 1))  # noqa: DTZ001 -- the point of the test
    assert refused.value.code == "date.without_zone"


@given(st.integers(min_value=1, max_value=9000))
def test_years_go_to_be_and_back(ce_year: int) -> None:
    assert to_ce(to_be(ce_year)) == ce_year
    assert to_be(ce_year) - ce_year == 543


def test_a_date_is_read_in_either_era_and_in_thai_digits() -> None:
    for text in ("2017-01-12", "2560-01-12", "๒๕๖๐-๐๑-๑๒", " 2017-01-12 "):
        assert parse_date(text) == date(2017, 1, 12)


def test_the_29th_of_february_is_judged_by_the_year_it_means() -> None:
    assert parse_date("2563-02-29") == date(2020, 2, 29)
    with pytest.raises(DateUnreadable):
        parse_date("2560-02-29")


def test_2400_is_the_first_year_in_be_and_2399_the_last_in_ce() -> None:
    assert parse_date("2400-06-01") == date(1857, 6, 1)
    assert parse_date("2399-06-01") == date(2399, 6, 1)


@given(days)
def test_every_day_reads_back_from_both_eras(day: date) -> None:
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day.year + BE_OFFSET}-{day:%m-%d}") == day


@pytest.mark.parametrize(
    "text",
    ["", "2560", "12/01/2560", "2560-1-12", "2560-13-01", "2560-04-31", "20170112", "2560-01-12T00:00Z",
     "2560-01-12\n3", "1500-01-01", "0060-01-12", "2943-01-01", "9999-12-31", "ไม่ทราบ", "٢٠١٧-٠١-١٢"],
)  # fmt: skip
def test_what_is_no_date_is_refused_by_code(text: str) -> None:
    with pytest.raises(DateUnreadable) as refused:
        parse_date(text)
    assert refused.value.code == "date.unreadable"
    assert text in refused.value.thai
    assert text in refused.value.english


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2560-Y", date(2016, 10, 1), date(2017, 9, 30)),
        ("2560-H1", date(2016, 10, 1), date(2017, 3, 31)),
        ("2560-H2", date(2017, 4, 1), date(2017, 9, 30)),
        ("2560-Q1", date(2016, 10, 1), date(2016, 12, 31)),
        ("2560-Q2", date(2017, 1, 1), date(2017, 3, 31)),
        ("2560-Q3", date(2017, 4, 1), date(2017, 6, 30)),
        ("2560-Q4", date(2017, 7, 1), date(2017, 9, 30)),
        ("2560-M01", date(2016, 10, 1), date(2016, 10, 31)),
        ("2560-M03", date(2016, 12, 1), date(2016, 12, 31)),
        ("2560-M04", date(2017, 1, 1), date(2017, 1, 31)),
        ("2560-M05", date(2017, 2, 1), date(2017, 2, 28)),
        ("2563-M05", date(2020, 2, 1), date(2020, 2, 29)),
        ("2560-M12", date(2017, 9, 1), date(2017, 9, 30)),
    ],
)
def test_a_period_has_its_first_and_last_day(text: str, start: date, end: date) -> None:
    period = Period.parse(text)
    assert (period.start, period.end) == (start, end)
    assert str(period) == text


@given(fiscal_years, frequencies)
def test_the_periods_of_every_frequency_tile_the_year(year: int, frequency: str) -> None:
    parts, whole = periods(year, frequency), Period(year, PeriodKind.YEAR)
    assert parts[0].start == whole.start
    assert parts[-1].end == whole.end
    assert all(a.end + timedelta(days=1) == b.start for a, b in pairwise(parts))


@pytest.mark.parametrize(("frequency", "count"), [("monthly", 12), ("quarterly", 4), ("half_yearly", 2), ("yearly", 1)])
def test_a_year_has_so_many_periods(frequency: str, count: int) -> None:
    assert len(set(periods(2560, frequency))) == count


@given(days, frequencies)
def test_a_day_lies_in_exactly_one_period_of_its_year(day: date, frequency: str) -> None:
    holding = [period for period in periods(fiscal_year_of(day), frequency) if period.contains(day)]
    assert holding == [period_of(day, frequency)]


def test_the_first_and_the_last_day_that_can_be_written_lie_in_a_period() -> None:
    assert str(period_of(parse_date("2400-01-01"), "quarterly")) == "2400-Q2"
    assert str(period_of(parse_date("2399-12-31"), "quarterly")) == "2943-Q1"


@given(fiscal_years, frequencies)
def test_a_period_is_read_back_as_it_is_written(year: int, frequency: str) -> None:
    for period in periods(year, frequency):
        assert Period.parse(str(period)) == period


def test_an_instant_belongs_to_a_period_by_bangkok_midnight() -> None:
    second_quarter_begins = datetime(2016, 12, 31, 17, 0, tzinfo=UTC)
    assert str(period_of(second_quarter_begins, "quarterly")) == "2560-Q2"
    assert str(period_of(second_quarter_begins - MICROSECOND, "quarterly")) == "2560-Q1"


def test_a_period_is_due_so_many_days_after_its_end() -> None:
    assert Period.parse("2560-Q1").due(15) == date(2017, 1, 15)
    assert Period.parse("2560-Q1").due(0) == date(2016, 12, 31)


@pytest.mark.parametrize(
    "text",
    ["", "2560", "2560-Q0", "2560-Q5", "2560-H3", "2560-M00", "2560-M13", "2560-M1", "2560-Y1", "2560-q1", "2560Q1",
     "2017-Q1", "2560-Q1\n", " 2560-Q1", "2560-W01", "2399-Y", "2944-Y"],
)  # fmt: skip
def test_what_is_no_period_is_refused_by_code(text: str) -> None:
    with pytest.raises(PeriodUnreadable) as refused:
        Period.parse(text)
    assert refused.value.code == "period.unreadable"


@pytest.mark.parametrize(("kind", "number"), [(PeriodKind.QUARTER, 5), (PeriodKind.YEAR, 2), (PeriodKind.MONTH, 0)])
def test_a_period_that_the_year_does_not_have_cannot_be_made(kind: PeriodKind, number: int) -> None:
    with pytest.raises(PeriodUnreadable) as refused:
        Period(2560, kind, number)
    assert refused.value.code == "period.unreadable"


def test_an_unknown_frequency_is_refused_by_code() -> None:
    for ask in (lambda: periods(2560, "weekly"), lambda: period_of(date(2017, 1, 1), "weekly")):
        with pytest.raises(PeriodUnreadable) as refused:
            ask()
        assert refused.value.code == "period.frequency_unknown"
