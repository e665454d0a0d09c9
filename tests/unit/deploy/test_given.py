"""Servers given from outside are read from the environment, whole or not at all."""

import pytest

from deploy.local.errors import StackError
from deploy.local.given import Given, dsn_variable
from deploy.local.topics import SERVICES

PAIR = {"OBEC_COMMITTEE_DSN": "postgresql://app@db/c", "OBEC_COMMITTEE_OWNER_DSN": "postgresql://owner@db/c"}


def test_nothing_given_means_the_embedded_stack() -> None:
    assert Given.of_environment({"KAFKA_BOOTSTRAP_SERVERS": ""}) == Given()


def test_a_service_can_have_a_database_of_its_own() -> None:
    given = Given.of_environment(PAIR)
    assert given.dsns == {
        ("committee", "app"): "postgresql://app@db/c",
        ("committee", "owner"): "postgresql://owner@db/c",
    }
    assert not given.every_database


def test_no_embedded_postgres_is_needed_when_every_service_has_one() -> None:
    names = [dsn_variable(service, role) for service in SERVICES for role in ("owner", "app")]
    assert Given.of_environment(dict.fromkeys(names, "postgresql://db")).every_database


@pytest.mark.parametrize("missing", PAIR)
def test_one_of_a_services_two_addresses_is_not_enough(missing: str) -> None:
    with pytest.raises(StackError, match=f"{missing} is missing"):
        Given.of_environment({name: dsn for name, dsn in PAIR.items() if name != missing})


@pytest.mark.parametrize("bootstrap", ["localhost", "localhost:", ":9092", "localhost:x", "a:1,,"])
def test_a_broker_list_without_host_and_port_is_refused(bootstrap: str) -> None:
    with pytest.raises(StackError, match="KAFKA_BOOTSTRAP_SERVERS must be host:port"):
        Given(bootstrap).require_reachable()
