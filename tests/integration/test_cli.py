"""The command line: what is wrong is one line and an exit code, what is dangerous asks first."""

import re
import subprocess

import jwt
import pytest

from deploy.local.supervisor import Program, Supervisor
from tests.cli import Settings, data_folder, obec


def test_nothing_runs_before_up_and_status_says_so(settings: Settings) -> None:
    run = obec("status", settings=settings)
    assert run.returncode == 3
    assert "running" not in run.stdout


def test_reset_asks_and_keeps_everything_at_no(settings: Settings) -> None:
    kept = data_folder(settings) / "kept"
    kept.parent.mkdir()
    kept.touch()
    run = obec("reset", settings=settings, said="n\n")
    assert (run.returncode, kept.exists()) == (1, True)
    assert "Delete all data" in run.stdout


def test_reset_asks_and_deletes_at_yes(settings: Settings) -> None:
    kept = data_folder(settings) / "kept"
    kept.parent.mkdir()
    kept.touch()
    assert obec("reset", settings=settings, said="y\n").returncode == 0
    assert not kept.exists()


def test_a_token_needs_a_running_issuer(settings: Settings) -> None:
    assert_one_line(obec("token", "officer", settings=settings), "run `obec up` first")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["token"], "user"),
        (["up", "--fast"], "No such option: --fast"),
    ],
)
def test_a_wrong_word_is_said_in_one_line(settings: Settings, words: list[str], says: str) -> None:
    assert_one_line(obec(*words, settings=settings), says)


@pytest.mark.parametrize("command", ["up", "down", "reset", "status", "token reader", "publish events --key k"])
def test_a_wrong_port_is_said_in_one_line(settings: Settings, command: str) -> None:
    run = obec(*command.split(), settings={**settings, "OBEC_ISSUER_PORT": "http"})
    assert_one_line(run, "OBEC_ISSUER_PORT must be a port number from 1 to 65535, not 'http'")


@pytest.mark.parametrize(
    ("name", "value", "most"),
    [("OBEC_SHARDS", "65", 64), ("OBEC_REPLICATION", "many", 32_767)],
    ids=["shards", "copies"],
)
def test_a_wrong_number_is_said_in_one_line_before_anything_starts(
    settings: Settings, name: str, value: str, most: int
) -> None:
    run = obec("up", settings={**settings, name: value})
    assert_one_line(run, f"{name} must be a whole number from 1 to {most}, not '{value}'")
    assert not (data_folder(settings) / "kafka").exists()


def assert_one_line(run: subprocess.CompletedProcess[str], words: str) -> None:
    assert run.returncode != 0
    assert words in run.stderr
    assert re.fullmatch(r"obec: .*\n", run.stderr)


def test_a_token_of_the_running_issuer_carries_the_role(settings: Settings) -> None:
    home, port = data_folder(settings), int(settings["OBEC_ISSUER_PORT"])
    environment = {**settings, "OBEC_STACK": str(home), "OBEC_HOST": "127.0.0.1"}
    supervisor = Supervisor(home, [Program("issuer", ("deploy.local.issuer",), port)], environment)
    home.mkdir()
    supervisor.start()
    try:
        token = obec("token", "approver", settings=settings).stdout.strip()
        assert jwt.decode(token, options={"verify_signature": False})["roles"] == ["approver"]
        assert_one_line(obec("token", "minister", settings=settings), "no user is called 'minister'")
    finally:
        supervisor.stop()
