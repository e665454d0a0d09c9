"""The supervisor: a killed process is back and ready, an ended one was let finish, none outlives its supervisor."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import processes
from deploy.local.errors import StackError
from deploy.local.ports import HOST, Ports
from deploy.local.supervisor import Program, Supervisor
from tests.integration.test_local_stack import kill, listening
from tests.servers import run_folder

BACK_WITHIN_SECONDS = 15


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A token issuer and a worker under a supervisor of their own, not started."""
    made = supervisor_of(tmp_path, Program("worker", ("tests.programs.worker",)))
    yield made
    made.stop()


def test_all_processes_are_ready_when_start_returns(supervisor: Supervisor) -> None:
    supervisor.start()
    assert [(state.name, state.ready) for state in supervisor.states()] == [("issuer", True), ("worker", True)]


def test_a_second_start_leaves_the_processes_alone(supervisor: Supervisor) -> None:
    supervisor.start()
    before = supervisor.states()
    supervisor.start()
    assert supervisor.states() == before


@pytest.mark.parametrize("name", ["issuer", "worker"])
def test_a_killed_process_is_back_and_ready_in_time(supervisor: Supervisor, name: str) -> None:
    supervisor.start()
    killed = pid_of(supervisor, name)
    started = time.monotonic()
    kill(killed)
    assert processes.wait_until(lambda: is_back(supervisor, name, killed), BACK_WITHIN_SECONDS)
    assert time.monotonic() - started < BACK_WITHIN_SECONDS


def test_a_process_lets_go_of_its_work_in_order_when_the_stack_stops(supervisor: Supervisor) -> None:
    supervisor.start()
    supervisor.stop()
    assert (supervisor.home / "run" / "worker.drained").exists()
    assert "stopped: worker (exit status 0)" in (supervisor.home / "log" / "supervisor.log").read_text()
    assert "stopped: issuer (exit status 0)" in (supervisor.home / "log" / "supervisor.log").read_text()


def test_processes_end_with_a_supervisor_that_is_killed(supervisor: Supervisor) -> None:
    supervisor.start()
    orphans = [state.pid for state in supervisor.states()]
    kill(supervisor.pid)
    assert processes.wait_until(lambda: not any(processes.arguments(pid) for pid in orphans if pid), seconds=10)


def test_a_process_that_outlived_its_supervisor_is_ended_by_the_next_start(supervisor: Supervisor) -> None:
    supervisor.start()
    orphan = pid_of(supervisor, "issuer")
    os.kill(orphan, signal.SIGSTOP)
    kill(supervisor.pid)
    supervisor.start()
    assert not processes.arguments(orphan)
    assert all(state.ready for state in supervisor.states())


def test_a_ready_file_of_an_earlier_life_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.supervisor.READY_SECONDS", 4.0)
    supervisor = supervisor_of(tmp_path, Program("failing", ("tests.programs.failing",)))
    ready = supervisor.home / "run" / "failing.ready"
    ready.parent.mkdir(parents=True)
    ready.touch()
    os.utime(ready, (0, 0))
    with pytest.raises(StackError, match="failing does not become ready: cannot come up"):
        supervisor.start()
    supervisor.stop()


def test_a_taken_port_of_a_service_is_said_before_anything_starts(supervisor: Supervisor) -> None:
    port = supervisor.programs[0].port
    assert port is not None
    with listening(port), pytest.raises(StackError, match=f"port {port}, meant for issuer, is taken"):
        supervisor.start()
    assert supervisor.pid is None


def supervisor_of(tmp_path: Path, program: Program) -> Supervisor:
    home = run_folder() / f"own-{tmp_path.name}"
    port = Ports.free().issuer
    settings = {"OBEC_STACK": str(home), "OBEC_HOST": HOST, "OBEC_ISSUER_PORT": str(port)}
    return Supervisor(home, [Program("issuer", ("deploy.local.issuer",), port), program], {**os.environ, **settings})


def pid_of(supervisor: Supervisor, name: str) -> int:
    pid = next(state.pid for state in supervisor.states() if state.name == name)
    assert pid is not None
    return pid


def is_back(supervisor: Supervisor, name: str, killed: int) -> bool:
    return any(state.name == name and state.ready and state.pid not in (None, killed) for state in supervisor.states())
