"""States at a version, as of a time and in effect at a time; events in order and in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
import pytest_asyncio

from shared.clock import ClockMode, SimulatedClock
from shared.contracts.envelope import Envelope, from_wire_time
from shared.contracts.types import instant
from shared.eventstore.store import EventStore
from tests.contract.asking import refused, send
from tests.contract.conftest import app_at, client_of
from tests.contract.notes import BEGIN, NOTE, REVISE
from tests.contract.services import opened
from tests.servers import Servers
from tests.stack import fresh_database
from tests.tokens import TestIssuer

ADDRESS = f"/v1/notes/{NOTE}"


@pytest.fixture
def clock_mode() -> ClockMode:
    return ClockMode.SIMULATED


async def tell_three(http: httpx.AsyncClient, store: EventStore) -> None:
    """A note that took effect on 12 January and was recorded on 1 March, revised on 2 and 3 March at noon."""
    for moment, path, body in (
        ("2017-03-01T05:00:00+00:00", "/v1/notes", BEGIN),
        ("2017-03-02T05:00:00+00:00", f"{ADDRESS}/revise", {**REVISE, "text": "หนึ่ง"}),
        ("2017-03-03T05:00:00+00:00", f"{ADDRESS}/revise", {**REVISE, "text": "สอง"}),
    ):
        await to(store, moment)
        assert (await send(http, path, body)).status_code == 201


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers, issuer: TestIssuer) -> AsyncIterator[httpx.AsyncClient]:
    """An officer's client of a service that has that note."""
    async with (
        fresh_database(servers, "activity") as made,
        opened(made.app_dsn, "activity", ClockMode.SIMULATED) as store,
        client_of(app_at(store, issuer), issuer.bearer("officer")) as client,
    ):
        await tell_three(client, store)
        yield client


async def to(store: EventStore, moment: str) -> None:
    assert isinstance(store.clock, SimulatedClock)
    await store.clock.set(instant(from_wire_time(moment)))


async def test_the_state_is_told_with_stream_version_and_position(shared: httpx.AsyncClient) -> None:
    answer = await shared.get(ADDRESS)
    told = answer.json()
    assert (told["stream"], told["version"], told["position"]) == (NOTE, 3, "activity:0:3")
    assert answer.headers["etag"] == '"3"'
    assert told["state"] == {
        "status": "begun",
        "begun_on": "2017-01-12",
        "text": "สอง",
        "weight": "12.50",
        "words": ["ก", "ข", "สอง"],
        "days": {"2017-02-01": 1},
        "order": {"unit": "สพฐ.", "number": 1, "year": 2560},
    }


@pytest.mark.parametrize(
    ("asked", "version", "text"),
    [
        ({"version": "1"}, 1, ""),
        ({"version": "2"}, 2, "หนึ่ง"),
        ({"as_of": "2017-03-01"}, 1, ""),
        ({"as_of": "2560-03-02"}, 2, "หนึ่ง"),
        ({"as_of": "๒๕๖๐-๐๓-๐๓"}, 3, "สอง"),
        ({"as_of": "2017-03-02T04:59:59Z"}, 1, ""),
        ({"as_of": "2017-03-02T12:00:00+07:00"}, 2, "หนึ่ง"),
        ({"effective_at": "2017-01-12"}, 3, ""),
        ({"effective_at": "2017-03-02"}, 3, "หนึ่ง"),
        ({"as_of": "2017-03-02", "effective_at": "2017-03-01"}, 2, ""),
        ({"version": "3", "effective_at": "2017-03-02"}, 3, "หนึ่ง"),
    ],
)
async def test_a_state_can_be_asked_of_the_past(
    shared: httpx.AsyncClient, asked: dict[str, str], version: int, text: str
) -> None:
    answer = await shared.get(ADDRESS, params=asked)
    told = answer.json()
    assert (told["version"], told["state"]["text"], told["state"]["begun_on"]) == (version, text, "2017-01-12")
    assert "etag" not in answer.headers


async def test_before_it_took_effect_it_had_not_begun(shared: httpx.AsyncClient) -> None:
    told = (await shared.get(ADDRESS, params={"effective_at": "2017-01-11"})).json()
    assert told["state"]["status"] == "none"


async def test_before_it_was_recorded_it_is_not_found(shared: httpx.AsyncClient) -> None:
    await refused(shared.get(ADDRESS, params={"as_of": "2017-02-28"}), 404, "stream.not_found")


