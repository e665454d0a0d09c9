"""Fills a schema from the topics, with offsets of its own; can be made to stand at given records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.reporting.projections.projection import ReportingProjection
from services.reporting.rebuilding.standing import LIVE, NAMES, Standing, Where, in_schema, is_behind, standing
from shared.contracts.envelope import Envelope
from shared.streams.batch import Batch
from shared.streams.parking import Parking
from shared.streams.runner import Runner

POLL_SECONDS = 0.1
Progress = Callable[[Standing, Standing], None]
"""Told how far a rebuild is, and how far the live views are."""


class RebuildStopped(Exception):
    """An event could not be applied and no operator has decided about it; the schema stands before its batch."""

    def __init__(self, store: str, shard: int, record: int, code: str, message: str) -> None:
        super().__init__(f"{store}/{shard}, record {record}: {code} {message}".strip())
        self.store, self.shard, self.record = store, shard, record


class SchemaGone(Exception):
    """There is no schema of that name any more: it was dropped, or became the live one."""


class Filler(Runner):
    """Applies the topics to a schema, whose name is the consumer's too. ``parks``: as the live views do; else it raises
    RebuildStopped, and what was applied stays.

    Inside ``held`` it takes nothing but what ``go_to`` lets it take.
    """

    def __init__(self, where: Where, schema: str, *, parks: bool = False, instance: str | None = None) -> None:
        super().__init__(
            ReportingProjection(schema),
            where.dsn,
            where.broker,
            where.topics,
            instance=instance,
            settings={"search_path": f"{schema}, public"},
        )
        self._schema = schema
        if not parks:
            self._parking = _Refusing(schema, self._topics)
        self._limits: Standing | None = None
        self._taking = asyncio.Lock()
        self._changed = asyncio.Event()
        self._over = False

    async def claim(self, connection: asyncpg.Connection, place: TopicPartition) -> int:
        """Claim a partition for the schema. Raises SchemaGone: under a name that means nothing, or another schema by
        now, nothing may be written."""
        async with connection.transaction():
            await connection.execute(NAMES["hold_schema_names"])
            if self._over or not await connection.fetchval(NAMES["is_there"], self._schema):
                raise SchemaGone(self._schema)
            return await super().claim(connection, place)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """While the body runs nothing more is applied, but for what ``go_to`` allows."""
        self._limits = {}
        async with self._taking:  # what it has in hand is done
            pass
        try:
            yield
        finally:
            self._limits = None
            self._tell()

    def go_to(self, records: Standing) -> None:
        """Let it come to these offsets, and no further."""
        self._limits = records
        self._tell()

    def end(self) -> None:
        """Take nothing any more, for good."""
        self._over = True
        self._tell()

    async def _take(
        self, consumer: AIOKafkaConsumer, connection: asyncpg.Connection, place: TopicPartition, records: Sequence[Any]
    ) -> None:
        while records and not self._over:
            async with self._taking:
                limit = self._limit(place)
                within = records if limit is None else [each for each in records if each.offset < limit]
                if within:
                    await super()._take(consumer, connection, place, within)
            records = records[len(within) :]
            claimed = self._claims.get(place)
            if records and (claimed is None or (within and claimed.next_offset != records[0].offset)):
                return  # taken away, or to be read again from where the claim stands
            if records:
                await self._changed.wait()

    def _limit(self, place: TopicPartition) -> int | None:
        return None if self._limits is None else self._limits.get((self._topics[place.topic], place.partition), 0)

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class _Refusing(Parking):
    """Parks nothing: whatever would be parked stops the rebuild."""

    async def park(
        self,
        connection: Any,
        place: TopicPartition,
        offset: int,
        envelope: Envelope,
        code: str,
        message: str,
    ) -> None:
        """Raises RebuildStopped."""
        raise RebuildStopped(envelope.store, envelope.shard, offset, code, message)

    async def park_unreadable(self, connection: Any, place: TopicPartition, batch: Batch) -> None:
        """Raises RebuildStopped, unless an operator decided to leave the records out."""
        for record, error in batch.unreadable:
            if record.offset not in batch.skipped:
                raise RebuildStopped(self._topics[place.topic], place.partition, record.offset, error.code, str(error))


@asynccontextmanager
async def running(filler: Filler) -> AsyncIterator[asyncio.Task[None]]:
    """The filler at work while the body runs; what ends it is in the task."""
    stop = asyncio.Event()
    task = asyncio.create_task(filler.run(stop))
    try:
        yield task
    finally:
        stop.set()
        filler.end()
        await asyncio.wait([task])


async def rebuild(where: Where, schema: str, progress: Progress | None = None, *, stop: asyncio.Event) -> bool:
    """Fill a schema from offset 0 until it is as far as the live one; True then, False when ``stop`` was set before.

    One that was broken off goes on where it was. Records that an operator skips are left out. Raises RebuildStopped.
    """
    look = await in_schema(where.dsn, schema)
    try:
        async with running(Filler(where, schema)) as task:
            while not stop.is_set() and not task.done():
                goal, done = await standing(look, LIVE), await standing(look, schema)
                if progress is not None:
                    progress(done, goal)
                if not is_behind(done, goal):
                    return True
                await asyncio.sleep(POLL_SECONDS)
        task.result()
        return False
    finally:
        await look.close()
