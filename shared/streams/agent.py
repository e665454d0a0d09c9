"""What a stream library's agent does with a record, so that nothing depends on what the library acknowledges.

Faust hands over raw records, at least once by its own account. Here each is held against what the consumer's database
says was read last: a repetition is passed over, and what was left out is fetched from the topic first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

import asyncpg
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts import ContractError
from shared.contracts.envelope import Envelope, from_headers
from shared.operating.heartbeats import Work
from shared.streams.batch import Batch, Claimed, Halted, read_batch
from shared.streams.broker import Broker
from shared.streams.offsets import Offsets, Superseded
from shared.streams.orders import Orders
from shared.streams.parking import BEHIND, Parking
from shared.streams.projection import Connection
from shared.streams.reaction import Reaction
from shared.streams.replaying import Replayer, Replays
from shared.streams.runner import LOOK_SECONDS, LOST, RETRY
from shared.streams.topics import end_of, records
from shared.telemetry import CONSUMED_EVENTS

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 0.5
AGAIN = (*LOST, *RETRY, KafkaError)
"""Errors that say nothing about an event: it is tried again."""


class _Paused(Exception):
    """An operator has it stand still in the middle of a topic's records."""


class RecordTaker:
    """Takes the records of some topics one by one and has reactions answer each event, once ``obey`` runs beside it.

    ``topics``: store by topic. ``pool``: asyncpg pool of the consumer's database.
    """

    def __init__(
        self, name: str, pool: asyncpg.Pool, broker: Broker, topics: Mapping[str, str], reactions: Sequence[Reaction]
    ) -> None:
        self._name, self._pool, self._broker, self._topics, self._reactions = name, pool, broker, topics, reactions
        self._offsets = Offsets(name)
        self._parking = Parking(name, topics)
        self._orders = Orders(name)
        self._replays = Replays(
            Replayer(name, self._answer_again, _nothing, (*AGAIN, Halted, Superseded), "reaction.failed"), name
        )
        self._claims: dict[TopicPartition, Claimed] = {}
        self._places: set[TopicPartition] = set()
        """Whose records it takes, claimed or to be claimed anew."""
        self._halted: dict[str, str] = {}
        self._consumed = CONSUMED_EVENTS.labels(name)
        self._taking = asyncio.Lock()
        self._going = asyncio.Event()
        """Unset while it is not known that it may go on, or an operator has it stand still."""

    def work(self) -> Work:
        """How it does, for the process's heart."""
        return Work(ready=bool(self._claims), halted=self._halted)

    def forget(self) -> None:
        """Partitions were taken away or given: what was claimed is claimed anew before the next record."""
        self._claims.clear()
        self._places.clear()

    async def take(self, record: Any) -> None:
        """Answer a record (aiokafka's, or anything with its topic, partition, offset, headers and value).

        Waits for a database or broker that is away. Raises Halted when the partition contradicts itself, Superseded
        when another process has claimed it.
        """
        await self._patiently(lambda: self._take(record))

    async def catch_up(self, places: Iterable[TopicPartition]) -> None:
        """Answer what is left of these partitions, whatever the library believes was answered. Raises as ``take``."""
        for place in places:
            if place.topic in self._topics:
                await self._patiently(partial(self._catch_up, place))

    async def obey(self, stop: asyncio.Event) -> None:
        """Do what operators order, until ``stop``: stand still or go on, try parked events again.

        It works beside ``take``, which waits for it. Raises as ``take``.
        """
        await asyncio.gather(_again_and_again(self._stand_or_go, stop), _again_and_again(self._replay, stop))

    async def _stand_or_go(self) -> None:
        if not await self._orders.paused(self._pool):
            self._going.set()
        elif self._going.is_set():
            log.warning("consumer paused", consumer=self._name)
            self._going.clear()

    async def _replay(self) -> None:
        async with self._taking:
            claims = [await self._claimed(place) for place in sorted(self._places)]
            async with self._pool.acquire() as connection:
                if await self._replays.work_off(connection, claims):
                    await self._parking.load(connection)

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await self._going.wait()
                async with self._taking:
                    await work()
                return
            except _Paused:
                continue
            except AGAIN as error:
                log.warning("answering later", reason=repr(error))
                self._claims.clear()
                await asyncio.sleep(PAUSE_SECONDS)

    async def _catch_up(self, place: TopicPartition) -> None:
        claimed = await self._claimed(place)
        end = await end_of(self._broker, place.topic, place.partition)
        if end < claimed.next_offset:
            self._halt(claimed, Halted("stream.topic_reset", f"{place.topic} ends at {end}, before what was read"))
        async for record in records(self._broker, place.topic, place.partition, begin=claimed.next_offset):
            await self._in_order(place, record)

    async def _take(self, record: Any) -> None:
        place = TopicPartition(record.topic, record.partition)
        claimed = await self._claimed(place)
        if record.offset > claimed.next_offset:
            await self._fetch_left_out(place, claimed.next_offset, record.offset)
        await self._in_order(place, record)

    async def _claimed(self, place: TopicPartition) -> Claimed:
        known = self._claims.get(place)
        if known is None:
            async with self._pool.acquire() as connection:
                await self._parking.load(connection)
                known = await self._offsets.claim(connection, self._topics[place.topic], place.partition)
            self._claims[place] = known
            self._places.add(place)
        return known

    async def _fetch_left_out(self, place: TopicPartition, begin: int, end: int) -> None:
        log.warning("records were left out; fetching them", topic=place.topic, begin=begin, end=end)
        async for record in records(self._broker, place.topic, place.partition, begin=begin):
            if record.offset >= end:
                return
            await self._in_order(place, record)

    async def _in_order(self, place: TopicPartition, record: Any) -> None:
        claimed = self._claims[place]
        if record.offset < claimed.next_offset:
            await self._require_read_before(claimed, record)
            return
        if not self._going.is_set():
            raise _Paused
        batch = read_batch([record], claimed, recompute=True)
        skipped = await self._orders.skipped(self._pool, claimed, record.offset)
        if batch.halted is not None and skipped:
            batch = read_batch([record], claimed, recompute=True, passed_over=(record.offset,))
        if batch.halted is not None:
            self._halt(claimed, batch.halted)
        for event in () if skipped else batch.events:
            await self._answer(place, record.offset, event)
        await self._settle(place, claimed, batch)

    async def _require_read_before(self, claimed: Claimed, record: Any) -> None:
        """A record that lies before what was read repeats it, or the topic was made anew and holds other offsets."""
        try:
            position = from_headers(record.headers, record.value).position
        except ContractError:
            return
        if position > claimed.position and not await self._orders.skipped(self._pool, claimed, record.offset):
            told = f"{record.topic} holds position {position} at {record.offset}, before what was read"
            self._halt(claimed, Halted("stream.topic_reset", told))

    def _halt(self, claimed: Claimed, halted: Halted) -> NoReturn:
        self._halted[f"{claimed.store}/{claimed.shard}"] = halted.code
        raise halted

    async def _answer(self, place: TopicPartition, offset: int, event: Envelope) -> None:
        """Have every reaction answer, or park the event with its cause; its stream waits behind it."""
        if event.stream in self._parking.streams:
            await self._park(place, offset, event, *BEHIND)
            return
        try:
            await self._answer_again(None, event)
        except (*AGAIN, Halted):
            raise
        except Exception as error:
            code = error.code if isinstance(error, ContractError) else "reaction.failed"
            await self._park(place, offset, event, code, str(error) or repr(error))

    async def _answer_again(self, _connection: Connection, event: Envelope) -> None:
        for reaction in self._reactions:
            await reaction.answer(event)

    async def _park(self, place: TopicPartition, offset: int, event: Envelope, code: str, message: str) -> None:
        async with self._pool.acquire() as connection:
            await self._parking.park(connection, place, offset, event, code, message)

    async def _settle(self, place: TopicPartition, claimed: Claimed, batch: Batch) -> None:
        async with self._pool.acquire() as connection:
            if batch.unreadable:
                async with connection.transaction():
                    moved = await self._offsets.advance(connection, claimed, batch)
                    await self._parking.park_unreadable(connection, place, batch)
            else:
                moved = await self._offsets.advance(connection, claimed, batch)
        self._claims[place] = moved
        self._consumed.inc(len(batch.events))


async def _again_and_again(look: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await look()
        except AGAIN as error:
            log.warning("orders are looked for later", reason=repr(error))
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)


def _nothing() -> None:
    """Reactions keep nothing in memory that a failure makes untrue."""
