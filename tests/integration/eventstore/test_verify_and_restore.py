"""One changed byte is found and named; a store that fell behind its topic gets back what it lacks."""

from __future__ import annotations

import asyncio

import asyncpg
import orjson
import pytest

from shared.contracts import Claim
from shared.eventstore.append import Append, ClaimChange, NewEvent
from shared.eventstore.relay import Relay
from shared.eventstore.restore import CannotRestore, restore
from shared.eventstore.store import EventStore
from shared.eventstore.verify import verify
from shared.streams.broker import Broker
from shared.streams.topics import Topics
from tests.appends import decision
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
        "DELETE FROM events WHERE position = 6",
    ],
)
async def test_one_changed_byte_is_found_and_its_position_named(database_of_events: Database, change: str) -> None:
    owner = await asyncpg.connect(database_of_events.owner_dsn)
    await owner.execute(change)
    await owner.close()
    (verdict,) = await verify(database_of_events.app_dsn)
    assert verdict.bad_position == 6, verdict


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


def whole(stream: str, version: int, command: str, claims: list[ClaimChange]) -> Append:
    """A decision of two events with the metadata that the product gives them."""
    made = decision(stream, version, id=command, events=2, claims=claims)
    about = {"actor": "usr-officer", "command": f"{made.source} {command}"}
    first = {
        **about,
        "digest": made.digest.hex(),
        "answers_for": stream,
        "claims": [[each.claim.scope, each.claim.key, each.stream, each.take] for each in claims],
    }
    texts = [orjson.dumps(first).decode(), orjson.dumps({**about, "nth": 1}).decode()]
    events = [
        NewEvent(each.id, each.stream, each.type, 1, each.occurred_at, each.data, text)
        for each, text in zip(made.events, texts, strict=True)
    ]
    return Append(made.source, made.id, made.digest, stream, events, made.versions, made.received_at, claims)


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
