"""Answers while the projector works: 50 readers at once, beside the same statements by asyncpg alone."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg

from bench import peer
from bench.bounds.bare_reads import SEARCH_PATH, Statement
from bench.harness import Report, Side, Size, interleaved
from bench.ingress import until_answered
from bench.product import REACHED, ROOT, projector
from bench.site import Site
from bench.topic import STORE
from deploy.local.ports import HOST, Ports
from services.reporting.asking import Desk, Wanted
from services.reporting.processes import CONNECTIONS
from shared.clock import RealClock
from tests.eventually import eventually
from tests.integration.reporting.many import fill, year
from tests.stack import Database
from tests.unit.reporting.log import PROGRAMME, definition

EVENTS = 1_000_000
READERS = 50
PER_SECOND = 1_000
SECONDS = 8
LIMIT = 2.0
DAYS = [f"2017-{month:02d}-{day:02d}" for month in range(2, 10) for day in range(1, 29)]
CELLS = [
    f"cell/{indicator}/{region}/2560-Q{quarter}"
    for quarter in range(1, 5)
    for indicator in ("QN2", "QN3", "QN4")
    for region in definition().regions
]

COMPARED = f"""\
A million events of some 280 programmes; asked about is an ordinary year of one, 3,600 events. {READERS} readers ask
over connections of their own, each again as soon as it is answered, while the projector applies {PER_SECOND:,} events a
second. **Product**: `python -m services.reporting api` over HTTP, everybody asks the same. **Made anew**: everybody
asks something else (another programme, cell or day), so that no answer is of use to anybody else. **Bare**: the
statements that the product runs for that answer, with the same values, by asyncpg in one transaction, {CONNECTIONS}
connections as the product has; the rows are thrown away, and an answer as of a time is given its folded rows ready
made. Milliseconds from the question to the last byte or row."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of question: what everybody asks, what each asks alone, and what it is at the desk."""

    name: str
    same: str
    others: Sequence[str]
    view: str
    takes: dict[str, str]
    query: dict[str, str]


def kinds(programmes: int) -> list[Asked]:
    """The kinds of questions, among so many other programmes."""
    copies = [f"{n}-copy" for n in range(1, programmes + 1)]
    at, as_of = f"/v1/programmes/{PROGRAMME}", DAYS[100]
    lineages = [f"{at}/lineage?figure={cell}" for cell in CELLS]
    days = [f"{at}/national?as_of={day}" for day in DAYS]
    return [
        Asked("national", f"{at}/national", [f"/v1/programmes/{p}/national" for p in copies], "national", {}, {}),
        Asked(
            "region",
            f"{at}/regions/R07",
            [f"/v1/programmes/{p}/regions/R07" for p in copies],
            "regions/{region}",
            {"region": "R07"},
            {},
        ),
        Asked("lineage", lineages[0], lineages, "lineage", {"figure": CELLS[0]}, {}),
        Asked("as of", f"{at}/national?as_of={as_of}", days, "national", {}, {"as_of": as_of}),
    ]


async def measure(site: Site, size: Size) -> Report:
    """The figure *reading*."""
    log = year(meetings=20, payments=60)
    copies = size.of(EVENTS) // len(log.sent) - 1
    async with site.topics() as topics, site.database("reporting") as database:
        await fill(database, log, copies)
        with tempfile.TemporaryDirectory() as folder:
            asked = kinds(copies)
            for each in asked:
                kept = pickle.dumps(await statements_of(database, each))
                (Path(folder) / each.name).write_bytes(kept)
            async with (
                api(site, database, topics.prefix) as port,
                projector(site, database, topics.prefix),
                sending(site, topics.of(STORE)),
            ):
                await eventually(lambda: _has_begun(database), 60)
                sides = _sides(database, port, asked, Path(folder), max(3.0, SECONDS * size.scale))
                runs = await interleaved("reading", sides, size.rounds)
    return _report(asked, runs)


