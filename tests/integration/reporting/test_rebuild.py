"""Rows made anew from the topics equal the live ones, and what does not equal them is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from services.reporting.projections.projection import ReportingProjection
from services.reporting.rebuilding.differing import NotComparable, compare
from services.reporting.rebuilding.filling import RebuildStopped, rebuild
from services.reporting.rebuilding.schemas import make_schema
from services.reporting.rebuilding.standing import Standing, Where
from shared.contracts.envelope import Envelope
from shared.streams.runner import Runner
from shared.streams.topics import Topics
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.integration.reporting.test_lineage import full
from tests.unit.reporting.log import Log

SCHEMA = "reporting_v2"


class Stage:
    """Topics with a log in them, and a live schema that a runner fills from there."""

    def __init__(self, where: Where, producer: AIOKafkaProducer) -> None:
        self.where, self.producer = where, producer

    async def send(self, events: Sequence[Envelope]) -> None:
        for event in events:
            topic = self.where.topics.events(event.store)
            await self.producer.send(
                topic, key=event.stream.encode(), value=event.data, headers=event.headers(), partition=event.shard
            )
        await self.producer.flush()

    async def live(self, events: Sequence[Envelope]) -> None:
        """Run the live projector until it has taken in as many events as these."""
        stop = asyncio.Event()
        path = {"search_path": "reporting, public"}
        runner = Runner(ReportingProjection(), self.where.dsn, self.where.broker, self.where.topics, settings=path)
        running = asyncio.create_task(runner.run(stop))
        await eventually(lambda: self.holds(len(events)), 30)
        stop.set()
        await running

    async def holds(self, count: int) -> bool:
        return bool(await self.query("SELECT count(*) FROM reporting.events") == count)

    async def query(self, sql: str) -> object:
        connection = await asyncpg.connect(self.where.owner_dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    async def rebuild(self) -> list[Standing]:
        told: list[Standing] = []
        assert await rebuild(self.where, SCHEMA, lambda done, goal: told.append(done), stop=asyncio.Event())
        return told


@asynccontextmanager
async def staged(database: NewDatabase, topics: NewTopics, shards: int) -> AsyncIterator[Stage]:
    made, names = await database("reporting"), await topics(shards=shards)
    producer = AIOKafkaProducer(**names.broker.client())
    await producer.start()
    yield Stage(Where(made.owner_dsn, made.app_dsn, names.broker, Topics(names.prefix)), producer)
    await producer.stop()


@pytest.fixture
async def stage(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Stage]:
    async with staged(database, topics, 1) as made:
        yield made


@pytest.mark.parametrize("shards", [1, 3])
async def test_rows_made_anew_equal_the_live_ones(database: NewDatabase, topics: NewTopics, shards: int) -> None:
    async with staged(database, topics, shards) as stage:
        events = _of_shards(full(), shards)
        await stage.send(events)
        await stage.live(events)
        await make_schema(stage.where.owner_dsn, SCHEMA)

        told = await stage.rebuild()

        assert await compare(stage.where.dsn, SCHEMA) == []
        assert set(told[-1]) == {(each.store, each.shard) for each in events}
        assert await stage.query(f"SELECT count(*) FROM {SCHEMA}.events") == len(events)


async def test_a_row_that_is_not_the_same_is_named(stage: Stage) -> None:
    events = full().chained()
    await stage.send(events)
    await stage.live(events)
    await make_schema(stage.where.owner_dsn, SCHEMA)
    await stage.rebuild()

    await stage.query("UPDATE reporting.meeting SET resolutions = 9 WHERE stream = 'meeting:a'")
    await stage.query("DELETE FROM reporting.committee WHERE region = 'R08' AND state = 'proposed'")
    await stage.query(f"DELETE FROM {SCHEMA}.visit")

    differences = await compare(stage.where.dsn, SCHEMA)
    assert [(each.table, each.live is None, each.rebuilt is None) for each in differences] == [
        ("committee", True, False),
        ("meeting", False, False),
        ("visit", False, True),
    ]
    assert [each.key for each in differences][1:] == [("meeting:a",), ("supervision:a",)]


async def test_schemas_at_other_positions_are_not_compared(stage: Stage) -> None:
    events = full().chained()
    await stage.send(events)
    await stage.live(events)
    await make_schema(stage.where.owner_dsn, SCHEMA)

    with pytest.raises(NotComparable):
        await compare(stage.where.dsn, SCHEMA, patience=0)


async def test_an_undecided_failure_stops_a_rebuild_and_a_skip_lets_it_go_on(stage: Stage) -> None:
    log = Log()
    log.propose("R07", "2016-11-01")
    bad = log.propose("R08", "2016-11-01")
    log.sent[1] = bad._replace(type="th.go.obec.cluster.MeetingDreamt.v1")
    log.propose("R09", "2016-11-01")
    events = log.chained()
    await stage.send(events)
    await stage.live([events[0], events[2]])
    await make_schema(stage.where.owner_dsn, SCHEMA)

    with pytest.raises(RebuildStopped, match=r"event\.unknown_type"):
        await stage.rebuild()
    await stage.query(
        """INSERT INTO skips (store, shard, record, reason, decided_by)
           SELECT store, shard, record, 'ทดสอบ', 'usr-operator' FROM parked WHERE consumer = 'reporting' RETURNING 1"""
    )

    await stage.rebuild()
    assert await compare(stage.where.dsn, SCHEMA) == []


async def test_a_rebuild_that_is_told_to_stop_says_that_it_is_not_done(stage: Stage) -> None:
    events = full().chained()
    await stage.send(events)
    await stage.live(events)
    await make_schema(stage.where.owner_dsn, SCHEMA)
    stop = asyncio.Event()
    stop.set()

    assert await rebuild(stage.where, SCHEMA, stop=stop) is False


def _of_shards(log: Log, shards: int) -> list[Envelope]:
    """The log's events as told by stores of so many shards."""
    spread = Log(shards)
    for each in log.sent:
        shard = sum(each.stream.encode()) % shards
        position = 1 + sum(known.store == each.store and known.shard == shard for known in spread.sent)
        spread.sent.append(each._replace(shard=shard, position=position))
    return spread.chained()
