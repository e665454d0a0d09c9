"""Names of the topics, and short-lived looks into them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.streams.broker import Broker


@dataclass(frozen=True, slots=True)
class Topics:
    """Topic names under a prefix, which lets several installations share a broker."""

    prefix: str = ""

    def events(self, store: str) -> str:
        """Public events of a service."""
        return f"{self.prefix}obec.cluster.{store}"

    def ingress(self, publisher: str) -> str:
        """What a publisher sends by Kafka; nobody else may write it, so the topic is the identity."""
        return f"{self.prefix}obec.cluster.ingress.{publisher}"

    def receipts(self, publisher: str) -> str:
        """What became of a publisher's facts."""
        return f"{self.prefix}obec.cluster.receipts.{publisher}"

    @property
    def heads(self) -> str:
        """How far every shard of every store is; compacted."""
        return f"{self.prefix}obec.cluster.heads"


async def existing(broker: Broker) -> Collection[str]:
    """Names of the topics that there are, as far as this user may know of them."""
    consumer = AIOKafkaConsumer(**broker.client(), enable_auto_commit=False, request_timeout_ms=10_000)
    await consumer.start()
    try:
        return frozenset(await consumer.topics())
    finally:
        await consumer.stop()


@asynccontextmanager
async def reader(broker: Broker, topic: str, partition: int) -> AsyncIterator[tuple[AIOKafkaConsumer, TopicPartition]]:
    """A consumer without a group, assigned to one partition."""
    consumer = AIOKafkaConsumer(
        **broker.client(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=10_000,
    )
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        yield consumer, place
    finally:
        await consumer.stop()


async def end_of(broker: Broker, topic: str, partition: int) -> int:
    """The offset that the next record of a partition will have."""
    async with reader(broker, topic, partition) as (consumer, place):
        end: int = (await consumer.end_offsets([place]))[place]
        return end


async def records(
    broker: Broker, topic: str, partition: int, *, begin: int = 0
) -> AsyncGenerator[ConsumerRecord, None]:
    """The records of a partition from an offset (negative: so many before the end) up to the end it has now."""
    async with reader(broker, topic, partition) as (consumer, place):
        end = (await consumer.end_offsets([place]))[place]
        first = (await consumer.beginning_offsets([place]))[place]
        start = max(first, begin if begin >= 0 else end + begin)
        consumer.seek(place, start)
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(place, timeout_ms=1000, max_records=5000)).get(place, []):
                if record.offset < end:
                    yield record
