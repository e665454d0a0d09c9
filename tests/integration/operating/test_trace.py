"""One fact's way: from the door of one service over the rules of another to the views, under one trace."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import asyncpg
import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.evaluation.reactions import Rules, learner
from services.reporting.processes import SEARCH_PATH
from services.reporting.tracing import trace
from shared import tracing_otel
from shared.clock import ClockMode, RealClock
from shared.contracts import Rejected
from shared.settings import Issuer
from shared.streams.runner import Runner
from shared.streams.topics import Topics
from shared.thai.fiscal import BANGKOK
from shared.web.app import make_app
from shared.web.auth import Authenticator
from shared.web.jsonable import dump
from tests.cli import obec
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.faults.issuer import running_issuer
from tests.faults.office import MEMBERS, Office, Refusal
from tests.faults.stage import PARTS, Stage, running
from tests.integration.operating.test_monitor import monitoring
from tests.unit.committee.examples import PROGRAMME_ID

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PROPOSAL = {
    "programme": PROGRAMME_ID,
    "proposed_on": "2016-12-15",
    "proposed_by": "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน",
    "members": MEMBERS,
}
PARK = """
INSERT INTO parked (consumer, topic, shard, record, store, position, code, message, headers)
VALUES ('reporting', $1, 0, 0, 'committee', $2, 'projection.failed', 'why', '[]')
"""
CASE = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01", "X-Correlation-Id": "case-7"}


@pytest.fixture
async def stage(database: NewDatabase, topics: NewTopics, tmp_path: Path) -> AsyncIterator[Stage]:
    """Committee and evaluation, and reporting's views."""
    names = await topics()
    stores = {name: await database(name) for name in ("committee", "evaluation")}
    with running_issuer(tmp_path) as issuer:
        yield Stage(stores, await database("reporting"), names, Topics(names.prefix), 1, issuer, tmp_path)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Spans are made, and kept here."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing_otel.use(provider)
    try:
        yield exporter
    finally:
        tracing_otel.use(None)
        provider.shutdown()


@contextmanager
def answering(body: bytes, status: int) -> Iterator[str]:
    """Something on this machine that answers so to whatever it is asked; yields where."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def appoint(stage: Stage, stack: AsyncExitStack) -> str:
    """A committee is appointed under CASE, and the rules of evaluation answer; returns the appointment's id."""
    committee = await stack.enter_async_context(stage.opened("committee"))
    evaluation = await stack.enter_async_context(stage.opened("evaluation"))
    office = await stack.enter_async_context(stage.desk_at(committee))
    indicators = await stack.enter_async_context(stage.desk_at(evaluation))
    learned = learner()
    rules = Rules(PARTS["evaluation"].handler(evaluation), learned)
    dsn = stage.stores["evaluation"].app_dsn
    runners = [Runner(each, dsn, stage.broker, stage.topics) for each in (learned, rules.computed, rules.scoring)]
    await stack.enter_async_context(running(*runners))
    await office.open()

    async def learned_of_it() -> bool:
        return (await stage.read(dsn, "evaluation.learner")).get(("committee", 0), 0) > 0

    async def at_rest() -> bool:
        heads = await stage.heads()
        read = [await stage.read(dsn, each.projection.name) for each in runners[1:]]
        return all(each.get(place, 0) >= head for each in read for place, head in heads.items()) and (
            heads == await stage.heads()
        )

    await eventually(learned_of_it, 30)
    await indicators.tell("indicators", {"programme": PROGRAMME_ID})
    await office.work(1, ["R07"])
    await eventually(at_rest, 30)  # what is measured afterwards follows from the appointment alone
    authenticator = Authenticator([Issuer.model_validate(stage.issuer.named)])
    stack.push_async_callback(authenticator.close)
    parts = PARTS["committee"]
    app = make_app("committee", parts.collections, parts.handler(committee), committee, authenticator)
    headers = {**stage.issuer.bearer("officer"), **CASE}
    traced = Office(["http://desk"], headers, "case", transport=httpx.ASGITransport(app), desks=office.desks)
    async with traced:
        await traced.work(1, ["R07"])
    [sent] = traced.acknowledged
    assert not isinstance(sent, Refusal)
    return str(sent.answer["events"][0]["id"])


