"""`obec ops`: what operators see and order, asked of the real services; and what is wrong, said in one line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from obec import output
from obec.ops import mending
from services.evaluation import facts, http
from services.reporting.alarms.http import AlarmApi
from services.reporting.application import application
from services.reporting.asking import Desk
from services.reporting.monitor.reading import Limits
from services.reporting.operating_http import OperatorViews
from services.reporting.proving.http import ProofRoutes
from services.reporting.rebuilding.routes import RebuildRoutes
from shared.contracts.envelope import Envelope
from shared.eventstore.store import EventStore
from shared.ingress.handler import FactHandler
from shared.operating.deciding import Operators
from shared.operating.http import OperatorApi
from shared.operating.watcher import Watcher
from shared.process import in_background
from shared.service import Parts, app_of
from shared.settings import Settings as ServiceSettings
from shared.streams.learner import Learner
from shared.streams.topics import Topics
from shared.web.api import Api
from shared.web.auth import Authenticator
from tests.answering import answering
from tests.appends import decision
from tests.cli import Said, obec, said_in_this_process
from tests.cli import Settings as Environment
from tests.conftest import NewDatabase
from tests.integration.operating.office import Office, open_office
from tests.integration.reporting.site import Site, open_site
from tests.unit.reporting.log import PROGRAMME, Log

CONSUMER = "activity.learner"
OTHER = "committee:2560-cluster:R06:1"
NOWHERE = "http://127.0.0.1:1"
WHY = ("--reason", "ตรวจแล้ว")
PARTS = Parts(http.COLLECTIONS, http.LEARNED, facts=facts.FACTS)
SENT = """
SELECT shard, position, stream, stream_version, event_id::text AS event_id, type, occurred_at, recorded_at, received_at,
       metadata, data, encode(salt, 'hex') AS salt, encode(hash, 'hex') AS hash
FROM events WHERE position > $1 ORDER BY position
"""
READ = "SELECT coalesce(max(position), 0) FROM applied WHERE store = 'evaluation'"


@dataclass
class Duty:
    """Activity, evaluation and reporting as they answer, and an operator at a terminal."""

    office: Office
    evaluation: EventStore
    site: Site
    environment: dict[str, str] = field(default_factory=dict)

    async def ops(self, *words: str, **more: str) -> Said:
        """What `obec ops` says; in this process, which has everything imported."""
        return await self.obec("ops", *words, **more)

    async def obec(self, *words: str, **more: str) -> Said:
        """What the command line says."""
        return await said_in_this_process(*words, **{**self.environment, **more})

    async def refused(self, *words: str, says: str, **more: str) -> None:
        """It is said in one line of one sentence, with exit code 1."""
        said = await self.ops(*words, **more)
        assert (said.code, said.out) == (1, ""), said
        [line] = said.err.splitlines()
        assert says in line


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables break no line: the console took its width from the environment when it was imported."""
    monkeypatch.setattr(output.console, "width", 400)


@pytest.fixture
async def duty(database: NewDatabase, settings: Environment) -> AsyncIterator[Duty]:
    async with on_duty(database, settings) as made:
        yield made


@asynccontextmanager
async def on_duty(database: NewDatabase, settings: Environment, *, two_person: bool = False) -> AsyncIterator[Duty]:
    """All three services answering; ``two_person``: whether at activity a second operator is needed."""
    async with AsyncExitStack() as stack:
        activity, made = await database("activity"), await database("evaluation")
        office = await stack.enter_async_context(open_office(activity, two_person=two_person))
        site = await stack.enter_async_context(open_site(database))
        evaluation = await EventStore.open(made.app_dsn, "evaluation")
        stack.push_async_callback(evaluation.close)
        authenticator = office.issuer.authenticator()
        stack.push_async_callback(authenticator.close)
        watcher = Watcher("evaluation", made.app_dsn, None, Topics())
        await stack.enter_async_context(in_background(watcher.run))
        await watcher.looked.wait()
        facts_of = FactHandler(PARTS.handler(evaluation), PARTS.facts)
        apps = {
            "activity": office.app,
            "evaluation": app_of("evaluation", PARTS, facts_of, authenticator, {}, watcher=watcher),
            "reporting": await reporting(stack, site, authenticator),
        }
        urls = {name: await stack.enter_async_context(answering(app)) for name, app in apps.items()}
        addresses = {f"OBEC_{name.upper()}_URL": url for name, url in {"committee": NOWHERE, **urls}.items()}
        token = office.issuer.token(["operator"], subject="usr-one")
        environment = {**settings, **addresses, "OBEC_TOKEN": token}
        yield Duty(office, evaluation, site, environment)


