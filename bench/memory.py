"""Memory of the whole stack while nothing happens."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import psutil

from bench.harness import Report, Side, Size, interleaved
from bench.site import HOME, Site
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from tests.servers import FOLDER

IDLE_SECONDS = 20
MIB = 1024
GOAL = 1.5 * 1024

COMPARED = """\
The stack as `make up` starts it, idle for 20 s: the proportional set size (PSS: shared pages divided among those that
share them) of every process, the broker, every connection's PostgreSQL process and the supervisor included."""


async def measure(_site: Site, size: Size) -> Report:
    """The figure *memory*."""
    runs = await interleaved("memory", [Side("idle stack", idle)], size.rounds)
    report = Report("memory", "Memory of the idle stack (MiB)", runs, COMPARED)
    report.at_most("≤ 1.5 GB, broker included", report.median("idle stack", "all"), GOAL, "MiB")
    return report


async def idle() -> dict[str, float]:
    """MiB of each part of a stack that has just come up and rests."""
    home = HOME / secrets.token_hex(4)
    stack = Stack(home, Ports.free(), cache=FOLDER / "cache")
    try:
        await asyncio.to_thread(stack.start)
        await asyncio.sleep(IDLE_SECONDS)
        kafka, postgres = stack.kafka.pid, stack.postgres.pid
        assert kafka is not None
        assert postgres is not None
        services = [state.pid for state in stack.process_states() if state.pid is not None]
        supervisor = psutil.Process(services[0]).ppid()
        parts = {"kafka": pss(kafka), "postgres": pss(postgres), "services": pss(supervisor)}
        return {"all": sum(parts.values()), **parts}
    finally:
        await asyncio.to_thread(stack.reset)
        home.with_suffix(".lock").unlink(missing_ok=True)


def pss(pid: int) -> float:
    """MiB of a process and all that it started."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(_own(each.pid) for each in family)


def _own(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / MIB
