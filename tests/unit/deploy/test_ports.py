"""Ports are set by the environment, and nonsense there is said in one line."""

import pytest

from deploy.local.errors import StackError
from deploy.local.ports import DEMO_PORTS, Ports


def test_each_port_can_be_set() -> None:
    assert Ports.of_environment({"OBEC_KAFKA_PORT": "9092", "OBEC_REPORTING_PORT": "80"}) == Ports(
        kafka=9092, reporting=80
    )


def test_the_demo_and_the_stack_share_no_port() -> None:
    ports = [*values(Ports()), *values(DEMO_PORTS)]
    assert len(set(ports)) == len(ports)


@pytest.mark.parametrize("text", ["", "x", "0", "65536", "-1", "๘๔๐๐"])
def test_what_is_no_port_is_refused_by_name(text: str) -> None:
    with pytest.raises(StackError, match="OBEC_ACTIVITY_PORT must be a port number"):
        Ports.of_environment({"OBEC_ACTIVITY_PORT": text})


def test_free_ports_differ() -> None:
    assert len(set(values(Ports.free()))) == len(Ports.__dataclass_fields__)


def values(ports: Ports) -> list[int]:
    return [getattr(ports, name) for name in Ports.__dataclass_fields__]
