"""The relay: one leader per shard sends what the store holds to the shard's partition, in order, at least once.

The leader holds a session lock on a connection that it uses every second; a leader that is stopped loses its session
to ``idle_session_timeout`` and with it the lock. One batch is in flight; the cursor moves by compare-and-set after the
broker has acknowledged. After any error the producer is dropped and the next one starts at the cursor.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar

import asyncpg
import orjson
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts.coded import CodedError
from shared.contracts.envelope import DATA_HASH, GENESIS, SOURCE_PREFIX, wire_time
from shared.eventstore.store import EventStore, statement
from shared.faults import fault_point
from shared.streams.broker import Broker
from shared.streams.orders import Orders
from shared.streams.topics import Topics, records
from shared.telemetry import RELAYED_EVENTS
from shared.tracing_otel import spans, wanted

log = structlog.get_logger(__name__)

T = TypeVar("T")

_BATCH, _MOVE, _EVENT_AT, _HEAD = (statement(name) for name in ("relay_batch", "relay_move", "event_at", "head"))

ROWS = 2000
"""Events read at once."""
BATCH_BYTES = 1_000_000
"""Largest batch sent; a broker's default limit is 1,048,588 bytes."""
IDLE_SECONDS = 1.0
"""How often an idle leader uses its connection, and a follower asks for the lock."""
SESSION_TIMEOUT = "3s"
HEAD_SECONDS = 2.0
"""How often a head is sent; consumers may count on 5 s."""
LAST_RECORDS = 5000
"""Records at a partition's end among which its highest position is looked for: more than one batch can repeat."""
SEND_TIMEOUT_MS = 10_000
HAND_OVER_SECONDS = 5.0
"""For how long a leader that was told to hand over leaves the lock to others."""
HAND_OVER = "hand_over"
"""Channel on which leaders are told to; the payload is the shard."""


class RelayRefused(CodedError):
    """The topic and the store contradict each other; ``code`` is ``relay.topic_ahead`` or ``relay.fork``."""


class LeadershipLost(Exception):
    """Another relay moved the cursor, or the session that held the lock is gone."""


class HandedOver(Exception):
    """An operator has this leader let another process lead."""


@dataclass(slots=True)
class RelayState:
    """What health checks and metrics show of a relay."""

    shard: int
    leading: bool = False
    position: int = 0
    """Last position that the broker acknowledged."""
    error: str = ""
    """Code or text of what it is stuck on; empty while all is well."""
    paused: bool = False
    """Whether an operator has it stand still; only a leader knows."""


@dataclass(frozen=True, slots=True)
class _Filled:
    """A batch ready to be sent, and the position of its last event."""

    batch: Any
    last: int
    traceparents: Sequence[str] = ()
    """Of its events, where spans are made."""


