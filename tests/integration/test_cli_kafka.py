"""``obec kafka users``: the services' users on a broker of one's own."""

from __future__ import annotations

import asyncio
import os
import re
import stat

import pytest
from aiokafka.errors import TopicAuthorizationFailedError

from deploy.local.stack import Stack
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
