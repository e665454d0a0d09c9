"""One changed byte is found and named; a store that fell behind its topic gets back what it lacks."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from shared.contracts import Claim
from shared.eventstore import verify as verifying
from shared.eventstore.agreement import verify_topic
from shared.eventstore.append import ClaimChange
from shared.eventstore.relay import Relay
from shared.eventstore.restore import CannotRestore, restore
from shared.eventstore.store import EventStore
from shared.eventstore.verify import verify
from shared.streams.broker import Broker
from shared.streams.topics import Topics
from tests.appends import decision, whole
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.stack import Database

ACTIVE = Claim("active-committee", "2560-cluster/R07")


@pytest.fixture
async def database_of_events(database: NewDatabase) -> Database:
    made = await database("committee")
    store = await EventStore.open(made.app_dsn, "committee")
    for number in range(10):
        await store.append(decision(f"committee:{number % 3}", number // 3))
    await store.close()
    return made


async def test_an_untouched_store_verifies(database_of_events: Database) -> None:
    (verdict,) = await verify(database_of_events.app_dsn)
    assert (verdict.verified, verdict.bad_position) == (10, None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET data = replace(data, 'ครบวาระ', 'ครบวารe') WHERE position = 6",
        "UPDATE events SET metadata = replace(metadata, 'officer', 'officeR') WHERE position = 6",
        "UPDATE events SET stream = 'committee:x' WHERE position = 6",
        "UPDATE events SET type = type || '0' WHERE position = 6",
        "UPDATE events SET occurred_at = occurred_at + interval '1 microsecond' WHERE position = 6",
        "UPDATE events SET recorded_at = recorded_at + interval '1 microsecond' WHERE position = 6",
        "UPDATE events SET received_at = received_at - interval '1 microsecond' WHERE position = 6",
        "UPDATE events SET salt = set_byte(salt, 0, (get_byte(salt, 0) + 1) % 256) WHERE position = 6",
        "UPDATE events SET hash = set_byte(hash, 31, (get_byte(hash, 31) + 1) % 256) WHERE position = 6",
        "UPDATE events SET event_id = gen_random_uuid() WHERE position = 6",
        "UPDATE events SET schema_version = 2 WHERE position = 6",
        "UPDATE events SET position = 60 WHERE position = 6",
        "DELETE FROM events WHERE position = 6",
    ],
)
async def test_one_changed_byte_is_found_and_its_position_named(database_of_events: Database, change: str) -> None:
    owner = await asyncpg.connect(database_of_events.owner_dsn)
    await owner.execute(change)
    await owner.close()
    (verdict,) = await verify(database_of_events.app_dsn)
    assert verdict.bad_position == 6, verdict


async def test_a_bad_event_is_named_while_the_next_are_on_their_way(
    database_of_events: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "ROWS", 2)
    counted: list[int] = []
    [verdict] = await verify(database_of_events.app_dsn, counted.append)
    assert (verdict.verified, sum(counted)) == (10, 10)
    owner = await asyncpg.connect(database_of_events.owner_dsn)
    await owner.execute("UPDATE events SET received_at = received_at - interval '1 microsecond' WHERE position = 5")
    await owner.close()
    [verdict] = await verify(database_of_events.app_dsn)
    assert (verdict.verified, verdict.bad_position) == (4, 5)


async def test_a_last_event_that_was_moved_far_away_is_missing_where_it_was(database_of_events: Database) -> None:
    owner = await asyncpg.connect(database_of_events.owner_dsn)
    await owner.execute("UPDATE events SET position = 1::bigint << 60 WHERE position = 10")
    await owner.close()
    async with asyncio.timeout(10):
        [verdict] = await verify(database_of_events.app_dsn)
    assert (verdict.verified, verdict.bad_position) == (9, 10)


async def test_a_redacted_event_keeps_the_chain(database_of_events: Database) -> None:
    owner = await asyncpg.connect(database_of_events.owner_dsn)
    await owner.execute("UPDATE events SET data = NULL, salt = NULL WHERE position = 6")
    await owner.close()
    (verdict,) = await verify(database_of_events.app_dsn)
    assert (verdict.verified, verdict.bad_position) == (10, None)


class Behind:
    """A store that lost its last events, and the topic that still has them."""

    def __init__(self, database: Database, broker: Broker, topics: Topics) -> None:
        self.database, self.broker, self.topics = database, broker, topics

    async def run(self, sql: str) -> None:
        """Change the database as its owner can."""
        owner = await asyncpg.connect(self.database.owner_dsn)
        try:
            await owner.execute(sql)
        finally:
            await owner.close()

    async def relayed(self) -> None:
        """Have sent what stands behind the cursor."""
        store = await EventStore.open(self.database.app_dsn, "committee")
        stop = asyncio.Event()
        relay = Relay(store, self.broker, self.topics, 0)
        running = asyncio.create_task(relay.run(stop))
        await eventually(lambda: relay.state.position == 6)
        stop.set()
        await running
        await store.close()


@pytest.fixture
async def behind(database: NewDatabase, topics: NewTopics) -> Behind:
    made, prefix = await database("committee"), await topics()
    names = Topics(prefix.prefix)
    store = await EventStore.open(made.app_dsn, "committee")
    stop = asyncio.Event()
    relay = Relay(store, prefix.broker, names, 0)
    running = asyncio.create_task(relay.run(stop))
    await store.append(whole("committee:1", 0, "first", [ClaimChange(ACTIVE, "committee:1", True)]))
    await store.append(whole("committee:1", 2, "second", [ClaimChange(ACTIVE, "committee:1", False)]))
    await store.append(whole("committee:2", 0, "third", [ClaimChange(ACTIVE, "committee:2", True)]))
    await eventually(lambda: relay.state.position == 6)
    stop.set()
    await running
    await store.close()
    owner = await asyncpg.connect(made.owner_dsn)
    await owner.execute(
        "DELETE FROM events WHERE position > 2; DELETE FROM inbox WHERE position > 2;"
        "DELETE FROM claims WHERE position > 2;"
        "UPDATE relay_cursor SET position = 2"
    )
    await owner.close()
    return Behind(made, prefix.broker, names)


async def test_a_store_behind_its_topic_gets_back_events_answers_and_claims(behind: Behind) -> None:
    (restored,) = await restore(behind.database.owner_dsn, behind.broker, behind.topics)
    assert (restored.events, restored.position) == (4, 6)
    assert (await verify(behind.database.app_dsn))[0].verified == 6
    store = await EventStore.open(behind.database.app_dsn, "committee")
    try:
        again = await store.append(decision("committee:1", 2, id="second"))
        assert again.repeated
        assert (again.version, again.position, len(again.events)) == (4, 4, 2)
        assert await store.holder(ACTIVE) == "committee:2"
    finally:
        await store.close()


async def test_a_store_behind_its_topic_is_named_by_the_topic(behind: Behind) -> None:
    [records, heads] = await verify_topic(behind.database.app_dsn, behind.broker, behind.topics)
    topic = behind.topics.events("committee")
    assert (records.place, records.message) == (f"{topic}/0 offset 2", "position 3 is not in the store")
    assert heads.message == "shard 0 was announced up to position 6, the store ends at 2"


async def test_what_was_sent_twice_or_redacted_is_no_difference_and_what_is_missing_is(behind: Behind) -> None:
    await restore(behind.database.owner_dsn, behind.broker, behind.topics)
    await behind.run("UPDATE relay_cursor SET position = 3")
    await behind.relayed()
    await behind.run("UPDATE events SET data = NULL, salt = NULL WHERE position = 5")
    found = await verify_topic(behind.database.app_dsn, behind.broker, behind.topics)
    assert [each for each in found if not each.whole] == []
    assert found[0].checked == 9
    await behind.run("UPDATE relay_cursor SET position = 8")
    [missing, _] = await verify_topic(behind.database.app_dsn, behind.broker, behind.topics)
    assert (missing.place, missing.message) == (f"{missing.of} position 7", "is missing; 8 were acknowledged")


async def test_a_topic_that_is_gone_is_named(behind: Behind) -> None:
    [gone] = await verify_topic(behind.database.app_dsn, behind.broker, Topics("nowhere."))
    assert gone.place == "nowhere.obec.cluster.committee"


async def test_restoring_twice_changes_nothing(behind: Behind) -> None:
    await restore(behind.database.owner_dsn, behind.broker, behind.topics)
    (again,) = await restore(behind.database.owner_dsn, behind.broker, behind.topics)
    assert again.events == 0


@pytest.mark.parametrize("events", [1, 4], ids=["less far than its topic", "as far as its topic"])
async def test_a_store_that_went_on_by_itself_cannot_be_restored(behind: Behind, events: int) -> None:
    store = await EventStore.open(behind.database.app_dsn, "committee")
    await store.append(decision("committee:9", 0, events=events))
    await store.close()
    with pytest.raises(CannotRestore) as refusal:
        await restore(behind.database.owner_dsn, behind.broker, behind.topics)
    assert refusal.value.code == "restore.fork"
