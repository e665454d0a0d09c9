"""How an application is served: one socket that is bound before anything else, and an end that lets requests end."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

KEEP_ALIVE_SECONDS = 75
"""Seconds for which an idle connection is kept; longer than clients and proxies keep theirs."""
DRAIN_SECONDS = 8
"""Seconds that requests in flight have to end after SIGTERM."""


class CannotListen(Exception):
    """The address cannot be had; the message is one line that says what to do."""


@contextmanager
def bound(host: str, port: int, variable: str) -> Iterator[socket.socket]:
    """A socket bound to an address, not yet listening; ``variable`` sets the port. Raises CannotListen."""
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                what = f"end what listens there or set {variable}"
                raise CannotListen(f"port {port} on {host} is taken: {what}") from error
            raise CannotListen(f"OBEC_HOST: cannot listen on {host}: {error.strerror or error}") from error
        yield made


class Server(uvicorn.Server):
    """uvicorn without its own signals, which would have the process end as if it had been killed."""

    def __init__(self, app: Any, *, drain_seconds: int = DRAIN_SECONDS) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="none",
                http="httptools",
                ws="none",
                access_log=False,
                log_config=None,
                log_level="warning",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=drain_seconds,
            )
        )
        self.up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.up.set()
