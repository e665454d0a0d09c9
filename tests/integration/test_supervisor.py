"""The supervisor: a killed process is back and ready, an ended one was let finish, none outlives its supervisor."""

import os
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


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    """A token issuer and a worker that run, for the tests that leave them running."""
    made = supervisor_of(tmp_path_factory.mktemp("running"), Program("worker", ("tests.programs.worker",)))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A token issuer and a worker under a supervisor of their own, not started."""
    made = supervisor_of(tmp_path, Program("worker", ("tests.programs.worker",)))
    yield made
    made.stop()


def test_all_processes_are_ready_when_start_returns(running: Supervisor) -> None:
    assert [(state.name, state.ready) for state in running.states()] == [("issuer", True), ("worker", True)]


def test_every_process_is_told_which_ones_run(running: Supervisor) -> None:
    told = Path(f"/proc/{pid_of(running, 'worker')}/environ").read_text().split("\0")
    assert "OBEC_PROCESSES=issuer,worker" in told


def test_a_second_start_leaves_the_processes_alone(running: Supervisor) -> None:
    before = [state.pid for state in running.states()]
    running.start()
    assert [state.pid for state in running.states()] == before


@pytest.mark.parametrize("name", ["issuer", "worker"])
def test_a_killed_process_is_back_and_ready_in_time(running: Supervisor, name: str) -> None:
    killed = pid_of(running, name)
    kill(killed)
    assert processes.wait_until(lambda: is_back(running, name, killed), BACK_WITHIN_SECONDS)


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


def test_a_process_that_outlives_its_supervisor_is_ended_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.supervisor.DRAIN_SECONDS", 1)
    supervisor = supervisor_of(tmp_path, Program("deaf", ("tests.programs.deaf",)))
    supervisor.start()
    orphan = pid_of(supervisor, "deaf")
    kill(supervisor.pid)
    assert processes.lives(orphan)
    supervisor.start()
    assert not processes.lives(orphan)
    assert all(state.ready for state in supervisor.states())
    supervisor.stop()


def test_what_works_in_the_background_can_be_started_later(tmp_path: Path) -> None:
    supervisor = supervisor_of(tmp_path, Program("worker", ("tests.programs.worker",), background=True))
    try:
        supervisor.start(background=False)
        assert [(each.name, each.ready) for each in supervisor.states()] == [("issuer", True), ("worker", False)]
        supervisor.start_background()
        assert processes.wait_until(lambda: all(each.ready for each in supervisor.states()), 30.0)
        supervisor.start_background()
        assert all(each.ready for each in supervisor.states())
    finally:
        supervisor.stop()


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
