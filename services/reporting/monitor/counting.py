"""Counts what stands on the topics, each event once however often it is read."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import asyncpg
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.reporting.sql import statements
from shared.contracts import ContractError
from shared.contracts.common import CanarySent
from shared.contracts.envelope import Envelope, from_headers
from shared.streams.broker import Broker
from shared.streams.runner import LOST, RETRY
from shared.streams.topics import records

log = structlog.get_logger(__name__)

BATCH = 500
"""Events counted in one transaction."""
DELAYED = timedelta(minutes=1)
"""Recorded so long after it was received an event is called delayed: it had to wait, for another or for the service."""
PAUSE_SECONDS = 0.5
EXTERNAL = "/ext/"

Seen = tuple[Envelope, datetime]
"""An event, and when it was read here, by the machine's clock."""

_SQL = statements("services.reporting.monitor", "monitor.sql")


class Counting:
    """Counts records of some topics; what was counted and how far that is are written in one transaction.

    ``topics``: store by topic. ``late``: received so long after it took effect an event is called late. Offsets are
    the monitor's own, and an event is known by its place: what the stream library acknowledges decides nothing, and
    two that count the same partition count nothing twice.
    """

    def __init__(self, pool: asyncpg.Pool, broker: Broker, topics: Mapping[str, str], late: timedelta) -> None:
        self._pool, self._broker, self._topics, self._late = pool, broker, topics, late
        self._kept: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._waiting: list[Seen] = []
        self._counting = asyncio.Lock()

    async def take(self, record: Any) -> None:
        """Count a record of one of the topics, and before it what was left out; waits for a database that is away."""
        await self._patiently(partial(self._take, record))

    async def catch_up(self, places: Iterable[TopicPartition]) -> None:
        """Count what stands on these partitions and was not counted, wherever the stream library goes on."""
        for place in places:
            if place.topic in self._topics:
                await self._patiently(partial(self._catch_up, place))

    async def keep(self) -> None:
        """Write down what was counted since the last time."""
        await self._patiently(self._keep)

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                async with self._counting:
                    await work()
                return
            except (*LOST, *RETRY, KafkaError) as error:
                log.warning("counting later", reason=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)

    async def _take(self, record: Any) -> None:
        place = TopicPartition(record.topic, record.partition)
        begin = await self._begun(place)
        if record.offset > begin:
            await self._read(place, begin, record.offset)
        await self._add(place, record)

    async def _catch_up(self, place: TopicPartition) -> None:
        await self._keep()
        self._next.pop(place, None)
        await self._read(place, await self._begun(place), None)
        await self._keep()

    async def _begun(self, place: TopicPartition) -> int:
        """The offset that is counted next."""
        known = self._next.get(place)
        if known is None:
            known = int(await self._pool.fetchval(_SQL["claim"], place.topic, place.partition))
            self._kept[place] = self._next[place] = known
        return known

    async def _read(self, place: TopicPartition, begin: int, end: int | None) -> None:
        """Count from the topic itself, up to ``end`` or to where it ends now."""
        async for record in records(self._broker, place.topic, place.partition, begin=begin):
            if end is not None and record.offset >= end:
                return
            await self._add(place, record)

    async def _add(self, place: TopicPartition, record: Any) -> None:
        """Count one record; also one before those that were counted, which stands on a topic that was made anew."""
        if len(self._waiting) >= BATCH:
            await self._keep()
        envelope = _read(record)
        if envelope is not None:
            self._waiting.append((envelope, datetime.now(UTC)))
        self._next[place] = max(self._next[place], record.offset + 1)

    async def _keep(self) -> None:
        moved = {place: end for place, end in self._next.items() if end != self._kept[place]}
        try:
            await self._write(self._waiting, moved)
        except asyncpg.DataError as error:
            log.warning("an event cannot be counted; counting one by one", reason=str(error))
            for event in self._waiting:
                with contextlib.suppress(asyncpg.DataError):
                    await self._write([event], {})
            await self._write([], moved)
        self._kept.update(moved)
        self._waiting.clear()

    async def _write(self, events: Sequence[Seen], moved: Mapping[TopicPartition, int]) -> None:
        if not events and not moved:
            return
        async with self._pool.acquire() as connection, connection.transaction():
            for place, end in sorted(moved.items()):
                await connection.execute(_SQL["move"], place.topic, place.partition, end)
            if events:
                await connection.execute(_SQL["keep"], *_columns(events), self._late, DELAYED)


def publisher_in(about: Mapping[str, Any]) -> str:
    """The publisher that sent a fact, by the metadata of its event; empty: people of the programme, or a rule."""
    command = str(about.get("command", ""))
    return command.split("/", 3)[2] if command.startswith(EXTERNAL) else ""


def _read(record: Any) -> Envelope | None:
    """The event of a record; None for what is none, which the projector parks, and for canaries, which it times."""
    try:
        envelope = from_headers(record.headers, record.value)
        publisher_in(envelope.about)
    except (ContractError, ValueError, AttributeError):  # a stranger's, which may say anything
        return None
    return None if envelope.type == CanarySent.spec.type else envelope


def _columns(events: Sequence[Seen]) -> tuple[list[Any], ...]:
    rows = [
        (
            each.event_id, each.store, each.shard, each.position, each.stream, each.type, publisher_in(each.about),
            each.correlation_id, each.causation_id, each.traceparent,
            each.occurred_at, each.recorded_at, each.received_at, at,
        )
        for each, at in events
    ]  # fmt: skip
    return tuple(map(list, zip(*rows, strict=True)))
