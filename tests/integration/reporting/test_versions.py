"""Versions of the views, as operators order them: made, compared, put in the live ones' place, taken back, dropped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI

from services.reporting.analysis.install import install
from services.reporting.application import application
from services.reporting.asking import Desk, Wanted
from services.reporting.narrowing import Narrowing
from services.reporting.processes import ASKING
from services.reporting.projections.heads import apply_heads
from services.reporting.projections.projection import ReportingProjection
from services.reporting.queries.asked import Question, opened
from services.reporting.rebuilding.rebuilder import Rebuilder
from services.reporting.rebuilding.routes import RebuildRoutes
from services.reporting.rebuilding.standing import Where
from shared.clock import RealClock
from shared.contracts.envelope import Envelope
from shared.operating import audit
from shared.operating.deciding import Operators
from shared.streams.heads import Head
from shared.streams.runner import Runner
from shared.streams.topics import Topics
from shared.web.api import Api
from tests.answering import answering
from tests.cli import said_in_this_process
from tests.conftest import NewDatabase, NewTopics
from tests.contract.asking import refused
from tests.eventually import eventually
from tests.faults.stage import running
from tests.integration.reporting.test_lineage import full
from tests.tokens import TestIssuer
from tests.unit.reporting.log import PROGRAMME, Log

PATH = "/v1/ops/rebuilds"
ONE, OTHER = "reporting_v1", "reporting_v2"
WHY = {"reason": "ทดสอบ"}


@dataclass
class Room:
    """The views with their projector and rebuilder, and an operator who asks over HTTP."""

    where: Where
    pool: Any
    desk: Desk
    operator: httpx.AsyncClient
    reader: httpx.AsyncClient
    producer: AIOKafkaProducer
    app: FastAPI
    issuer: TestIssuer

    async def send(self, events: Sequence[Envelope]) -> None:
        for event in events:
            topic = self.where.topics.events(event.store)
            await self.producer.send(
                topic, key=event.stream.encode(), value=event.data, headers=event.headers(), partition=event.shard
            )
        await self.producer.flush()

    async def owner(self, sql: str, *given: Any) -> Any:
        connection = await asyncpg.connect(self.where.owner_dsn)
        try:
            return await connection.fetchval(sql, *given)
        finally:
            await connection.close()

    async def live_has(self, count: int) -> None:
        async def so_many() -> bool:
            return bool(await self.pool.fetchval("SELECT count(*) FROM reporting.events") == count)

        await eventually(so_many, 30)

    async def order(self, path: str, **more: Any) -> None:
        answer = await self.operator.post(f"{PATH}{path}", json={**WHY, **more})
        assert answer.status_code == 200, answer.text

    async def shown(self, schema: str) -> dict[str, Any]:
        answer = await self.operator.get(f"{PATH}/{schema}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def becomes(self, schema: str, state: str) -> dict[str, Any]:
        async def is_so() -> bool:
            shown = await self.shown(schema)
            return bool(shown["state"] == state and shown["ordered"] is None)

        await eventually(is_so, 30)
        return await self.shown(schema)

    async def refused_to(self, order: str, schema: str, status: int, code: str, **more: Any) -> None:
        body = {**WHY, "typed": schema, **more}
        await refused(self.operator.post(f"{PATH}/{schema}/{order}", json=body), status, code)

    async def tag(self) -> str:
        return (await self.desk.answers(Question(PROGRAMME), Narrowing(), Wanted("committees"))).tag


@pytest.fixture
async def room(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Room]:
    made, names = await database("reporting"), await topics()
    where = Where(made.owner_dsn, made.app_dsn, names.broker, Topics(names.prefix))
    issuer = TestIssuer()
    producer = AIOKafkaProducer(**names.broker.client())
    await producer.start()
    projector = Runner(
        ReportingProjection(), where.dsn, where.broker, where.topics, settings={"search_path": "reporting, public"}
    )
    async with (
        asyncpg.create_pool(made.app_dsn, min_size=1, max_size=4, server_settings=ASKING) as pool,
        rebuilding(where),
        running(projector),
    ):
        desk, api = Desk(lambda: pool, RealClock()), Api()
        RebuildRoutes(Operators("reporting", lambda: pool, two_person=False)).add_to(api)
        authenticator = issuer.authenticator()
        app = application(desk, authenticator, api, public_read=False)
        async with client_of(app, issuer, "operator") as operator, client_of(app, issuer, "reader") as reader:
            yield Room(where, pool, desk, operator, reader, producer, app, issuer)
        await authenticator.close()
    await producer.stop()


def client_of(app: FastAPI, issuer: TestIssuer, role: str) -> httpx.AsyncClient:
    """A client with a role."""
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://reporting", headers=issuer.bearer(role))


@asynccontextmanager
async def rebuilding(where: Where) -> AsyncIterator[None]:
    """The rebuilder in this process."""
    stop = asyncio.Event()
    task = asyncio.create_task(Rebuilder(where).run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def test_a_version_goes_its_whole_way(room: Room) -> None:
    log = full()
    await room.send(log.chained())
    await room.live_has(len(log.sent))
    await install(room.where.owner_dsn)
    assert (await room.reader.get(PATH)).status_code == 403

    await room.order("")
    await refused(room.operator.post(PATH, json=WHY), 409, "ops.rebuild_unfinished")
    found = await room.becomes(OTHER, "compared")
    assert (found["differences"], found["rows"], found["message"], found["asked_by"]) == (0, [], "", "usr-1")
    assert found["records"] == found["goal"] == sum(each["live"] for each in found["positions"])
    await _refuses_what_cannot_be(room)
    await _tells_the_rows_that_differ(room)
    await _swaps_once_nobody_reads(room)
    await _goes_back(room, log)


async def _refuses_what_cannot_be(room: Room) -> None:
    await refused(room.operator.get(f"{PATH}/nothing"), 404, "ops.rebuild_not_found")
    await room.refused_to("swap", "reporting_v9", 404, "ops.rebuild_not_found")
    await room.refused_to("swap", OTHER, 422, "ops.not_confirmed", typed="reporting")
    await room.refused_to("swap", OTHER, 422, "ops.reason_missing", reason=" ")
    await room.refused_to("drop", ONE, 409, "ops.rebuild_state")
    await room.refused_to("roll-back", ONE, 409, "ops.rebuild_no_former")


async def _tells_the_rows_that_differ(room: Room) -> None:
    await room.owner("UPDATE reporting.meeting SET resolutions = 9 WHERE stream = 'meeting:a'")
    await room.owner("DELETE FROM reporting.visit")
    await room.order(f"/{OTHER}/compare")

    async def differs() -> bool:
        return bool((await room.shown(OTHER))["differences"] == 2)

    await eventually(differs, 30)
    meeting, visit = (await room.shown(OTHER))["rows"]
    assert (meeting["table"], meeting["key"], meeting["live"]["resolutions"]) == ("meeting", ["meeting:a"], 9)
    assert (visit["table"], visit["live"], visit["rebuilt"]["stream"]) == ("visit", None, "supervision:a")
    await room.refused_to("swap", OTHER, 409, "ops.rebuild_differs")
    await room.refused_to("swap", OTHER, 409, "ops.rebuild_differs", differences=1)


async def _swaps_once_nobody_reads(room: Room) -> None:
    """Who is in the middle of an answer ends it with the rows that it began with; nobody's answer stays the same."""
    visits, meeting = "SELECT count(*) FROM visit", "SELECT resolutions FROM meeting WHERE stream = 'meeting:a'"
    seen = "SELECT count(*) FROM analysis.visits"
    heads = [Head(store, 0, 0, (await RealClock().now())) for store in ("committee", "activity", "evaluation")]
    async with room.pool.acquire() as connection, connection.transaction():
        await apply_heads(connection, heads)
    before = await room.tag()
    claimed = await room.owner("SELECT max(epoch) FROM consumer_offsets")
    analyst = await asyncpg.connect(room.where.owner_dsn)
    assert await analyst.fetchval(seen) == 0
    async with opened(room.pool) as connection:
        assert await connection.fetchval(visits) == 0
        await room.order(f"/{OTHER}/swap", typed=OTHER, differences=2)
        await room.refused_to("drop", OTHER, 409, "ops.rebuild_ordered")
        await eventually(lambda: _waits(room), 30, pause=0.005)
        assert (await room.shown(OTHER))["state"] == "compared"
        assert await connection.fetchval(meeting) == 9
    await room.becomes(OTHER, "live")

    claims = "SELECT min(epoch) FROM consumer_offsets WHERE consumer = 'reporting' AND next_offset > 0"
    assert await room.owner(claims) > claimed
    assert (await room.pool.fetchval(visits), await room.pool.fetchval(meeting)) == (1, 2)
    assert await analyst.fetchval(seen) == 1
    await analyst.close()
    assert await room.pool.fetchval("SELECT count(*) FROM heads") == len(heads)
    assert await room.tag() != before
    assert (await room.shown(ONE))["state"] == "former"
    [last, *_] = await audit.lines(room.pool)
    assert (last["action"], last["target"], last["actor"]) == ("rebuild.swapped", OTHER, "usr-1")


