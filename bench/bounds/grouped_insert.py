"""The least that stores an event and its answer: appends queue, and each group is one statement and one commit."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import uuid_utils.compat

INSERT = """
WITH sent AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::int[], $4::uuid[], $5::timestamptz[], $6::text[], $7::bytea[],
                         $8::text[], $9::text[], $10::bytea[])
        AS sent (position, stream, version, id, moment, command, salt, metadata, data, hash)
), stored AS (
    INSERT INTO events (shard, position, stream, stream_version, event_id, type, schema_version, occurred_at,
                        recorded_at, received_at, metadata, data, salt, data_hash, hash)
    SELECT 0, position, stream, version, id, $11, 1, moment, moment, moment, metadata, data, salt, hash, hash FROM sent
)
INSERT INTO inbox (source, id, digest, outcome, stream, stream_version, shard, position, events,
                   received_at, recorded_at)
SELECT '/callers/usr-officer', command, hash, 'accepted', stream, version, 0, position,
       '[{"id":"' || id || '","type":"' || $11 || '"}]', moment, moment FROM sent
"""


class GroupedInsert:
    """While one commit is in flight the next group forms."""

    def __init__(self, connection: asyncpg.Connection, event_type: str, data: str, metadata: str) -> None:
        self._connection, self._type, self._content = connection, event_type, (metadata, data, b"h" * 32)
        self._queue: list[tuple[Any, ...]] = []
        self._running: asyncio.Task[None] | None = None
        self._position = 0

    async def append(self, stream: str, version: int) -> None:
        """Return after the commit."""
        done = asyncio.get_running_loop().create_future()
        self._position += 1
        event_id = uuid_utils.compat.uuid7()
        place = (self._position, stream, version, event_id, datetime.now(UTC), str(event_id), event_id.bytes)
        self._queue.append((done, *place, *self._content))
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        await done

    async def _drain(self) -> None:
        while self._queue:
            group, self._queue = self._queue, []
            done, *columns = zip(*group, strict=True)
            await self._connection.execute(INSERT, *map(list, columns), self._type)
            for each in done:
                each.set_result(None)
        self._running = None