async def reporting(stack: AsyncExitStack, site: Site, authenticator: Authenticator) -> FastAPI:
    """What operators ask of reporting alone."""
    store = await EventStore.open(site.app_dsn, "reporting")
    stack.push_async_callback(store.close)
    operators, api = Operators("reporting", lambda: store.pool, two_person=False), Api()
    OperatorApi(operators, store).add_to(api)
    RebuildRoutes(operators).add_to(api)
    OperatorViews(Desk(lambda: site.pool, store.clock), Limits.of(ServiceSettings())).add_to(api)
    AlarmApi(store, operators).add_to(api)
    ProofRoutes(operators).add_to(api)
    return application(site.desk, authenticator, api, public_read=False)


async def test_what_is_parked_is_seen_tried_left_out_and_audited(duty: Duty) -> None:
    await duty.office.read()
    await duty.office.park(7, OTHER, "event.invalid")
    await duty.office.park(8, OTHER, "stream.parked")
    shown = await duty.ops("parked", "activity")
    assert (shown.code, shown.err) == (0, "")
    assert "committee 0 7" in shown.out
    assert OTHER in shown.out
    told = (await duty.ops("parked", "activity", "--code", "event.invalid", "--json")).json()
    assert [each["record"] for each in told["parked"]] == [7]
    assert "none" in (await duty.ops("parked", "evaluation")).out

    preview = await duty.ops("replay", "activity", CONSUMER, "--stream", OTHER, "--dry-run")
    assert (preview.code, "0 events would be applied" in preview.out) == (0, True), preview
    assert await duty.office.count("operator_audit") == 0
    asked = (await duty.ops("replay", "activity", CONSUMER, "--reason", "ลองใหม่", "--json")).json()
    left = (await duty.ops("skip", "activity", "committee", "0", "7", *WHY, "--yes", "committee/0/7", "--json")).json()
    assert (asked["status"], left["status"]) == ("done", "done")
    assert await duty.office.count("skips") == 1
    lines = (await duty.ops("audit", "activity", "--json")).json()
    assert [(each["action"], each["actor"], each["reason"]) for each in lines] == [
        ("skip", "usr-one", "ตรวจแล้ว"),
        ("replay", "usr-one", "ลองใหม่"),
    ]


async def test_the_replay_that_was_ordered_is_watched_and_none_of_another_operator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replays: list[dict[str, Any]] = [
        {"id": number, "finished_at": "2026-11-29T00:00:00Z", "applied": 1, "still_parked": left, "message": ""}
        for number, left in ((8, 3), (7, 0))
    ]

    def asked(_service: str, _path: str, query: dict[str, int]) -> list[dict[str, Any]]:
        return [each for each in replays if each["id"] < query.get("before", 9)][: query["limit"]]

    monkeypatch.setattr(mending, "ask", asked)
    monkeypatch.setattr(mending, "order", lambda *_asked: {"status": "done", "outcome": "replay 7", "audit": 1})
    said = await said_in_this_process("ops", "replay", "activity", CONSUMER, *WHY)
    assert (said.code, said.out) == (0, "done: 1 applied, 0 still parked\n")


async def test_consumers_and_relays_are_ordered_about(duty: Duty) -> None:
    await duty.office.read()
    for words, outcome in (
        (("pause", "activity", CONSUMER), f"{CONSUMER} is paused"),
        (("pause", "activity", "relay:0"), "relay:0 is paused"),
        (("resume", "activity", CONSUMER), f"{CONSUMER} is running"),
        (("hand-over", "activity"), "nobody leads shard 0"),
        (("rewind", "activity", CONSUMER, "--yes", CONSUMER), f"{CONSUMER} reads 1 partitions anew"),
    ):
        said = await duty.ops(*words, *WHY)
        assert (said.code, said.err) == (0, ""), said
        assert outcome in said.out
    assert await duty.office.count("operator_audit") == 5


