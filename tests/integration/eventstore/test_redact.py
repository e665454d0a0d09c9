"""Redaction: one event loses its data for good; chain, positions and consumers hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from shared.contracts import Rejected
from shared.contracts.envelope import DATA_HASH, Envelope, from_headers
from shared.contracts.event import Redacted
from shared.eventstore.agreement import verify_topic
from shared.eventstore.history import living
from shared.eventstore.redact import ORDER, redact, redact_copies, target_of
from shared.eventstore.relay import Relay
from shared.eventstore.restore import restore
from shared.eventstore.store import EventStore
from shared.eventstore.verify import verify
from shared.operating.deciding import Operators
from shared.operating.redacting import RedactApi
from shared.streams.batch import Claimed, read_batch
from shared.streams.broker import Broker
from shared.streams.learner import Learner
from shared.streams.topics import Topics, records
from shared.web.auth import OPERATOR, Caller
from tests.appends import decision
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.stack import Database

STREAM = "committee:1"
GONE = 2
"""Position of the event that is redacted."""
BY, REASON = "owner:somebody", "ข้อความมีข้อมูลส่วนบุคคล"
PARK = """
INSERT INTO parked (consumer, topic, shard, record, store, position, code, message, headers, value)
SELECT 'committee.rule', 't', 0, position, 'committee', position, 'c', 'm', '[]', '{}' FROM events WHERE position <= 2
"""
"""A service's rules read its own events."""
ONE, OTHER = Caller("usr-one", OPERATOR), Caller("usr-two", OPERATOR)


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


async def ordered(database: Database, position: int = GONE) -> None:
    """One operator asks for it, another seconds it."""
    async with opened(database) as store:
        operators = Operators("committee", lambda: store.pool, two_person=True)
        RedactApi(operators, "committee")
        target, params = target_of("committee", 0, position), {"shard": 0, "position": position}
        waits = await operators.ask(ONE, ORDER, target, params, reason=REASON, typed=target)
        assert waits.proposal is not None
        with pytest.raises(Rejected, match=r"ops\.same_operator"):
            await operators.second(ONE, waits.proposal, target)
        await operators.second(OTHER, waits.proposal, target)


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
    await ordered(made)
    await run(made, PARK)
    done = await redact(made.owner_dsn, 0, GONE, by=BY)
    assert (done.store, done.stream, done.sent) == ("committee", STREAM, False)
    [verdict] = await verify(made.app_dsn)
    assert (verdict.verified, verdict.bad_position) == (3, None)
    async with opened(made) as store:
        history = await store.history(STREAM)
        order, line = await store.pool.fetch("SELECT * FROM operator_audit ORDER BY id")
        again = await store.append(decision(STREAM, 3))
        parked = await store.pool.fetch("SELECT value FROM parked ORDER BY position")
    assert [bytes(each["value"]) for each in parked] == [b"{}", b""], (
        "what a consumer of its own service set aside, too"
    )
    assert [isinstance(each.event, Redacted) for each in history] == [False, True, False]
    assert [each.position for each in living(history)] == [1, 3]
    assert (order["action"], line["id"], line["action"]) == ("redact", done.audit, "redacted")
    assert line["outcome"].endswith(f"carried out by {BY}")
    for each in (order, line):
        assert (each["target"], each["actor"], each["seconded_by"], each["reason"]) == (
            f"committee/0/{GONE}", "usr-one", "usr-two", REASON,
        )  # fmt: skip
    assert again.position == 4


async def refusal(database: Database, position: int) -> str:
    """The code with which a redaction is refused."""
    with pytest.raises(Rejected) as refused:
        await redact(database.owner_dsn, 0, position, by=BY)
    return refused.value.code


async def test_what_nobody_ordered_is_no_event_or_in_use_is_not_redacted(made: Database) -> None:
    await ordered(made)
    await redact(made.owner_dsn, 0, GONE, by=BY)
    assert [await refusal(made, each) for each in (GONE, 9, 1)] == [
        "redact.no_event", "redact.no_event", "redact.not_ordered",
    ]  # fmt: skip
    with pytest.raises(Rejected, match=r"redact\.no_event"):
        await ordered(made, GONE)
    await ordered(made, 1)
    async with opened(made) as store:
        assert await refusal(made, 1) == "ops.in_use"
        assert await store.pool.fetchval("SELECT count(*) FROM operator_audit WHERE action = 'redacted'") == 1
    await run(made, "UPDATE operator_audit SET at = at - interval '25 hours'")
    assert await refusal(made, 1) == "redact.not_ordered"
    assert (await verify(made.app_dsn))[0].verified == 3


async def test_a_redacted_event_is_sent_so_that_its_readers_go_on(
    made: Database, database: NewDatabase, topics: NewTopics
) -> None:
    prefix = await topics()
    broker, names = prefix.broker, Topics(prefix.prefix)
    await ordered(made)
    await redact(made.owner_dsn, 0, GONE, by=BY)
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
    await ordered(made)
    assert (await redact(made.owner_dsn, 0, GONE, by=BY)).sent
    async with opened(reader, "activity") as store:
        assert [each.position for each in living(await store.learned(STREAM))] == [1, 3]
