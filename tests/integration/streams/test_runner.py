"""What the runner promises: each event once and in order, its effect and its offset together; nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from shared.contracts.envelope import GENESIS, Envelope
from shared.operating.sql import statement
from shared.streams.broker import Broker
from shared.streams.projection import Connection, Unappliable
from shared.streams.runner import Runner
from shared.streams.topics import Topics
from tests.appends import DISSOLVED
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.stack import Database

NOON = datetime(2017, 1, 12, 5, 0, tzinfo=UTC)
TABLE = """
CREATE TABLE seen (position bigint, event_id text, stream text);
GRANT SELECT, INSERT ON seen TO obec_app;
"""


ASK_REPLAY = statement("ask_replay")


class Seen:
    """Writes down every event it is given; refuses the streams it is told to."""

    name = "test.seen"
    stores: Sequence[str] = ("committee",)

    def __init__(self, refuse: str = "") -> None:
        self.refuse = refuse

    async def apply(self, connection: Connection, events: Sequence[Envelope]) -> None:
        for event in events:
            if event.stream == self.refuse and event.stream_version == 2:
                raise Unappliable("test.refused", "told to refuse it")
        await connection.executemany(
            "INSERT INTO seen VALUES ($1, $2, $3)", [(e.position, e.event_id, e.stream) for e in events]
        )

    async def event_id_at(self, connection: Connection, store: str, shard: int, position: int) -> str | None:
        found: str | None = await connection.fetchval("SELECT event_id FROM seen WHERE position = $1", position)
        return found

    def forget(self) -> None:
        pass


class Remembering(Seen):
    """Keeps in memory what it was given, as a projection does that carries on from there."""

    def __init__(self, refuse: str = "") -> None:
        super().__init__(refuse)
        self.remembered: list[int] = []

    async def apply(self, connection: Connection, events: Sequence[Envelope]) -> None:
        for event in events:
            if event.position in self.remembered:
                raise Unappliable("test.remembered", "it is still in memory")
            self.remembered.append(event.position)
        await super().apply(connection, events)

    def forget(self) -> None:
        self.remembered.clear()


def chain(count: int, streams: int = 3, fork: str = "") -> list[Envelope]:
    """A shard's events as a store would chain them; another ``fork`` gives other events from position 2 on."""
    made: list[Envelope] = []
    for position in range(1, count + 1):
        other = fork if position > 1 else ""
        draft = Envelope(
            "committee", 0, position, f"committee:{position % streams}", (position - 1) // streams + 1,
            str(uuid5(NAMESPACE_OID, f"{position}{other}")), DISSOLVED.spec.type, NOON, NOON, NOON,
            '{"actor":"usr-officer"}', DISSOLVED.to_json().encode(), "ab" * 16, "", made[-1].hash if made else GENESIS,
        )  # fmt: skip
        made.append(_with_hash(draft))
    return made


def _with_hash(draft: Envelope) -> Envelope:
    return draft._replace(hash=draft.computed_hash())


