"""Facts that come by Kafka: a topic for each publisher, whose writing right makes the topic its identity.

Every service with a store reads all of them and takes what it owns; committee answers what cannot be read and what
nobody owns. The broker's offset moves after a batch was decided: what comes twice is answered as before.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence
from typing import Any

import asyncpg
import orjson
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts import ContractError, Rejected
from shared.eventstore.append import OtherContent, StoreUnavailable
from shared.ingress.cloudevents import Incoming, Unreadable, of_record
from shared.ingress.fetching import Packed, fetch
from shared.ingress.handler import FactHandler, NotOurs
from shared.ingress.lanes import in_lanes, name_of, side_by_side
from shared.ingress.register import OWNER, Publisher, Register
from shared.ingress.sql import statement
from shared.streams.broker import Broker
from shared.streams.topics import Topics
from shared.web.tracing import fresh

log = structlog.get_logger(__name__)

_ADD_CONFLICT = statement("add_conflict")

RECORDS = 2_000
"""Records taken at once at most. Nothing is decided between the last of them and the next: the offset moves first."""
WAIT_MS = 500
SESSION_MS = 6_000
"""After so long without a word the broker gives a member up; the least that brokers allow unless they are told."""
PAUSE_SECONDS = 1.0
"""Before joining again after an error, and before looking again whether the register was loaded."""

AWAY = (KafkaError, OSError, StoreUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError)
"""Broker or database: the records are taken again."""
FOR_GOOD = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)
"""What the database says of a record: it would say so of it for ever."""
EVERYBODY_S = frozenset({"publisher.not_admitted", "publisher.source_not_allowed"})
"""Refusals that every service comes to, whosever type it is."""

Read = tuple[Any, Incoming | Unreadable]
"""A record, and what it says."""


class RecordIngress:
    """Takes the facts of one service from all ingress topics.

    No static member of its group: one that was killed and started again would be given the topics that there were when
    it first came, and as a leader who was restarted (KIP-814) never look for those that publishers were given since.
    """

    def __init__(self, facts: FactHandler, register: Register, broker: Broker, topics: Topics) -> None:
        self._facts, self._store, self._register = facts, facts.store, register
        self._broker, self._prefix = broker, topics.ingress("")
        self._group = f"{topics.prefix}obec.{facts.store.name}.ingress"
        self.error = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Take what comes until ``stop``; joins again after whatever broker or database do."""
        while not stop.is_set():
            try:
                await self._join_and_take(stop)
            except AWAY as error:
                self.error = f"{type(error).__name__}: {error}"
                log.warning("ingress starts anew", service=self._store.name, reason=self.error)
            except Exception as error:  # whatever it is, nobody else takes them
                self.error = type(error).__name__
                log.exception("ingress failed and starts anew", service=self._store.name)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)

    async def _join_and_take(self, stop: asyncio.Event) -> None:
        consumer = AIOKafkaConsumer(
            **self._broker.client(),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=5_000,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=1_000,
        )
        consumer.subscribe(pattern=f"^{re.escape(self._prefix)}[a-z][a-z0-9-]{{1,30}}$")
        try:
            await consumer.start()
            self.error = ""
            while not stop.is_set():
                polled = await fetch(consumer, RECORDS, WAIT_MS)
                for place in sorted(polled):
                    await self._take(place, polled[place], stop)
                    if stop.is_set():
                        return
                if polled:
                    await consumer.commit()
        finally:
            with contextlib.suppress(KafkaError, OSError, asyncio.TimeoutError):
                await asyncio.wait_for(consumer.stop(), 5)

    async def _take(self, place: TopicPartition, records: Sequence[Any], stop: asyncio.Event) -> None:
        """Decide the records of one topic. Nothing is committed of a batch that was not decided whole."""
        name = place.topic.removeprefix(self._prefix)
        publisher = await self._publisher(name, stop)
        if publisher is None:
            return
        read = [(record, _read(record)) for record in records]
        await in_lanes(read, self._lane, _name, lambda some: self._decide_all(publisher, some), self._refers)

    def _lane(self, one: Read) -> Any:
        return "" if isinstance(one[1], Unreadable) else self._facts.facts.lane_of(one[1])

    def _refers(self, one: Read) -> bool:
        return isinstance(one[1], Incoming) and self._facts.facts.refers(one[1])

    async def _publisher(self, name: str, stop: asyncio.Event) -> Publisher | None:
        """Who writes the topic; waits for the register. None when told to stop meanwhile."""
        while not stop.is_set():
            try:
                return await self._register.by_name(name) or Publisher(name)
            except Rejected:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)
        return None

    async def _decide_all(self, publisher: Publisher, some: Sequence[Read]) -> None:
        """Decide records of which none needs the effect of another."""
        facts = [read for _, read in some if isinstance(read, Incoming)]
        answers = await self._facts.take_plain(facts, publisher)
        done = {name_of(fact) for fact, answer in zip(facts, answers, strict=True) if answer is not None}
        await side_by_side(self._decide(publisher, *one) for one in some if _name(one) not in done)

    async def _decide(self, publisher: Publisher, record: Any, read: Incoming | Unreadable) -> None:
        """Decide one record. What fails on it for no reason outside is kept, so that others go on."""
        try:
            await self._decide_one(publisher, record, read)
        except Exception as error:
            if isinstance(error, AWAY) and not isinstance(error, FOR_GOOD):
                raise
            log.exception("a record could not be decided", topic=record.topic, offset=record.offset)
            failed = Rejected("fact.rule_failed")
            await self._facts.turn_away(publisher, _place(record), "quarantined", failed, record.value or b"")

    async def _decide_one(self, publisher: Publisher, record: Any, read: Incoming | Unreadable) -> None:
        answers_for_all = self._store.name == OWNER
        if isinstance(read, Unreadable):
            if answers_for_all:
                refusal = Rejected(read.code, pointer=read.pointer)
                await self._facts.turn_away(publisher, _place(record), "quarantined", refusal, record.value)
            return
        try:
            await self._facts.take(read, publisher)
        except NotOurs:
            return
        except ContractError as error:
            if answers_for_all or error.code == "publisher.not_sendable":  # which its owner alone says
                await self._facts.refuse(publisher, read, Rejected(error.code, pointer="/type", type=read.type))
        except Rejected as refusal:
            # Over HTTP nothing is kept of it, but here nobody waits for an answer.
            if answers_for_all or refusal.code not in EVERYBODY_S:
                await self._facts.turn_away(publisher, _place(record), "rejected", refusal)
        except OtherContent:
            reason = orjson.dumps({"code": "fact.conflict", "params": {"id": read.id}, "pointer": "/id"}).decode()
            await self._store.pool.execute(_ADD_CONFLICT, publisher.name, read.source, read.id, read.type, reason)


def _read(record: Any) -> Incoming | Unreadable:
    if isinstance(record, Packed):
        return Unreadable("cloudevent.not_unpacked", "the record is compressed otherwise than by gzip, or damaged")
    try:
        return of_record(iter(record.headers), record.value).within(fresh())
    except Unreadable as unreadable:
        return unreadable


def _name(one: Read) -> Any:
    record, read = one
    return _place(record) if isinstance(read, Unreadable) else name_of(read)


def _place(record: Any) -> str:
    return f"{record.partition}/{record.offset}"
