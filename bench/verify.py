"""Verification of a store: every hash of the chain computed anew, every position and version checked."""

from __future__ import annotations

from time import perf_counter

from bench.bounds.copy_and_hash import copy_and_hash
from bench.harness import Report, Side, Size, interleaved
from bench.relay import filled
from bench.site import Site
from bench.spent import spent, told
from shared.eventstore.verify import verify
from tests.stack import Database

EVENTS = 300_000

COMPARED = """\
**Product**: `verify` of one store of one shard, from connecting to the verdict: reads every event, computes the hash of
its data and of its columns behind the hash before it, and looks for holes among positions and versions.
**Bare**: one binary `COPY` of the same columns in the same order, all of it into one SHA-256 as it comes; nothing is
taken apart, no hash is compared."""


async def measure(site: Site, size: Size) -> Report:
    """The figure *verify*."""
    events = size.of(EVENTS)
    async with filled(site, events) as database:
        sides = [
            Side("product", lambda: product(site, database, events)),
            Side("bare COPY and SHA-256", lambda: bare(site, database, events)),
        ]
        runs = await interleaved("verify", sides, size.rounds)
    report = Report("verify", "Verification of a store", runs, COMPARED)
    report.at_least("≥ 100,000 events/s", report.median("product", "per_second"), 100_000, "/s")
    report.at_least("≥ 0.25 × bare", report.ratio("product", "bare COPY and SHA-256", "per_second"), 0.25)
    report.where = [told(report, side) for side in runs]
    return report


async def product(site: Site, database: Database, events: int) -> dict[str, float]:
    """Events a second of the product."""
    with spent(site, events) as took:
        began = perf_counter()
        [verdict] = await verify(database.app_dsn)
        seconds = perf_counter() - began
    assert (verdict.verified, verdict.bad_position) == (events, None), verdict
    return {"per_second": events / seconds, **took}


async def bare(site: Site, database: Database, events: int) -> dict[str, float]:
    """Events a second of what the same bytes cost at least."""
    with spent(site, events) as took:
        seconds = await copy_and_hash(database.app_dsn)
    return {"per_second": events / seconds, **took}