class Stage:
    """A topic to write to and a database to project into."""

    def __init__(self, database: Database, broker: Broker, topics: Topics, producer: AIOKafkaProducer) -> None:
        self.database, self.broker, self.topics, self.producer = database, broker, topics, producer
        self.topic = topics.events("committee")

    async def send(self, events: Sequence[Envelope]) -> None:
        for event in events:
            await self.producer.send(
                self.topic, key=event.stream.encode(), value=event.data, headers=event.headers(), partition=0
            )
        await self.producer.flush()

    def runner(self, projection: Seen | None = None, **options: Any) -> Runner:
        return Runner(projection or Seen(), self.database.app_dsn, self.broker, self.topics, recompute=True, **options)

    @asynccontextmanager
    async def running(self, *runners: Runner) -> AsyncIterator[None]:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(each.run(stop)) for each in runners]
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(asyncio.gather(*tasks), 20)

    async def query(self, sql: str) -> list[Any]:
        connection = await asyncpg.connect(self.database.app_dsn)
        try:
            return [tuple(row) if len(row) > 1 else row[0] for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    async def seen(self) -> list[int]:
        return await self.query("SELECT position FROM seen ORDER BY ctid")

    async def has_seen(self, count: int) -> bool:
        return len(await self.seen()) >= count

    async def replay(self, **chosen: Any) -> None:
        """Ask for a replay, as an operator does."""
        fields = ("stream", "code", "store", "shard", "record")
        connection = await asyncpg.connect(self.database.app_dsn)
        await connection.execute(ASK_REPLAY, "test.seen", *(chosen.get(each) for each in fields), "usr-operator")
        await connection.close()

    async def finished(self, replays: int) -> bool:
        """Whether so many replays were asked for, and all are finished."""
        ended: list[bool] = await self.query("SELECT finished_at IS NOT NULL FROM replays")
        return len(ended) == replays and all(ended)


@pytest.fixture
async def stage(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Stage]:
    made, names = await database("activity"), await topics()
    owner = await asyncpg.connect(made.owner_dsn)
    await owner.execute(TABLE)
    await owner.close()
    producer = AIOKafkaProducer(**names.broker.client())
    await producer.start()
    yield Stage(made, names.broker, Topics(names.prefix), producer)
    await producer.stop()


async def test_every_event_is_applied_once_and_in_order(stage: Stage) -> None:
    await stage.send(chain(300))
    async with stage.running(stage.runner(records=70)):
        await eventually(lambda: stage.has_seen(300))
    assert await stage.seen() == list(range(1, 301))


async def test_a_batch_that_fails_leaves_nothing_in_memory(stage: Stage) -> None:
    """It is applied event by event then, and only what was refused is parked, with what follows in its stream."""
    await stage.send(chain(12))
    async with stage.running(stage.runner(Remembering(refuse="committee:1"))):
        await eventually(lambda: stage.has_seen(9))
    assert await stage.query("SELECT DISTINCT stream FROM parked") == ["committee:1"]
    assert await stage.query("SELECT DISTINCT code FROM parked ORDER BY code") == ["stream.parked", "test.refused"]


async def test_a_repeated_batch_changes_nothing(stage: Stage) -> None:
    events = chain(60)
    await stage.send([*events[:40], *events[10:40], *events[20:]])
    async with stage.running(stage.runner()):
        await eventually(lambda: stage.has_seen(60))
    assert await stage.seen() == list(range(1, 61))


async def test_it_goes_on_where_it_stopped(stage: Stage) -> None:
    events = chain(50)
    await stage.send(events[:20])
    async with stage.running(stage.runner()):
        await eventually(lambda: stage.has_seen(20))
    await stage.send(events[20:])
    async with stage.running(stage.runner()):
        await eventually(lambda: stage.has_seen(50))
    assert await stage.seen() == list(range(1, 51))
    assert await stage.query("SELECT next_offset, position FROM consumer_offsets") == [(50, 50)]


async def test_a_claim_by_another_process_voids_the_batch_in_hand(stage: Stage) -> None:
    """The one that was thought dead wakes up: it writes nothing, and joins anew."""
    await stage.send(chain(10))
    async with stage.running(stage.runner()):
        await eventually(lambda: stage.has_seen(10))
        await stage.query("UPDATE consumer_offsets SET epoch = epoch + 7 RETURNING epoch")
        await stage.send(chain(20)[10:])
        await eventually(lambda: stage.has_seen(20), 30)
    assert await stage.seen() == list(range(1, 21))


async def test_two_members_share_the_work_without_doubling_it(stage: Stage) -> None:
    await stage.send(chain(200))
    async with stage.running(stage.runner(records=20), stage.runner(records=20)):
        await eventually(lambda: stage.has_seen(200), 30)
        await stage.send(chain(400)[200:])
        await eventually(lambda: stage.has_seen(400), 30)
    assert await stage.seen() == list(range(1, 401))


async def test_a_missing_position_stops_the_partition(stage: Stage) -> None:
    events = chain(10)
    await stage.send([*events[:5], *events[6:]])
    runner = stage.runner()
    async with stage.running(runner):
        await eventually(lambda: [each.code for each in runner.halted] == ["stream.gap"])
    assert await stage.seen() == [1, 2, 3, 4, 5]


async def test_another_event_at_a_position_read_before_is_a_fork_and_stops_it(stage: Stage) -> None:
    await stage.send(chain(5))
    runner = stage.runner()
    async with stage.running(runner):
        await eventually(lambda: stage.has_seen(5))
        await stage.send(chain(5, fork="other")[3:])
        await eventually(lambda: [each.code for each in runner.halted] == ["stream.fork"])
    assert await stage.seen() == [1, 2, 3, 4, 5]


async def test_a_strangers_event_that_does_not_follow_stops_the_partition(stage: Stage) -> None:
    await stage.send([*chain(5), *chain(6, fork="other")[5:]])
    runner = stage.runner()
    async with stage.running(runner):
        await eventually(lambda: [each.code for each in runner.halted] == ["stream.broken_chain"])


async def test_a_changed_byte_on_the_way_stops_the_partition(stage: Stage) -> None:
    events = chain(5)
    await stage.send([*events[:4], events[4]._replace(data=events[4].data.replace(b"R07", b"R08"))])
    runner = stage.runner()
    async with stage.running(runner):
        await eventually(lambda: [each.code for each in runner.halted] == ["stream.broken_chain"])
    assert await stage.seen() == [1, 2, 3, 4]


async def test_a_record_that_is_no_event_is_parked_by_its_place_and_nothing_waits_for_it(stage: Stage) -> None:
    await stage.send(chain(3))
    await stage.producer.send_and_wait(stage.topic, b"\xff not an event", partition=0)
    await stage.send(chain(6)[3:])
    async with stage.running(stage.runner()):
        await eventually(lambda: stage.has_seen(6))
    assert await stage.query("SELECT record, code FROM parked") == [(3, "record.not_an_event")]


async def test_an_event_that_cannot_be_applied_is_parked_with_the_rest_of_its_stream(stage: Stage) -> None:
    await stage.send(chain(12))
    async with stage.running(stage.runner(Seen(refuse="committee:1"))):
        await eventually(lambda: stage.has_seen(9))
    assert sorted(await stage.seen()) == [1, 2, 3, 5, 6, 8, 9, 11, 12]
    assert await stage.query("SELECT position, code FROM parked ORDER BY position") == [
        (4, "test.refused"),
        (7, "stream.parked"),
        (10, "stream.parked"),
    ]


async def test_a_parked_stream_stays_parked_after_a_restart(stage: Stage) -> None:
    await stage.send(chain(6))
    async with stage.running(stage.runner(Seen(refuse="committee:1"))):
        await eventually(lambda: stage.has_seen(5))
    await stage.send(chain(9)[6:])
    async with stage.running(stage.runner()):
        await eventually(lambda: stage.has_seen(7))
    assert await stage.query("SELECT position FROM parked ORDER BY position") == [4, 7]


async def test_what_an_operator_skips_is_left_out(stage: Stage) -> None:
    await stage.query("INSERT INTO skips VALUES ('committee', 0, 3, 'ซ้ำ', 'usr-operator') RETURNING record")
    await stage.send(chain(6))
    async with stage.running(stage.runner()):
        await eventually(lambda: stage.has_seen(5))
    assert await stage.seen() == [1, 2, 3, 5, 6]


async def test_an_event_that_an_operator_skips_no_longer_stops_the_partition(stage: Stage) -> None:
    """A stranger's event, and another event at a position read before: what follows is read at once."""
    await stage.send([*chain(5), *chain(6, fork="other")[5:], chain(3, fork="other")[2], *chain(9)[5:]])
    runner = stage.runner()
    async with stage.running(runner):
        for record, code in ((5, "stream.broken_chain"), (6, "stream.fork")):
            await eventually(lambda code=code: [each.code for each in runner.halted] == [code])  # type: ignore[misc]
            assert await stage.seen() == [1, 2, 3, 4, 5]
            await stage.query(
                f"INSERT INTO skips VALUES ('committee', 0, {record}, 'แปลกปลอม', 'usr') RETURNING record"
            )
        await eventually(lambda: stage.has_seen(9))
    assert await stage.seen() == list(range(1, 10))


async def test_a_paused_consumer_stands_still_in_its_group_and_goes_on_where_it_was(stage: Stage) -> None:
    await stage.send(chain(5))
    runner = stage.runner()
    async with stage.running(runner):
        await eventually(lambda: stage.has_seen(5))
        await stage.query("INSERT INTO consumer_control VALUES ('test.seen', true) RETURNING 1")
        await eventually(lambda: runner.paused, 2)
        await stage.send(chain(30)[5:])
        looked = runner.looks
        await eventually(lambda: runner.looks >= looked + 2)
        assert await stage.seen() == [1, 2, 3, 4, 5]
        await stage.query("UPDATE consumer_control SET paused = false RETURNING 1")
        await eventually(lambda: stage.has_seen(30), 4)
        assert await stage.query("SELECT epoch FROM consumer_offsets") == [1]
    assert await stage.seen() == list(range(1, 31))


async def test_a_consumer_that_is_started_while_it_is_paused_reads_nothing(stage: Stage) -> None:
    await stage.send(chain(5))
    await stage.query("INSERT INTO consumer_control VALUES ('test.seen', true) RETURNING 1")
    runner = stage.runner()
    async with stage.running(runner):
        await eventually(lambda: runner.looks >= 3)
    assert await stage.seen() == []


async def test_replays_among_new_events_of_the_same_stream_lose_and_double_nothing(stage: Stage) -> None:
    """Asked for again and again, while it is refused and after, and while more events come."""
    seen, events = Seen(refuse="committee:1"), chain(120)
    await stage.send(events[:30])
    async with stage.running(stage.runner(seen)):
        await eventually(lambda: stage.has_seen(21))
        await stage.replay(code="test.refused")
        await eventually(lambda: stage.finished(1))
        assert await stage.query("SELECT applied, still_parked, message FROM replays") == [
            (0, 9, "test.refused: told to refuse it")
        ]
        seen.refuse = ""
        for first in range(30, 120, 10):
            await stage.send(events[first : first + 10])
            await stage.replay(stream="committee:1")
        await eventually(lambda: stage.finished(10), 30)
        await eventually(lambda: stage.has_seen(120), 30)
    assert sorted(await stage.seen()) == list(range(1, 121))
    of_it = await stage.query("SELECT position FROM seen WHERE stream = 'committee:1' ORDER BY ctid")
    assert of_it == list(range(1, 121, 3))
    assert await stage.query("SELECT record FROM parked") == []


async def test_one_event_is_replayed_and_the_rest_of_its_stream_still_waits(stage: Stage) -> None:
    seen = Seen(refuse="committee:1")
    await stage.send(chain(9))
    async with stage.running(stage.runner(seen)):
        await eventually(lambda: stage.has_seen(7))
        seen.refuse = ""
        await stage.replay(store="committee", shard=0, record=3)
        await eventually(lambda: stage.finished(1))
        await stage.send(chain(12)[9:])
        await eventually(lambda: stage.has_seen(10))
    assert await stage.query("SELECT position FROM parked ORDER BY position") == [7, 10]


async def test_what_is_skipped_is_taken_away_by_a_replay_and_its_stream_goes_on(stage: Stage) -> None:
    await stage.send(chain(9))
    await stage.producer.send_and_wait(stage.topic, b"\xff not an event", partition=0)
    async with stage.running(stage.runner(Seen(refuse="committee:1"))):
        await eventually(lambda: stage.has_seen(7))
        for record in (3, 9):
            await stage.query(f"INSERT INTO skips VALUES ('committee', 0, {record}, 'ผิด', 'usr') RETURNING record")
        await stage.replay()
        await eventually(lambda: stage.has_seen(8))
        await eventually(lambda: stage.finished(1))
    assert await stage.query("SELECT record FROM parked") == []
    assert sorted(await stage.seen()) == [1, 2, 3, 5, 6, 7, 8, 9]
