"""Reads stores, topics and views as they are, and asks the oracle what is wrong with them; for after every scenario.

`check_guarantees` reads everything and says what does not hold; `view_differences` compares reporting's row tables with
a plain fold of the events. Both return sentences, none when all is well: `assert await check_guarantees(...) == []`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from oracle.asked import Asked, World
from oracle.differences import row_differences
from oracle.guarantees.consumers import offset_faults
from oracle.guarantees.every import guarantee_faults, told_by
from oracle.guarantees.raw import SentRecord, StoredRow
from oracle.numbers.subject import Subject
from oracle.rules.every import settled_faults
from oracle.told import tell
from oracle.views import VIEWS
from shared.contracts.envelope import Envelope
from shared.streams.broker import Broker

Connection = Any
SCHEMA = "reporting"
NO_TIME = datetime.max.replace(tzinfo=UTC)
"""Row tables do not depend on the time asked about."""
BOOKKEEPING = frozenset({"heads"})
"""Tables of the schema that no event makes: the stores' heads come from a topic of their own."""


async def read_topic(broker: Broker, topic: str, shards: int = 1) -> list[SentRecord]:
    """Every record that a store's topic has now, partition by partition; the store is named as the topic ends."""
    consumer = AIOKafkaConsumer(**broker.client(), enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, shard) for shard in range(shards)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        begins = await consumer.beginning_offsets(places)
        found: list[SentRecord] = []
        for place in places:
            consumer.seek(place, begins[place])
            while await consumer.position(place) < ends[place]:
                polled = await consumer.getmany(place, timeout_ms=1000, max_records=5000)
                found += [_sent(topic, record) for record in polled.get(place, []) if record.offset < ends[place]]
        return found
    finally:
        await consumer.stop()


def _sent(topic: str, record: Any) -> SentRecord:
    store = topic.rpartition(".")[2]
    return SentRecord(store, record.partition, record.offset, record.key, list(record.headers), record.value)


async def read_store(dsn: str) -> list[StoredRow]:
    """Every row of a store's log, in order."""
    async with _connected(dsn) as connection:
        name = await connection.fetchval("SELECT name FROM store")
        rows = await connection.fetch("SELECT * FROM events ORDER BY shard, position")
    return [StoredRow(name, **{**dict(row), "event_id": str(row["event_id"])}) for row in rows]


async def read_table(connection: Connection, table: str, schema: str = SCHEMA) -> list[dict[str, Any]]:
    """Every row of a table of reporting's, with its JSON read."""
    rows = await connection.fetch(f'SELECT * FROM "{schema}"."{table}"')
    typed = await connection.fetch(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = $1 AND table_name = $2 AND data_type = 'jsonb'",
        schema,
        table,
    )
    of_json = {row["column_name"] for row in typed}
    return [
        {
            name: json.loads(value) if name in of_json and isinstance(value, str) else value
            for name, value in row.items()
        }
        for row in rows
    ]


async def table_differences(
    connection: Connection, envelopes: Iterable[Envelope], *, schema: str = SCHEMA
) -> list[str]:
    """Where the row tables of a schema are not the fold of these events; also tables that nobody expects."""
    world = World(tell(envelopes), Asked(at=NO_TIME))
    lines = []
    for table, view in VIEWS.items():
        found = await read_table(connection, table, schema)
        lines += row_differences(table, view.key, view.rows(world), found)
    there = await connection.fetch(
        "SELECT table_name FROM information_schema.tables t WHERE table_schema = $1 AND NOT EXISTS ("
        " SELECT FROM pg_inherits i WHERE i.inhrelid = format('%I.%I', t.table_schema, t.table_name)::regclass)",
        schema,
    )
    strangers = {row["table_name"] for row in there} - VIEWS.keys() - BOOKKEEPING
    return [*lines, *(f"{table}: a table nobody expects" for table in sorted(strangers))]


async def view_differences(reporting_dsn: str, envelopes: Iterable[Envelope], *, schema: str = SCHEMA) -> list[str]:
    """Where reporting's row tables are not the fold of these events; what is parked is left out, and named."""
    async with _connected(reporting_dsn) as connection:
        parked = {_place(row) for row in await connection.fetch("SELECT store, shard, position FROM parked")}
        kept = [each for each in envelopes if (each.store, each.shard, each.position) not in parked]
        lines = [f"parked: {store}/{shard}@{position}" for store, shard, position in sorted(parked)]
        return [*lines, *await table_differences(connection, kept, schema=schema)]


async def consumer_faults(reporting_dsn: str, consumer: str, *, schema: str = SCHEMA) -> list[str]:
    """Where the offsets of reporting's projection are not where its effects are (I5)."""
    async with _connected(reporting_dsn) as connection:
        offsets = await connection.fetch(
            "SELECT store, shard, position FROM consumer_offsets WHERE consumer = $1 AND position > 0", consumer
        )
        applied = await connection.fetch(
            f'SELECT store, shard, position FROM "{schema}".events UNION ALL SELECT store, shard, position FROM canary'
        )
        parked = await connection.fetch("SELECT store, shard, position FROM parked WHERE consumer = $1", consumer)
    return offset_faults(offsets, map(_place, applied), map(_place, parked))


async def check_guarantees(
    dsns: Mapping[str, str],
    broker: Broker,
    topics: Mapping[str, str],
    *,
    reporting_dsn: str | None = None,
    complete: bool = True,
    settled_at: datetime | None = None,
) -> list[str]:
    """Everything that does not hold: I1–I3, I7, I11, I12, the domain's rules, and I4 where ``reporting_dsn`` is given.

    ``dsns``: the store's database by service; ``topics``: its topic by service; ``complete``: everything has had time
    to reach the topics and the views; ``settled_at``: reactions too have come to rest, it is this time now.
    """
    stores = {service: await read_store(dsn) for service, dsn in dsns.items()}
    sent = {service: await read_topic(broker, topic, await _shards(dsns[service])) for service, topic in topics.items()}
    told = told_by(stores)
    lines = guarantee_faults(stores, sent, complete=complete)
    if reporting_dsn is not None:
        lines += await view_differences(reporting_dsn, [each.envelope for each in told])
    if settled_at is not None:
        world = World(told, Asked(settled_at))
        programmes = {each.payload["programme"] for each in told if each.stream.startswith("programme:")}
        lines += [fault for each in sorted(programmes) for fault in settled_faults(Subject(world, each))]
    return lines


async def _shards(dsn: str) -> int:
    async with _connected(dsn) as connection:
        return int(await connection.fetchval("SELECT shards FROM store"))


def _place(row: Mapping[str, Any]) -> tuple[str, int, int]:
    return row["store"], row["shard"], row["position"]


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()