async def test_what_two_must_decide_waits_for_the_second(database: NewDatabase, settings: Environment) -> None:
    async with on_duty(database, settings, two_person=True) as duty:
        await duty.office.read()
        skip = ("skip", "activity", "committee", "0", "7", *WHY, "--yes", "committee/0/7")
        assert "waits for a second operator" in (await duty.ops(*skip)).out
        [waiting] = (await duty.ops("proposals", "activity", "--json")).json()
        second = ("second", "activity", waiting["id"], "--yes", "committee/0/7")
        await duty.refused(*second, says="ops.same_operator")
        other = duty.office.issuer.token(["operator"], subject="usr-two")
        assert "committee/0/7 is left out" in (await duty.ops(*second, OBEC_TOKEN=other)).out

        redact = ("redact", "activity", "1", *WHY, "--yes", "activity/0/1")
        await duty.refused(*redact, says="activity/0/1 is no event")
        await duty.office.store.append(decision("activity:1", 0))
        proposed = (await duty.ops(*redact, "--json")).json()["proposal"]
        second = ("second", "activity", proposed, "--yes", "activity/0/1")
        assert "is to lose its data" in (await duty.ops(*second, OBEC_TOKEN=other)).out
        line, *_ = (await duty.ops("audit", "activity", "--json")).json()
        assert [line[name] for name in ("action", "target", "actor", "seconded_by", "reason")] == [
            "redact", "activity/0/1", "usr-one", "usr-two", "ตรวจแล้ว",
        ]  # fmt: skip


async def test_status_says_what_is_wrong_with_its_exit_code(duty: Duty) -> None:
    said = await duty.ops("status", "evaluation", "committee", "--json")
    assert said.code == 3
    evaluation, committee = json.loads(said.out)
    assert (evaluation["service"], committee["verdict"]) == ("evaluation", "stopped")
    table = await duty.ops("status", "committee")
    assert (table.code, "does not answer" in table.out) == (3, True)


async def test_what_reporting_alone_tells(duty: Duty) -> None:
    log = Log()
    registered = log.register()
    log.propose("R07", "2016-11-01")
    await duty.site.project(log)
    found = (await duty.ops("events", "--type", "CommitteeProposed", "--json")).json()
    assert [each["stream"] for each in found] == ["committee:2560-cluster:R07:1"]
    way = await duty.obec("trace", registered.event_id, "--json")
    assert way.json()["events"][0]["state"] == "applied"
    for words in (
        ("monitor",),
        ("alarms", "list"),
        ("rebuild", "list"),
        ("waiting", "activity"),
        ("receipts", "activity"),
    ):
        said = await duty.ops(*words)
        assert (said.code, said.err) == (0, ""), said
    begun = (await duty.ops("rebuild", "begin", *WHY, "--json")).json()
    assert begun["outcome"] == "reporting_v2"
    assert "asked" in (await duty.ops("rebuild", "list")).out


async def test_periods_are_closed_reopened_and_extended_by_events(duty: Duty) -> None:
    await knows_its_indicators(duty)
    stream = (PROGRAMME, "2560-Q1")
    for words in (
        ("extend", *stream, "R07", "2017-02-28", "--reason", "อุทกภัย"),
        ("close", *stream, "--reason", "ครบกำหนด"),
        ("reopen", *stream, "--reason", "แก้ไข"),
        ("close", *stream, "--reason", "แก้ไขแล้ว"),
    ):
        said = await duty.ops("period", *words)
        assert (said.code, said.err) == (0, ""), said
    assert "it was so already" in (await duty.ops("period", "close", *stream, *WHY)).out
    await duty.refused("period", "extend", *stream, "R07", "2017-03-31", *WHY, says="period.closed")
    await duty.refused("period", "close", "2561-cluster", "2561-Q1", *WHY, says="no indicator of a programme")

    await shown(duty)
    periods = (await duty.ops("period", "list", PROGRAMME, "--json")).json()
    assert [each["period"] for each in periods if each["closed"]] == ["2560-Q1"]
    [first] = [each for each in periods if each["period"] == "2560-Q1"]
    assert first["extensions"] == [{"region": "R07", "until": "2017-02-28"}]
    assert [(each["name"], each["actor"], each["reason"]) for each in first["orders"]] == [
        ("PeriodClosed", "usr-one", "แก้ไขแล้ว"),
        ("PeriodReopened", "usr-one", "แก้ไข"),
        ("PeriodClosed", "usr-one", "ครบกำหนด"),
        ("PeriodExtended", "usr-one", "อุทกภัย"),
    ]
    assert "R07 until 2017-02-28" in (await duty.ops("period", "list")).out


