"""Poison in a topic: each kind parks or stops just what it should, and an operator heals it without losing a row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer

from services.reporting.application import CONSUMERS
from services.reporting.processes import SEARCH_PATH
from services.reporting.projections.projection import ReportingProjection
from shared.contracts.envelope import Envelope
from shared.eventstore.store import EventStore
from shared.operating.deciding import Operators
from shared.operating.http import OperatorApi
from shared.settings import Issuer
from shared.streams.projection import Connection
from shared.streams.runner import Runner
from shared.web.api import Api
from shared.web.app import base_app
from shared.web.auth import Authenticator
from tests.eventually import eventually
from tests.faults.rebuilding import rebuild_differences
from tests.faults.stage import CONSUMER, SERVICE, Stage, running
from tests.unit.reporting.log import Log

BAD_JSON, UNKNOWN, NEWER, BUG, GOOD, LATE = "R01", "R02", "R03", "R04", "R05", "R06"
KINDS = {
    BAD_JSON: "event.not_json",
    UNKNOWN: "event.unknown_type",
    NEWER: "event.newer_version",
    BUG: "projection.failed",
}
"""By region, with which code the proposal of its committee is parked; its appointment comes after it."""
STREAM = "committee:2560-cluster:{}:1"
TYPE = "th.go.obec.cluster.{}"
PARKED = "SELECT stream, code, count(*) AS n FROM parked GROUP BY stream, code ORDER BY stream NULLS LAST, code"
APPLIED = "SELECT stream, count(*) AS n FROM reporting.events GROUP BY stream ORDER BY stream"
ORDERED = """
SELECT (SELECT count(*) FROM replays), (SELECT count(*) FROM skips), (SELECT count(*) FROM operator_audit)
"""
REASON = {"reason": "ตรวจแล้ว"}


class Buggy(ReportingProjection):
    """Has a bug that one region brings out, until it is corrected."""

    async def apply(self, connection: Connection, events: Sequence[Envelope]) -> None:
        assert not any(event.stream == STREAM.format(BUG) for event in events), "a bug"
        await super().apply(connection, events)


@dataclass
class Operator:
    """Asks the reporting service's operator API."""

    http: httpx.AsyncClient

    async def get(self, path: str, **query: str) -> Any:
        """What is seen."""
        return (await self.http.get(f"/v1/ops/{path}", params=query or None)).raise_for_status().json()

    async def order(self, path: str, **body: Any) -> Any:
        """What is ordered."""
        return (await self.http.post(f"/v1/ops/{path}", json={**REASON, **body})).raise_for_status().json()

    async def replay(self, **chosen: Any) -> Mapping[str, Any]:
        """Replay, and wait for its end."""
        outcome = (await self.order("replay", consumer=CONSUMER, **chosen))["outcome"]
        return await self.finished(int(outcome.removeprefix("replay ")))

    async def finished(self, replay: int) -> Mapping[str, Any]:
        """How a replay ended, once it has."""
        found: dict[str, Any] = {}

        async def ended() -> bool:
            found.update(next(each for each in await self.get("replays") if each["id"] == replay))
            return found["finished_at"] is not None

        await eventually(ended, 20, pause=0.1)
        return found

    async def skip(self, record: int) -> None:
        """Leave a record of the store's topic out."""
        await self.order("skip", store=SERVICE, shard=0, record=record, typed=f"{SERVICE}/0/{record}")


async def test_each_kind_of_poison_parks_or_stops_just_what_it_should_and_is_healed(stage: Stage) -> None:
    log = Log()
    for region in (*KINDS, GOOD):
        log.propose(region, "2016-11-01")
    for number, region in enumerate((*KINDS, GOOD), start=1):
        log.appoint(region, "2016-12-01", number)
    log.sent[0] = log.sent[0]._replace(data=b"{")
    log.sent[1] = log.sent[1]._replace(type=TYPE.format("CommitteeDreamt.v1"))
    log.sent[2] = log.sent[2]._replace(type=TYPE.format("CommitteeProposed.v99"))
    log.appoint(BUG, "2016-12-02", 8)
    log.propose(LATE, "2016-11-02")
    events = log.chained()
    async with sending(stage) as producer, operator(stage) as duty, stage.watching() as console:
        await send(stage, producer, events[:10])
        strangers = await stray(stage, producer)
        forked = await send(stage, producer, [events[4]._replace(event_id=events[0].event_id, stream="committee:x")])
        await send(stage, producer, events[10:])
        await stops_and_parks_just_that(stage)

        await what_would_change_is_shown_first(stage, duty)
        await stage.projector("first", OBEC_INSTANCE="first").start()
        parked = ("consumer.parked", f"{CONSUMER}:{CONSUMER}")
        await console.sees("consumer", CONSUMER, "stalled", rings=[parked], halted="stream.fork")
        await is_healed_though_the_projector_is_killed(stage, duty)
        for record in (0, 1, 2, *strangers):
            await duty.skip(record)
        await duty.skip(forked)
        twice = [await duty.order("replay", consumer=CONSUMER) for _ in range(2)]
        ends = [await duty.finished(int(each["outcome"].removeprefix("replay "))) for each in twice]
        assert [(each["applied"], each["still_parked"]) for each in ends] == [(3, 0), (0, 0)]
        await eventually(lambda: has_applied(stage, STREAM.format(LATE), 1), 20)
        assert await stage.ask(stage.views.app_dsn, PARKED) == []
        await console.falls_silent()
        assert await rebuild_differences(stage.views, stage.broker, stage.topics, [SERVICE], stage.shards) == []
        audited = await duty.get("audit")
        assert {each["action"] for each in audited} == {"skip", "replay"}
        assert {each["reason"] for each in audited} == set(REASON.values())