async def test_a_version_that_is_not_there_yet_is_not_found(shared: httpx.AsyncClient) -> None:
    await refused(shared.get(ADDRESS, params={"version": 4}), 404, "stream.no_such_version")


@pytest.mark.parametrize(
    "asked",
    [
        {"version": "0"},
        {"version": "-1"},
        {"version": "one"},
        {"version": "9" * 30},
        {"as_of": "yesterday"},
        {"as_of": "2017-02-30"},
        {"as_of": "2017-03-01T00:00:00"},
        {"effective_at": ""},
        {"version": "1", "as_of": "2017-03-01"},
    ],
    ids=str,
)
async def test_a_question_that_cannot_be_read_is_400(shared: httpx.AsyncClient, asked: dict[str, str]) -> None:
    await refused(shared.get(ADDRESS, params=asked), 400, "query.unreadable")


async def test_a_plus_sign_that_was_not_escaped_is_understood(shared: httpx.AsyncClient) -> None:
    assert (await shared.get(f"{ADDRESS}?effective_at=2017-03-01T00:00:00+07:00")).status_code == 200


async def test_a_stream_that_is_not_there_is_404(shared: httpx.AsyncClient) -> None:
    await refused(shared.get(f"{ADDRESS}.0"), 404, "stream.not_found")
    await refused(shared.get(f"/v1/streams/{NOTE}.0/events"), 404, "stream.not_found")
    await refused(shared.get("/v1/notes/committee:1"), 404, "stream.wrong_collection")


async def test_events_are_told_as_cloudevents_in_order(shared: httpx.AsyncClient) -> None:
    answer = await shared.get(f"/v1/streams/{NOTE}/events")
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    events = answer.json()
    assert [event["streamversion"] for event in events] == [1, 2, 3]
    first = events[0]
    assert (first["specversion"], first["source"], first["subject"]) == ("1.0", "/obec/cluster/activity", NOTE)
    assert (first["time"], first["recordedtime"]) == ("2017-01-11T17:00:00.000000Z", "2017-03-01T05:00:00.000000Z")
    assert first["data"] == BEGIN
    assert [event["previoushash"] for event in events[1:]] == [event["hash"] for event in events[:-1]]


async def test_events_come_in_pages_that_say_where_to_go_on(shared: httpx.AsyncClient) -> None:
    assert await pages(shared, limit=2) == [[1, 2], [3]]
    assert await pages(shared, limit=3) == [[1, 2, 3]]
    assert await pages(shared, limit=1) == [[1], [2], [3]]


async def test_behind_the_last_version_there_are_no_events(shared: httpx.AsyncClient) -> None:
    assert (await shared.get(f"/v1/streams/{NOTE}/events", params={"after_version": 3})).json() == []


@pytest.mark.parametrize("asked", ["limit=0", "limit=1001", "limit=all", "after_version=-1"])
async def test_a_page_that_cannot_be_read_is_400(shared: httpx.AsyncClient, asked: str) -> None:
    await refused(shared.get(f"/v1/streams/{NOTE}/events?{asked}"), 400, "query.unreadable")


async def test_events_carry_the_hash_of_what_they_say(http: httpx.AsyncClient, store: EventStore) -> None:
    await tell_three(http, store)
    events = (await http.get(f"/v1/streams/{NOTE}/events")).json()
    rows = await store.pool.fetch(
        "SELECT metadata, data, encode(salt, 'hex') AS salt FROM events WHERE stream = $1 ORDER BY stream_version", NOTE
    )
    assert [each["hash"] for each in events] == [computed(each, row) for each, row in zip(events, rows, strict=True)]


def computed(event: dict[str, Any], row: Any) -> str:
    return Envelope(
        "activity",
        event["shard"],
        event["position"],
        event["subject"],
        event["streamversion"],
        event["id"],
        event["type"],
        from_wire_time(event["time"]),
        from_wire_time(event["recordedtime"]),
        from_wire_time(event["receivedtime"]),
        row["metadata"],
        row["data"].encode(),
        row["salt"],
        event["hash"],
        event["previoushash"],
    ).computed_hash()


async def pages(http: httpx.AsyncClient, limit: int) -> Sequence[Sequence[int]]:
    found: list[list[int]] = []
    address: httpx.URL | None = httpx.URL(f"http://service.test/v1/streams/{NOTE}/events?limit={limit}")
    while address is not None:
        answer = await http.get(address)
        found.append([event["streamversion"] for event in answer.json()])
        address = address.join(answer.links["next"]["url"]) if "next" in answer.links else None
    return found
