"""Watches a consumer while things break: its offsets never go back, and are never ahead of their effects (I5)."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Any, Self

import asyncpg

PAUSE = 0.06
GLANCE = """
SELECT o.store, o.shard, o.next_offset, o.position, o.epoch,
       (SELECT count(*) FROM reporting.events e WHERE e.store = o.store AND e.shard = o.shard)
           + (SELECT count(*) FROM canary c WHERE c.store = o.store AND c.shard = o.shard) AS applied,
       (SELECT count(*) FROM parked p WHERE p.consumer = o.consumer AND p.store = o.store AND p.shard = o.shard
                                        AND p.position IS NOT NULL) AS parked
FROM consumer_offsets o WHERE o.consumer = $1
"""
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Witness:
    """Looks every few milliseconds, each time in one statement; leaving the block raises what was seen."""

    def __init__(self, dsn: str, consumer: str) -> None:
        self._dsn, self._consumer = dsn, consumer
        self._task: asyncio.Task[None] | None = None
        self._last: dict[tuple[str, int], tuple[int, int, int]] = {}
        self.seen: list[str] = []
        self.glances = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        if kind is None:
            assert self.glances > 0, "the witness saw nothing"
            assert self.seen == [], "\n".join(self.seen[:20])

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(*LOST):  # the database may be what is broken
                await self._look_on()
            await asyncio.sleep(PAUSE)

    async def _look_on(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=5)
        try:
            while True:
                for row in await connection.fetch(GLANCE, self._consumer):
                    self._judge(row)
                self.glances += 1
                await asyncio.sleep(PAUSE)
        finally:
            connection.terminate()

    def _judge(self, row: Any) -> None:
        place = (row["store"], row["shard"])
        now = (row["epoch"], row["next_offset"], row["position"])
        before = self._last.get(place, (0, 0, 0))
        if any(new < old for new, old in zip(now, before, strict=True)):
            self.seen.append(f"I5 {place}: (epoch, offset, position) went from {before} to {now}")
        if row["applied"] + row["parked"] != row["position"]:
            self.seen.append(f"I5 {place}: read up to {row['position']}, applied {row['applied']}")
        self._last[place] = now
