"""A difference between rows is found and told in words, whatever it is in."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from oracle.differences import row_differences, same

KEY = ("stream",)
ROW = {"stream": "meeting:one", "held": True, "figure": Decimal("0.50"), "members": [{"office": "o"}], "region": None}


def test_equal_rows_have_no_differences() -> None:
    assert row_differences("meeting", KEY, [ROW], [dict(ROW)]) == []


def test_a_missing_row_is_told() -> None:
    (line,) = row_differences("meeting", KEY, [ROW], [])
    assert line.startswith("meeting (meeting:one): is missing; expected")


def test_a_row_too_many_is_told() -> None:
    (line,) = row_differences("meeting", KEY, [], [ROW])
    assert line.startswith("meeting (meeting:one): is one too many; found")


def test_a_row_that_stands_twice_is_told() -> None:
    assert row_differences("meeting", KEY, [ROW], [ROW, ROW]) == ["meeting (meeting:one): stands twice"]


def test_a_column_that_differs_is_told_with_both_values() -> None:
    assert row_differences("meeting", KEY, [ROW], [{**ROW, "figure": Decimal("0.51")}]) == [
        'meeting (meeting:one) figure: expected "0.50", found "0.51"'
    ]


def test_a_column_that_is_missing_or_unknown_is_told() -> None:
    assert row_differences("meeting", KEY, [{**ROW, "extra": 1}], [{**ROW, "other": 1}]) == [
        "meeting (meeting:one) extra: is no column",
        "meeting (meeting:one) other: a column nobody expects",
    ]


def test_an_oracle_that_makes_a_row_twice_is_itself_wrong() -> None:
    with pytest.raises(ValueError, match="makes two rows"):
        row_differences("meeting", KEY, [ROW, ROW], [])


def test_values_are_the_same_however_they_are_held() -> None:
    moment = datetime(2017, 1, 1, tzinfo=UTC)
    assert same(Decimal("1.50"), Decimal("1.5"))
    assert same(3, Decimal(3))
    assert same("00000000-0000-4000-8000-000000000001", UUID("00000000-0000-4000-8000-000000000001"))
    assert same(moment, moment.astimezone(timezone(timedelta(hours=7))))
    assert same({"a": [1, None]}, {"a": [1, None]})


def test_values_that_only_look_alike_are_not_the_same() -> None:
    assert not same(1, True)
    assert not same(None, False)
    assert not same("1", 1)
    assert not same([1, 2], [2, 1])
    assert not same({"a": None}, {})
    assert not same(None, "")
