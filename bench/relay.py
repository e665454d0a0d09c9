"""The relay: a full store sent to an empty topic, in order, every batch acknowledged by all replicas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench import append
from bench.bounds.send_batch import send_batches
from bench.harness import Report, Side, Size, interleaved
from bench.site import Site
from bench.spent import spent, told
from shared.eventstore.append import Append
from shared.eventstore.relay import Relay
from shared.eventstore.store import EventStore
from shared.streams.topics import Topics, records
from tests.eventually import eventually
from tests.stack import Database

EVENTS = 100_000
AT_ONCE = 250
"""Events of one append while the store is filled."""

COMPARED = """\
**Product**: `Relay` from the moment it leads until the broker has acknowledged the last event and the cursor stands
behind it: reads the store, makes 19 headers an event, sends one batch at a time, moves the cursor in the database.
**Bare**: the same records, made beforehand and held in memory, through `create_batch` and `send_batch` of aiokafka with
the same producer settings, one batch at a time; nothing is read and no cursor is kept."""


async def measure(site: Site, size: Size) -> Report:
    """The figure *relay*."""
    events = size.of(EVENTS)
    async with filled(site, events) as database:
        made = await made_records(site, database, events)
        sides = [
            Side("product", lambda: product(site, database, events)),
            Side("bare send_batch", lambda: bare(site, made)),
        ]
        runs = await interleaved("relay", sides, size.rounds)
    report = Report("relay", "Relay, in order, acks=all", runs, COMPARED)
    report.at_least("≥ 100,000 events/s", report.median("product", "per_second"), 100_000, "/s")
    report.at_least("≥ 0.35 × bare", report.ratio("product", "bare send_batch", "per_second"), 0.35)
    report.where = [told(report, side) for side in runs]
    return report


@asynccontextmanager
async def filled(site: Site, events: int) -> AsyncIterator[Database]:
    """A store of activity with so many events."""
    async with site.database("activity") as database:
        store = await EventStore.open(database.app_dsn, "activity")
        try:
            for first in range(0, events, AT_ONCE * 20):
                group = range(first, min(events, first + AT_ONCE * 20), AT_ONCE)
                await asyncio.gather(*(store.append(_many(store, n)) for n in group))
        finally:
            await store.close()
        yield database


def _many(store: EventStore, first: int) -> Append:
    """One append of many events, each on a stream of its own."""
    ones = [append.decision(store, first + k, 0) for k in range(AT_ONCE)]
    events = [event for one in ones for event in one.events]
    versions = {stream: 0 for one in ones for stream in one.versions}
    head = ones[0]
    return Append(head.source, head.id, head.digest, head.stream, events, versions, head.received_at)


async def relayed(site: Site, database: Database, topics: Topics, events: int) -> float:
    """Seconds from leading to the last acknowledgement, on empty topics."""
    store = await EventStore.open(database.app_dsn, "activity")
    stop = asyncio.Event()
    relay = Relay(store, site.broker, topics, 0)
    running = asyncio.create_task(relay.run(stop))
    try:
        await eventually(lambda: relay.state.leading, 30, pause=0.001)
        began = perf_counter()
        await eventually(lambda: relay.state.position >= events, 300, pause=0.005)
        return perf_counter() - began
    finally:
        stop.set()
        await running
        await store.pool.execute("UPDATE relay_cursor SET position = 0, announced_at = '-infinity'")
        await store.close()


async def product(site: Site, database: Database, events: int) -> dict[str, float]:
    """Events a second of the relay."""
    async with site.topics() as topics:
        with spent(site, events) as took:
            seconds = await relayed(site, database, Topics(topics.prefix), events)
        await _require_whole(site, topics.of("activity"), events)
        return {"per_second": events / seconds, **took}


async def made_records(
    site: Site, database: Database, events: int
) -> list[tuple[bytes, bytes, int, list[tuple[str, bytes]]]]:
    """What the relay sends, read back from a topic."""
    async with site.topics() as topics:
        await relayed(site, database, Topics(topics.prefix), events)
        found = records(site.broker, topics.of("activity"), 0)
        return [(each.key, each.value, each.timestamp, list(each.headers)) async for each in found]


async def bare(site: Site, made: list[tuple[bytes, bytes, int, list[tuple[str, bytes]]]]) -> dict[str, float]:
    """Events a second of aiokafka alone."""
    async with site.topics() as topics:
        with spent(site, len(made)) as took:
            seconds = await send_batches(site.broker, topics.of("activity"), made)
        await _require_whole(site, topics.of("activity"), len(made))
        return {"per_second": len(made) / seconds, **took}


async def _require_whole(site: Site, topic: str, events: int) -> None:
    """Raises AssertionError when the topic does not hold every event."""
    consumer = AIOKafkaConsumer(**site.broker.client())
    await consumer.start()
    try:
        end = (await consumer.end_offsets([TopicPartition(topic, 0)]))[TopicPartition(topic, 0)]
    finally:
        await consumer.stop()
    assert end == events, f"{topic} holds {end} records, not {events}"
