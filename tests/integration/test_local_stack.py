"""The embedded stack: what runs is left alone, what was killed comes back, what is in the way is said in one line."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from deploy.local import processes
from deploy.local.errors import StackError
from deploy.local.given import Given
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import Postgres, as_user
from deploy.local.stack import Stack
from deploy.local.supervisor import ROOT
from deploy.local.topics import create_topics
from tests.servers import FOLDER, Servers, embedded, run_folder


@pytest.fixture(scope="module")
def one_stack(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack for the tests of this module that find it running, whatever one of them did to it."""
    assert servers
    stack = embedded(run_folder() / f"ที่ทำการ own-{tmp_path_factory.mktemp('stack').name}")
    stack.home.mkdir(parents=True)
    yield stack
    stack.reset()


@pytest.fixture
def standing(one_stack: Stack) -> Stack:
    """That stack, running."""
    one_stack.start_servers()
    return one_stack


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A PostgreSQL for this test alone, not started."""
    server = Postgres(run_folder() / f"own-{tmp_path.name}", Ports.free().postgres)
    yield server
    server.stop()


def test_starting_what_runs_changes_nothing(standing: Stack) -> None:
    before = pids(standing)
    standing.start_servers()
    assert pids(standing) == before


def test_two_starts_at_once_start_one_stack(own_stack: Stack) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda _: own_stack.start_servers(), range(2)))
    assert [state.state for state in own_stack.status()] == ["running", "running"]


def test_servers_that_were_killed_come_back_with_what_they_had(standing: Stack) -> None:
    asyncio.run(execute(standing.dsn("committee", "owner"), "CREATE TABLE kept AS SELECT 1 AS id"))
    asyncio.run(create_topics(standing.broker))
    kill(standing.kafka.pid)
    kill(standing.postgres.pid)
    standing.start_servers()
    assert asyncio.run(fetch(standing.dsn("committee", "owner"), "SELECT id FROM kept")) == 1
    with pytest.raises(StackError, match="has 1 partitions, not 2"):
        asyncio.run(create_topics(standing.broker, shards=2))


def test_stopping_twice_is_no_error(standing: Stack) -> None:
    standing.stop()
    standing.stop()
    assert [state.state for state in standing.status()] == ["stopped", "stopped"]


def test_a_pid_file_that_names_a_strangers_process_is_no_hindrance(postgres: Postgres) -> None:
    postgres.start()
    kill(postgres.pid)
    stranger = subprocess.Popen([*as_user(postgres.folder), "sleep", "600"])
    try:
        pid_file = postgres.folder / "data" / "postmaster.pid"
        lines = pid_file.read_text().splitlines(keepends=True)
        pid_file.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        postgres.start()
        assert postgres.answers()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_postgres_waits_for_the_remains_of_a_killed_one(postgres: Postgres) -> None:
    postgres.start()
    backend = next(pid for pid in processes.working_in(postgres.folder / "data") if pid != postgres.pid)
    os.kill(backend, signal.SIGSTOP)
    kill(postgres.pid)
    with ThreadPoolExecutor() as pool:
        started = pool.submit(postgres.start)
        assert not processes.wait_until(started.done, seconds=0.5)
        os.kill(backend, signal.SIGCONT)
        started.result()
    assert postgres.answers()


def test_a_half_made_data_folder_is_made_anew(own_stack: Stack) -> None:
    for name in ("kafka.new-1", "postgres.new-1"):
        (own_stack.home / name / "data").mkdir(parents=True)
    own_stack.start_servers()
    assert not list(own_stack.home.glob("*.new-*"))


def test_a_data_folder_has_its_name_only_when_it_is_whole(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("deploy.local.postgres._initdb", interrupted)
        with pytest.raises(KeyboardInterrupt):
            postgres.start()
    assert not postgres.folder.exists()
    postgres.start()
    assert postgres.answers()


def test_postgres_starts_in_a_folder_that_its_owner_alone_may_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    server = Postgres(tmp_path / "home", Ports.free().postgres)
    server.start()
    server.stop()
    assert (tmp_path.stat().st_mode & 0o777) == 0o700


@pytest.mark.parametrize("name", ["kafka", "controller", "postgres"])
def test_a_taken_port_is_said_in_one_line(own_stack: Stack, name: str) -> None:
    server = own_stack.postgres if name == "postgres" else own_stack.kafka
    with listening(getattr(own_stack.ports, name)) as port, pytest.raises(StackError) as raised:
        server.start()
    message = f"port {port}, meant for {name}, is taken: end what listens there or set OBEC_{name.upper()}_PORT"
    assert str(raised.value) == message


def test_a_stack_that_runs_on_other_ports_is_not_taken_for_this_one(standing: Stack) -> None:
    elsewhere = Stack(standing.home, Ports.free(), cache=FOLDER / "cache", programs=())
    with pytest.raises(StackError, match="another port"):
        elsewhere.start_servers()


def test_the_wrong_broker_list_is_said_in_one_line_and_fails() -> None:
    run = obec("up", KAFKA_BOOTSTRAP_SERVERS=f"{HOST}:1")
    assert run.returncode == 1
    assert run.stderr == f"obec: no Kafka broker answers at {HOST}:1 (KAFKA_BOOTSTRAP_SERVERS)\n"


def test_the_wrong_database_is_said_in_one_line_and_fails() -> None:
    dsn = f"postgresql://obec@{HOST}:1/obec"
    run = obec("up", OBEC_COMMITTEE_DSN=dsn, OBEC_COMMITTEE_OWNER_DSN=dsn)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "DSN cannot be reached" in run.stderr


def test_given_servers_are_used_and_left_alone(standing: Stack, tmp_path: Path) -> None:
    dsns = {(service, role): standing.dsn(service, role) for service in SERVICES for role in ("owner", "app")}
    guest = Stack(tmp_path / "guest", Ports.free(), given=Given(standing.broker, dsns), programs=())
    guest.start_servers()
    assert [state.state for state in guest.status()] == ["given", "given"]
    assert "OBEC_EMBEDDED" not in guest.environment()
    guest.stop()
    assert [state.state for state in standing.status()] == ["running", "running"]


def test_stopping_spares_a_stranger_that_names_our_files(standing: Stack) -> None:
    configuration = standing.home / "kafka" / "server.properties"
    stranger = subprocess.Popen(["tail", "-f", str(configuration)], stdout=subprocess.DEVNULL)
    try:
        standing.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_role_that_runs_neither_creates_tables_nor_reads_another_service(standing: Stack) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(execute(standing.postgres.dsn("committee", "app"), "CREATE TABLE intruder (id int)"))
    foreign = f"{standing.postgres.dsn('activity', 'app').rpartition('/')[0]}/obec_committee"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(execute(foreign, "SELECT 1"))


@pytest.mark.parametrize("setting", ["lock_timeout", "idle_in_transaction_session_timeout"])
def test_no_role_waits_for_ever(standing: Stack, setting: str) -> None:
    for role in ("owner", "app"):
        assert asyncio.run(fetch(standing.postgres.dsn("reporting", role), f"SHOW {setting}")) != "0"


def test_a_commit_is_flushed_to_the_disk(standing: Stack) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert asyncio.run(fetch(standing.postgres.dsn("committee", "app"), f"SHOW {setting}")) == "on"


SERVICES = ("committee", "activity", "evaluation", "reporting")


def pids(stack: Stack) -> list[int | None]:
    return [state.pid for state in stack.status()]


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: not processes.arguments(pid), seconds=5)


def interrupted(_: Path) -> None:
    raise KeyboardInterrupt


def obec(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OBEC_HOME": str(run_folder() / "cli"), **settings}
    command = [sys.executable, "-m", "obec", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@contextmanager
def listening(port: int) -> Iterator[int]:
    with socket.create_server((HOST, port)):
        yield port


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def fetch(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()