async def knows_its_indicators(duty: Duty) -> None:
    """Evaluation and the views know the programme and its indicators, each from its own source."""
    log = Log()
    log.register()
    programme, *_ = log.sent
    async with duty.evaluation.pool.acquire() as connection:
        await Learner("evaluation", ["committee"], ["programme"]).apply(connection, [programme])
    await duty.site.apply([programme])
    async with httpx.AsyncClient(base_url=duty.environment["OBEC_EVALUATION_URL"], trust_env=False) as client:
        headers = {**duty.office.issuer.bearer("officer"), "Idempotency-Key": str(uuid4())}
        told = await client.post("/v1/indicators", json={"programme": PROGRAMME}, headers=headers)
    assert told.status_code == 201, told.text
    await shown(duty)


async def shown(duty: Duty) -> None:
    """The views have what evaluation has recorded."""
    rows = await duty.evaluation.pool.fetch(SENT, await duty.site.pool.fetchval(READ))
    await duty.site.apply([_envelope(row) for row in rows])


def _envelope(row: Any) -> Envelope:
    return Envelope(**{**row, "data": row["data"].encode(), "store": "evaluation", "previous_hash": ""})


WRONG: Sequence[tuple[tuple[str, ...], str]] = (
    (("parked", "treasury"), "no service is called 'treasury'"),
    (("status", "treasury"), "no service is called 'treasury'"),
    (("pause", "activity", "nobody", "--reason", "x"), "ops.consumer_not_found"),
    (("pause", "activity", CONSUMER), "say why: --reason"),
    (("skip", "activity", "committee", "0", "7", "--reason", "x"), "confirm it: --yes committee/0/7"),
    (("skip", "activity", "committee", "0", "7", "--reason", "x", "--yes", "no"), "ops.not_confirmed"),
    (("redact", "activity", "9", *WHY, "--yes", "activity/0/9"), "activity/0/9 is no event"),
    (("redact", "activity", "9", "--yes", "activity/0/9"), "say why: --reason"),
    (("redact", "activity", "9", *WHY, "--yes", "activity/0/8"), "ops.not_confirmed"),
    (("replay", "activity", CONSUMER, "--dry-run"), "ops.parked_not_found"),
    (("replay", "activity", CONSUMER, "--record", "7"), "names no record"),
    (("hand-over", "activity", "9", "--reason", "x"), "ops.relay_not_found"),
    (("rewind", "reporting", "reporting", "--reason", "x", "--yes", "reporting"), "obec ops rebuild begin"),
    (("second", "activity", "nothing", "--yes", "x"), "ops.proposal_not_found"),
    (("alarms", "acknowledge", "alarm:none", "--reason", "x"), "alarm.not_found"),
    (("alarms", "silence", "alarm:none", "--until", "tomorrow", "--reason", "x"), "is no moment"),
    (("rebuild", "watch", "reporting_v9"), "ops.rebuild_not_found"),
    (("events", "--type", "[/x]"), "type cannot be read: [/x] (query.unreadable)"),
    (("audit", "activity", "--limit", "0"), "query.unreadable"),
    (("waiting", "committee"), "committee does not answer"),
)


async def test_what_is_wrong_is_said_in_one_line(duty: Duty, settings: Environment) -> None:
    for words, says in WRONG:
        await duty.refused(*words, says=says)
    await duty.refused("audit", "activity", says="auth.required", OBEC_TOKEN="nonsense")
    reader = duty.office.issuer.token(["reader"])
    await duty.refused("audit", "activity", says="auth.forbidden", OBEC_TOKEN=reader)
    away = await asyncio.to_thread(obec, "ops", "audit", "activity", settings=settings)
    assert (away.returncode, away.stdout, away.stderr.count("\n")) == (1, "", 1)
    assert "run `obec up` first" in away.stderr
