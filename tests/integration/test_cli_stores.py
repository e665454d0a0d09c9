"""`obec verify`, `checkpoint`, `backup` and `restore` on servers that are given."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from rich.text import Text
from typer.testing import CliRunner

from deploy.local.given import dsn_variable
from deploy.local.postgres import program
from deploy.local.topics import SERVICES, create_topics, delete_topics
from obec import output, stores
from obec.__main__ import command_line
from obec.backups import MANIFEST
from shared.contracts.envelope import from_headers
from shared.eventstore.checkpoint import new_key
from shared.eventstore.finding import Finding
from shared.eventstore.migrate import COMMON, migrate
from shared.eventstore.redact import ORDER
from shared.eventstore.relay import Relay
from shared.eventstore.restoring import RestoreUnfinished
from shared.eventstore.store import EventStore
from shared.operating.deciding import Operators
from shared.operating.redacting import RedactApi
from shared.process import StartRefused, opened_store
from shared.settings import Settings as ServiceSettings
from shared.streams.broker import Broker
from shared.streams.topics import Topics, records
from shared.web.auth import OPERATOR, Caller
from tests.appends import decision, whole
from tests.cli import Settings, obec
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.stack import Database


@dataclass(frozen=True)
class Site:
    """Databases of all services, committee's with a store of three events, and the environment that names them."""

    settings: Settings
    databases: dict[str, Database]
    broker: Broker
    topics: Topics

    async def obec(self, *words: str, **more: str) -> Said:
        """What the command line says; in this process, which has everything imported."""
        run = await asyncio.to_thread(CliRunner().invoke, command_line(), words, env={**self.settings, **more})
        return Said(run.exit_code, run.stdout, run.stderr)

    @asynccontextmanager
    async def committee(self, *, relaying: bool = False) -> AsyncIterator[EventStore]:
        """Its store, opened in this process; with its relay, until everything is sent."""
        store = await EventStore.open(self.databases["committee"].app_dsn, "committee")
        stop, relay = asyncio.Event(), Relay(store, self.broker, self.topics, 0)
        running = asyncio.create_task(relay.run(stop)) if relaying else None
        try:
            yield store
            head = await store.pool.fetchval("SELECT max(position) FROM events")
            await eventually(lambda: running is None or relay.state.position == head)
        finally:
            stop.set()
            if running is not None:
                await running
            await store.close()

    async def run(self, service: str, sql: str) -> None:
        """Change a database as its owner can."""
        owner = await asyncpg.connect(self.databases[service].owner_dsn)
        try:
            await owner.execute(sql)
        finally:
            await owner.close()


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables break no line: the console took its width from the environment when it was imported."""
    monkeypatch.setattr(output.console, "width", 400)


@pytest.fixture
async def site(settings: Settings, database: NewDatabase, topics: NewTopics, kafka: Broker) -> Site:
    names = await topics()
    databases = {service: await database(service) for service in SERVICES}
    dsns = {
        dsn_variable(service, role): dsn
        for service, made in databases.items()
        for role, dsn in (("app", made.app_dsn), ("owner", made.owner_dsn))
    }
    given = {**settings, **dsns, **kafka.environment(), "OBEC_TOPIC_PREFIX": names.prefix}
    site = Site(given, databases, kafka, Topics(names.prefix))
    async with site.committee() as store:
        for version in range(3):
            await store.append(decision("committee:1", version))
    return site


async def test_verify_says_what_is_whole_and_names_the_first_bad_position(site: Site) -> None:
    whole = await asyncio.to_thread(obec, "verify", "committee", settings=site.settings)
    assert whole.returncode == 0, whole.stderr
    assert re.search(r"stores *│ committee/0 *│ 3 events *│ whole", whole.stdout)
    await site.run("committee", "UPDATE events SET stream = 'committee:2' WHERE position = 2")
    bad = await site.obec("verify", "--json")
    assert bad.code == 1
    told = json.loads(bad.out)
    assert not told["whole"]
    [found] = [each for each in told["found"] if not each["whole"]]
    assert (found["part"], found["place"]) == ("stores", "committee/0 position 2")


def test_a_difference_is_told_as_it_is_though_it_looks_like_markup() -> None:
    message = "expected [chair], found [/chair]"
    found = Finding("views", "reporting", "committee", 1, "rows", "committee (R07) vacant", message)
    assert Text.from_markup(stores._line(found)[-1]).plain == f"committee (R07) vacant: {message}"


async def test_a_checkpoint_that_was_kept_names_what_the_store_alone_cannot(site: Site, tmp_path: Path) -> None:
    key, kept = tmp_path / "key.pem", tmp_path / "kept.json"
    assert (await site.obec("checkpoint", "key", str(key))).code == 0
    assert key.stat().st_mode & 0o777 == 0o600
    signer = {"OBEC_CHECKPOINT_KEY": str(key)}
    public = await site.obec("checkpoint", "public", **signer)
    assert public.out == Path(f"{key}.pub").read_text()
    made = await site.obec("checkpoint", "--out", str(kept), **signer)
    assert made.code == 0, made.err

    await site.run("committee", "DELETE FROM events WHERE position = 3")
    without = await site.obec("verify", "--part", "stores", "committee")
    beside = await site.obec("verify", "--part", "stores", "--checkpoint", str(kept), "--key", f"{key}.pub")
    assert without.code == 0
    assert beside.code == 1
    assert "committee/0 position 3: is missing" in beside.out

    kept.write_text(kept.read_text().replace('"position": 3', '"position": 2'))
    forged = await site.obec("verify", "--checkpoint", str(kept), "--key", f"{key}.pub")
    assert (forged.code, forged.err.count("\n")) == (1, 1)
    assert "does not carry the signature" in forged.err


async def test_what_was_acknowledged_after_a_backup_is_there_after_it_was_restored(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    async with site.committee(relaying=True) as store:
        made = await site.obec("backup", str(folder))
        assert made.code == 0, made.err
        assert (await site.obec("backup", str(folder))).code == 1
        later = await store.append(whole("committee:1", 3, "later"))
        refused = await site.obec("restore", str(folder))
        assert (refused.code, "backup.in_use" in refused.err) == (1, True)
    await site.run("committee", "CREATE TABLE came_later (n int); DELETE FROM events WHERE position > 1")

    brought = await site.obec("restore", str(folder))
    assert brought.code == 0, brought.err
    assert re.search(r"committee *│ 0 *│ 2 *│ 5 ", brought.out)
    assert (await site.obec("verify")).code == 0
    async with site.committee() as store:
        again = await store.append(whole("committee:1", 3, "later"))
        assert (again.repeated, again.position) == (True, later.position)
        assert await store.pool.fetchval("SELECT to_regclass('came_later')") is None


KILLED = """#!/bin/sh
case "$*" in */activity.dump) kill -9 $PPID; exit 1;; esac
exec {tool} "$@"
"""
"""A pg_restore by which the command that runs it is killed when activity's turn comes."""