def _sides(database: Database, port: int, asked: Sequence[Asked], folder: Path, seconds: float) -> list[Side]:
    def of(each: Asked) -> list[Side]:
        return [
            Side(f"{each.name}, product", lambda: _over_http(database, port, [each.same], seconds)),
            Side(f"{each.name}, made anew", lambda: _over_http(database, port, each.others, seconds)),
            Side(f"{each.name}, bare", lambda: _bare(database, folder / each.name, seconds)),
        ]

    return [side for each in asked for side in of(each)]


def _report(asked: Sequence[Asked], runs: dict[str, list[dict[str, float]]]) -> Report:
    report = Report("reading", f"Answers to {READERS} readers at {PER_SECOND:,} events/s (ms)", runs, COMPARED)
    for each in asked:
        for side in ("product", "made anew"):
            for name in ("p50", "p99"):
                ratio = report.ratio(f"{each.name}, {side}", f"{each.name}, bare", f"{name}_ms")
                report.at_most(f"{each.name}, {side}: {name} ≤ {LIMIT:g} × bare", ratio, LIMIT)
    return report


async def statements_of(database: Database, asked: Asked) -> list[Statement]:
    """What the product runs for an answer, in order."""
    told: list[Statement] = []

    async def listening(connection: Any) -> None:
        connection.add_query_logger(lambda each: told.append((each.query, tuple(each.args or ()))))

    async with asyncpg.create_pool(
        database.app_dsn, min_size=1, max_size=1, server_settings=SEARCH_PATH, init=listening
    ) as pool:
        await Desk(lambda: pool, RealClock()).ask(PROGRAMME, asked.query, Wanted(asked.view, asked.takes))
    return [(query, values) for query, values in told if query.startswith(("SELECT", "WITH")) and not _is_reset(query)]


def _is_reset(query: str) -> bool:
    """Whether it is what the pool runs when a connection comes back."""
    return "pg_advisory_unlock_all" in query


@asynccontextmanager
async def sending(site: Site, topic: str) -> AsyncIterator[None]:
    """Events at a steady pace, from a process of its own."""
    environment = {**os.environ, **site.broker.environment()}
    command = [sys.executable, "-m", "bench.bounds.paced", topic, str(PER_SECOND)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def api(site: Site, database: Database, prefix: str) -> AsyncIterator[int]:
    """The reporting API as it is shipped; yields its port."""
    port = Ports.free().reporting
    environment = {
        **os.environ,
        **site.servers.broker_of("reporting").environment(),
        "OBEC_TOPIC_PREFIX": prefix,
        "OBEC_REPORTING_DSN": database.app_dsn,
        "OBEC_REPORTING_PORT": str(port),
        "OBEC_PUBLIC_READ": "1",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.reporting", "api"),
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await until_answered(port, "/readyz", process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)


async def _over_http(database: Database, port: int, paths: Sequence[str], seconds: float) -> dict[str, float]:
    given = {"host": HOST, "port": port, "paths": list(paths), "readers": READERS, "seconds": seconds}
    return await _while_applying(database, lambda: peer.run([sys.executable, "-m", "bench.bounds.read_load"], given))


async def _bare(database: Database, file: Path, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.bounds.bare_reads", str(file), database.app_dsn]
    given = [str(each) for each in (READERS, CONNECTIONS, seconds)]
    return await _while_applying(database, lambda: peer.run([*command, *given], {}))


async def _while_applying(database: Database, run: Any) -> dict[str, float]:
    """What a run measured, and how many events a second the projector applied meanwhile."""
    before, began = await _position(database), perf_counter()
    told: dict[str, float] = await run()
    applied = (await _position(database) - before) / (perf_counter() - began)
    return {**told, "applied_per_second": applied}


async def _position(database: Database) -> int:
    connection = await asyncpg.connect(database.app_dsn)
    try:
        return await connection.fetchval(REACHED, STORE) or 0
    finally:
        await connection.close()


async def _has_begun(database: Database) -> bool:
    return await _position(database) > 0
