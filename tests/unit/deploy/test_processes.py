"""Processes are ended by what they run, never by a number that may be another's by now."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import processes


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[int]:
    """A process that sleeps, as long as nobody ends it."""
    pid = processes.spawn(["sleep", "600"], tmp_path / "log", os.environ, tmp_path)
    assert processes.wait_until(lambda: sleeps(processes.arguments(pid)), seconds=5)
    yield pid
    processes.end(pid, sleeps, patience=5)


def test_a_process_is_found_by_what_it_runs(sleeper: int) -> None:
    assert sleeper in processes.find(sleeps)


def test_a_process_is_found_by_where_it_works(sleeper: int, tmp_path: Path) -> None:
    assert processes.working_in(tmp_path) == [sleeper]


def test_a_process_is_found_by_its_environment(tmp_path: Path) -> None:
    pid = processes.spawn(["sleep", "600"], tmp_path / "log", {"MARK": "a=b c"}, tmp_path)
    assert processes.wait_until(lambda: processes.find_by_environment({"MARK=a=b c"}) == [pid], seconds=5)
    processes.end(pid, sleeps, patience=5)


def test_a_pid_that_runs_something_else_is_spared(sleeper: int) -> None:
    assert processes.end(sleeper, lambda arguments: "kafka.Kafka" in arguments, patience=5)
    assert processes.lives(sleeper)


def test_a_process_that_obeys_is_not_killed(sleeper: int) -> None:
    assert processes.end(sleeper, sleeps, patience=5)
    assert not processes.lives(sleeper)


def test_a_process_that_does_not_obey_is_killed(tmp_path: Path) -> None:
    deaf = ["bash", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.05; done"]
    pid = processes.spawn(deaf, tmp_path / "log", os.environ, tmp_path)
    assert processes.wait_until(lambda: "deaf" in (tmp_path / "log").read_text(), seconds=5)
    assert not processes.end(pid, lambda arguments: arguments[0] == "bash", patience=0.2)
    assert not processes.lives(pid)


def test_several_are_asked_before_the_first_is_waited_for(tmp_path: Path) -> None:
    """Each of two ends only when the other has been asked as well."""
    waits = "trap 'touch asked-$0' TERM; echo ready; until [ -e asked-a ] && [ -e asked-b ]; do sleep 0.01; done"
    pids = [processes.spawn(["bash", "-c", waits, name], tmp_path / name, os.environ, tmp_path) for name in "ab"]
    assert processes.wait_until(lambda: all("ready" in (tmp_path / name).read_text() for name in "ab"), seconds=5)
    assert processes.end_all(pids, lambda arguments: arguments[0] == "bash", patience=10)
    assert not [pid for pid in pids if processes.lives(pid)]


def test_a_stopped_process_is_ended_too(sleeper: int) -> None:
    os.kill(sleeper, signal.SIGSTOP)
    assert processes.end(sleeper, sleeps, patience=5)
    assert not processes.lives(sleeper)


def test_a_zombie_does_not_live() -> None:
    child = subprocess.Popen(["true"])
    try:
        assert processes.wait_until(lambda: not processes.lives(child.pid), seconds=5)
    finally:
        child.wait()


def test_ending_what_has_ended_is_no_error(sleeper: int) -> None:
    processes.end(sleeper, sleeps, patience=5)
    assert processes.end(sleeper, sleeps, patience=5)


def sleeps(arguments: object) -> bool:
    return arguments == ["sleep", "600"]