async def test_a_restore_that_was_killed_is_found_and_finished_by_the_next(site: Site, tmp_path: Path) -> None:
    folder, tools = tmp_path / "backup", tmp_path / "tools"
    assert (await site.obec("backup", str(folder))).code == 0
    async with site.committee(relaying=True) as store:
        await store.append(whole("committee:1", 3, "later"))
    await site.run("committee", "DELETE FROM events WHERE position > 1")
    tools.mkdir()
    killing = tools / "pg_restore"
    killing.write_text(KILLED.format(tool=program("pg_restore")))
    killing.chmod(0o755)
    path = {"PATH": f"{tools}:{site.settings['PATH']}"}
    killed = await asyncio.to_thread(obec, "restore", str(folder), settings={**site.settings, **path})
    assert killed.returncode == -signal.SIGKILL, killed

    owner = site.databases["activity"].owner_dsn
    for refused in (migrate(owner, COMMON), started(site)):
        with pytest.raises((RestoreUnfinished, StartRefused), match=f"run `obec restore {folder}` again"):
            await refused
    other = await site.obec("restore", "committee")
    assert (other.code, "restore.unfinished" in other.err) == (1, True), other
    assert "restore.unfinished" in (await site.obec("backup", str(tmp_path / "half"))).err

    finished = await site.obec("restore", str(folder))
    assert finished.code == 0, finished
    assert (await site.obec("verify")).code == 0
    await migrate(owner, COMMON)
    await started(site)


