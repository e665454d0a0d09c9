"""No password stands where everybody on the machine reads it, and none is cut short on its way to a process."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.local.errors import StackError
from deploy.local.postgres import create_databases
from deploy.local.supervisor import Program, Supervisor


def test_passwords_of_databases_stand_on_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    run: dict[str, Any] = {}

    def record(command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        run.update(more, command=command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", record)
    create_databases("postgresql://postgres:first%21@127.0.0.1:1/postgres", "second", "third", "fourth")
    assert "postgresql://postgres@127.0.0.1:1/postgres" in run["command"]
    for word, name in (("first!", "PGPASSWORD"), ("second", "OBEC_OWNER_PASSWORD"), ("third", "OBEC_APP_PASSWORD")):
        assert word not in " ".join(run["command"])
        assert run["env"][name] == word
    assert "fourth" not in " ".join(run["command"])


@pytest.mark.parametrize("password", ['one"two', "one ;two", "one\ntwo"])
def test_a_password_that_the_supervisor_would_cut_short_is_refused(tmp_path: Path, password: str) -> None:
    program = Program("worker", ("tests.programs.worker",), environment={"KAFKA_SASL_PASSWORD": password})
    supervisor = Supervisor(tmp_path, [program], {})
    try:
        with pytest.raises(StackError, match="KAFKA_SASL_PASSWORD cannot be told") as refused:
            supervisor.start()
        assert password not in str(refused.value)
    finally:
        supervisor.stop()