class Relay:
    """Relays one shard of a store. ``run`` returns when ``stop`` is set."""

    def __init__(self, store: EventStore, broker: Broker, topics: Topics, shard: int) -> None:
        self._store, self._broker, self._topics, self._shard = store, broker, topics, shard
        self._topic = topics.events(store.name)
        self._wake = asyncio.Event()
        self._last_hash = GENESIS.encode()
        self._head_sent = -HEAD_SECONDS
        self._orders = Orders(f"relay:{shard}")
        self._looked_at = -IDLE_SECONDS
        self._hands_over = False
        self.state = RelayState(shard)
        self._relayed = RELAYED_EVENTS.labels(store.name, str(shard))
        store.on_commit(self._wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Lead whenever the lock can be had, until ``stop``."""
        waker = asyncio.create_task(self._wake_on(stop))
        try:
            while not stop.is_set():
                try:
                    async with self._connection() as connection:
                        await self._follow_or_lead(connection, stop)
                    self.state.error = ""
                except HandedOver:
                    log.warning("relay hands over", store=self._store.name, shard=self._shard)
                    self._leads(yes=False)
                    await _pause(stop, HAND_OVER_SECONDS)
                except RelayRefused as refused:
                    self.state.error = refused.code
                    log.error("relay refuses to start", store=self._store.name, code=refused.code, reason=str(refused))
                except Exception as error:  # the relay outlives whatever its database or broker do
                    self.state.error = f"{type(error).__name__}: {error}"
                    log.warning("relay interrupted", store=self._store.name, error=self.state.error)
                finally:
                    self._leads(yes=False)
                await _pause(stop, IDLE_SECONDS)
        finally:
            waker.cancel()

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(
            self._store.dsn, timeout=5, command_timeout=10, server_settings={"idle_session_timeout": SESSION_TIMEOUT}
        )
        try:
            await connection.add_listener("appended", lambda *_: self._wake.set())
            await connection.add_listener(HAND_OVER, lambda *told: self._told_to_hand_over(told[-1]))
            yield connection
        finally:
            connection.terminate()

    def _leads(self, *, yes: bool) -> None:
        self.state.leading = yes
        self._store.led(self._shard, here=yes)

    def _told_to_hand_over(self, shard: object) -> None:
        if shard == str(self._shard):
            self._hands_over = True
            self._wake.set()

    async def _follow_or_lead(self, connection: asyncpg.Connection, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if await connection.fetchval("SELECT pg_try_advisory_lock(71002, $1)", self._shard):
                await self._lead(connection, stop)
                return
            await _pause(stop, IDLE_SECONDS)

    async def _lead(self, connection: asyncpg.Connection, stop: asyncio.Event) -> None:
        self._hands_over, self.state.paused, self._looked_at = False, False, -IDLE_SECONDS
        cursor = await self._agreed_cursor(connection)
        producer = AIOKafkaProducer(
            **self._broker.client(),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=SEND_TIMEOUT_MS,
        )
        try:
            await self._while_pinging(connection, producer.start())
            self.state.position, self.state.error = cursor, ""
            self._leads(yes=True)
            log.info("relay leads", store=self._store.name, shard=self._shard, position=cursor)
            await self._relay(connection, producer, cursor, stop)
        finally:
            await _drop(producer)

    async def _relay(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer, cursor: int, stop: asyncio.Event
    ) -> None:
        rows: Sequence[Any] = []
        filled: _Filled | None = None
        while True:
            self._wake.clear()
            await self._obey(connection, stop)
            if self.state.paused:
                return
            if filled is None:
                filled, rows = await self._next(connection, producer, rows, cursor)
            fault_point("relay.after_read")
            if filled is not None:
                sent, last = filled, filled.last
                filled, rows = await self._send(connection, producer, sent, rows, cursor)
                self.state.position = cursor = last
            if filled is None and await self._head_is_due(stop):
                await self._send_head(connection, producer)
            if filled is None and stop.is_set():
                return

    async def _obey(self, connection: asyncpg.Connection, stop: asyncio.Event) -> None:
        """Stand still, leading, while an operator wants that, until ``stop``. Raises HandedOver."""
        while not self._hands_over and monotonic() - self._looked_at >= IDLE_SECONDS:
            self.state.paused = await self._orders.paused(connection)
            if not self.state.paused:
                self._looked_at = monotonic()
            elif stop.is_set():
                return
            else:
                await _pause(stop, IDLE_SECONDS)
        if self._hands_over:
            raise HandedOver

    async def _head_is_due(self, stop: asyncio.Event) -> bool:
        """Wait for the next commit, or until a head is due or the connection wants using."""
        wait = min(IDLE_SECONDS, max(0.0, self._head_sent + HEAD_SECONDS - monotonic()))
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._wake.wait(), wait)
        return monotonic() - self._head_sent >= HEAD_SECONDS or stop.is_set()

    async def _send(
        self,
        connection: asyncpg.Connection,
        producer: AIOKafkaProducer,
        filled: _Filled,
        rows: Sequence[Any],
        cursor: int,
    ) -> tuple[_Filled | None, Sequence[Any]]:
        """Send a batch and fill the next one while the broker works; then move the cursor."""
        with spans(f"send {self._topic}", "PRODUCER", filled.traceparents):
            sent = await producer.send_batch(filled.batch, self._topic, partition=self._shard)
            following = await self._next(connection, producer, rows, filled.last)
            fault_point("relay.after_send")
            await self._while_pinging(connection, sent)
        fault_point("relay.after_ack")
        if await connection.fetchval(_MOVE, self._shard, cursor, filled.last) is None:
            raise LeadershipLost(f"the cursor of shard {self._shard} is no longer at {cursor}")
        self._relayed.inc(filled.last - cursor)
        return following

    async def _next(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer, rows: Sequence[Any], behind: int
    ) -> tuple[_Filled | None, Sequence[Any]]:
        """The next batch, of ``rows`` or what follows ``behind``, and what of the rows is left for later ones."""
        if len(rows) >= ROWS:
            return self._fill(producer, rows)
        behind = rows[-1]["position"] if rows else behind
        reading = asyncio.ensure_future(connection.fetch(_BATCH, self._shard, behind, ROWS))
        try:
            if not rows:
                rows = await reading
                return self._fill(producer, rows) if rows else (None, rows)
            for _ in range(2):  # what is written leaves at the end of a round of the loop: then the database works too
                await asyncio.sleep(0)
            filled, rest = self._fill(producer, rows)
            return filled, [*rest, *await reading]
        finally:
            reading.cancel()

    def _fill(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> tuple[_Filled, Sequence[Any]]:
        """A batch of as many rows as go in, at least one, and the rest."""
        batch = producer.create_batch()
        source, shard = (SOURCE_PREFIX + self._store.name).encode(), b"%d" % self._shard
        taken = 0
        for row in rows:
            if not _put(batch, row, source, shard, self._last_hash):
                break
            self._last_hash = row["hash"]
            taken += 1
        if taken == 0:
            raise RuntimeError(f"the event at position {rows[0]['position']} does not fit into a batch")
        batch.close()
        traceparents = [_traceparent(row) for row in rows[:taken]] if wanted() else ()
        return _Filled(batch, rows[taken - 1]["position"], traceparents), rows[taken:]

    async def _send_head(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> None:
        """Tell how far the shard is at this moment of the business clock."""
        row = await connection.fetchrow("SELECT head_position, head_time FROM announce_head($1)", self._shard)
        assert row is not None
        head = head_record(self._store.name, self._shard, row["head_position"], row["head_time"])
        sending = producer.send(self._topics.heads, key=f"{self._store.name}/{self._shard}".encode(), value=head)
        await self._while_pinging(connection, await self._while_pinging(connection, sending))
        self._head_sent = monotonic()

    async def _while_pinging(self, connection: asyncpg.Connection, waited: Awaitable[T]) -> T:
        """Wait for the broker, using the connection every second: or the session, and the lock, would be lost."""
        future = asyncio.ensure_future(waited)
        try:
            while True:
                done, _ = await asyncio.wait({future}, timeout=IDLE_SECONDS)
                if done:
                    return future.result()
                await connection.fetchval("SELECT 1")
        finally:
            if not future.done():
                future.cancel()

    async def _agreed_cursor(self, connection: asyncpg.Connection) -> int:
        """Where to go on: the cursor, or the topic's last position if the topic holds less (it was lost or made anew).

        Raises RelayRefused when the topic holds more than the store, or something else.
        """
        newest = await self._while_pinging(connection, newest_in_topic(self._broker, self._topic, self._shard))
        await _require_agreement(connection, self._topic, self._shard, newest)
        position, _ = newest
        cursor = await connection.fetchval("SELECT position FROM relay_cursor WHERE shard = $1", self._shard)
        if position < cursor:
            log.warning("topic holds less than was sent; filling it again", topic=self._topic, position=position)
            await connection.fetchval(_MOVE, self._shard, cursor, position)
            cursor = position
        before = await connection.fetchrow(_EVENT_AT, self._shard, cursor)
        self._last_hash = (before["hash"] if before else GENESIS).encode()
        return int(cursor)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def newest_in_topic(broker: Broker, topic: str, shard: int) -> tuple[int, str]:
    """Highest position among the partition's last records, with its event id; (0, "") when it is empty."""
    newest = (0, "")
    async for record in records(broker, topic, shard, begin=-LAST_RECORDS):
        headers = dict(record.headers)
        with contextlib.suppress(KeyError, ValueError):
            newest = max(newest, (int(headers["ce_position"]), headers["ce_id"].decode()))
    return newest


async def require_agreement(store: EventStore, broker: Broker, topics: Topics) -> None:
    """Raise RelayRefused when a shard's partition holds more than the store, or something else.

    Asked before anything is appended: a store that was restored from a backup would number new events as others are
    numbered already, and could not be brought up to its topic any more.
    """
    topic = topics.events(store.name)
    for shard in range(store.shards):
        await _require_agreement(store.pool, topic, shard, await newest_in_topic(broker, topic, shard))


async def _require_agreement(asked: Any, topic: str, shard: int, newest: tuple[int, str]) -> None:
    """``asked`` is an asyncpg connection or pool. What the topic holds was read before: the store only grows."""
    position, event_id = newest
    head = await asked.fetchval(_HEAD, shard)
    if position > head:
        raise RelayRefused(
            "relay.topic_ahead",
            f"{topic}/{shard} is at position {position}, the store at {head}: restore the store first",
        )
    at = await asked.fetchrow(_EVENT_AT, shard, position)
    if at is not None and at["event_id"] != event_id:
        raise RelayRefused("relay.fork", f"{topic}/{shard} holds another event at position {position}")


def head_record(store: str, shard: int, position: int, time: datetime) -> bytes:
    """Value of a record of the heads topic."""
    return orjson.dumps({"store": store, "shard": shard, "position": position, "time": wire_time(time)})


def _traceparent(row: Any) -> str:
    found: str = orjson.loads(row["metadata"]).get("traceparent", "")
    return found


def _put(batch: Any, row: Any, source: bytes, shard: bytes, previous_hash: bytes) -> bool:
    """Append one row to a Kafka batch as ``Envelope.headers`` has it; False when the batch is full.

    Written out rather than through Envelope because it runs for every event ever sent.
    """
    (position, stream, stream_version, event_id, event_type, occurred, recorded, received, milliseconds,
     metadata, data, salt, this_hash, redacted) = row  # fmt: skip
    about = orjson.loads(metadata)
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id),
        ("ce_source", source),
        ("ce_type", event_type),
        ("ce_subject", stream),
        ("ce_time", occurred),
        ("content-type", b"application/json"),
        ("ce_recordedtime", recorded),
        ("ce_receivedtime", received),
        ("ce_shard", shard),
        ("ce_position", b"%d" % position),
        ("ce_streamversion", b"%d" % stream_version),
        ("ce_hash", this_hash),
        ("ce_previoushash", previous_hash),
        ("ce_correlationid", about.get("correlation", "").encode()),
        ("ce_causationid", about.get("causation", "").encode()),
        ("ce_traceparent", about.get("traceparent", "").encode()),
        ("obec_metadata", metadata),
        ("obec_salt", salt),
    ]
    if redacted is not None:
        headers.append((DATA_HASH, redacted))
    return batch.append(key=stream, value=data, timestamp=milliseconds, headers=headers) is not None


async def _drop(producer: AIOKafkaProducer) -> None:
    """End a producer without waiting for what it holds: ``stop`` would wait for a broker that may never come back.

    What it holds is sent again from the cursor; aiokafka has no public way to let go of it.
    """
    producer._closed = True
    sender = producer._sender
    for closing in (sender.close() if sender is not None else None, producer.client.close()):
        if closing is not None:
            with contextlib.suppress(KafkaError, OSError, asyncio.TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(closing, 2)
