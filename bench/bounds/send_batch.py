"""The least that sends records in order: batches of aiokafka, one in flight, each acknowledged."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from aiokafka import AIOKafkaProducer

from shared.streams.broker import Broker

BATCH_BYTES = 1_000_000

Made = tuple[bytes, bytes, int, list[tuple[str, bytes]]]
"""Key, value, timestamp in milliseconds, headers."""


async def send_batches(broker: Broker, topic: str, made: Iterable[Made]) -> float:
    """Send everything to partition 0; returns the seconds from the first batch to the last acknowledgement."""
    producer = AIOKafkaProducer(
        **broker.client(), acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=BATCH_BYTES
    )
    await producer.start()
    try:
        began = perf_counter()
        batch = producer.create_batch()
        for key, value, timestamp, headers in made:
            if batch.append(key=key, value=value, timestamp=timestamp, headers=headers) is None:
                await _send(producer, topic, batch)
                batch = producer.create_batch()
                batch.append(key=key, value=value, timestamp=timestamp, headers=headers)
        await _send(producer, topic, batch)
        return perf_counter() - began
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, topic: str, batch: object) -> None:
    await (await producer.send_batch(batch, topic, partition=0))
