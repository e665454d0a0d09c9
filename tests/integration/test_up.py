"""The whole product on one machine: up, up again, up after everything was killed, down."""

import os
import re
import signal
from collections.abc import Iterator

import httpx
import pytest

from deploy.local import processes
from tests.cli import Settings, data_folder, obec, own_settings
from tests.integration.test_local_stack import kill

# A dozen processes start here, on a machine that may have other work.
pytestmark = pytest.mark.timeout(300)

PROCESSES = (
    "kafka",
    "postgres",
    "issuer",
    "committee-api",
    "activity-api",
    "activity-reactions",
    "evaluation-api",
    "evaluation-reactions",
    "reporting-projector",
    "reporting-api",
    "reporting-monitor",
    "reporting-rebuilder",
    "reporting-prover",
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with own_settings(tmp_path_factory.mktemp("up").name) as made:
        yield {**made, "OBEC_ALARM_SECONDS": "1"}


@pytest.fixture(name="settings")
def up(machine: Settings) -> Settings:
    """The product runs, as `obec up` started it before this test or an earlier one."""
    if not supervisors_of(machine):
        run = obec("up", settings=machine)
        assert run.returncode == 0, run.stderr
    return machine


def test_up_tells_where_the_services_answer_and_how_to_get_a_token(settings: Settings) -> None:
    run = obec("up", settings=settings)
    for service in ("reporting", "committee", "activity", "evaluation"):
        assert f"http://127.0.0.1:{settings[f'OBEC_{service.upper()}_PORT']}" in run.stdout
    assert "obec token officer|approver|operator|reader" in run.stdout


def test_every_process_runs_after_up(settings: Settings) -> None:
    assert set(pids(settings)) == set(PROCESSES)


def test_operators_see_every_process_at_work_and_one_that_was_killed_as_stopped(settings: Settings) -> None:
    """The supervisor stands still meanwhile: it would have started that one again."""
    expected = {name: "ok" for name in PROCESSES if name.startswith("reporting-")}
    token = obec("token", "operator", settings=settings).stdout.strip()
    assert processes.wait_until(lambda: seen(settings, token) == expected, 60.0, pause=0.5), seen(settings, token)
    monitor = pids(settings)["reporting-monitor"]
    os.kill(supervisor_of(settings), signal.SIGSTOP)
    try:
        kill(monitor)
        stopped = {**expected, "reporting-monitor": "stopped"}
        assert processes.wait_until(lambda: seen(settings, token) == stopped, 15.0, pause=0.5), seen(settings, token)
    finally:
        os.kill(supervisor_of(settings), signal.SIGCONT)
    assert processes.wait_until(lambda: seen(settings, token) == expected, 60.0, pause=0.5), seen(settings, token)


def test_whoever_judges_alarms_may_ask_the_other_services_how_they_are(settings: Settings) -> None:
    """What has died is not said by its API's being silent: another process of that service is gone."""
    token = obec("token", "operator", settings=settings).stdout.strip()
    alarm = "alarm:system:process.not_working:activity:activity-reactions"
    reactions = pids(settings)["activity-reactions"]
    os.kill(supervisor_of(settings), signal.SIGSTOP)
    try:
        kill(reactions)
        rings = processes.wait_until(lambda: alarm in open_alarms(settings, token), 30.0, pause=0.5)
        assert rings, open_alarms(settings, token)
    finally:
        os.kill(supervisor_of(settings), signal.SIGCONT)
    cleared = processes.wait_until(lambda: alarm not in open_alarms(settings, token), 60.0, pause=0.5)
    assert cleared, open_alarms(settings, token)
    assert set(pids(settings)) == set(PROCESSES)


def test_up_again_changes_nothing(settings: Settings) -> None:
    before = pids(settings)
    assert obec("up", settings=settings).returncode == 0
    assert pids(settings) == before


def test_up_brings_everything_back_after_kill_9_of_everything(settings: Settings) -> None:
    before = pids(settings)
    for pid in (supervisor_of(settings), before["kafka"], before["postgres"], before["committee-api"]):
        kill(pid)
    run = obec("up", settings=settings)
    assert run.returncode == 0, run.stderr
    after = pids(settings)
    assert set(after) == set(PROCESSES)
    assert not set(before.values()) & set(after.values())


def test_down_ends_every_process(settings: Settings) -> None:
    before = pids(settings)
    assert obec("down", settings=settings).returncode == 0
    assert not [name for name, pid in before.items() if processes.lives(pid)]
    assert obec("status", settings=settings).returncode == 3


def supervisor_of(settings: Settings) -> int:
    """The supervisor's pid."""
    [found] = supervisors_of(settings)
    return found


def supervisors_of(settings: Settings) -> list[int]:
    """The supervisor's pid while it runs, which it does from the first `up` to `down`."""
    configuration = str(data_folder(settings) / "run" / "supervisor.conf")
    return processes.find(lambda words: words[-1:] == [configuration])


def seen(settings: Settings, token: str) -> dict[str, str]:
    """Verdicts of reporting's processes, as an operator sees them."""
    address = f"http://127.0.0.1:{settings['OBEC_REPORTING_PORT']}/v1/ops/status"
    answer = httpx.get(address, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=10)
    return {each["process"]: each["verdict"] for each in answer.raise_for_status().json()["roles"]}


def open_alarms(settings: Settings, token: str) -> set[str]:
    """What rings, as an operator sees it."""
    address = f"http://127.0.0.1:{settings['OBEC_REPORTING_PORT']}/v1/ops/alarms"
    answer = httpx.get(address, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=10)
    return {each["id"] for each in answer.raise_for_status().json()["open"]}


def pids(settings: Settings) -> dict[str, int]:
    """The pid of every process that `obec status` shows as running."""
    shown = obec("status", settings=settings).stdout
    return {name: int(pid) for name, pid in re.findall(r"│ (\S+) +│ running +│ (\d+)", shown)}
