"""``obec programme register`` against a committee service that runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.process import ROOT, ServiceProcess
from tests.tokens import TestIssuer

FILE = "programmes/2563-example.toml"


def register(file: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "obec", "programme", "register", file, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.fixture
def words(running: ServiceProcess, issuer: TestIssuer) -> list[str]:
    return ["--address", running.address, "--token", issuer.token(["officer"])]


def test_a_programme_is_registered_from_its_file_once(words: list[str]) -> None:
    first, second = register(FILE, *words), register(FILE, *words)
    assert first.stdout == "programme:2563-example registered: version 1, position committee:0:1\n", first.stderr
    assert second.stdout == "programme:2563-example was registered already: version 1, position committee:0:1\n"
    assert (first.returncode, second.returncode) == (0, 0)


def test_what_is_wrong_with_a_file_is_said_with_its_place(words: list[str], tmp_path: Path) -> None:
    text = (ROOT / FILE).read_text("utf-8").replace("fiscal_year = 2563", "fiscal_year = 2564")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text, "utf-8")
    run = register(str(wrong), *words)
    assert run.returncode == 1
    assert run.stderr.startswith("obec: request.invalid:")
    assert "/definition" in run.stderr


def test_a_file_that_is_not_there_is_said_in_one_line() -> None:
    run = register("nowhere.toml", "--token", "x")
    assert (run.returncode, run.stderr) == (1, "obec: nowhere.toml cannot be read: No such file or directory\n")
