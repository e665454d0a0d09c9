"""From commit to visible: how long after its append is answered an event stands in a committed view."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

import asyncpg
from aiokafka import AIOKafkaProducer

from bench import append
from bench.bounds.grouped_insert import GroupedInsert
from bench.bounds.send_batch import BATCH_BYTES
from bench.harness import Report, Side, Size, interleaved
from bench.product import ROOT, projector
from bench.site import Site
from shared.contracts.activity import FundsDisbursed
from shared.eventstore.relay import Relay
from shared.eventstore.store import EventStore
from shared.streams.topics import Topics
from tests.eventually import eventually

PER_SECOND = 1_000
SECONDS = 20
WARM_UP = 2
"""Seconds whose events are not counted."""
APPLIED = "SELECT position FROM reporting.applied WHERE store = 'activity'"
UPSERTED = "SELECT position FROM consumer_offsets WHERE consumer = 'bare'"

COMPARED = """\
1,000 appends a second, each at its own time, whatever became of those before. A second connection asks every
millisecond how far the view has been committed; an event is visible at the first answer that includes it.
**Product**: `EventStore.append` and `Relay` in one process, as an API has them; the projector in another.
**Bare**: grouped insert of the same two rows, a record of the same bytes sent as soon as the commit is known, a process
that consumes, upserts each event's row and its offset in one transaction. No cursor, no order to keep, no chain."""


async def measure(site: Site, size: Size) -> Report:
    """The figure *visible*."""
    seconds = max(5, size.of(SECONDS))
    sides = [Side("product", lambda: product(site, seconds)), Side("bare loop", lambda: bare(site, seconds))]
    runs = await interleaved("visible", sides, size.rounds)
    report = Report("visible", "Commit → visible at 1,000 events/s (ms)", runs, COMPARED)
    report.at_most("p99 ≤ 1.5 × bare", report.ratio("product", "bare loop", "p99_ms"), 1.5)
    report.where = [
        f"product, {name}: of {report.median('product', f'{name}_ms'):.1f} ms, "
        f"{report.median('product', f'acknowledged_{name}_ms'):.1f} ms until the broker had acknowledged the event: "
        "wake the relay, read the store, send; the rest until it was seen: fetch, one transaction, commit"
        for name in ("p50", "p99")
    ]
    return report


async def product(site: Site, seconds: int) -> dict[str, float]:
    """Percentiles of the product."""
    async with (
        site.topics() as topics,
        site.database("activity") as database,
        site.database("reporting") as views,
        projector(site, views, topics.prefix),
    ):
        store = await EventStore.open(database.app_dsn, "activity")
        stop = asyncio.Event()
        relay = Relay(store, site.broker, Topics(topics.prefix), 0)
        relaying = asyncio.create_task(relay.run(stop))
        try:

            async def one(n: int) -> float:
                await store.append(append.decision(store, n, 0))
                return perf_counter()

            return await watched(views.app_dsn, APPLIED, one, seconds, lambda: relay.state.position)
        finally:
            stop.set()
            await relaying
            await store.close()


async def bare(site: Site, seconds: int) -> dict[str, float]:
    """Percentiles of the least that goes the same way."""
    event = FundsDisbursed.model_validate(append.PAYLOAD)
    metadata = append.metadata("x" * 36, b"d" * 32)
    async with (
        site.topics() as topics,
        site.database("activity") as database,
        site.database("reporting") as views,
        upserting(site, topics.of("activity"), views.admin_dsn),
    ):
        connection = await asyncpg.connect(database.app_dsn)
        writer = GroupedInsert(connection, event.spec.type, event.to_json(), metadata)
        producer = AIOKafkaProducer(
            **site.broker.client(),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
        )
        await producer.start()
        headers = [(f"ce_header{n:02d}", b"x" * 30) for n in range(17)] + [("obec_metadata", metadata.encode())]
        try:

            async def one(n: int) -> float:
                stream = f"budget:bench-{n}-0"
                await writer.append(stream, 1)
                known = perf_counter()
                await producer.send(
                    topics.of("activity"), event.to_json().encode(), key=stream.encode(), partition=0, headers=headers
                )
                return known

            return await watched(views.app_dsn, UPSERTED, one, seconds)
        finally:
            await producer.stop()
            await connection.close()


@asynccontextmanager
async def upserting(site: Site, topic: str, dsn: str) -> AsyncIterator[None]:
    """The bare consumer, in a process of its own."""
    command = [sys.executable, "-m", "bench.bounds.consume_upsert", topic, dsn]
    environment = {**os.environ, **site.broker.environment()}
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)


async def watched(
    dsn: str,
    question: str,
    one: Callable[[int], Awaitable[float]],
    seconds: int,
    acknowledged: Callable[[], int] | None = None,
) -> dict[str, float]:
    """Append at a steady pace and watch the view; milliseconds from each commit to its being seen.

    ``one`` appends and returns when it knew of its commit; ``acknowledged`` tells how many events the broker has.
    """
    connection = await asyncpg.connect(dsn)
    committed: list[float] = []
    seen: list[float] = []
    sent: list[float] = []
    total = PER_SECOND * seconds
    committed.append(await one(total))

    async def appended(n: int) -> None:
        committed.append(await one(n))

    async def watch() -> None:
        while len(seen) <= total:
            sent.extend([perf_counter()] * (acknowledged() - len(sent) if acknowledged else 0))
            position = await connection.fetchval(question) or 0
            seen.extend([perf_counter()] * (position - len(seen)))
            await asyncio.sleep(0.001)

    watching = asyncio.create_task(watch())
    try:
        async with asyncio.timeout(seconds + 60):
            # Every process is at work once the first event has come through.
            await eventually(lambda: bool(seen), 30)
            await _at_pace(appended, total)
            await watching
    finally:
        watching.cancel()
        await connection.close()
    counted = slice(WARM_UP * PER_SECOND, total)
    known = sorted(committed)[counted]
    late = _late(known, seen[counted])
    found = {"p50_ms": late[len(late) // 2], "p99_ms": late[len(late) * 99 // 100], "max_ms": late[-1]}
    if acknowledged:
        late = _late(known, sent[counted])
        found |= {"acknowledged_p50_ms": late[len(late) // 2], "acknowledged_p99_ms": late[len(late) * 99 // 100]}
    return found


def _late(known: Sequence[float], then: Sequence[float]) -> list[float]:
    """Milliseconds from one to the other, in order."""
    return sorted((later - earlier) * 1000 for earlier, later in zip(known, then, strict=True))


async def _at_pace(appended: Callable[[int], Awaitable[None]], total: int) -> None:
    """Begin every append at its time."""
    began = perf_counter()
    tasks: set[asyncio.Task[None]] = set()
    for n in range(total):
        wait = began + n / PER_SECOND - perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.ensure_future(appended(n))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
