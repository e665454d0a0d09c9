"""Decides waiting facts again once something came that they wait for, in the order in which they took effect."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog

from shared.eventstore.append import StoreUnavailable
from shared.eventstore.store import EventStore
from shared.ingress.handler import FactHandler
from shared.ingress.sql import statement
from shared.process import first_of

log = structlog.get_logger(__name__)

_DUE = statement("due")

POLL_SECONDS = 1.0
"""How often it is looked without being woken: for what other processes bring, and for what has waited too long."""
PAUSE_SECONDS = 0.02
"""Between being woken and looking: under load one look is for many commits."""
AT_ONCE = 100


class Drainer:
    """Drains one store. Any number may run: what one has decided, the other finds decided."""

    def __init__(self, facts: FactHandler) -> None:
        self._facts, self._store = facts, facts.store
        self._wake = asyncio.Event()
        self._store.on_commit(self._wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Drain whenever something came, until ``stop``."""
        while not stop.is_set():
            self._wake.clear()
            try:
                await self.drain()
            except (StoreUnavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("waiting facts are decided later", store=self._store.name, error=repr(error))
            await first_of(stop, self._wake, seconds=POLL_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)

    async def drain(self) -> int:
        """Decide what is due until none moves; returns how many moved."""
        moved = 0
        while rows := await due(self._store):
            for row in rows:
                answer = await self._facts.take_again(row)
                if answer.outcome != "waiting":
                    moved += 1
                    break  # what it brings may concern one that comes before the next
        return moved


async def due(store: EventStore) -> list[asyncpg.Record]:
    """Waiting facts that are to be decided again, in order (occurred_at, received_at)."""
    found: list[asyncpg.Record] = await store.pool.fetch(_DUE, AT_ONCE)
    return found
