"""How a service's process starts, drains, dies, comes back, and says why it cannot start."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from pathlib import Path

import asyncpg
import httpx
import pytest

from shared.eventstore.relay import Relay
from shared.process import StartRefused, in_background, opened_store
from shared.settings import Issuer, Settings
from shared.streams.topics import Topics, records
from tests.appends import decision
from tests.conftest import NewDatabase, NewTopics
from tests.contract.asking import send
from tests.contract.process import (
    ServiceProcess,
    environment_of,
    free_port,
    is_waiting_for_a_lock,
    process,
    until_refused,
)
from tests.contract.services import opened
from tests.contract.test_services import definition_of
from tests.eventually import eventually
from tests.stack import Database
from tests.tokens import TestIssuer

NOBODY = "127.0.0.1:1"
"""Where no broker listens."""


def client_of(service: ServiceProcess, issuer: TestIssuer) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=service.address, headers=issuer.bearer("officer"), trust_env=False, timeout=30)


def programme() -> object:
    return {"definition": definition_of("2560-cluster")}


async def test_sigterm_lets_a_request_in_flight_end_and_exits_0(
    running: ServiceProcess, committee: Database, issuer: TestIssuer
) -> None:
    blocker = await asyncpg.connect(committee.admin_dsn)
    try:
        async with client_of(running, issuer) as http:
            await blocker.execute("SELECT pg_advisory_lock(71001, 0)")
            answer = asyncio.create_task(send(http, "/v1/programmes", programme()))
            await eventually(lambda: is_waiting_for_a_lock(blocker, committee.name))
            running.signal(signal.SIGTERM)
            await until_refused(running.address)
            assert not answer.done()
            await blocker.execute("SELECT pg_advisory_unlock(71001, 0)")
            assert (await answer).status_code == 201
    finally:
        await blocker.close()
    assert await running.ended() == 0


async def test_an_acknowledged_command_survives_kill_9_and_is_not_done_again(
    running: ServiceProcess, issuer: TestIssuer
) -> None:
    async with client_of(running, issuer) as http:
        first = await send(http, "/v1/programmes", programme(), key="k")
    assert first.status_code == 201
    running.signal(signal.SIGKILL)
    assert await running.ended() == -signal.SIGKILL
    running.start()
    await running.ready()
    async with client_of(running, issuer) as http:
        again = await send(http, "/v1/programmes", programme(), key="k")
        assert (again.status_code, again.content) == (first.status_code, first.content)
        events = (await http.get("/v1/streams/programme:2560-cluster/events")).json()
    assert len(events) == 1


async def test_it_says_by_its_file_that_it_is_ready_while_it_is(running: ServiceProcess) -> None:
    file = Path(running.environment["OBEC_READY_FILE"])
    await eventually(file.exists)
    running.signal(signal.SIGTERM)
    assert await running.ended() == 0
    assert not file.exists()


async def test_its_log_is_json_and_holds_no_token(running: ServiceProcess, issuer: TestIssuer) -> None:
    token = issuer.token(["operator"])
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=running.address, headers=headers, trust_env=False) as http:
        await http.get("/v1/clock")
        await http.get("/v1/nothing")
    running.signal(signal.SIGTERM)
    await running.ended()
    assert [json.loads(line)["service"] for line in running.lines] == ["committee"] * len(running.lines)
    assert token not in running.log.read_text()


async def test_a_broker_that_is_away_does_not_keep_it_from_its_work(
    committee: Database, named: Issuer, issuer: TestIssuer, log: Path
) -> None:
    environment = environment_of(committee, named, KAFKA_BOOTSTRAP_SERVERS=NOBODY)
    with process("committee", environment, log) as made:
        await made.ready()
        async with client_of(made, issuer) as http:
            assert (await send(http, "/v1/programmes", programme())).status_code == 201

            async def relay_is_stuck() -> bool:
                ready = await http.get("/readyz")
                assert ready.status_code == 200
                [relay] = ready.json()["checks"]["relay"]
                return bool(relay["error"]) and not relay["leading"]

            await eventually(relay_is_stuck, seconds=30)
        made.signal(signal.SIGTERM)
        assert await made.ended(seconds=12) == 0


async def test_what_is_appended_reaches_its_topic(
    committee: Database, named: Issuer, issuer: TestIssuer, log: Path, topics: NewTopics
) -> None:
    made_topics = await topics()
    kafka = made_topics.broker_of("committee").environment()
    environment = environment_of(committee, named, OBEC_TOPIC_PREFIX=made_topics.prefix, **kafka)
    with process("committee", environment, log) as made:
        await made.ready()
        async with client_of(made, issuer) as http:
            told = (await send(http, "/v1/programmes", programme())).json()

        async def arrived() -> bool:
            found = [each async for each in records(made_topics.broker, made_topics.of("committee"), 0)]
            return [dict(each.headers)["ce_id"].decode() for each in found] == [each["id"] for each in told["events"]]

        await eventually(arrived, seconds=30)
        made.signal(signal.SIGTERM)
        assert await made.ended() == 0


async def last_line(environment: dict[str, str], log: Path, *, role: str = "api", code: int = 1) -> str:
    """What a process says that ends with ``code``, which must be one line."""
    with process("committee", environment, log, role) as made:
        assert await made.ended() == code
    [line] = made.lines
    return line


async def test_a_taken_port_is_told_in_one_line(committee: Database, log: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = await last_line(environment_of(committee, OBEC_COMMITTEE_PORT=port), log)
    assert line.startswith(f"committee api: port {port} on 127.0.0.1 is taken")
    assert "OBEC_COMMITTEE_PORT" in line


async def test_without_issuers_it_listens_on_this_machine_alone(committee: Database, log: Path) -> None:
    line = await last_line(environment_of(committee, OBEC_HOST="0.0.0.0"), log)
    assert line.startswith("committee api: OBEC_HOST: without OBEC_ISSUERS")


async def test_a_role_that_does_not_exist_is_answered_with_those_that_do(committee: Database, log: Path) -> None:
    line = await last_line(environment_of(committee), log, role="dance", code=2)
    assert line == "usage: python -m services.committee migrate|api"


async def test_migrating_twice_changes_nothing(committee: Database, log: Path) -> None:
    with process("committee", environment_of(committee), log, "migrate") as made:
        assert await made.ended() == 0
    assert made.lines == []


async def refusal(monkeypatch: pytest.MonkeyPatch, patience: float = 10, **environment: str) -> str:
    """Why a store is not opened."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StartRefused) as refused:
        async with opened_store(Settings.read(), "committee", patience=patience):
            pass
    assert "\n" not in str(refused.value)
    return str(refused.value)