async def started(site: Site) -> None:
    """What every process of committee does first."""
    settings = ServiceSettings(committee_dsn=site.databases["committee"].app_dsn)
    async with opened_store(settings, "committee"):
        pass


async def test_a_backup_that_is_damaged_or_none_is_refused_before_anything_is_changed(
    site: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    assert (await site.obec("backup", str(folder), "committee")).code == 0
    lacking = {"OBEC_TOPIC_PREFIX": "never.made.", "OBEC_REPLICATION": "3"}
    replicated = await site.obec("restore", str(folder), **lacking)
    dump = folder / "committee.dump"
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    damaged = await site.obec("restore", str(folder))
    dump.write_bytes(whole)
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "format": "other"}))
    foreign = await site.obec("restore", str(folder))
    nothing = await site.obec("restore", str(tmp_path))
    newer = {"committee": {**manifest["dumps"]["committee"], "tool": "pg_dump (PostgreSQL) 99.0"}}
    (folder / MANIFEST).write_text(json.dumps({**manifest, "dumps": newer}))
    unreadable = await site.obec("restore", str(folder))
    for said, code in (
        (replicated, "does not create topic"),
        (damaged, "backup.damaged"),
        (foreign, "backup.foreign"),
        (nothing, "backup.foreign"),
        (unreadable, "backup.tool"),
    ):
        assert (said.code, said.err.count("\n")) == (1, 1)
        assert code in said.err
    await started(site)


STRANGER = """
INSERT INTO skips (store, shard, record, reason, decided_by) VALUES ('committee', 0, 3, 'ระเบียนแปลกปลอม', 'usr-one')
"""


async def put(site: Site) -> None:
    """Somebody else's record on committee's topic."""
    async with AIOKafkaProducer(**site.broker.client()) as producer:
        await producer.send_and_wait(site.topics.events("committee"), b"{}", b"nobody:1", partition=0)


async def test_a_skipped_record_is_said_to_be_and_any_other_is_a_difference(site: Site) -> None:
    async with site.committee(relaying=True):
        pass
    await put(site)
    asked = ("verify", "--part", "topics", "committee")
    before = await site.obec(*asked)
    assert (before.code, "offset 3: is no event" in before.out) == (1, True), before
    await site.run("reporting", STRANGER)
    skipped = await site.obec(*asked)
    assert skipped.code == 0, skipped
    assert "left out by decision" in skipped.out
    told = json.loads((await site.obec(*asked, "--json")).out)
    [explained] = [line for each in told["found"] for line in each["explained"]]
    assert explained.endswith("committee/0 offset 3: is no event; it is skipped")
    away = await site.obec(*asked, **{dsn_variable("reporting", "app"): "postgresql://nobody@127.0.0.1:1/nothing"})
    assert (away.code, "whether it is skipped could not be asked of reporting" in away.out) == (1, True), away
    await put(site)
    other = await site.obec(*asked)
    assert (other.code, "offset 4: is no event" in other.out) == (1, True), other


REDACT = ("redact", "committee", "2", "--yes")
TARGET = "committee/0/2"


