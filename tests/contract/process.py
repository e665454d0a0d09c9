"""A service as a process of its own, as a supervisor starts it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from shared.settings import Issuer
from tests.eventually import eventually
from tests.stack import Database

ROOT = Path(__file__).parents[2]


@dataclass
class ServiceProcess:
    """``python -m services.<service> <role>`` with an environment and a log file."""

    service: str
    environment: Mapping[str, str]
    log: Path
    role: str = "api"
    running: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.environment[f'OBEC_{self.service.upper()}_PORT']}"

    def start(self) -> None:
        """Start it, without waiting."""
        command = [sys.executable, "-m", f"services.{self.service}", self.role]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                command, cwd=ROOT, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    async def ready(self) -> None:
        """Wait until it says that it is ready."""
        await eventually(self._says_ready, seconds=60)

    async def ended(self, seconds: float = 30) -> int:
        """Its exit code, once it has ended."""
        process = self._process
        await eventually(lambda: process.poll() is not None, seconds)
        return process.returncode

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    @property
    def lines(self) -> list[str]:
        """What it logged."""
        return self.log.read_text("utf-8").splitlines()

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self.running is not None
        return self.running

    async def _says_ready(self) -> bool:
        assert self._process.poll() is None, self.lines
        try:
            async with httpx.AsyncClient(trust_env=False, verify=False) as http:
                return (await http.get(f"{self.address}/readyz")).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def process(service: str, environment: Mapping[str, str], log: Path, role: str = "api") -> Iterator[ServiceProcess]:
    """A started process, killed in the end if it still runs."""
    made = ServiceProcess(service, environment, log, role)
    made.start()
    try:
        yield made
    finally:
        if made.running is not None and made.running.poll() is None:
            made.running.kill()
            made.running.wait()


def environment_of(database: Database, issuer: Issuer | None = None, **more: Any) -> dict[str, str]:
    """The environment of a process of that database's service, on a port of its own."""
    name = database.service.upper()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OBEC_", "KAFKA_"))}
    return {
        **kept,
        f"OBEC_{name}_DSN": database.app_dsn,
        f"OBEC_{name}_OWNER_DSN": database.owner_dsn,
        f"OBEC_{name}_PORT": str(free_port()),
        **({"OBEC_ISSUERS": json.dumps([issuer.model_dump()])} if issuer else {}),
        **{key: str(value) for key, value in more.items()},
    }


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


async def is_waiting_for_a_lock(admin: Any, database: str) -> bool:
    """Whether some session of a database waits for an advisory lock."""
    return bool(
        await admin.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'advisory'", database
        )
    )


async def until_refused(address: str) -> None:
    """Wait until nobody takes connections there any more."""

    async def refused() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(address).port)
        except ConnectionRefusedError:
            return True
        writer.close()
        return False

    await eventually(refused)
