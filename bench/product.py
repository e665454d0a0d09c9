"""The product's projector as it is shipped: a process of its own, watched from outside."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import asyncpg
import psutil

from bench.site import Site
from tests.stack import Database

ROOT = Path(__file__).parents[1]
REACHED = "SELECT position FROM consumer_offsets WHERE consumer = 'reporting' AND store = $1"
REACHED_BY = "SELECT position FROM consumer_offsets WHERE consumer = $2 AND store = $1"
LOOK_SECONDS = 0.02
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Projected:
    """A projection from offset 0: events a second from the first commit to the last, and what the process took."""

    per_second: float
    cpu_microseconds: float
    """Processor time of the process for each event."""
    peak_mib: float
    """Largest resident memory."""


def projector(site: Site, database: Database, prefix: str) -> AbstractAsyncContextManager[psutil.Process]:
    """The projector at work."""
    return worker(site, database, prefix, "projector")


@asynccontextmanager
async def worker(
    site: Site, database: Database, prefix: str, role: str, *, module: str = "services.reporting", **settings: str
) -> AsyncIterator[psutil.Process]:
    """``python -m services.reporting`` projector or rebuilder on a database and a prefix of topics."""
    environment = {
        **os.environ,
        **site.servers.broker_of("reporting").environment(),
        "OBEC_TOPIC_PREFIX": prefix,
        "OBEC_REPORTING_DSN": database.app_dsn,
        "OBEC_REPORTING_OWNER_DSN": database.owner_dsn,
        **settings,
    }
    command = [sys.executable, "-m", module, role]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)


async def project(site: Site, database: Database, prefix: str, store: str, events: int) -> Projected:
    """Project a topic of so many events from its beginning. Raises TimeoutError."""
    async with projector(site, database, prefix) as process:
        return await applied(database, process, "reporting", store, events)


async def applied(database: Database, process: psutil.Process, consumer: str, store: str, events: int) -> Projected:
    """Watch a consumer that begins at its topic's first event until it has applied so many. Raises TimeoutError."""
    connection = await asyncpg.connect(database.app_dsn)
    try:
        begun, first = 0.0, 0
        deadline = perf_counter() + PATIENCE
        while (position := await connection.fetchval(REACHED_BY, store, consumer) or 0) < events:
            if position and not first:
                begun, first = perf_counter(), position
            if perf_counter() > deadline:
                raise TimeoutError(f"{consumer} stands at {position} of {events}")
            await asyncio.sleep(LOOK_SECONDS)
        seconds = perf_counter() - begun
        spent = process.cpu_times()
        peak = _peak(process.pid)
    finally:
        await connection.close()
    if not first:
        raise RuntimeError("all came in one batch: too few events to measure")
    return Projected((events - first) / seconds, (spent.user + spent.system) / events * 1e6, peak)


def _peak(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
