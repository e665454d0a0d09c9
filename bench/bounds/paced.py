"""Sends the events of ``bench.topic`` at a steady pace until it is ended. Arguments: topic, events a second."""

from __future__ import annotations

import asyncio
import sys
from itertools import islice
from time import perf_counter

import uvloop
from aiokafka import AIOKafkaProducer

from bench.topic import records
from shared.settings import Settings

MOST = 3_000_000
EVERY = 0.02
"""Seconds between two handfuls."""


async def send(topic: str, per_second: int) -> None:
    """Send a handful every few milliseconds, each at its time, whatever became of those before."""
    broker = Settings.read().broker
    assert broker is not None
    producer = AIOKafkaProducer(**broker.client(), acks="all", enable_idempotence=True, linger_ms=0)
    await producer.start()
    made, handful, began = records(MOST), int(per_second * EVERY), perf_counter()
    try:
        for n in range(MOST // handful):
            await asyncio.sleep(max(0.0, began + n * EVERY - perf_counter()))
            for key, value, timestamp, headers in islice(made, handful):
                await producer.send(topic, value, key, partition=0, timestamp_ms=timestamp, headers=headers)
    finally:
        await producer.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(send(sys.argv[1], int(sys.argv[2])))
