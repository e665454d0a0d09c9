"""Servers given from outside are read from the environment, whole or not at all."""

import pytest

from deploy.local.errors import StackError
from deploy.local.given import Given, dsn_variable
from deploy.local.topics import SERVICES
from shared.streams.broker import Broker

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


@pytest.mark.parametrize("servers", ["localhost", "localhost:", ":9092", "localhost:x", "a:1,,", "a:65536", "a:²"])
def test_a_broker_list_without_host_and_port_is_refused(servers: str) -> None:
    with pytest.raises(StackError, match="KAFKA_BOOTSTRAP_SERVERS must be host:port"):
        Given(Broker(servers)).require_reachable()


def test_a_broker_is_told_of_by_the_variables_that_a_process_reads() -> None:
    broker = Broker("kafka:9092", "SASL_SSL", "obec", "secret")
    assert Given.of_environment(broker.environment()).broker == broker


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL: Input should be 'PLAINTEXT'"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: this broker asks"),
        ({"KAFKA_SSL_CA_FILE": "/nowhere"}, "KAFKA_SSL_CA_FILE: /nowhere cannot be read"),
    ],
)
def test_what_can_be_no_connection_is_refused_by_its_variable(variables: dict[str, str], message: str) -> None:
    with pytest.raises(StackError, match=message):
        Given.of_environment({"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", **variables})
