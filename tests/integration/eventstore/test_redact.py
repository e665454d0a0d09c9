"""Redaction: one event loses its data for good; chain, positions and consumers hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from shared.contracts.envelope import DATA_HASH, Envelope, from_headers
from shared.contracts.event import Redacted
from shared.eventstore.agreement import verify_topic
from shared.eventstore.history import living
from shared.eventstore.redact import CannotRedact, redact, redact_copies
from shared.eventstore.relay import Relay
from shared.eventstore.restore import restore
from shared.eventstore.store import EventStore
from shared.eventstore.verify import verify
from shared.streams.batch import Claimed, read_batch
from shared.streams.broker import Broker
from shared.streams.learner import Learner
from shared.streams.topics import Topics, records
from tests.appends import decision
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.stack import Database

STREAM = "committee:1"
GONE = 2
"""Position of the event that is redacted."""
OWNER = {"actor": "owner:somebody", "reason": "ข้อความมีข้อมูลส่วนบุคคล"}


@asynccontextmanager
async def opened(database: Database, name: str = "committee") -> AsyncIterator[EventStore]:
    store = await EventStore.open(database.app_dsn, name)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def made(database: NewDatabase) -> Database:
    """A store of three events on one stream."""
    made = await database("committee")
    async with opened(made) as store:
        await store.append(decision(STREAM, 0, events=3))
    return made


async def run(database: Database, sql: str) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        await owner.execute(sql)
    finally:
        await owner.close()


async def relayed(database: Database, broker: Broker, topics: Topics) -> None:
    """Have everything sent."""
    async with opened(database) as store:
        stop, relay = asyncio.Event(), Relay(store, broker, topics, 0)
        running = asyncio.create_task(relay.run(stop))
        try:
            await eventually(lambda: relay.state.position == 3)
        finally:
            stop.set()
            await running


async def sent(broker: Broker, topics: Topics) -> list[Envelope]:
    return [
        from_headers(record.headers, record.value) async for record in records(broker, topics.events("committee"), 0)
    ]


async def test_the_chain_holds_the_audit_tells_it_and_the_event_has_no_effect(made: Database) -> None:
    done = await redact(made.owner_dsn, 0, GONE, **OWNER)
    assert (done.store, done.stream, done.sent) == ("committee", STREAM, False)
    [verdict] = await verify(made.app_dsn)
    assert (verdict.verified, verdict.bad_position) == (3, None)
    async with opened(made) as store:
        history = await store.history(STREAM)
        [line] = await store.pool.fetch("SELECT * FROM operator_audit")
        again = await store.append(decision(STREAM, 3))
    assert [isinstance(each.event, Redacted) for each in history] == [False, True, False]
    assert [each.position for each in living(history)] == [1, 3]
    assert (line["id"], line["actor"], line["action"], line["target"]) == (
        done.audit, OWNER["actor"], "redact", f"committee/0/{GONE}",
    )  # fmt: skip
    assert again.position == 4


async def test_what_is_no_event_or_in_use_is_not_redacted(made: Database) -> None:
    await redact(made.owner_dsn, 0, GONE, **OWNER)
    for position in (GONE, 9):
        with pytest.raises(CannotRedact) as refusal:
            await redact(made.owner_dsn, 0, position, **OWNER)
        assert refusal.value.code == "redact.no_event"
    async with opened(made) as store:
        with pytest.raises(CannotRedact) as refusal:
            await redact(made.owner_dsn, 0, 1, **OWNER)
        assert refusal.value.code == "redact.in_use"
        assert await store.pool.fetchval("SELECT count(*) FROM operator_audit") == 1


async def test_a_redacted_event_is_sent_so_that_its_readers_go_on(
    made: Database, database: NewDatabase, topics: NewTopics
) -> None:
    prefix = await topics()
    broker, names = prefix.broker, Topics(prefix.prefix)
    await redact(made.owner_dsn, 0, GONE, **OWNER)
    await relayed(made, broker, names)

    envelopes = await sent(broker, names)
    assert [bool(each.data) for each in envelopes] == [True, False, True]
    assert [each.computed_hash() == each.hash for each in envelopes] == [True, True, True]
    assert [name for name, _ in envelopes[1].headers()][-1] == DATA_HASH
    kafka = [record async for record in records(broker, names.events("committee"), 0)]
    batch = read_batch(kafka, Claimed("committee", 0, 0, 1, 0, "0" * 64), recompute=True)
    assert (batch.position, batch.halted, batch.unreadable) == (3, None, [])
    assert [each for each in await verify_topic(made.app_dsn, broker, names) if not each.whole] == []

    reader = await database("activity")
    async with asyncpg.create_pool(reader.app_dsn, min_size=1, max_size=1) as pool, pool.acquire() as connection:
        await Learner("activity", ["committee"], ["committee"]).apply(connection, envelopes)
    async with opened(reader, "activity") as store:
        assert [each.position for each in living(await store.learned(STREAM))] == [1, 3]

    await run(made, "DELETE FROM events WHERE position > 1; UPDATE relay_cursor SET position = 1")
    [restored] = await restore(made.owner_dsn, broker, names)
    assert (restored.events, restored.position) == (2, 3)
    assert (await verify(made.app_dsn))[0].bad_position is None


async def test_what_was_sent_and_copied_before_is_named_and_emptied(
    made: Database, database: NewDatabase, topics: NewTopics
) -> None:
    prefix = await topics()
    broker, names = prefix.broker, Topics(prefix.prefix)
    await relayed(made, broker, names)
    reader = await database("activity")
    async with asyncpg.create_pool(reader.app_dsn, min_size=1, max_size=1) as pool, pool.acquire() as connection:
        await Learner("activity", ["committee"], ["committee"]).apply(connection, await sent(broker, names))

    assert [await redact_copies(reader.owner_dsn, "committee", 0, GONE) for _ in range(2)] == [1, 0]
    assert (await redact(made.owner_dsn, 0, GONE, **OWNER)).sent
    async with opened(reader, "activity") as store:
        assert [each.position for each in living(await store.learned(STREAM))] == [1, 3]
