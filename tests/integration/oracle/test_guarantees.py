"""The checks of guarantees on a real store and a real topic: nothing is found until something is broken on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from shared.eventstore.append import Append, NewEvent
from shared.eventstore.relay import Relay
from shared.eventstore.store import EventStore
from shared.streams.topics import Topics as Names
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.oracle_check import check_guarantees, read_store, read_topic
from tests.stack import Database, Topics
from tests.unit.oracle.story import COMMITTEE, utc
from tests.unit.oracle.test_rules import in_office

SHARDS = 2


class Site:
    """A store of committee's events, its topic, and what is found in them."""

    def __init__(self, made: Database, topics: Topics, store: EventStore) -> None:
        self.made, self.topics, self.store = made, topics, store
        self.story = in_office()
        self._recorded = 0

    async def record(self) -> None:
        """Append what the story has told since, one decision each."""
        new, self._recorded = self.story.envelopes[self._recorded :], len(self.story.envelopes)
        for each in new:
            event = NewEvent(
                UUID(each.event_id), each.stream, each.type, 1, each.occurred_at, each.data.decode(), each.metadata
            )
            versions = {each.stream: each.stream_version - 1}
            await self.store.append(
                Append("/test", each.event_id, b"digest", each.stream, [event], versions, each.received_at)
            )

    async def relay(self) -> None:
        """Relay until everything was sent."""
        stop = asyncio.Event()
        names = Names(self.topics.prefix)
        running = [
            asyncio.create_task(Relay(self.store, self.topics.broker, names, shard).run(stop))
            for shard in range(SHARDS)
        ]
        try:
            await eventually(self._all_sent, seconds=30)
        finally:
            stop.set()
            await asyncio.gather(*running)

    async def _all_sent(self) -> bool:
        behind = await self.store.pool.fetchval(
            "SELECT count(*) FROM relay_cursor c WHERE position <> (SELECT coalesce(max(e.position), 0) FROM events e"
            " WHERE e.shard = c.shard)"
        )
        return bool(behind == 0)

    async def faults(self) -> list[str]:
        """Everything that is found."""
        topic = {"committee": self.topics.of("committee")}
        return await check_guarantees({"committee": self.made.app_dsn}, self.topics.broker, topic)

    async def as_owner(self, statement: str) -> None:
        """Change the log as nobody may who runs."""
        connection = await asyncpg.connect(self.made.owner_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def send(self, partition: int, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Put a record into the topic, past the relay."""
        producer = AIOKafkaProducer(**self.topics.broker.client())
        await producer.start()
        try:
            await producer.send_and_wait(self.topics.of("committee"), value, headers=headers, partition=partition)
        finally:
            await producer.stop()


@asynccontextmanager
async def opened(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Site]:
    made, names = await database("committee"), await topics(shards=SHARDS)
    store = await EventStore.open(made.app_dsn, "committee", shards=SHARDS)
    try:
        yield Site(made, names, store)
    finally:
        await store.close()


@pytest.fixture
async def site(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Site]:
    """A sound story, recorded and relayed."""
    async with opened(database, topics) as made:
        made.story.void(COMMITTEE, made.story.appoint(number=13), at=utc(2017, 1, 5))
        for region in ("CTR", "R02", "R03", "R04"):
            made.story.propose(region)
        await made.record()
        await made.relay()
        yield made


async def test_a_sound_store_and_its_topic_have_no_faults_and_hold_the_same(site: Site) -> None:
    assert await site.faults() == []
    rows = await read_store(site.made.app_dsn)
    sent = await read_topic(site.topics.broker, site.topics.of("committee"), SHARDS)
    assert len(rows) == len(sent) == 9
    assert {row.shard for row in rows} == {0, 1}


async def test_a_changed_byte_in_the_store_is_found_in_chain_and_topic(site: Site) -> None:
    await site.as_owner(
        "UPDATE events SET data = replace(data, 'bureau', 'Bureau') WHERE stream_version = 1 AND stream LIKE '%R01:1'"
    )
    found = await site.faults()
    assert [line.split()[0] for line in found] == ["I12", "I2"]


async def test_a_lost_event_is_found(site: Site) -> None:
    await site.as_owner("DELETE FROM events WHERE type LIKE '%FactVoided%'")
    assert any(line.startswith("I2") and "is not in the store" in line for line in await site.faults())


async def test_a_strangers_record_is_found(site: Site) -> None:
    await site.send(1, b"{}", [])
    found = await site.faults()
    assert len(found) == 1
    assert found[0].startswith("I2 committee[1]:")


async def test_an_event_that_was_never_sent_is_found(site: Site) -> None:
    site.story.propose("R09")
    await site.record()
    found = await site.faults()
    assert len(found) == 1
    assert found[0].startswith("I1 committee/")


async def test_a_broken_rule_is_found(database: NewDatabase, topics: NewTopics) -> None:
    async with opened(database, topics) as made:
        made.story.appoint("R02", number=44)
        await made.record()
        await made.relay()
        found = await made.faults()
    assert len(found) == 1
    assert found[0].endswith("it was not proposed before")
