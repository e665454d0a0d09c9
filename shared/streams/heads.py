"""Follows the heads topic: how far every shard of every store is, and when that was so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog
from aiokafka.errors import KafkaError

from shared.contracts.envelope import from_wire_time
from shared.streams.broker import Broker
from shared.streams.runner import LOST
from shared.streams.topics import Topics, reader

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """Everything that a shard recorded by ``time`` (business clock, UTC) stands at or below ``position``."""

    store: str
    shard: int
    position: int
    time: datetime


async def follow_heads(
    broker: Broker, topics: Topics, keep: Callable[[Sequence[Head]], Awaitable[None]], stop: asyncio.Event
) -> None:
    """Hand every batch of heads to ``keep``, the newest of each shard only, until ``stop``.

    The topic is small and compacted: it is read from its beginning at each start, and kept values only ever rise.
    """
    while not stop.is_set():
        try:
            async with reader(broker, topics.heads, 0) as (consumer, place):
                consumer.seek(place, 0)
                while not stop.is_set():
                    polled = await consumer.getmany(place, timeout_ms=500, max_records=1000)
                    newest = _newest([record.value for record in polled.get(place, [])])
                    if newest:
                        await keep(newest)
        except (KafkaError, *LOST) as error:
            log.warning("heads interrupted", reason=repr(error))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), 1.0)


def _newest(values: Sequence[bytes | None]) -> list[Head]:
    newest: dict[tuple[str, int], Head] = {}
    for value in values:
        head = read_head(value)
        if head is not None:
            newest[head.store, head.shard] = head
    return list(newest.values())


def read_head(value: bytes | None) -> Head | None:
    """What a record says; None when it is no head: it is passed over, for nothing is counted by it."""
    try:
        told = orjson.loads(value or b"")
        head = Head(told["store"], told["shard"], told["position"], from_wire_time(told["time"]))
        if _can_be_kept(head):
            return head
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        pass
    log.warning("not a head", value=str(value)[:200])
    return None


def _can_be_kept(head: Head) -> bool:
    """Whether a database takes it: one that it refuses would be read, and refused, again and again."""
    numbers = ((head.shard, 2**31), (head.position, 2**63))
    whole = all(type(number) is int and 0 <= number < limit for number, limit in numbers)
    return whole and isinstance(head.store, str) and "\0" not in head.store and head.time.tzinfo is not None
