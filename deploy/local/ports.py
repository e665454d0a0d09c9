"""Which loopback ports a stack uses, and whether they are free or answer."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from deploy.local.errors import StackError

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one stack on 127.0.0.1. Each can be set: OBEC_KAFKA_PORT, OBEC_REPORTING_PORT, …"""

    kafka: int = 8492
    controller: int = 8493
    postgres: int = 8491
    issuer: int = 8490
    reporting: int = 8400
    committee: int = 8410
    activity: int = 8420
    evaluation: int = 8430

    @classmethod
    def of_environment(cls, environment: Mapping[str, str], defaults: "Ports | None" = None) -> "Ports":
        """The defaults, changed by what the environment names. Raises StackError for what is no port."""
        given = {field.name: variable(field.name) for field in fields(cls) if variable(field.name) in environment}
        return replace(defaults or cls(), **{name: _port(key, environment[key]) for name, key in given.items()})

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody listens on at this moment."""
        names = [field.name for field in fields(cls)]
        sockets = [socket.create_server((HOST, 0)) for _ in names]
        try:
            return cls(**{name: taken.getsockname()[1] for name, taken in zip(names, sockets, strict=True)})
        finally:
            for taken in sockets:
                taken.close()


# The demo and `up` run beside each other.
DEMO_PORTS = Ports(
    kafka=8592,
    controller=8593,
    postgres=8591,
    issuer=8590,
    reporting=8500,
    committee=8510,
    activity=8520,
    evaluation=8530,
)


def variable(name: str) -> str:
    """The environment variable that sets a port: `OBEC_KAFKA_PORT` for `kafka`."""
    return f"OBEC_{name.upper()}_PORT"


def require_free(name: str, port: int) -> None:
    """Raise StackError when something listens on a port that `name` is about to use."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise StackError(
            f"port {port}, meant for {name}, is taken: end what listens there or set {variable(name)}"
        ) from error


def answers(port: int, host: str = HOST, timeout: float = 1.0) -> bool:
    """Whether a TCP connection is accepted within `timeout` seconds."""
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError:
        return False
    return True


def _port(key: str, text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StackError(f"{key} must be a port number from 1 to 65535, not {text!r}")
    return int(text)
