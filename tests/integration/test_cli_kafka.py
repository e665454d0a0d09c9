"""``obec kafka users``: the services' users on a broker of one's own."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Mapping

import pytest
from aiokafka.errors import TopicAuthorizationFailedError
from typer.testing import CliRunner

from deploy.local.errors import StackError
from deploy.local.given import Given
from deploy.local.stack import Stack
from obec import kafka
from obec.__main__ import command_line
from shared.streams.broker import Broker
from shared.streams.topics import Topics
from tests.cli import obec
from tests.faults.process import clean_environment
from tests.integration.committee.test_provisioning import send


def test_the_services_users_are_made_and_their_passwords_shown(own_stack: Stack) -> None:
    own_stack.start_servers()
    run = obec("kafka", "users", settings={**clean_environment(), **own_stack.broker.environment()})
    assert run.returncode == 0, run.stderr
    shown = dict(re.findall(r"KAFKA_SASL_USERNAME=(\S+) KAFKA_SASL_PASSWORD=(\S+)", run.stdout))
    assert sorted(shown) == ["obec-activity", "obec-committee", "obec-evaluation", "obec-reporting"]
    activity = Broker(str(own_stack.broker), "SASL_PLAINTEXT", "obec-activity", shown["obec-activity"])
    asyncio.run(send(activity, Topics().events("activity")))
    with pytest.raises(TopicAuthorizationFailedError):
        asyncio.run(send(activity, Topics().events("committee")))


def test_no_password_is_changed_that_will_not_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever may be refused comes before: a service that comes with its old password is not shut out for nothing."""
    changed: list[str] = []

    async def refuses(*_asked: object) -> None:
        raise StackError("the rights are refused")

    async def nothing(*_asked: object) -> None:
        pass

    async def changes(_broker: Broker, passwords: Mapping[str, str]) -> None:
        changed.extend(passwords)

    for name, what in (("create_topics", nothing), ("grant_services", refuses), ("put_users", changes)):
        monkeypatch.setattr(kafka, name, what)
    monkeypatch.setattr(Given, "require_reachable", lambda _given: None)
    broker = Broker("127.0.0.1:1", "SASL_PLAINTEXT", "admin", "secret")
    run = CliRunner().invoke(command_line(), ["kafka", "users"], env=broker.environment())
    assert (run.exit_code, run.stderr) == (1, "obec: the rights are refused\n")
    assert changed == []


def test_what_holds_passwords_is_readable_by_its_owner_alone(own_stack: Stack) -> None:
    own_stack.start_servers()
    for name in ("passwords.json", "server.properties"):
        assert stat.S_IMODE(os.stat(own_stack.kafka.folder / name).st_mode) == 0o600, name


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "which broker, and as whom?"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, "which broker, and as whom?"),
        (Broker("127.0.0.1:1", "SASL_PLAINTEXT", "admin", "x").environment(), "no Kafka broker answers at 127.0.0.1:1"),
    ],
)
def test_what_is_missing_is_said_in_one_line(variables: dict[str, str], said: str) -> None:
    run = obec("kafka", "users", settings={**clean_environment(), **variables})
    assert run.returncode == 1
    assert run.stderr.startswith(f"obec: {said}")
    assert len(run.stderr.splitlines()) == 1