async def _waits(room: Room) -> bool:
    """Whether a swap waits for those who read."""
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'views_revision'::regclass AND NOT granted)"
    return bool(await room.owner(waiting))


async def _goes_back(room: Room, log: Log) -> None:
    """What was live before has read on by then; what was live in between can be dropped."""
    before = len(log.sent)
    log.propose("R18", "2016-12-01")
    await room.send(log.chained()[before:])
    await room.live_has(len(log.sent))
    await room.order(f"/{OTHER}/roll-back", typed=OTHER)
    await room.becomes(ONE, "live")
    assert await room.pool.fetchval("SELECT resolutions FROM meeting WHERE stream = 'meeting:a'") == 9
    assert await room.pool.fetchval("SELECT count(*) FROM events") == len(log.sent)
    await room.order(f"/{OTHER}/drop", typed=OTHER)
    await room.becomes(OTHER, "dropped")
    assert await room.owner("SELECT to_regnamespace('reporting_v2') IS NULL")
    assert await room.owner("SELECT count(*) FROM consumer_offsets WHERE consumer <> 'reporting'") == 0
    await room.refused_to("roll-back", ONE, 409, "ops.rebuild_no_former")


async def test_a_version_goes_its_whole_way_on_the_command_line(room: Room) -> None:
    await room.send(full().chained())
    await room.live_has(len(full().sent))
    async with answering(room.app) as address:
        settings = {"OBEC_REPORTING_URL": address, "OBEC_TOKEN": room.issuer.token(["operator"])}

        async def rebuild(*words: str, code: int = 0) -> str:
            said = await said_in_this_process("ops", "rebuild", *words, **settings)
            assert said.code == code, said
            return f"{said.out}{said.err}"

        why = ("--reason", "ทดสอบ")
        assert f"{OTHER}: " in await rebuild("begin", *why), "it is watched until it is as far as the live views"
        await room.becomes(OTHER, "compared")
        await room.owner("DELETE FROM reporting.visit")
        await rebuild("compare", OTHER, *why)
        await eventually(lambda: _differs_by_one(room), 30)
        assert "supervision:a" in await rebuild("differing", OTHER)
        assert f"{OTHER}: compared" in await rebuild("watch", OTHER)

        order = (OTHER, *why, "--yes", OTHER)
        assert "1 rows" in await rebuild("swap", *order, code=1)
        assert f"--yes {OTHER}" in await rebuild("swap", OTHER, *why, "--differences", "1", code=1)
        await rebuild("swap", *order, "--differences", "1")
        await room.becomes(OTHER, "live")
        await rebuild("roll-back", *order)
        await room.becomes(ONE, "live")
        await rebuild("drop", *order)
        await room.becomes(OTHER, "dropped")
        assert "dropped" in await rebuild("list")


