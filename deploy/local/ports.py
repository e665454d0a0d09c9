"""Which loopback ports a stack uses, and whether they are free or answer."""

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from deploy.local.errors import StackError
from deploy.local.processes import wait_until

HOST = "127.0.0.1"
MOMENT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one stack on 127.0.0.1. Each can be set: OBEC_KAFKA_PORT, OBEC_REPORTING_PORT, …"""

    kafka: int = 8492
    controller: int = 8493
    postgres: int = 8491
    issuer: int = 8490
    reporting: int = 8400
    reporting_projector: int = 8401
    reporting_monitor: int = 8402
    reporting_rebuilder: int = 8403
    reporting_prover: int = 8404
    committee: int = 8410
    activity: int = 8420
    activity_reactions: int = 8421
    evaluation: int = 8430
    evaluation_reactions: int = 8431

    @classmethod
    def of_environment(cls, environment: Mapping[str, str], defaults: "Ports | None" = None) -> "Ports":
        """The defaults, changed by what the environment names. Raises StackError for what is no port."""
        given = {field.name: variable(field.name) for field in fields(cls) if variable(field.name) in environment}
        return replace(defaults or cls(), **{name: _port(key, environment[key]) for name, key in given.items()})

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody listens on at this moment, below those that the system hands to clients: there, a client
        that polls for a server can be given the server's own port.
        """
        names = [field.name for field in fields(cls)]
        candidates = filter(_is_free, random.sample(range(20_000, 32_000), 1_000))
        return cls(**dict(zip(names, candidates, strict=False)))


# The demo and `up` run beside each other.
DEMO_PORTS = Ports(
    kafka=8592,
    controller=8593,
    postgres=8591,
    issuer=8590,
    reporting=8500,
    reporting_projector=8501,
    reporting_monitor=8502,
    reporting_rebuilder=8503,
    reporting_prover=8504,
    committee=8510,
    activity=8520,
    activity_reactions=8521,
    evaluation=8530,
    evaluation_reactions=8531,
)


def variable(name: str) -> str:
    """The environment variable that sets a port: `OBEC_KAFKA_PORT` for `kafka`."""
    return f"OBEC_{name.upper().replace('-', '_')}_PORT"


def require_free(name: str, port: int) -> None:
    """Raise StackError when something listens on a port that `name` is about to use.

    A process that is ending closes its sockets a moment after it is gone from the list of processes.
    """
    if not wait_until(lambda: _is_free(port), MOMENT_SECONDS):
        raise StackError(f"port {port}, meant for {name}, is taken: end what listens there or set {variable(name)}")


def answers(port: int, host: str = HOST, timeout: float = 1.0) -> bool:
    """Whether a TCP connection is accepted within `timeout` seconds."""
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError:
        return False
    return True


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _port(key: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise StackError(f"{key} must be a port number from 1 to 65535, not {text!r}")
    return int(text)