async def test_an_event_is_redacted_as_it_was_ordered_and_its_topic_made_anew(site: Site) -> None:
    async with site.committee(relaying=True):
        pass
    for words, code, th in (
        ((*REDACT, TARGET), "redact.not_ordered", "ผู้ปฏิบัติการต้องสั่งก่อน"),
        ((*REDACT, "committee/0/1"), "ops.not_confirmed", "ต้องยืนยันโดยพิมพ์ committee/0/2"),
        (("redact", "committee", "9", "--yes", "committee/0/9"), "redact.no_event", "ไม่มีเหตุการณ์ที่ committee/0/9"),
        (("redact", "committee", "2"), f"confirm it: --yes {TARGET}", "ต้องยืนยันด้วย --yes"),
        (("reread", "committee", "--yes", "committee"), "say why: --reason", "ต้องระบุเหตุผล"),
    ):
        said = await site.obec(*words)
        assert (said.code, said.err.count("\n")) == (1, 1), said
        assert code in said.err
        assert th in said.err
    async with site.committee() as store:
        await order_it(store)
        assert "ops.in_use" in (await site.obec(*REDACT, TARGET)).err
    done = await site.obec(*REDACT, TARGET, "--json")
    assert done.code == 0, done
    told = json.loads(done.out)
    assert (told["position"], told["sent"], told["audit"]) == (2, True, 2)

    await site.run("reporting", STRANGER)
    await site.run("activity", READ)
    await made_anew(site)
    anew = ("reread", "committee", "--reason", "จัดทำหัวข้อใหม่", "--yes", "committee")
    somebody = await asyncpg.connect(site.databases["reporting"].app_dsn)
    assert "ops.in_use" in (await site.obec(*anew)).err
    await somebody.close()
    again = await site.obec(*anew)
    assert again.code == 0, again
    assert "committee/0/3" in again.out
    assert "activity.learner lacks what was parked: obec ops rewind activity activity.learner" in again.out
    async with site.committee(relaying=True):
        pass
    assert [bool(each) for each in await on_the_topic(site)] == [True, False, True]
    assert (await site.obec("verify")).code == 0
    owner = await asyncpg.connect(site.databases["activity"].owner_dsn)
    try:
        [read] = await owner.fetch("SELECT next_offset, position FROM consumer_offsets")
        assert tuple(read) == (0, 3)
        assert await owner.fetchval("SELECT count(*) FROM parked") == 0
        [line] = await owner.fetch("SELECT action, target, reason, outcome FROM operator_audit")
        assert tuple(line)[:3] == ("reread", "committee", "จัดทำหัวข้อใหม่")
        assert line["outcome"].endswith("1 forgotten, which activity.learner lacks")
    finally:
        await owner.close()


READ = """
INSERT INTO consumer_offsets (consumer, store, shard, next_offset, position)
VALUES ('activity.learner', 'committee', 0, 4, 3);
INSERT INTO parked (consumer, topic, shard, record, store, position, stream, code, message, headers, value)
VALUES ('activity.learner', 't', 0, 2, 'committee', 3, 'committee:1', 'event.invalid', 'why', '[]', '{}')
"""
"""Of a consumer that has read the topic and parked its last event."""


async def order_it(store: EventStore) -> None:
    """One operator orders it, another seconds it."""
    operators = Operators("committee", lambda: store.pool, two_person=True)
    RedactApi(operators, "committee")
    one, other = (Caller(name, OPERATOR) for name in ("usr-one", "usr-two"))
    asked = await operators.ask(one, ORDER, TARGET, {"shard": 0, "position": 2}, reason="มีชื่อบุคคล", typed=TARGET)
    assert asked.proposal is not None
    await operators.second(other, asked.proposal, TARGET)


async def made_anew(site: Site) -> None:
    """Committee's topic, deleted and made again."""
    await delete_topics(site.broker, [site.topics.events("committee")])
    await create_topics(site.broker, site.topics.prefix)


async def on_the_topic(site: Site) -> list[bytes]:
    """The data of committee's events as they were sent."""
    sent = records(site.broker, site.topics.events("committee"), 0)
    return [from_headers(record.headers, record.value).data async for record in sent]


async def test_restore_has_nothing_to_do_for_a_store_that_lacks_nothing(site: Site) -> None:
    said = await site.obec("restore", "committee")
    assert said.code == 0, said.err
    assert re.search(r"committee *│ 0 *│ 0 *│ 3 ", said.out)


async def test_what_nobody_knows_is_said_in_one_line(settings: Settings, tmp_path: Path) -> None:
    there, key = tmp_path / "no.key", tmp_path / "a.key"
    there.write_text("no key")
    key.write_bytes(new_key())
    for words, expected in (
        (("verify", "treasury"), "no service is called 'treasury'"),
        (("verify", "--part", "hopes"), "no part is called 'hopes'"),
        (("restore", "treasury"), "neither a service"),
        (("verify",), "run `obec up` first"),
        (("checkpoint",), "no key is named"),
        (("checkpoint", "--key", str(there)), "no private key that can be read"),
        (("checkpoint", "--key", str(key), "--out", str(there)), "is there already"),
        (("checkpoint", "--key", str(key), "--out", "/nowhere/at/all.json"), "there is no folder /nowhere/at"),
    ):
        run = await asyncio.to_thread(CliRunner().invoke, command_line(), words, env=settings)
        assert (run.exit_code, run.stderr.count("\n")) == (1, 1), run.stderr
        assert expected in run.stderr
