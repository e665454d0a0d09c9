"""What an agent promises to operators: it stands still, tries again, and passes over what is skipped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from shared.contracts.envelope import Envelope
from shared.streams.agent import RecordTaker
from shared.streams.batch import Halted
from shared.streams.reaction import Reaction
from shared.streams.topics import Topics, records
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.integration.streams.test_runner import Stage, chain

NAME = "test.agent"
REPLAY = "INSERT INTO replays (consumer, requested_by) VALUES ('test.agent', 'usr') RETURNING 1"
FINISHED = "SELECT count(*) FROM replays WHERE finished_at IS NOT NULL"
PAUSE = """
INSERT INTO consumer_control VALUES ('test.agent', {paused})
ON CONFLICT (consumer) DO UPDATE SET paused = excluded.paused RETURNING 1
"""
MORE_WAS_READ = "UPDATE consumer_offsets SET next_offset = {offset} WHERE consumer = 'test.agent' RETURNING 1"
SKIP = "INSERT INTO skips VALUES ('committee', 0, {record}, 'แปลกปลอม', 'usr') RETURNING 1"


class Answering:
    """A reaction that answers each event once, and fails at a stream until it is corrected."""

    def __init__(self, refuse: str = "") -> None:
        self.refuse = refuse
        self.answered: list[int] = []

    async def answer(self, event: Envelope) -> None:
        if event.stream == self.refuse:
            raise ValueError("a bug")
        if event.position not in self.answered:
            self.answered.append(event.position)


class Agents(Stage):
    """Takers of what is on the topic."""

    @asynccontextmanager
    async def taking(self, reaction: Answering) -> AsyncIterator[RecordTaker]:
        """A taker that does what operators order."""
        stop = asyncio.Event()
        async with asyncpg.create_pool(self.database.app_dsn, min_size=1, max_size=4) as pool:
            reactions = cast("Sequence[Reaction]", [reaction])
            taker = RecordTaker(NAME, pool, self.broker, {self.topic: "committee"}, reactions)
            obeying = asyncio.create_task(taker.obey(stop))
            try:
                yield taker
            finally:
                stop.set()
                await asyncio.wait_for(obeying, 10)

    async def read(self, taker: RecordTaker) -> None:
        """Have all that is on the topic taken."""
        await taker.catch_up([TopicPartition(self.topic, 0)])


@pytest.fixture
async def agents(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Agents]:
    made, names = await database("activity"), await topics()
    producer = AIOKafkaProducer(**names.broker.client())
    await producer.start()
    yield Agents(made, names.broker, Topics(names.prefix), producer)
    await producer.stop()


async def test_parked_events_are_answered_once_the_rule_is_corrected(agents: Agents) -> None:
    reaction = Answering(refuse="committee:1")
    await agents.send(chain(9))
    async with agents.taking(reaction) as taker:
        await agents.read(taker)
        assert await agents.query("SELECT code FROM parked ORDER BY record") == [
            "reaction.failed", "stream.parked", "stream.parked"
        ]  # fmt: skip
        await agents.query(REPLAY)
        await eventually(lambda: is_(agents, FINISHED, 1))
        assert await agents.query("SELECT applied, still_parked FROM replays") == [(0, 3)]
        reaction.refuse = ""
        await agents.query(REPLAY)
        await eventually(lambda: is_(agents, FINISHED, 2))
        await agents.send(chain(12)[9:])
        await agents.read(taker)
    assert reaction.answered == [2, 3, 5, 6, 8, 9, 1, 4, 7, 10, 11, 12]
    assert await agents.query("SELECT record FROM parked") == []


async def test_a_paused_agent_stands_still_and_goes_on_where_it_was(agents: Agents) -> None:
    reaction = Answering()
    await agents.send(chain(3))
    await agents.query(PAUSE.format(paused=True))
    async with agents.taking(reaction) as taker:
        reading = asyncio.create_task(agents.read(taker))
        await agents.query(REPLAY)
        await eventually(lambda: is_(agents, FINISHED, 1))
        assert reaction.answered == []
        await agents.query(PAUSE.format(paused=False))
        await asyncio.wait_for(reading, 4)
    assert reaction.answered == [1, 2, 3]


async def test_what_is_skipped_is_passed_over(agents: Agents) -> None:
    """An event of its own, and a stranger's that contradicts what came before."""
    reaction = Answering()
    await agents.send([*chain(5), *chain(6, fork="other")[5:], *chain(8)[5:]])
    await agents.query(SKIP.format(record=1))
    async with agents.taking(reaction) as taker:
        with pytest.raises(Halted):
            await agents.read(taker)
        await agents.query(SKIP.format(record=5))
        await agents.read(taker)
    assert reaction.answered == [1, 3, 4, 5, 6, 7, 8]


async def test_a_topic_that_was_made_anew_is_not_taken_for_one_that_was_read(agents: Agents) -> None:
    """Before, more lay on it: an event at a lower offset is new, and nobody would ever have answered it."""
    reaction = Answering()
    await agents.send(chain(5))
    async with agents.taking(reaction) as taker:
        await agents.read(taker)
    await agents.query(MORE_WAS_READ.format(offset=9))
    await agents.send(chain(7)[5:])
    async with agents.taking(reaction) as taker:
        with pytest.raises(Halted) as reset:
            await agents.read(taker)
        assert reset.value.code == "stream.topic_reset"
        newest = [record async for record in records(agents.broker, agents.topic, 0)][-1]
        with pytest.raises(Halted) as reset:
            await taker.take(newest)
        assert reset.value.code == "stream.topic_reset"
        assert dict(taker.work().halted) == {"committee/0": "stream.topic_reset"}
    assert reaction.answered == [1, 2, 3, 4, 5]


async def is_(agents: Agents, sql: str, wanted: Any) -> bool:
    """Whether a question has that answer."""
    return await agents.query(sql) == [wanted]
