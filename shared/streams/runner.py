"""Feeds a projection from Kafka; a batch's effect and its offset are one Postgres transaction.

On assignment a partition is claimed (its epoch rises) and read from the offset that the claim returns. Every batch
first compares and sets (next offset, epoch): no row means that another process has claimed the partition, so nothing
is written, caches are dropped and the group is joined anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts import ContractError
from shared.contracts.envelope import Envelope
from shared.faults import fault_point
from shared.streams.batch import Batch, Claimed, Halted, read_batch
from shared.streams.broker import Broker
from shared.streams.offsets import Offsets, Superseded
from shared.streams.orders import Orders
from shared.streams.parking import BEHIND, Parking
from shared.streams.projection import Connection, Projection, Unappliable
from shared.streams.replaying import Replayer, Replays
from shared.streams.topics import Topics
from shared.telemetry import BATCH_SECONDS, CONSUMED_EVENTS
from shared.tracing_otel import spans, wanted

log = structlog.get_logger(__name__)

RECORDS = 4_000
"""Records in one batch at most."""
WAIT_MS = 500
LOOK_SECONDS = 1.0
"""How often it is looked for what operators ordered."""
STUCK_SECONDS = 60.0
"""Backlog without progress for so long, while broker and database answer, ends the process."""

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that is used between the server's last word and its end
    asyncpg.CannotConnectNowError,
    TimeoutError,
)
"""The database is away; the batch is tried again."""
RETRY = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InFailedSQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""Nothing is wrong with the event; the batch is tried again."""


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """No look for cycles while a batch makes its objects, which have none: that took a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Stuck(Exception):
    """There is backlog, no progress, and both broker and database answer."""


@dataclass(slots=True)
class RunnerState:
    """What health checks and metrics show."""

    applied: int = 0
    progressed_at: float = 0.0
    error: str = ""


class Runner:
    """Runs one projection as one member of its consumer group. ``run`` returns when ``stop`` is set.

    ``instance`` names this member for good (static membership: a restart within the session timeout causes no
    rebalance); ``recompute`` recalculates every hash; ``settings`` go to every connection, such as a search_path.
    """

    def __init__(
        self,
        projection: Projection,
        dsn: str,
        broker: Broker,
        topics: Topics,
        *,
        instance: str | None = None,
        recompute: bool = False,
        settings: dict[str, str] | None = None,
        records: int = RECORDS,
        group_prefix: str = "",
    ) -> None:
        self.projection = projection
        self._dsn, self._broker, self._recompute, self._records = dsn, broker, recompute, records
        self._settings = settings or {}
        self._instance = instance
        self._group = f"{group_prefix}{topics.prefix}obec.{projection.name}"
        self._topics = {topics.events(store): store for store in projection.stores}
        self._claims: dict[TopicPartition, Claimed] = {}
        self._offsets = Offsets(projection.name)
        self._parking = Parking(projection.name, self._topics)
        self._orders = Orders(projection.name)
        replayer = Replayer(projection.name, self._apply_one, projection.forget, (*LOST, *RETRY, Superseded))
        self._replays = Replays(replayer, projection.name)
        self._looked_at = -LOOK_SECONDS
        self.paused = False
        """Whether an operator has it stand still."""
        self.looks = 0
        """How often it looked for orders."""
        self._using = asyncio.Lock()
        self._consumed = CONSUMED_EVENTS.labels(projection.name)
        self._batch_seconds = BATCH_SECONDS.labels(projection.name)
        self._assignment_error: BaseException | None = None
        self._holes: dict[TopicPartition, int] = {}
        self._halted: dict[TopicPartition, Halted] = {}
        self.state = RunnerState(progressed_at=monotonic())
        self.joined = asyncio.Event()
        """Set once broker and database have answered."""

    @property
    def halted(self) -> Sequence[Halted]:
        """Why partitions are not read on; empty while all is well."""
        return list(self._halted.values())

    @property
    def halted_at(self) -> Mapping[str, Halted]:
        """The same by partition, such as ``committee/0``."""
        return {f"{self._topics[place.topic]}/{place.partition}": why for place, why in self._halted.items()}

    async def run(self, stop: asyncio.Event) -> None:
        """Read and apply until ``stop``; joins anew after whatever the broker or the database do. Raises Stuck."""
        while not stop.is_set():
            try:
                await self._join_and_run(stop)
            except (KafkaError, *LOST, *RETRY, Superseded) as error:
                self.state.error = f"{type(error).__name__}: {error}"
                log.warning("consumer starts anew", consumer=self.projection.name, reason=self.state.error)
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(stop.wait(), 0.5)

    async def _join_and_run(self, stop: asyncio.Event) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=60, server_settings=self._settings)
        consumer = AIOKafkaConsumer(
            **self._broker.client(),
            group_id=self._group,
            group_instance_id=self._instance,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * 1024 * 1024,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            metadata_max_age_ms=10_000,
        )
        self._forget()
        try:
            await consumer.start()
            consumer.subscribe(topics=list(self._topics), listener=_Assignment(self, consumer, connection))
            while not stop.is_set():
                with without_collecting():
                    await self._poll(consumer, connection)
        finally:
            self._forget()
            connection.terminate()
            with contextlib.suppress(KafkaError, OSError, asyncio.TimeoutError):
                await asyncio.wait_for(consumer.stop(), 5)

    async def _poll(self, consumer: AIOKafkaConsumer, connection: asyncpg.Connection) -> None:
        """Read what has come, and apply it."""
        polled = await consumer.getmany(timeout_ms=WAIT_MS, max_records=self._records)
        self.joined.set()
        async with self._using:
            if monotonic() - self._looked_at >= LOOK_SECONDS:
                await self._obey(consumer, connection)
            for place in sorted(polled):
                await self._take(consumer, connection, place, polled[place])
            await self._watch(consumer, connection)
        if self._assignment_error is not None:
            raise self._assignment_error

    async def _obey(self, consumer: AIOKafkaConsumer, connection: asyncpg.Connection) -> None:
        """Do what operators ordered: stand still or go on, try parked events again, pass over what they skip."""
        paused = await self._orders.paused(connection)
        if paused or self.paused:
            self._stand(consumer, paused=paused)
        try:
            replayed = await self._replays.work_off(connection, list(self._claims.values()))
        except BaseException:
            self.projection.forget()
            raise
        if replayed:
            self.projection.forget()
            await self._parking.load(connection)
        for place, halted in list(self._halted.items()):
            if await self._orders.skipped(connection, self._claims[place], halted.record):
                del self._halted[place]
                self._read_on(consumer, place)
        self._looked_at = monotonic()
        self.looks += 1

    def _stand(self, consumer: AIOKafkaConsumer, *, paused: bool) -> None:
        """Stand still, as a member of the group, or go on exactly where that began."""
        places = [place for place in self._claims if place not in self._halted]
        if paused:
            consumer.pause(*places)
        else:
            for place in places:
                self._read_on(consumer, place)
        if self.paused != paused:
            log.warning("consumer paused" if paused else "consumer resumed", consumer=self.projection.name)
        self.paused = paused

    def _read_on(self, consumer: AIOKafkaConsumer, place: TopicPartition) -> None:
        consumer.resume(place)
        consumer.seek(place, self._claims[place].next_offset)

    async def _apply_one(self, connection: Connection, event: Envelope) -> None:
        await self.projection.apply(connection, [event])

    def _forget(self) -> None:
        self._looked_at = -LOOK_SECONDS
        self._claims.clear()
        self._halted.clear()
        self._assignment_error = None
        self.projection.forget()

    async def claim(self, connection: asyncpg.Connection, place: TopicPartition) -> int:
        """Claim a partition; returns the offset to read it from."""
        store = self._topics[place.topic]
        claimed = self._claims[place] = await self._offsets.claim(connection, store, place.partition)
        await self._parking.load(connection)
        return claimed.next_offset

    async def claim_all(
        self, consumer: AIOKafkaConsumer, connection: asyncpg.Connection, places: Sequence[TopicPartition]
    ) -> None:
        """Claim partitions, between two batches, and read on from where the claims say."""
        async with self._using:
            for place in places:
                consumer.seek(place, await self.claim(connection, place))

    def assignment_failed(self, error: BaseException) -> None:
        """Claiming went wrong: the group is joined anew."""
        self._assignment_error = error

    def give_up(self, places: Sequence[TopicPartition]) -> None:
        """Partitions were taken away: drop what is cached of them."""
        for place in places:
            self._claims.pop(place, None)
            self._halted.pop(place, None)
        self.projection.forget()

    async def _take(
        self, consumer: AIOKafkaConsumer, connection: asyncpg.Connection, place: TopicPartition, records: Sequence[Any]
    ) -> None:
        claimed = self._claims.get(place)
        if claimed is None or place in self._halted or self.paused:
            return
        if not self._continues(consumer, place, claimed, records[0].offset):
            return
        records = [record for record in records if record.offset >= claimed.next_offset]
        batch = await self._read(connection, claimed, records)
        if batch.next_offset != claimed.next_offset:
            begun = monotonic()
            traceparents = [event.traceparent for event in batch.events] if wanted() else ()
            with spans(f"process {self.projection.name}", "CONSUMER", traceparents):
                self._claims[place] = await self._commit(connection, place, claimed, batch)
            self._consumed.inc(len(batch.events))
            self._batch_seconds.observe(monotonic() - begun)
            self.state.applied += len(batch.events)
            self.state.progressed_at, self.state.error = monotonic(), ""
        if batch.halted is not None:
            self._halt(consumer, place, batch.halted)

    async def _read(self, connection: asyncpg.Connection, claimed: Claimed, records: Sequence[Any]) -> Batch:
        """The records as a batch, up to the first that contradicts what came before and that no operator skips."""
        passed_over: set[int] = set()
        while True:
            batch = read_batch(records, claimed, recompute=self._recompute, passed_over=passed_over)
            fork = await self._fork(connection, batch, passed_over)
            halted = fork or batch.halted
            if halted is None or halted.record is None:
                return batch
            if await self._orders.skipped(connection, claimed, halted.record):
                passed_over.add(halted.record)
            elif fork is None:
                return batch
            else:
                before = [each for each in records if each.offset < halted.record]
                batch = read_batch(before, claimed, recompute=self._recompute, passed_over=passed_over)
                batch.halted = fork
                return batch

    async def _fork(self, connection: asyncpg.Connection, batch: Batch, passed_over: set[int]) -> Halted | None:
        """A record at or below the last position carries the event id that was seen there, or the topic is forked."""
        if not batch.repeated:
            return None
        just_read = {envelope.position: envelope.event_id for envelope in batch.events}
        for envelope, offset in zip(batch.repeated, batch.repeated_offsets, strict=True):
            place = (envelope.store, envelope.shard, envelope.position)
            known = just_read.get(envelope.position) or await self.projection.event_id_at(connection, *place)
            if known is not None and known != envelope.event_id and offset not in passed_over:
                return Halted("stream.fork", f"another event at {envelope.store}/{envelope.position}", offset)
        return None

    def _continues(self, consumer: AIOKafkaConsumer, place: TopicPartition, claimed: Claimed, offset: int) -> bool:
        """Whether what was polled goes on where the claim stands; what was polled under an earlier claim may not."""
        end = consumer.highwater(place)
        if end is not None and end < claimed.next_offset:
            self._halt(
                consumer, place, Halted("stream.topic_reset", f"{place.topic} ends at {end}, before what was read")
            )
            return False
        if offset > claimed.next_offset and self._holes.get(place) != claimed.next_offset:
            self._holes[place] = claimed.next_offset
            consumer.seek(place, claimed.next_offset)
            return False
        return True

    def _halt(self, consumer: AIOKafkaConsumer, place: TopicPartition, halted: Halted) -> None:
        self._halted[place] = halted
        consumer.pause(place)
        log.error("partition halted", consumer=self.projection.name, code=halted.code, reason=str(halted))

    async def _commit(
        self, connection: asyncpg.Connection, place: TopicPartition, claimed: Claimed, batch: Batch
    ) -> Claimed:
        """Apply a batch and move the offset in one transaction; if an event cannot be applied, event by event."""
        fault_point("projector.before_batch")
        try:
            try:
                async with connection.transaction():
                    moved = await self._offsets.advance(connection, claimed, batch)
                    await self._parking.park_unreadable(connection, place, batch)
                    await self.projection.apply(connection, await self._wanted(connection, place, batch))
                    fault_point("projector.mid_batch")
            except (*LOST, *RETRY, Superseded, Halted, KafkaError):
                raise
            except Exception as error:
                log.warning("batch refused, applying event by event", consumer=self.projection.name, error=repr(error))
                self.projection.forget()
                async with connection.transaction():
                    moved = await self._offsets.advance(connection, claimed, batch)
                    await self._parking.park_unreadable(connection, place, batch)
                    await self._apply_each(connection, place, batch)
        except BaseException:
            self.projection.forget()
            raise
        fault_point("projector.after_commit")
        return moved

    async def _wanted(self, connection: asyncpg.Connection, place: TopicPartition, batch: Batch) -> Sequence[Envelope]:
        """The batch without what an operator skips and, once a stream has something parked, without that stream."""
        if not batch.skipped and not self._parking.streams:
            return batch.events
        wanted = []
        for envelope, offset in zip(batch.events, batch.offsets, strict=True):
            if offset in batch.skipped:
                continue
            if envelope.stream in self._parking.streams:
                await self._parking.park(connection, place, offset, envelope, *BEHIND)
            else:
                wanted.append(envelope)
        return wanted

    async def _apply_each(self, connection: asyncpg.Connection, place: TopicPartition, batch: Batch) -> None:
        wanted = {id(each) for each in await self._wanted(connection, place, batch)}
        for envelope, offset in zip(batch.events, batch.offsets, strict=True):
            if id(envelope) not in wanted:
                continue
            if envelope.stream in self._parking.streams:
                await self._parking.park(connection, place, offset, envelope, *BEHIND)
                continue
            try:
                async with connection.transaction():
                    await self.projection.apply(connection, [envelope])
            except (*LOST, *RETRY):
                raise
            except Exception as error:
                self.projection.forget()
                code = error.code if isinstance(error, Unappliable | ContractError) else "projection.failed"
                await self._parking.park(connection, place, offset, envelope, code, str(error) or repr(error))

    async def _watch(self, consumer: AIOKafkaConsumer, connection: asyncpg.Connection) -> None:
        """End the process when it is stuck for no reason outside it."""
        if monotonic() - self.state.progressed_at < STUCK_SECONDS:
            return
        if self.paused:
            self.state.progressed_at = monotonic()
            return
        behind = [place for place in self._claims if place not in self._halted and self._lag(consumer, place) > 0]
        if behind:
            await connection.fetchval("SELECT 1")
            await consumer.end_offsets(behind)
            raise Stuck(f"no progress for {STUCK_SECONDS:.0f} s with backlog in {behind}")
        self.state.progressed_at = monotonic()

    def _lag(self, consumer: AIOKafkaConsumer, place: TopicPartition) -> int:
        end = consumer.highwater(place)
        return 0 if end is None else int(end) - self._claims[place].next_offset


class _Assignment(ConsumerRebalanceListener):
    """Claims what is assigned."""

    def __init__(self, runner: Runner, consumer: AIOKafkaConsumer, connection: asyncpg.Connection) -> None:
        self._runner, self._consumer, self._connection = runner, consumer, connection

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Drop what is cached."""
        self._runner.give_up(list(revoked))

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Claim, and read on from where the claim says. aiokafka only logs what goes wrong, so the runner is told."""
        try:
            await self._runner.claim_all(self._consumer, self._connection, assigned)
        except Exception as error:
            self._runner.assignment_failed(error)
