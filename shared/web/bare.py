"""The door of a process that has no API: whether it lives, whether it works, and its metrics."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from shared.operating.heartbeats import VITALS, Vitals
from shared.web.health import Check, Health
from shared.web.serving import Server

DRAIN_SECONDS = 1
"""Nobody asks here for anything that takes long."""


class NotReady(Exception):
    """The process has not come to its work yet."""


def bare_app(vitals: Vitals = VITALS) -> Starlette:
    """``/livez``, ``/readyz`` and ``/metrics`` of a process, by what it says of itself."""

    async def work() -> Any:
        if not vitals.ready:
            raise NotReady
        return {name: ask() for name, ask in vitals.work.items()}

    health = Health([Check("work", work)])
    return Starlette(
        routes=[Route("/livez", health.live), Route("/readyz", health.ready), Route("/metrics", health.metrics)]
    )


async def serve_bare(listening: socket.socket, stop: asyncio.Event) -> None:
    """Serve a process's door until ``stop``."""
    server = Server(bare_app(), drain_seconds=DRAIN_SECONDS)
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    server.should_exit = True
    await serving
