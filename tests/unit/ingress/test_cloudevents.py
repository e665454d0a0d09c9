"""Reading CloudEvents: every mode comes to the same event, and whatever is sent is read or refused with its reason."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.rejection import codes
from shared.ingress.cloudevents import (
    LONGEST_ATTRIBUTE,
    Incoming,
    Unreadable,
    batch,
    binary,
    from_object,
    of_record,
    structured,
)

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "ก/1",
    "source": "/ext/e-meeting/ส่วนกลาง",
    "type": "th.go.obec.cluster.MeetingHeld.v1",
    "subject": "meeting:1",
    "time": "2017-01-12T09:00:00+07:00",
    "correlationid": "abc",
    "data": {"programme": "2560-cluster", "place": "ห้องประชุม"},
}
ATTRIBUTES = {name: value for name, value in EVENT.items() if name != "data"}
NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from([*EVENT, "data_base64", "ext"])
HEADERS = st.sampled_from([f"ce_{each}" for each in ATTRIBUTES]) | st.text()
EVENTS = st.dictionaries(NAMES, JSON | st.sampled_from([*ATTRIBUTES.values()]))
RECORDS = st.lists(st.tuples(HEADERS, st.none() | st.binary()))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=OFFSETS)


def body(event: Any = EVENT) -> bytes:
    return orjson.dumps(event)


def headers(attributes: dict[str, str]) -> list[tuple[str, str]]:
    return [(f"ce-{name}", quote(value, safe=" /:+")) for name, value in attributes.items()]


def record(attributes: dict[str, str]) -> list[tuple[str, bytes | None]]:
    return [(f"ce_{name}", value.encode()) for name, value in attributes.items()]


def test_every_mode_comes_to_the_same_event() -> None:
    read = structured(body())
    data = orjson.dumps(EVENT["data"])
    assert read.data == EVENT["data"]
    assert read.time == datetime(2017, 1, 12, 2, 0, tzinfo=UTC)
    assert read.extensions == {"correlationid": "abc"}
    assert binary(iter(headers(ATTRIBUTES)), "application/json; charset=utf-8", data) == read
    assert of_record(iter(record(ATTRIBUTES)), data) == read
    assert of_record(iter([("content-type", b"application/cloudevents+json; charset=UTF-8")]), body()) == read
    coded = {**ATTRIBUTES, "data_base64": base64.b64encode(data).decode()}
    assert from_object(coded) == read
    assert from_object(batch(body([EVENT]), 10)[0]) == read


def test_an_event_may_have_no_data() -> None:
    assert structured(body(ATTRIBUTES)).data is None
    assert binary(iter(headers(ATTRIBUTES)), None, b"").data is None
    assert of_record(iter(record(ATTRIBUTES)), None).data is None


def test_an_attribute_without_a_value_is_as_good_as_missing() -> None:
    assert structured(body({**EVENT, "subject": None})).subject == ""


def test_headers_are_read_in_any_case_and_out_of_their_quotes() -> None:
    odd = [(name.upper(), value) for name, value in headers({**ATTRIBUTES, "subject": "x"})]
    quoted = [(name, '"a \\"b\\""' if name == "CE-SUBJECT" else value) for name, value in odd]
    assert binary(iter(quoted), "application/json", b"{}").subject == 'a "b"'


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_must_be_there_is_asked_for(name: str, value: str | None) -> None:
    with pytest.raises(Unreadable) as refusal:
        structured(body({**EVENT, name: value}))
    assert (refusal.value.code, refusal.value.pointer) == ("cloudevent.attribute_missing", f"/{name}")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"specversion": "1.1"}, "cloudevent.other_version"),
        ({"Subject": "x"}, "cloudevent.attribute_name"),
        ({"my_name": "x"}, "cloudevent.attribute_name"),
        ({"subject": "x" * (LONGEST_ATTRIBUTE + 1)}, "cloudevent.attribute_unreadable"),
        ({"subject": "a\nb"}, "cloudevent.attribute_unreadable"),
        ({"subject": "a\u0000b"}, "cloudevent.attribute_unreadable"),
        ({"subject": {"a": 1}}, "cloudevent.attribute_unreadable"),
        ({"subject": 1.5}, "cloudevent.attribute_unreadable"),
        ({"source": "/ext/a b"}, "cloudevent.source_unreadable"),
        ({"time": "2017-01-12"}, "cloudevent.time_unreadable"),
        ({"time": "2017-01-12T09:00:00"}, "cloudevent.time_unreadable"),
        ({"time": "2017-02-30T09:00:00Z"}, "cloudevent.time_unreadable"),
        ({"time": 1484186400}, "cloudevent.time_unreadable"),
        ({"data_base64": "e30="}, "cloudevent.two_data"),
        ({"datacontenttype": "text/plain"}, "cloudevent.not_json_type"),
    ],
)
def test_what_cannot_be_read_says_why(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        structured(body({**EVENT, **change}))
    assert refusal.value.code == code


def test_base64_that_is_none_is_refused() -> None:
    for odd in ("?", "e30", 7, None):
        with pytest.raises(Unreadable) as refusal:
            from_object({**ATTRIBUTES, "data_base64": odd})
        assert refusal.value.code == "cloudevent.not_base64"


def test_headers_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(Unreadable, match="UTF-8"):
        binary(iter([*headers(ATTRIBUTES), ("ce-subject", "%FF")]), None, b"")
    with pytest.raises(Unreadable, match="UTF-8"):
        of_record(iter([*record(ATTRIBUTES), ("ce_subject", b"\xff")]), None)


@given(JSON | EVENTS)
def test_whatever_json_is_sent_is_read_or_refused_with_a_code(sent: Any) -> None:
    require_read_or_refused(lambda: from_object(sent))


@given(RECORDS, st.binary())
def test_whatever_record_is_sent_is_read_or_refused_with_a_code(
    sent: list[tuple[str, bytes | None]], value: bytes
) -> None:
    require_read_or_refused(lambda: of_record(iter(sent), value))


@given(st.binary() | st.text().map(str.encode))
def test_whatever_bytes_are_sent_are_read_or_refused_with_a_code(sent: bytes) -> None:
    require_read_or_refused(lambda: structured(sent))
    require_read_or_refused(lambda: batch(sent, 5))


@given(MOMENTS, st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_what_is_written_is_read_again(moment: datetime, data: dict[str, Any]) -> None:
    read = structured(body({**EVENT, "time": moment.isoformat(), "data": data}))
    assert read.time == moment
    assert read.data == orjson.loads(orjson.dumps(data))


def require_read_or_refused(read: Callable[[], object]) -> None:
    """It is an event as CloudEvents 1.0 asks, a batch, or refused with a code that has its sentences."""
    code = ""
    try:
        found = read()
    except Unreadable as refusal:
        code = refusal.code
    assert code in codes() if code else not isinstance(found, Incoming) or is_one(found)


def is_one(read: Incoming) -> bool:
    """Whether it has what CloudEvents 1.0 asks of every event."""
    in_time = read.time is None or read.time.tzinfo is not None
    named = all(name.isalnum() and name == name.lower() for name in read.extensions)
    return bool(read.id and read.source and read.type) and in_time and named


def _nested(depth: int) -> Any:
    found: Any = 1
    for _ in range(depth):
        found = [found]
    return found


def test_what_is_nested_deeper_than_it_can_be_written_again_is_not_json() -> None:
    assert from_object({**EVENT, "data": _nested(253)}).data == _nested(253)
    with pytest.raises(Unreadable) as refused:
        from_object({**EVENT, "data": _nested(254)})
    assert (refused.value.code, refused.value.pointer) == ("cloudevent.not_json", "/data")


def test_an_id_and_its_source_are_no_longer_than_an_index_takes() -> None:
    assert from_object({**EVENT, "id": "ก" * 750}).id
    with pytest.raises(Unreadable) as refused:
        from_object({**EVENT, "id": "\U0001f600" * 1000})
    assert (refused.value.code, refused.value.pointer) == ("cloudevent.attribute_unreadable", "/id")