async def test_one_fact_is_followed_from_the_door_through_all_services_to_the_views(
    stage: Stage, spans: InMemorySpanExporter
) -> None:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            asyncpg.create_pool(stage.views.app_dsn, min_size=1, max_size=4, server_settings=SEARCH_PATH)
        )
        await stack.enter_async_context(monitoring(stage.names.broker_of("reporting"), stage.topics, pool, RealClock()))
        async with stage.projecting():
            appointed = await appoint(stage, stack)

            async def scored() -> bool:
                rows = await pool.fetch("SELECT type FROM events WHERE metadata LIKE '%case-7%'")
                seen = await pool.fetchval("SELECT count(*) FROM monitor_events WHERE correlation = 'case-7'")
                return seen == len(rows) and any(".IndicatorScored." in row["type"] for row in rows)

            await eventually(scored, 40, pause=0.1)
            await stage.settled()
        told = await trace(pool, appointed, ClockMode.REAL)
        begun, *followed = told["events"]
        assert (begun["event_id"], begun["name"], begun["service"]) == (appointed, "CommitteeAppointed", "committee")
        assert {each["name"] for each in followed} >= {"IndicatorMeasured", "MeasurementVerified", "IndicatorScored"}
        assert {each["service"] for each in followed} == {"evaluation"}
        assert begun["caused"]
        for each in told["events"]:
            assert each["state"] == "applied"
            assert each["traceparent"][3:35] == TRACE_ID
            assert each["received_at"] <= each["recorded_at"] <= each["relayed_at"]
            assert each["recorded_at"] <= each["applied_at"]
            assert each["correlation"] == "case-7"
        ids = {each["event_id"] for each in told["events"]}
        assert all(each["caused_by"] in ids for each in followed)
        assert 0 < told["elapsed_seconds"] < 120
        by_correlation = await trace(pool, "case-7", ClockMode.REAL)
        assert {each["event_id"] for each in by_correlation["events"]} == ids
        assert (await trace(pool, appointed, ClockMode.SIMULATED))["elapsed_seconds"] is None
        the_same = [each for each in spans.get_finished_spans() if f"{each.context.trace_id:032x}" == TRACE_ID]
        assert {each.name.split(" ")[0] for each in the_same} == {"committee", "append", "send", "process", "react"}
        await tells_what_is_not_in_the_views(stage, pool, stack)
        says_it_on_a_terminal(told)


async def tells_what_is_not_in_the_views(stage: Stage, pool: asyncpg.Pool, stack: AsyncExitStack) -> None:
    """While nobody projects, the monitor knows of an event; once it is parked, its cause is told."""
    office = await stack.enter_async_context(stage.desk())
    office.name = "later"
    answer = await office.tell("committees", {**PROPOSAL, "region": "R09"})
    assert not isinstance(answer, Refusal)
    event_id = answer["events"][0]["id"]

    async def state() -> str:
        with contextlib.suppress(Rejected):  # the monitor has not read it yet
            return str((await trace(pool, event_id, ClockMode.REAL))["events"][0]["state"])
        return ""

    async def coming() -> bool:
        return await state() == "coming"

    await eventually(coming, 20, pause=0.1)
    place = int(answer["position"].rpartition(":")[2])
    await pool.execute(PARK, stage.topics.events("committee"), place)
    assert await state() == "parked"


def says_it_on_a_terminal(told: dict[str, Any]) -> None:
    """``obec trace`` shows the same, as a tree and as JSON, and says what it does not find."""
    settings = {**os.environ, "OBEC_TOKEN": "a-token", "COLUMNS": "400"}
    with answering(dump(told), 200) as address:
        shown = obec("trace", "case-7", "--address", address, settings=settings)
        assert shown.returncode == 0, shown.stderr
        assert "CommitteeAppointed" in shown.stdout
        assert "  IndicatorMeasured" in shown.stdout
        received = told["events"][0]["received_at"].astimezone(BANGKOK)
        assert f"{received:%Y-%m-%d %H:%M:%S}" in shown.stdout
        shown = obec("trace", "case-7", "--address", address, "--json", settings=settings)
        assert json.loads(shown.stdout)["events"][0]["event_id"] == told["events"][0]["event_id"]
    with answering(b'{"code": "ops.trace_not_found", "en": "No event"}', 404) as address:
        shown = obec("trace", "case-8", "--address", address, settings=settings)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "No event (ops.trace_not_found)" in shown.stderr
