"""Tells publishers by Kafka what became of their facts: a topic for each that has one, in order, at least once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from itertools import takewhile
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
BATCH_BYTES = 1_000_000
"""Largest batch sent; a broker's default limit is 1,048,588 bytes."""
LARGEST_RECEIPT = 500_000
"""Bytes of a receipt that is told whole; of a larger one the code of its reason, and the rest over HTTP."""
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
            except Exception:  # whatever it is, nobody else tells them
                log.exception("receipts could not be told", store=self._store.name)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)

    async def _tell_until(self, stop: asyncio.Event) -> None:
        producer = AIOKafkaProducer(
            **self._broker.client(),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
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
        by_topic: dict[str, list[Any]] = {}
        for row in rows:
            by_topic.setdefault(self._topics.receipts(row["publisher"]), []).append(row)
        await self._look(producer, by_topic)
        for topic in by_topic.keys() & self._known:
            await self._send_to(producer, topic, by_topic[topic])

    async def _send_to(self, producer: AIOKafkaProducer, topic: str, rows: Sequence[Any]) -> None:
        """Send receipts of one publisher, in order: each batch once the one before it was acknowledged."""
        rest = list(rows)
        while rest:
            batch = producer.create_batch()
            taken = self._fill(batch, rest)
            if taken == 0:
                raise RuntimeError(f"the receipt {rest[0]['serial']} does not fit into a batch")
            await (await producer.send_batch(batch, topic, partition=0))
            rest = rest[taken:]

    def _fill(self, batch: Any, rows: Sequence[Any]) -> int:
        """Put in as many receipts as go in; returns how many."""
        return sum(1 for _ in takewhile(lambda row: self._put(batch, row), rows))

    def _put(self, batch: Any, row: Any) -> bool:
        """Append one receipt to a batch; False when it is full."""
        key, value = f"{row['source']} {row['id']}".encode(), _told(receipts.of_row(self._store.name, row))
        return batch.append(key=key, value=value, timestamp=None, headers=_HEADERS) is not None

    async def _look(self, producer: AIOKafkaProducer, wanted: Iterable[str]) -> None:
        """See which topics there are; one that is not known may have been made a moment ago."""
        now = asyncio.get_running_loop().time()
        fresh = TOPICS_SECONDS if self._known.issuperset(wanted) else NEWS_SECONDS
        if now - self._looked_at > fresh:
            cluster = await producer.client.fetch_all_metadata()
            self._known = frozenset(cluster.topics())
            self._looked_at = now


def _told(receipt: dict[str, Any]) -> bytes:
    """A receipt as its record holds it."""
    value = dump(receipt)
    if len(value) <= LARGEST_RECEIPT:
        return value
    reason = receipt["reason"]
    return dump({**receipt, "reason": receipts.reason_of({"code": reason["code"]}) if reason else None})


_HEADERS = [("content-type", b"application/json")]
