"""Reporting's views against a plain fold of the same events: however these were cut, interleaved and sent again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from oracle.asked import Asked, World
from oracle.rows import freshness
from oracle.rows.freshness import Head, Row, complete_up_to
from oracle.told import tell
from services.reporting.projections import projection as projection_module
from services.reporting.projections.projection import STORES, ReportingProjection
from services.reporting.queries.asked import Question, answering
from shared.contracts.envelope import Envelope
from shared.streams.runner import Runner
from shared.streams.topics import Topics as Names
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.histories import history
from tests.oracle_check import consumer_faults, table_differences, view_differences
from tests.oracle_figures import CONSUMER, StoppedClock, figure_differences
from tests.stack import Topics

PAIRS = 50
HISTORIES = int(os.environ.get("OBEC_HISTORIES", "8"))
"""How many random histories each law is tried on; more of them in a long run."""
SEARCH_PATH = {"search_path": "reporting, public"}


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(dsn, server_settings=SEARCH_PATH)
    try:
        yield connection
    finally:
        await connection.close()


def batches(envelopes: Sequence[Envelope], random: Random, sizes: Sequence[int]) -> list[list[Envelope]]:
    """The events of each shard in order, in batches of these sizes, the shards interleaved in any way."""
    left: dict[tuple[str, int], list[Envelope]] = {}
    for envelope in envelopes:
        left.setdefault((envelope.store, envelope.shard), []).append(envelope)
    cut = []
    while left:
        place = random.choice(sorted(left))
        size = random.choice(sizes)
        cut.append(left[place][:size])
        left[place] = left[place][size:]
        if not left[place]:
            del left[place]
    return cut


def redacted(envelope: Envelope) -> Envelope:
    """An event whose content was taken away."""
    return envelope._replace(data=b"", salt="")


@pytest.mark.parametrize("shards", [1, 3])
async def test_rows_are_the_fold_of_the_events_however_batches_are_cut_and_stores_interleave(
    database: NewDatabase, monkeypatch: pytest.MonkeyPatch, shards: int
) -> None:
    made = await database("reporting")
    async with connected(made.app_dsn) as connection:
        for seed in range(HISTORIES):
            random = Random(seed)
            envelopes = history(random, random.choice((40, 120, 260)), shards=shards)
            if seed % 4 == 3:
                envelopes = [redacted(each) if random.random() < 0.05 else each for each in envelopes]
            monkeypatch.setattr(projection_module, "CACHED_STREAMS", random.choice((4, 20_000)))
            untold = connection.transaction()
            await untold.start()
            projection, applied = ReportingProjection(), list[Envelope]()
            for number, batch in enumerate(batches(envelopes, random, (1, 2, 7, 40))):
                await projection.apply(connection, batch)
                applied += batch
                if number % 9 == 0:
                    assert await table_differences(connection, applied) == [], f"seed {seed}, batch {number}"
                if random.random() < 0.1:
                    projection.forget()
            assert await table_differences(connection, envelopes) == [], f"seed {seed}"
            await untold.rollback()


async def test_figures_are_computed_from_the_events_now_and_as_of_any_time(database: NewDatabase) -> None:
    for seed in range(HISTORIES // 2):
        random = Random(seed)
        envelopes = history(random, 260, shards=1 + seed % 2)
        made = await database("reporting")
        async with asyncpg.create_pool(made.app_dsn, min_size=1, max_size=2, server_settings=SEARCH_PATH) as pool:
            async with pool.acquire() as connection, connection.transaction():
                projection = ReportingProjection()
                for batch in batches(envelopes, random, (50, 200)):
                    await projection.apply(connection, batch)
            told = tell(envelopes)
            for now, as_of, effective_at in questions(random, envelopes):
                found = await figure_differences(pool, told, now, as_of=as_of, effective_at=effective_at)
                assert found == [], f"seed {seed}"


async def test_at_fifty_random_times_figures_are_computed_from_what_was_known_and_in_effect(
    database: NewDatabase,
) -> None:
    random = Random(2560)
    envelopes = history(random, 90, shards=1)
    made = await database("reporting")
    async with asyncpg.create_pool(made.app_dsn, min_size=1, max_size=2, server_settings=SEARCH_PATH) as pool:
        async with pool.acquire() as connection, connection.transaction():
            for batch in batches(envelopes, random, (200,)):
                await ReportingProjection().apply(connection, batch)
        told, now = tell(envelopes), max(each.recorded_at for each in envelopes)
        for _ in range(PAIRS):
            as_of = random.choice(envelopes).recorded_at - timedelta(microseconds=random.choice((0, 1)))
            effective_at = random.choice((None, *(random.choice(envelopes).occurred_at for _ in range(3))))
            found = await figure_differences(pool, told, now, as_of=as_of, effective_at=effective_at)
            assert found == [], (as_of, effective_at)


async def test_an_answer_is_complete_up_to_the_heads_that_were_applied(database: NewDatabase) -> None:
    random = Random(1)
    told = [each for each in history(random, 60, shards=2) if each.store in STORES]
    made = await database("reporting")
    async with asyncpg.create_pool(made.app_dsn, min_size=1, max_size=2, server_settings=SEARCH_PATH) as pool:
        async with pool.acquire() as connection, connection.transaction():
            for batch in batches(told, random, (100,)):
                await ReportingProjection().apply(connection, batch)
        applied = list(freshness.applied(World(tell(told), Asked(told[-1].recorded_at))))
        as_of = min(row["recorded_at"] for row in applied) + timedelta(seconds=20)
        newest = max(each.recorded_at for each in told if each.recorded_at <= as_of)
        heads: list[Head] = []
        seen = set()
        for number in range(60):
            row = random.choice(applied)
            position = max(0, row["position"] + random.choice((-1, 0, 0, 0, 1)))
            head = Head(row["store"], row["shard"], position, row["recorded_at"] + timedelta(seconds=number))
            if any(each[:3] == head[:3] for each in heads):
                continue
            heads.append(head)
            await pool.execute("INSERT INTO heads (store, shard, position, time) VALUES ($1, $2, $3, $4)", *head)
            seen.add(await ask_how_fresh(pool, applied, heads, as_of, newest))
        assert len({complete for complete, _ in seen}) > 2
        assert {final for _, final in seen} == {True, False}


async def ask_how_fresh(
    pool: Any, applied: Sequence[Row], heads: Sequence[Head], as_of: datetime, newest: datetime
) -> tuple[datetime | None, bool]:
    expected = complete_up_to(applied, heads, STORES)
    question = Question("2560-cluster", as_of=as_of)
    async with answering(pool, StoppedClock(as_of), question, consumer=CONSUMER) as answer:
        assert answer.meta["complete_up_to"] == expected
        assert answer.meta["newest_recorded_at"] == newest
        assert answer.meta["final"] == (expected is not None and expected >= as_of)
        return expected, answer.meta["final"]


def questions(random: Random, envelopes: Sequence[Envelope]) -> list[tuple[datetime, datetime | None, datetime | None]]:
    """Now; as of a moment; effective at one; both. Many on the very instant at which something turns."""
    now = max(each.recorded_at for each in envelopes) + timedelta(days=random.randint(0, 90))
    first, second = (random.choice(envelopes).recorded_at for _ in range(2))
    turns = [each for each in envelopes if each.stream.startswith("committee:")]
    ends = [each for each in turns if "Dissolved" in each.type or "Withdrawn" in each.type]
    turn = random.choice(random.choice((turns, ends or turns))).occurred_at
    due_over = datetime(2017, 1, 15, 17, tzinfo=UTC)
    return [
        (random.choice((now, turn, due_over)), None, None),
        (now, first, None),
        (now, second - timedelta(microseconds=1), None),
        (now, None, turn),
        (now, None, random.choice((due_over, due_over - timedelta(microseconds=1)))),
        (now, first, random.choice(envelopes).occurred_at),
    ]


async def send(topics: Topics, envelopes: Sequence[Envelope], random: Random) -> None:
    """Send every event to its topic in order; now and then some of the last ones are sent again."""
    producer = AIOKafkaProducer(**topics.broker.client(), linger_ms=20)
    await producer.start()
    try:
        sent: dict[tuple[str, int], list[Envelope]] = {}
        waiting = []
        for envelope in envelopes:
            known = sent.setdefault((envelope.store, envelope.shard), [])
            known.append(envelope)
            again = known[-random.randint(1, 5) :] if random.random() < 0.1 else []
            for each in (envelope, *again):
                waiting.append(
                    await producer.send(
                        topics.of(each.store),
                        each.data,
                        key=each.stream.encode(),
                        headers=each.headers(),
                        partition=each.shard,
                    )
                )
        await asyncio.gather(*waiting)
    finally:
        await producer.stop()


async def test_rows_are_the_fold_of_the_events_when_topics_repeat_them_and_consumers_change(
    database: NewDatabase, topics: NewTopics
) -> None:
    random = Random(7)
    envelopes = [each for each in history(random, 400, shards=2) if each.store in STORES]
    made, names = await database("reporting"), await topics(shards=2)
    await send(names, envelopes, random)
    async with connected(made.app_dsn) as connection:
        for reach in (len(envelopes) // 3, len(envelopes)):
            await run_until(made.app_dsn, names, lambda at_least=reach: has_copied(connection, at_least))
    assert await view_differences(made.app_dsn, envelopes) == []
    assert await consumer_faults(made.app_dsn, "reporting") == []


async def has_copied(connection: Any, at_least: int) -> bool:
    return int(await connection.fetchval("SELECT count(*) FROM events")) >= at_least


async def run_until(dsn: str, topics: Topics, condition: Any) -> None:
    """A consumer of its own until the condition holds."""
    stop = asyncio.Event()
    runner = Runner(ReportingProjection(), dsn, topics.broker, Names(topics.prefix), settings=SEARCH_PATH, records=37)
    running = asyncio.create_task(runner.run(stop))
    try:
        await eventually(condition, seconds=30)
    finally:
        stop.set()
        await running
