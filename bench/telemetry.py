"""What all telemetry costs: appends and projection with it and without it, in turn."""

from __future__ import annotations

import asyncio
import math
import secrets
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial

from bench.append import CLIENTS, decision, timed
from bench.harness import Report, Side, Size, interleaved
from bench.product import ROOT, applied, worker
from bench.site import Site
from bench.spent import spent, told
from bench.topic import STORE, filled_topic
from bench.untold import untold
from deploy.local.ports import HOST, Ports
from shared.eventstore.store import EventStore
from shared.operating.heartbeats import VITALS, Heart
from shared.operating.watcher import Watcher
from shared.process import in_background
from shared.streams.topics import Topics
from shared.web.bare import serve_bare
from shared.web.serving import bound
from tests.stack import Database

APPENDS = 30_000
EVENTS = 100_000
TURNS = 6
"""So many turns in each round: what is looked for is smaller than what a busy machine does to one run."""
SLOWER = 0.05
"""By so much it may be slower."""

COMPARED = """\
**Append**: 64 clients through `EventStore.append`, as in the figure of that name. **Projection**: the projector, one
process, from offset 0, as in the figure of that name. *With telemetry*: heart, counters and histograms, the door with
`/metrics` that another process asks every second, and a watcher that looks at the service every two seconds, at the
broker's ends too. *Without*: no heart, no door, no watcher, and metrics whose methods do nothing (`bench/untold.py`).
The stream monitor is at work in neither: it is a reader of its own, which gives way to the others. All appends go to
one store, so that nothing but the telemetry differs between two turns."""


async def measure(site: Site, size: Size) -> Report:
    """The figure *telemetry*."""
    appends, events = size.of(APPENDS), size.of(EVENTS)
    async with filled_topic(site, events) as topics, _store(site) as (database, store):
        names = Topics(topics.prefix)
        runs = {
            "append": lambda telling: append(site, names, database, store, appends, telling),
            "projection": lambda telling: projection(site, names, events, telling),
        }
        sides = [
            Side(f"{what}, {how}", partial(run, telling))
            for what, run in runs.items()
            for how, telling in (("with telemetry", True), ("without", False))
        ]
        measured = await interleaved("telemetry", sides, TURNS * size.rounds)
    report = Report("telemetry", "Cost of all telemetry", measured, COMPARED)
    for what in runs:
        slower = report.ratio(f"{what}, without", f"{what}, with telemetry", "per_second") - 1
        report.at_most(f"{what}: ≤ 5 % slower", 100 * slower, 100 * SLOWER, "%")
    report.where = [told(report, side) for side in measured]
    report.where += [_in_turns(report, what) for what in runs]
    return report


def _in_turns(report: Report, what: str) -> str:
    """How sure the figure is: the mean of all turns, with its standard error."""
    pairs = zip(report.runs[f"{what}, without"], report.runs[f"{what}, with telemetry"], strict=True)
    slower = [100 * (bare["per_second"] / telling["per_second"] - 1) for bare, telling in pairs]
    error = statistics.stdev(slower) / math.sqrt(len(slower))
    return f"{what}: {len(slower)} turns, on average {statistics.mean(slower):.1f} ± {error:.1f} % slower"


@asynccontextmanager
async def _store(site: Site) -> AsyncIterator[tuple[Database, EventStore]]:
    async with site.database("activity") as database:
        store = await EventStore.open(database.app_dsn, "activity")
        try:
            yield database, store
        finally:
            await store.close()


async def append(
    site: Site, names: Topics, database: Database, store: EventStore, appends: int, telling: bool
) -> dict[str, float]:
    """Appends a second, on streams of this turn."""
    turn = secrets.randbits(32) * CLIENTS

    async def client(n: int) -> None:
        for k in range(appends // CLIENTS):
            await store.append(decision(store, turn + n, k))

    async with _telling(site, database, names) if telling else _silent():
        return await timed(site, client, CLIENTS, appends)


async def projection(site: Site, names: Topics, events: int, telling: bool) -> dict[str, float]:
    """Events a second of the projector."""
    port = Ports.free().reporting_projector
    async with site.database("reporting") as database:
        door = {"OBEC_REPORTING_PROJECTOR_PORT": str(port)} if telling else {}
        module = "services.reporting" if telling else "bench.untold"
        async with (
            _watched(site, database, "reporting", names, port) if telling else nullcontext(),
            worker(site, database, names.prefix, "projector", module=module, **door) as process,
        ):
            with spent(site, events) as took:
                done = await applied(database, process, "reporting", STORE, events)
        took["python_us"] = done.cpu_microseconds
        return {"per_second": done.per_second, **took}


@asynccontextmanager
async def _telling(site: Site, database: Database, names: Topics) -> AsyncIterator[None]:
    """All that a write service's process tells of itself, in this process."""
    port = Ports.free().activity
    VITALS.become(ready=True)
    heart = Heart(database.app_dsn, "activity-api", "bench")
    with bound(HOST, port, "OBEC_ACTIVITY_PORT") as listening:
        async with (
            in_background(heart.run, partial(serve_bare, listening)),
            _watched(site, database, "activity", names, port),
        ):
            yield


@asynccontextmanager
async def _watched(site: Site, database: Database, service: str, names: Topics, port: int) -> AsyncIterator[None]:
    """A watcher of the service at work in this process, and another process that asks for metrics.

    Both have begun: what is looked for is the cost of every second, and starting an interpreter is none of it.
    """
    watcher = Watcher(service, database.app_dsn, site.servers.broker_of(service), names)
    scraper = [sys.executable, "-m", "bench.scraping", f"http://{HOST}:{port}/metrics"]
    scraping = await asyncio.create_subprocess_exec(*scraper, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert scraping.stdout is not None
        await scraping.stdout.readline()
        async with in_background(watcher.run):
            await watcher.looked.wait()
            yield
    finally:
        scraping.kill()
        await scraping.wait()


@asynccontextmanager
async def _silent() -> AsyncIterator[None]:
    with untold():
        yield
