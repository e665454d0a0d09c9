"""Which servers a test run stands on, and what would be started in containers (not run with an engine here)."""

import pytest

from tests.servers import KAFKA_CONTAINER, POSTGRES_CONTAINER, ContainerSpec, choice, run_arguments

GIVEN = {"KAFKA_BOOTSTRAP_SERVERS": "broker:9092", "OBEC_TEST_POSTGRES_DSN": "postgresql://tests@db/postgres"}


@pytest.mark.parametrize("engine_answers", [True, False])
def test_given_servers_come_first(engine_answers: bool) -> None:
    assert choice(GIVEN, engine_answers) == "given"


def test_then_containers() -> None:
    assert choice({}, engine_answers=True) == "containers"


def test_then_the_embedded_servers() -> None:
    assert choice({}, engine_answers=False) == "embedded"


@pytest.mark.parametrize("name", GIVEN)
def test_half_of_what_must_be_given_is_not_enough(name: str) -> None:
    assert choice({name: GIVEN[name]}, engine_answers=False) == "embedded"


@pytest.mark.parametrize("spec", [KAFKA_CONTAINER, POSTGRES_CONTAINER])
def test_an_image_is_pinned_to_a_version(spec: ContainerSpec) -> None:
    _, _, tag = spec.image.partition(":")
    assert tag[0].isdigit()


def test_kafka_in_a_container_is_reached_by_the_port_of_this_machine() -> None:
    environment = run_arguments(KAFKA_CONTAINER, port=31234, password="unused")["environment"]
    assert environment["KAFKA_ADVERTISED_LISTENERS"] == "CLIENT://127.0.0.1:31234"


def test_kafka_in_a_container_creates_no_topic_by_itself_and_keeps_everything() -> None:
    assert KAFKA_CONTAINER.environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert KAFKA_CONTAINER.environment["KAFKA_LOG_RETENTION_MS"] == "-1"


def test_containers_are_reached_on_loopback_alone() -> None:
    for spec in (KAFKA_CONTAINER, POSTGRES_CONTAINER):
        assert run_arguments(spec, port=31234, password="x")["ports"] == {f"{spec.port}/tcp": ("127.0.0.1", 31234)}


def test_postgres_in_a_container_gets_the_runs_password() -> None:
    environment = run_arguments(POSTGRES_CONTAINER, port=31234, password="secret")["environment"]
    assert environment["POSTGRES_PASSWORD"] == "secret"


def test_nothing_is_left_to_fill_in() -> None:
    for spec in (KAFKA_CONTAINER, POSTGRES_CONTAINER):
        assert "{" not in str(run_arguments(spec, 31234, "x")["environment"].values())
