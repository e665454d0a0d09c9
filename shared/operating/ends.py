"""Asks the broker where partitions end, briefly: who looks on must not wait for a broker that is away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.streams.broker import Broker
from shared.streams.topics import Topics

Place = tuple[str, int]
"""Store and shard."""

SECONDS = 1.5
"""How long the broker has for an answer."""
JOIN_SECONDS = 3.0
"""How long it has for the first one."""


class Ends:
    """The ends of stores' partitions; close it with ``close``."""

    def __init__(self, broker: Broker | None, topics: Topics) -> None:
        self._broker, self._topics = broker, topics
        self._consumer: AIOKafkaConsumer | None = None

    async def of(self, places: Collection[Place]) -> Mapping[Place, int]:
        """The offset behind the last record of each partition; nothing when the broker does not answer."""
        if self._broker is None or not places:
            return {}
        wanted = {TopicPartition(self._topics.events(store), shard): (store, shard) for store, shard in places}
        try:
            consumer = self._consumer or await self._joined(self._broker)
            self._consumer = consumer
            async with asyncio.timeout(SECONDS):
                found = await consumer.end_offsets(list(wanted))
        except (KafkaError, OSError, TimeoutError):
            await self.close()
            return {}
        return {wanted[place]: end for place, end in found.items()}

    async def close(self) -> None:
        """Hang up."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await _leave(consumer)

    @staticmethod
    async def _joined(broker: Broker) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(**broker.client(), enable_auto_commit=False, request_timeout_ms=int(SECONDS * 1000))
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await consumer.start()
        except BaseException:
            await _leave(consumer)
            raise
        return consumer


async def _leave(consumer: AIOKafkaConsumer) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(SECONDS):
            await consumer.stop()
