"""The least that makes records visible: consume, upsert a row for each and the offset, one transaction a batch."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.given import Given
from shared.streams.broker import Broker

TABLE = """
CREATE TABLE latest (stream text PRIMARY KEY, metadata text NOT NULL, data text NOT NULL)
"""
UPSERT = """
INSERT INTO latest SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
ON CONFLICT (stream) DO UPDATE SET metadata = excluded.metadata, data = excluded.data
"""
BEGIN = "INSERT INTO consumer_offsets (consumer, store, shard) VALUES ('bare', 'bare', 0)"
MOVE = "UPDATE consumer_offsets SET next_offset = $1, position = $1 WHERE consumer = 'bare'"


async def consume(broker: Broker, topic: str, dsn: str) -> None:
    """Until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLE)
    await connection.execute(BEGIN)
    consumer = AIOKafkaConsumer(**broker.client(), enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    consumer.seek(place, 0)
    try:
        while not stop.is_set():
            for records in (await consumer.getmany(place, timeout_ms=200)).values():
                newest = {record.key.decode(): record for record in records}
                about = [dict(record.headers)["obec_metadata"].decode() for record in newest.values()]
                async with connection.transaction():
                    await connection.execute(MOVE, records[-1].offset + 1)
                    data = [record.value.decode() for record in newest.values()]
                    await connection.execute(UPSERT, list(newest), about, data)
    finally:
        await consumer.stop()
        await connection.close()


if __name__ == "__main__":
    broker = Given.of_environment(os.environ).broker
    assert broker is not None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(consume(broker, *sys.argv[1:]))