async def test_a_database_that_does_not_answer_is_given_up_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    dsn = f"postgresql://app:hush@127.0.0.1:{free_port()}/obec"
    said = await refusal(monkeypatch, patience=0.3, OBEC_COMMITTEE_DSN=dsn)
    assert said.startswith("the database of OBEC_COMMITTEE_DSN does not answer")
    assert "hush" not in said


async def test_a_wrong_password_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, committee: Database) -> None:
    head, _, place = committee.app_dsn.rpartition("@")
    dsn = f"{head.rpartition(':')[0]}:wrong@{place}"
    said = await refusal(monkeypatch, OBEC_COMMITTEE_DSN=dsn)
    assert said.startswith("the database of OBEC_COMMITTEE_DSN refuses")
    assert "wrong" not in said


async def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    said = await refusal(monkeypatch, OBEC_COMMITTEE_DSN="somewhere")
    assert said.startswith("the database of OBEC_COMMITTEE_DSN refuses")


async def test_who_did_not_migrate_is_told_how_to(monkeypatch: pytest.MonkeyPatch, committee: Database) -> None:
    dsn = f"{committee.admin_dsn.rpartition('/')[0]}/postgres"
    assert "run `python -m services.committee migrate`" in await refusal(monkeypatch, OBEC_COMMITTEE_DSN=dsn)


async def test_a_store_that_its_topic_is_ahead_of_is_not_worked_on(
    monkeypatch: pytest.MonkeyPatch, committee: Database, database: NewDatabase, topics: NewTopics
) -> None:
    """Restored from a backup, it would number new events as others are numbered already."""
    made, stop = await topics(), asyncio.Event()
    async with opened(committee.app_dsn, "committee") as store:
        relay = Relay(store, made.broker, Topics(made.prefix), 0)
        running = asyncio.create_task(relay.run(stop))
        await store.append(decision("committee:1", 0))
        await eventually(lambda: relay.state.position == 1)
        stop.set()
        await running
    older = await database("committee")
    for name, text in made.broker_of("committee").environment().items():
        monkeypatch.setenv(name, text)
    said = await refusal(monkeypatch, OBEC_COMMITTEE_DSN=older.app_dsn, OBEC_TOPIC_PREFIX=made.prefix)
    assert said.endswith("is at position 1, the store at 0: restore the store first (relay.topic_ahead)")


async def test_a_store_of_the_real_clock_does_not_open_on_a_simulated_one(
    monkeypatch: pytest.MonkeyPatch, committee: Database
) -> None:
    async with opened(committee.app_dsn, "committee"):
        pass
    said = await refusal(monkeypatch, OBEC_COMMITTEE_DSN=committee.app_dsn, OBEC_CLOCK="simulated", OBEC_EMBEDDED="1")
    assert "is on the real clock" in said


async def test_work_in_the_background_is_told_to_stop_and_waited_for() -> None:
    done = []

    async def work(stop: asyncio.Event) -> None:
        await stop.wait()
        done.append("worked to the end")

    async with in_background(work, work):
        await asyncio.sleep(0)
    assert done == ["worked to the end"] * 2


async def test_work_that_does_not_stop_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.process.GRACE", 0.01)
    cancelled = asyncio.Event()

    async def stubborn(_stop: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with in_background(stubborn):
        await asyncio.sleep(0)
    assert cancelled.is_set()
