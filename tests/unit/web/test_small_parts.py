"""Query parameters, JSON of states, traces, and the Thai of what pydantic finds."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import core_schema

from shared.contracts import Claim, Rejected
from shared.contracts.types import Contract, Day, Line, OrderNumber
from shared.web import asked, tracing
from shared.web.jsonable import dump
from shared.web.validation import Invalid, validated


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-09-30", "2017-09-30T16:59:59.999999+00:00"),
        ("2560-09-30", "2017-09-30T16:59:59.999999+00:00"),
        ("๒๕๖๐-๐๙-๓๐", "2017-09-30T16:59:59.999999+00:00"),
        ("2017-01-12T09:00:00+07:00", "2017-01-12T02:00:00+00:00"),
        ("2017-01-12T09:00:00 07:00", "2017-01-12T02:00:00+00:00"),
        ("2560-01-12T09:00:00+07:00", "2017-01-12T02:00:00+00:00"),
        ("2017-01-12T02:00:00.5Z", "2017-01-12T02:00:00.500000+00:00"),
    ],
)
def test_a_moment_is_an_instant_or_the_end_of_a_day_in_bangkok(text: str, moment: str) -> None:
    found = asked.moment("as_of", text)
    assert found is not None
    assert found.isoformat() == moment


@given(st.text())
@settings(deadline=None)
def test_any_text_is_an_instant_or_a_question_that_cannot_be_read(text: str) -> None:
    with contextlib.suppress(Rejected):
        found = asked.moment("as_of", text)
        assert found is not None
        assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["1856-12-31T23:59:59+07:00", "2400-01-01T00:00:00+07:00", "9999-12-31T23:59:59Z"])
def test_an_instant_of_a_year_that_no_day_can_be_written_in_cannot_be_read(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        asked.moment("effective_at", text)
    assert refused.value.code == "query.unreadable"


def test_what_is_not_asked_is_none() -> None:
    assert asked.moment("as_of", None) is None
    assert asked.whole("limit", None, 1, 10) is None


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("10", 10), ("๑๐", 10), (" 7 ", 7)])
def test_a_whole_number_may_be_in_thai_digits(text: str, number: int) -> None:
    assert asked.whole("limit", text, 1, 10) == number


@pytest.mark.parametrize("text", ["0", "11", "1.5", "-1", "ten", "", "²", "1" * 5000])
def test_a_number_out_of_range_cannot_be_read(text: str) -> None:
    with pytest.raises(Rejected, match=r"query\.unreadable"):
        asked.whole("limit", text, 1, 10)


def test_of_two_parameters_that_contradict_each_other_one_is_named() -> None:
    asked.at_most_one(version=None, as_of=3)
    with pytest.raises(Rejected) as refused:
        asked.at_most_one(version=1, as_of=2)
    assert refused.value.params["name"] == "as_of"


class Colour(StrEnum):
    """A text enumeration."""

    RED = "red"


class Number(Enum):
    """Another enumeration."""

    ONE = 1


class Pair(NamedTuple):
    """A named tuple."""

    left: int
    right: Decimal


@dataclass(frozen=True, slots=True)
class Inner:
    """A part of a state."""

    day: date


@dataclass(frozen=True, slots=True)
class State:
    """A state with everything that states are made of."""

    colour: Colour = Colour.RED
    number: Number = Number.ONE
    amount: Decimal = Decimal("1E+3")
    small: Decimal = Decimal("0.10")
    when: datetime = datetime(2017, 1, 12, 9, 0, tzinfo=UTC)
    inner: Inner = Inner(date(2017, 1, 12))
    names: frozenset[str] = frozenset({"ข", "ก", "ค"})
    claims: frozenset[Claim] = frozenset({Claim("b", "1"), Claim("a", "2")})
    pair: Pair = Pair(1, Decimal("2.0"))  # noqa: RUF009
    by_day: Mapping[date, Inner] = field(default_factory=lambda: {date(2017, 1, 13): Inner(date(2017, 1, 14))})
    by_name: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({"x": 1}))
    order: OrderNumber | None = None
    ids: tuple[UUID, ...] = (UUID(int=1),)


def test_a_state_becomes_json_with_decimals_as_strings_and_sets_in_order() -> None:
    found = orjson.loads(dump(State(order=OrderNumber(unit="สพฐ.", number=1, year=2560))))
    assert found == {
        "colour": "red",
        "number": 1,
        "amount": "1000",
        "small": "0.10",
        "when": "2017-01-12T09:00:00Z",
        "inner": {"day": "2017-01-12"},
        "names": ["ก", "ข", "ค"],
        "claims": [{"scope": "a", "key": "2"}, {"scope": "b", "key": "1"}],
        "pair": {"left": 1, "right": "2.0"},
        "by_day": {"2017-01-13": {"day": "2017-01-14"}},
        "by_name": {"x": 1},
        "order": {"unit": "สพฐ.", "number": 1, "year": 2560},
        "ids": ["00000000-0000-0000-0000-000000000001"],
    }


def test_what_has_no_form_in_json_is_not_guessed() -> None:
    with pytest.raises(TypeError):
        dump(object())


TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_trace_is_taken_in() -> None:
    trace = tracing.begin({"traceparent": TRACEPARENT, "x-correlation-id": "case:7"})
    assert (trace.id, trace.traceparent, trace.correlation) == (TRACEPARENT[3:35], TRACEPARENT, "case:7")


@pytest.mark.parametrize("given_", ["", "x", TRACEPARENT.upper(), "00-" + "0" * 32 + "-b7ad6b7169203331-01", "\n"])
def test_what_is_no_trace_is_as_good_as_missing(given_: str) -> None:
    trace = tracing.begin({"traceparent": given_, "x-correlation-id": "a\r\nSet-Cookie: b"})
    assert len(trace.id) == 32
    assert trace.traceparent.startswith(f"00-{trace.id}-")
    assert trace.correlation == trace.id
    assert tracing.begin({}).id != trace.id


def sentences() -> dict[str, Any]:
    return tomllib.loads((files("shared.web") / "validation.toml").read_text("utf-8"))


def test_sentences_are_of_errors_that_pydantic_knows() -> None:
    assert sentences().keys() - {"otherwise"} <= set(get_args(core_schema.ErrorType))


def test_every_sentence_is_thai() -> None:
    assert all(any("ก" <= letter <= "๛" for letter in sentence) for sentence in sentences().values())


class Told(Contract):
    """What somebody may tell wrongly."""

    place: Line
    day: Day
    seat: Literal["a", "b"]


def test_what_is_wrong_is_said_of_texts_days_and_choices_as_a_person_would_say_it() -> None:
    told = {"place": "x" * 600, "day": "15/12/2559", "seat": "c"}
    with pytest.raises(Invalid) as refused:
        validated(Told, orjson.dumps(told), told)
    said = {each["pointer"]: (each["th"], each["en"]) for each in refused.value.errors}
    assert said["/place"] == ("ยาวได้ไม่เกิน 500 อักขระ", "Text should have at most 500 characters")
    assert said["/day"] == ("ต้องเป็นวันที่ ปปปป-ดด-วว", "A day is needed, YYYY-MM-DD")
    assert said["/seat"][0] == "ต้องเป็นค่าใดค่าหนึ่งใน 'a' หรือ 'b'"