async def stops_and_parks_just_that(stage: Stage) -> None:
    """Under a projector with a bug: each bad stream waits by itself, the fork alone stops the partition."""
    runner = Runner(Buggy(), stage.views.app_dsn, stage.broker, stage.topics, recompute=True, settings=SEARCH_PATH)
    async with running(runner):
        await eventually(lambda: [each.code for each in runner.halted] == ["stream.fork"], 30)
    parked = [tuple(row) for row in await stage.ask(stage.views.app_dsn, PARKED)]
    first = [(STREAM.format(region), code, 1) for region, code in KINDS.items()]
    behind = [(STREAM.format(region), "stream.parked", 1) for region in KINDS]
    assert parked == [*sorted([*first, *behind]), (None, "record.not_an_event", 2)]
    applied = [tuple(row) for row in await stage.ask(stage.views.app_dsn, APPLIED)]
    assert applied == [(STREAM.format(GOOD), 2)]


async def what_would_change_is_shown_first(stage: Stage, duty: Operator) -> None:
    """A dry run tells rows, keys and where it would stop again, and changes nothing."""
    before = await everything(stage)
    healed = await duty.order("replay", consumer=CONSUMER, stream=STREAM.format(BUG), dry_run=True)
    assert (healed["events"], healed["stopped"], healed["complete"]) == (2, [], True)
    tables = {each["table"]: (each["inserted"], each["updated"], each["deleted"]) for each in healed["tables"]}
    assert tables["events"] == (2, 0, 0)
    assert tables["committee"][0] >= 1
    keys = [each["key"] for each in healed["rows"] if each["table"] == "events"]
    assert sorted(each["position"] for each in keys) == [4, 9]
    again = await duty.order("replay", consumer=CONSUMER, code=KINDS[UNKNOWN], dry_run=True)
    assert (again["events"], again["tables"]) == (0, [])
    assert [(each["stream"], each["code"]) for each in again["stopped"]] == [(STREAM.format(UNKNOWN), KINDS[UNKNOWN])]
    assert await everything(stage) == before


async def is_healed_though_the_projector_is_killed(stage: Stage, duty: Operator) -> None:
    """The corrected projector dies before it has committed, then right after; each event is applied once."""
    projector = stage.running("first")
    for point in ("replay.mid_stream", "replay.after_stream"):
        projector.arm(point, "KILL")
    outcome = (await duty.order("replay", consumer=CONSUMER, code=KINDS[BUG]))["outcome"]
    await projector.killed()
    await projector.start()
    await projector.killed()
    await projector.start()
    done = await duty.finished(int(outcome.removeprefix("replay ")))
    assert (done["applied"], done["still_parked"]) == (2, 0)
    assert await has_applied(stage, STREAM.format(BUG), 2)
    stopped = await duty.replay(stream=STREAM.format(BAD_JSON))
    assert (stopped["applied"], stopped["still_parked"]) == (0, 2)
    assert stopped["message"].startswith(KINDS[BAD_JSON])


async def has_applied(stage: Stage, stream: str, count: int) -> bool:
    """Whether the views hold so many events of a stream."""
    found = {row["stream"]: row["n"] for row in await stage.ask(stage.views.app_dsn, APPLIED)}
    return int(found.get(stream, 0)) >= count


async def everything(stage: Stage) -> list[list[Any]]:
    """What is parked, applied and ordered."""
    return [await stage.ask(stage.views.app_dsn, sql) for sql in (PARKED, APPLIED, ORDERED)]


async def send(stage: Stage, producer: AIOKafkaProducer, events: Sequence[Envelope]) -> int:
    """Put events on the store's topic, as its relay would; the offset of the last."""
    topic, offset = stage.topics.events(SERVICE), -1
    for each in events:
        sent = await producer.send_and_wait(
            topic, key=each.stream.encode(), value=each.data, headers=each.headers(), partition=0
        )
        offset = sent.offset
    return offset


async def stray(stage: Stage, producer: AIOKafkaProducer) -> list[int]:
    """Put there what is no event: a stranger's record, and one without a value. Their offsets."""
    topic = stage.topics.events(SERVICE)
    sent = [await producer.send_and_wait(topic, key=b"x", value=value, partition=0) for value in (b"hello", None)]
    return [each.offset for each in sent]


@asynccontextmanager
async def sending(stage: Stage) -> AsyncIterator[AIOKafkaProducer]:
    """Somebody who may write every topic."""
    producer = AIOKafkaProducer(**stage.broker.client())
    await producer.start()
    try:
        yield producer
    finally:
        await asyncio.wait_for(producer.stop(), 10)


@asynccontextmanager
async def operator(stage: Stage) -> AsyncIterator[Operator]:
    """An operator of the reporting service."""
    authenticator, api = Authenticator([Issuer.model_validate(stage.issuer.named)]), Api()
    store = await EventStore.open(stage.views.app_dsn, "reporting")
    OperatorApi(Operators("reporting", lambda: store.pool, two_person=False), store, CONSUMERS).add_to(api)
    transport = httpx.ASGITransport(base_app("reporting", authenticator, api=api))
    headers = stage.issuer.bearer("operator")
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://reporting", headers=headers) as client:
            yield Operator(client)
    finally:
        await authenticator.close()
        await store.close()
