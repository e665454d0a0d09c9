"""What the relay promises: everything reaches the topic, in order, whoever dies; nothing that is not in the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from shared.contracts.envelope import GENESIS, Envelope, from_headers
from shared.eventstore.relay import Relay
from shared.eventstore.store import EventStore
from shared.streams.broker import Broker
from shared.streams.topics import Topics, records
from tests.appends import decision
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually

SHARDS = 3


class Stage:
    """A store of three shards with its topics."""

    def __init__(self, store: EventStore, broker: Broker, topics: Topics) -> None:
        self.store, self.broker, self.topics = store, broker, topics
        self.topic = topics.events(store.name)

    async def fill(self, streams: int, events: int = 1) -> None:
        await asyncio.gather(*(self.store.append(decision(f"committee:{n}", 0, events=events)) for n in range(streams)))

    async def sent(self, shard: int) -> list[Envelope]:
        return [from_headers(each.headers, each.value) async for each in records(self.broker, self.topic, shard)]

    async def everything_sent(self) -> bool:
        behind = await self.store.pool.fetchval(
            "SELECT count(*) FROM relay_cursor c WHERE position <> (SELECT coalesce(max(e.position), 0) FROM events e"
            " WHERE e.shard = c.shard)"
        )
        return bool(behind == 0)

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[list[Relay]]:
        """Relays of all shards, until the block ends."""
        stop = asyncio.Event()
        relays = [Relay(self.store, self.broker, self.topics, shard) for shard in range(SHARDS)]
        running = [asyncio.create_task(each.run(stop)) for each in relays]
        try:
            yield relays
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*running), 20)


@pytest.fixture
async def stage(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Stage]:
    made = await topics(shards=SHARDS)
    store = await EventStore.open((await database("committee")).app_dsn, "committee", shards=SHARDS)
    yield Stage(store, made.broker, Topics(made.prefix))
    await store.close()


async def test_every_event_reaches_its_partition_in_order_with_its_hash(stage: Stage) -> None:
    async with stage.relaying():
        await stage.fill(60, events=2)
        await eventually(stage.everything_sent)
    for shard in range(SHARDS):
        sent = await stage.sent(shard)
        assert [each.position for each in sent] == list(range(1, len(sent) + 1))
        assert [each.previous_hash for each in sent] == [GENESIS, *(each.hash for each in sent[:-1])]
        assert all(each.computed_hash() == each.hash for each in sent)


async def test_what_is_sent_is_what_is_stored_byte_for_byte(stage: Stage) -> None:
    async with stage.relaying():
        await stage.fill(5)
        await eventually(stage.everything_sent)
    stored = {row["id"]: row for row in await stage.store.pool.fetch("SELECT event_id::text AS id, * FROM events")}
    for shard in range(SHARDS):
        for each in await stage.sent(shard):
            row = stored[each.event_id]
            assert (each.data.decode(), each.metadata, each.stream) == (row["data"], row["metadata"], row["stream"])
            assert each.recorded_at == row["recorded_at"]


async def test_of_two_relays_one_leads(stage: Stage) -> None:
    async with stage.relaying() as first, stage.relaying() as second:
        await eventually(lambda: sum(each.state.leading for each in [*first, *second]) == SHARDS)
        await stage.fill(20)
        await eventually(stage.everything_sent)
    assert sum([len(await stage.sent(shard)) for shard in range(SHARDS)]) == 20


async def test_relays_elsewhere_are_told_of_commits_unless_every_shard_is_led_here(stage: Stage) -> None:
    heard: list[str] = []
    connection = await asyncpg.connect(stage.store.dsn)
    try:
        await connection.add_listener("appended", lambda *told: heard.append(told[-1]))
        await stage.store.append(decision("committee:before", 0))
        await eventually(lambda: heard == [""])
        async with stage.relaying() as relays:
            await eventually(lambda: all(each.state.leading for each in relays))
            await stage.fill(10)
            await eventually(stage.everything_sent)
            await stage.store.pool.execute("NOTIFY appended, 'after all others'")
            await eventually(lambda: heard == ["", "after all others"])
        await stage.store.append(decision("committee:after", 0))
        await eventually(lambda: heard == ["", "after all others", ""])
    finally:
        await connection.close()


async def test_a_head_tells_how_far_each_shard_is(stage: Stage) -> None:
    async def told() -> bool:
        heads = {record.key async for record in records(stage.broker, stage.topics.heads, 0)}
        return heads == {b"committee/0", b"committee/1", b"committee/2"}

    async with stage.relaying():
        await eventually(told)


async def test_a_relay_refuses_a_topic_that_is_ahead_of_its_store(stage: Stage, database: NewDatabase) -> None:
    """A store restored from a backup must not number new events as the topic already has numbered others."""
    async with stage.relaying():
        await stage.fill(20)
        await eventually(stage.everything_sent)
    older = await EventStore.open((await database("committee")).app_dsn, "committee", shards=SHARDS)
    try:
        async with Stage(older, stage.broker, stage.topics).relaying() as relays:
            await eventually(lambda: {each.state.error for each in relays} == {"relay.topic_ahead"})
    finally:
        await older.close()


async def test_a_relay_refuses_a_topic_that_holds_other_events(stage: Stage, database: NewDatabase) -> None:
    other = await EventStore.open((await database("committee")).app_dsn, "committee", shards=SHARDS)
    try:
        await Stage(other, stage.broker, stage.topics).fill(30)
        async with stage.relaying():
            await stage.fill(20)
            await eventually(stage.everything_sent)
        async with Stage(other, stage.broker, stage.topics).relaying() as relays:
            await eventually(lambda: {each.state.error for each in relays} == {"relay.fork"})
    finally:
        await other.close()


async def test_a_topic_that_was_lost_is_filled_again(stage: Stage, topics: NewTopics) -> None:
    async with stage.relaying():
        await stage.fill(20)
        await eventually(stage.everything_sent)
    anew = Topics((await topics(shards=SHARDS)).prefix)
    again = Stage(stage.store, stage.broker, anew)

    async def complete() -> bool:
        return sum([len(await again.sent(shard)) for shard in range(SHARDS)]) == 20

    async with again.relaying():
        await eventually(complete)


async def test_a_strangers_record_does_not_stop_the_relay(stage: Stage) -> None:
    producer = AIOKafkaProducer(**stage.broker.client())
    await producer.start()
    await producer.send_and_wait(stage.topic, b"not an event", partition=0)
    await producer.stop()
    async with stage.relaying():
        await stage.fill(10)
        await eventually(stage.everything_sent)


async def test_a_paused_relay_leads_and_sends_nothing_until_it_is_resumed(stage: Stage) -> None:
    async with stage.relaying() as relays:
        await eventually(lambda: all(each.state.leading for each in relays))
        await stage.store.pool.execute(
            "INSERT INTO consumer_control SELECT 'relay:' || n, true FROM generate_series(0, 2) AS n"
        )
        await eventually(lambda: all(each.state.paused for each in relays), 2)
        await stage.fill(20)
        assert all(each.state.leading for each in relays)
        assert [len(await stage.sent(shard)) for shard in range(SHARDS)] == [0, 0, 0]
        await stage.store.pool.execute("UPDATE consumer_control SET paused = false")
        await eventually(stage.everything_sent, 4)
    assert sum([len(await stage.sent(shard)) for shard in range(SHARDS)]) == 20


async def test_a_relay_that_is_told_to_hands_over_to_another_process(stage: Stage) -> None:
    async with stage.relaying() as first:
        await eventually(lambda: all(each.state.leading for each in first))
        async with stage.relaying() as second:
            await stage.fill(20)
            await stage.store.pool.execute("SELECT pg_notify('hand_over', '1')")
            await eventually(lambda: second[1].state.leading and not first[1].state.leading, 5)
            await eventually(stage.everything_sent)
            assert [each.state.leading for each in first] == [True, False, True]
    sent = await stage.sent(1)
    assert [each.position for each in sent] == list(range(1, len(sent) + 1))
