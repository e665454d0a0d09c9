"""Tells publishers by Kafka what became of their facts: a topic for each that has one, in order, at least once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.eventstore.store import EventStore
from shared.ingress import receipts
from shared.ingress.sql import statement
from shared.streams.broker import Broker
from shared.streams.topics import Topics
from shared.web.jsonable import dump

log = structlog.get_logger(__name__)

_UNSENT, _MOVE = statement("unsent_receipts"), statement("move_receipts_cursor")

AT_ONCE = 2_000
POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.02
"""Between being woken and looking: under load one look is for many commits."""
TOPICS_SECONDS, NEWS_SECONDS = 5.0, 0.5
"""How long it is believed which topics there are, and which there are not; a publisher is told from then on."""
SEND_TIMEOUT_MS = 10_000


class Teller:
    """Tells the receipts of one store. Any number may run; one of them tells at a time."""

    def __init__(self, store: EventStore, broker: Broker, topics: Topics) -> None:
        self._store, self._broker, self._topics = store, broker, topics
        self._wake = asyncio.Event()
        self._known: frozenset[str] = frozenset()
        self._looked_at = float("-inf")
        store.on_commit(self._wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Tell whatever comes, until ``stop``."""
        while not stop.is_set():
            try:
                await self._tell_until(stop)
            except (KafkaError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("receipts are told later", store=self._store.name, error=repr(error))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)

    async def _tell_until(self, stop: asyncio.Event) -> None:
        producer = AIOKafkaProducer(
            **self._broker.client(),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            request_timeout_ms=SEND_TIMEOUT_MS,
        )
        await producer.start()
        try:
            while not stop.is_set():
                self._wake.clear()
                if await self._tell(producer) < AT_ONCE:
                    with contextlib.suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            with contextlib.suppress(KafkaError, OSError, asyncio.TimeoutError):
                await asyncio.wait_for(producer.stop(), 5)

    async def _tell(self, producer: AIOKafkaProducer) -> int:
        """Send what is next; returns how many receipts that was."""
        async with self._store.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_UNSENT, AT_ONCE)
            if rows:
                await self._send(producer, rows)
                await connection.execute(_MOVE, rows[-1]["serial"])
        return len(rows)

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> None:
        topics = [self._topics.receipts(row["publisher"]) for row in rows]
        await self._look(producer, topics)
        sent = []
        for row, topic in zip(rows, topics, strict=True):
            if topic in self._known:
                key = f"{row['source']} {row['id']}".encode()
                value = dump(receipts.of_row(self._store.name, row))
                sent.append(await producer.send(topic, value, key=key, headers=_HEADERS))
        await asyncio.gather(*sent)

    async def _look(self, producer: AIOKafkaProducer, wanted: Iterable[str]) -> None:
        """See which topics there are; one that is not known may have been made a moment ago."""
        now = asyncio.get_running_loop().time()
        fresh = TOPICS_SECONDS if self._known.issuperset(wanted) else NEWS_SECONDS
        if now - self._looked_at > fresh:
            cluster = await producer.client.fetch_all_metadata()
            self._known = frozenset(cluster.topics())
            self._looked_at = now


_HEADERS = [("content-type", b"application/json")]
