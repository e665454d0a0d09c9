"""Where the time of a run goes: the processor time of this process, of PostgreSQL and of the broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import process_time

import psutil

from bench.harness import Report
from bench.site import Site

NAMES = {"python_us": "Python", "postgres_us": "PostgreSQL", "kafka_us": "the broker"}


@contextmanager
def spent(site: Site, events: int, process: psutil.Process | None = None) -> Iterator[dict[str, float]]:
    """Fills what it gives with microseconds of processor time for each event, once the block is left.

    ``process``: the one that is measured beside the servers, if it is another than this one.
    """
    found: dict[str, float] = {}
    before = _now(site, process)
    yield found
    for name, seconds in _now(site, process).items():
        found[name] = (seconds - before[name]) / events * 1e6


def told(report: Report, side: str) -> str:
    """The medians of a side in a sentence."""
    parts = ", ".join(f"{what} {report.median(side, name):.0f}" for name, what in NAMES.items())
    return f"{side}: {1e6 / report.median(side, 'per_second'):.0f} µs an event; processor time in µs: {parts}"


def _now(site: Site, process: psutil.Process | None) -> dict[str, float]:
    postgres, kafka = site.stack.postgres.pid, site.stack.kafka.pid
    python = process_time() if process is None else sum(process.cpu_times()[:2])
    return {"python_us": python, "postgres_us": _family(postgres), "kafka_us": _family(kafka)}


def _family(pid: int | None) -> float:
    """Seconds of a process and of all that it started."""
    total = 0.0
    if pid is None:
        return total
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        ended = process.cpu_times()
        total += ended.children_user + ended.children_system
        for each in (process, *process.children()):
            with suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                total += times.user + times.system
    return total
