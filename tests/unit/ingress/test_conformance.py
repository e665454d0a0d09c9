"""CloudEvents as others write and read them: the scenarios of the CloudEvents conformance project, and its Python SDK.

The scenarios are those of its features for the HTTP and the Kafka protocol binding, told here in their own words. The
SDK writes what is read here, and reads what is written here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings import http, kafka
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import REGISTRY
from shared.contracts.document import event_example
from shared.contracts.envelope import GENESIS, Envelope
from shared.ingress.cloudevents import Incoming, Unreadable, binary, of_record, structured

ATTRIBUTES = {
    "specversion": "1.0",
    "type": "com.example.someevent",
    "time": "2018-04-05T03:56:24Z",
    "id": "1234-1234-1234",
    "source": "/mycontext/subcontext",
}
DATA = {"message": "Hello World!"}
BODY = b"""{
    "message": "Hello World!"
}"""
WHOLE = orjson.dumps({**ATTRIBUTES, "datacontenttype": "application/json", "data": DATA})
STRUCTURED = ("application/cloudevents+json", "application/cloudevents+json; charset=utf-8")
WORDS = st.text('กขคงจ่าำิ ็abcXYZ019 -%"\\/', min_size=1, max_size=20).filter(lambda text: text == text.strip())
SOURCES = st.sampled_from(["/ext/e-meeting/central", "/ext/e-meeting/ส่วนกลาง", "https://e.example/a%20b"])
MOMENTS = st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
EVENTS = st.builds(
    lambda id, source, subject, time, data: CloudEvent(
        {"id": id, "source": source, "type": "th.go.obec.cluster.MeetingHeld.v1", "specversion": "1.0",
         "subject": subject, "time": time, "datacontenttype": "application/json", "correlationid": "c-1"},
        data,
    ),
    WORDS, SOURCES, WORDS, MOMENTS, st.dictionaries(WORDS, WORDS | st.integers(-(2**53), 2**53), min_size=1),
)  # fmt: skip


def require_the_scenario_s(read: Incoming) -> None:
    """It is the event that the scenarios end with."""
    assert (read.id, read.type, read.source) == (ATTRIBUTES["id"], ATTRIBUTES["type"], ATTRIBUTES["source"])
    assert read.time == datetime(2018, 4, 5, 3, 56, 24, tzinfo=UTC)
    assert read.data == DATA
    assert read.extensions == {}


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
def test_http_binary_content_mode(content_type: str) -> None:
    headers = [("Host", "example.com"), *((f"ce-{name}", value) for name, value in ATTRIBUTES.items())]
    require_the_scenario_s(binary(iter([*headers, ("Content-Length", "33")]), content_type, BODY))


def test_http_structured_content_mode() -> None:
    require_the_scenario_s(structured(WHOLE))


def test_kafka_binary_content_mode() -> None:
    headers = [(f"ce_{name}", value.encode()) for name, value in ATTRIBUTES.items()]
    require_the_scenario_s(of_record(iter([*headers, ("content-type", b"application/json")]), orjson.dumps(DATA)))


@pytest.mark.parametrize("content_type", STRUCTURED)
def test_kafka_structured_content_mode(content_type: str) -> None:
    require_the_scenario_s(of_record(iter([("content-type", content_type.encode())]), WHOLE))


@given(EVENTS)
def test_what_the_sdk_writes_for_http_is_read_here(event: CloudEvent) -> None:
    message = http.to_binary_event(event)
    headers = {name.lower(): value for name, value in message.headers.items()}
    require_same(binary(iter(headers.items()), headers["content-type"], message.body), event)
    require_same(structured(http.to_structured_event(event).body), event)


@given(EVENTS)
def test_what_the_sdk_writes_for_kafka_is_read_here(event: CloudEvent) -> None:
    for message in (kafka.to_binary_event(event), kafka.to_structured_event(event)):
        require_same(of_record(iter(message.headers.items()), message.value), event)


@pytest.mark.parametrize("event", list(REGISTRY), ids=lambda event: event.spec.type)
def test_what_the_services_say_is_read_by_the_sdk(event: Any) -> None:
    envelope = said(event.spec.type, orjson.dumps(event_example(event)))
    headers = dict(envelope.headers())
    read = kafka.from_kafka_event(kafka.KafkaMessage(headers, None, envelope.data))
    assert (read.get_id(), read.get_type(), read.get_subject()) == (envelope.event_id, event.spec.type, envelope.stream)
    assert read.get_time() == envelope.occurred_at
    assert read.get_data() == orjson.loads(envelope.data)
    whole = http.from_http_event(http.HTTPMessage({"content-type": STRUCTURED[0]}, orjson.dumps(envelope.structured())))
    assert whole.get_data() == read.get_data()


def test_utf8_stays_utf8() -> None:
    """The SDK writes Thai as \\u escapes in structured mode; what is said here is UTF-8, and both are read."""
    data = orjson.dumps({"place": "ห้องประชุม"})
    assert "ห้องประชุม".encode() in orjson.dumps(said("th.go.obec.cluster.MeetingHeld.v1", data).structured())
    event = CloudEvent({**ATTRIBUTES, "time": datetime(2018, 4, 5, tzinfo=UTC)}, {"place": "ห้องประชุม"})
    escaped = http.to_structured_event(event).body
    assert b"\\u0e2b" in escaped
    assert structured(escaped).data == {"place": "ห้องประชุม"}


def test_what_the_sdk_takes_and_the_specification_forbids_is_refused() -> None:
    """Why it is the oracle and not the reader."""
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-type": "a", "ce-source": "/a b", "content-type": "text/plain"}
    assert http.from_binary_event(http.HTTPMessage(headers, b"not JSON")).get_source() == "/a b"
    with pytest.raises(Unreadable):
        binary(iter(headers.items()), headers["content-type"], b"not JSON")


def require_same(read: Incoming, event: CloudEvent) -> None:
    """What was read is what the SDK was given."""
    assert (read.id, read.source, read.type) == (event.get_id(), event.get_source(), event.get_type())
    assert (read.subject, read.time) == (event.get_subject(), event.get_time())
    assert read.data == event.get_data()
    assert read.extensions == {"correlationid": "c-1"}


def said(event_type: str, data: bytes) -> Envelope:
    """An event as a service says it."""
    moment = datetime(2017, 1, 12, 2, 0, 0, 123456, tzinfo=UTC)
    return Envelope(
        "activity", 0, 1, "meeting:ก", 1, "0197f6a0-0000-7000-8000-000000000001", event_type, moment, moment, moment,
        "{}", data, "00", GENESIS, GENESIS, "c-1", "k-1", "",
    )  # fmt: skip
