"""B.E. years and Thai digits at the door, and nothing else is touched."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.types import (
    Amount,
    Contract,
    Day,
    Instant,
    Line,
    OrderNumber,
    PeriodCode,
    ProgrammeId,
    Prose,
    Satang,
)
from shared.web.door import NO_DATE, door_of, to_ce_date


class Everything(Contract):
    """A model with every kind of field that the door looks at."""

    day: Day
    instant: Instant | None = None
    days: tuple[Day, ...] = ()
    amount: Amount | None = None
    number: int = 0
    satang: Satang = 0
    order: OrderNumber | None = None
    period: PeriodCode | None = None
    programmes: tuple[ProgrammeId, ...] = ()
    line: Line | None = None
    prose: Prose | None = None


DOOR = door_of(Everything)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2017-01-12", "2017-01-12"),
        ("2560-01-12", "2017-01-12"),
        ("๒๕๖๐-๐๑-๑๒", "2017-01-12"),
        (" 2560-01-12 ", "2017-01-12"),
        ("2559-02-29", "2016-02-29"),
        ("2560-01-12T09:00:00+07:00", "2017-01-12T09:00:00+07:00"),
        ("๒๕๖๐-๐๑-๑๒T๐๙:๐๐:๐๐Z", "2017-01-12T09:00:00Z"),
        ("12/01/2560", NO_DATE),
        ("1484179200", NO_DATE),
        ("", NO_DATE),
    ],
)
def test_a_date_is_made_one_of_the_common_era(written: str, meant: str) -> None:
    assert to_ce_date(written) == meant


@given(st.dates(date(1858, 1, 1), date(2399, 12, 31)))
@settings(deadline=None)
def test_a_day_written_in_either_era_is_the_same_day(day: date) -> None:
    buddhist = f"{day.year + 543:04}{day.isoformat()[4:]}"
    assert to_ce_date(day.isoformat()) == to_ce_date(buddhist) == day.isoformat()


def test_dates_numbers_and_codes_are_changed_wherever_they_are() -> None:
    sent: dict[str, Any] = {
        "day": "๒๕๖๐-๐๑-๑๒",
        "instant": "2560-01-12T09:00:00+07:00",
        "days": ["2560-01-13", "2017-01-14"],
        "amount": "๘๗.๕๐",
        "number": "๑๒",
        "order": {"unit": "สพฐ. ๑", "number": "๑๒", "year": "๒๕๖๐"},
        "period": "๒๕๖๐-Q1",
        "programmes": ["๒๕๖๐-cluster"],
    }
    model = Everything.model_validate(DOOR(sent))
    assert model.day == date(2017, 1, 12)
    assert model.instant is not None
    assert model.instant.isoformat() == "2017-01-12T02:00:00+00:00"
    assert model.days == (date(2017, 1, 13), date(2017, 1, 14))
    assert (model.amount, model.number, model.period) == (Decimal("87.50"), 12, "2560-Q1")
    assert model.order == OrderNumber(unit="สพฐ. ๑", number=12, year=2560)
    assert model.programmes == ("2560-cluster",)


class Either(Contract):
    """A model in which a date may stand for any text."""

    when: Day | Line


def test_what_may_be_any_text_is_left_alone() -> None:
    assert door_of(Either)({"when": "ปลายปี"}) == {"when": "ปลายปี"}


def test_running_text_is_left_alone() -> None:
    sent = {"day": "2017-01-12", "line": "2560-01-12", "prose": "ข้อ ๑"}
    assert DOOR(sent) == sent


def test_a_year_of_the_buddhist_era_is_not_a_date_and_stays() -> None:
    assert DOOR({"order": {"year": 2560}}) == {"order": {"year": 2560}}


@pytest.mark.parametrize("value", [0, 1.5, True, "0", "1484179200"])
def test_a_number_in_place_of_a_day_is_made_unreadable(value: Any) -> None:
    assert DOOR({"day": value}) == {"day": NO_DATE}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*Everything.model_fields, "other"]), inner),
)


@given(JSON)
@settings(deadline=None)
def test_whatever_is_sent_the_door_does_not_fail_and_changes_nothing_in_place(sent: Any) -> None:
    before = repr(sent)
    DOOR(sent)
    assert repr(sent) == before