async def _differs_by_one(room: Room) -> bool:
    return bool((await room.shown(OTHER))["differences"] == 1)


async def test_what_cannot_be_applied_stops_a_version_until_an_operator_has_it_left_out(room: Room) -> None:
    log = Log()
    for region in ("R07", "R08", "R09"):
        log.propose(region, "2016-11-01")
    log.sent[1] = log.sent[1]._replace(type="th.go.obec.cluster.MeetingDreamt.v1")
    log.propose("R10", "2016-11-01")
    await room.send(log.chained())
    await room.live_has(3)

    await room.order("")
    found = await room.becomes(OTHER, "failed")
    assert "committee/0, record 1: event.unknown_type" in found["message"]
    assert await room.owner("SELECT count(*) FROM parked WHERE consumer = 'reporting_v2'") == 0
    await room.owner(
        "INSERT INTO skips (store, shard, record, reason, decided_by) VALUES ('committee', 0, 1, 'x', 'y')"
    )

    found = await room.becomes(OTHER, "compared")
    assert found["differences"] == 0
    assert await room.owner("SELECT count(*) FROM reporting_v2.events") == 3


async def test_views_whose_tables_are_gone_cannot_come_back_and_hold_nothing_else_up(room: Room) -> None:
    log = Log()
    log.propose("R07", "2016-11-01")
    await room.send(log.chained())
    await room.live_has(1)
    await room.owner(
        "INSERT INTO rebuilds (schema, number, state, asked_by, reason) VALUES ('reporting_v0', 0, 'former', 'x', 'x')"
    )
    await room.owner("UPDATE rebuilds SET replaced = 'reporting_v0' WHERE schema = 'reporting_v1'")
    await room.order(f"/{ONE}/roll-back", typed=ONE)
    assert "tables are gone" in (await room.becomes(ONE, "live"))["message"]
    await room.order("")
    await room.becomes(OTHER, "compared")


async def test_a_version_whose_tables_another_release_made_is_not_gone_on_with(room: Room) -> None:
    await room.order("")
    await room.becomes(OTHER, "compared")
    await room.owner("UPDATE rebuilds SET made_of = 'another' WHERE schema = 'reporting_v2'")
    await room.order(f"/{OTHER}/swap", typed=OTHER)

    async def is_refused() -> bool:
        shown = await room.shown(OTHER)
        return "another release" in shown["message"] and shown["ordered"] is None

    await eventually(is_refused, 30)
    assert (await room.shown(ONE))["state"] == "live"
