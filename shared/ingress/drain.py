"""Decides waiting facts again once something came that they wait for, in the order in which they took effect."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

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
AWAY = (StoreUnavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""The database: everything is decided later."""


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
            except AWAY as error:
                log.warning("waiting facts are decided later", store=self._store.name, error=repr(error))
            except Exception:  # whatever it is, nobody else decides them
                log.exception("waiting facts could not be decided", store=self._store.name)
            await first_of(stop, self._wake, seconds=POLL_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)

    async def drain(self) -> int:
        """Decide what is due until none moves; returns how many moved. What fails is left for the next time."""
        moved = 0
        left: set[Hashable] = set()
        while rows := [row for row in await due(self._store) if _name(row) not in left]:
            for row in rows:
                if await self._moves(row, left):
                    moved += 1
                    break  # what it brings may concern one that comes before the next
        return moved

    async def _moves(self, row: asyncpg.Record, left: set[Hashable]) -> bool:
        """Decide one; whether it waits no longer. One that fails for no reason outside is named in ``left``."""
        try:
            return (await self._facts.take_again(row)).outcome != "waiting"
        except AWAY:
            raise
        except Exception:
            log.exception("a waiting fact could not be decided", store=self._store.name, type=row["type"])
            left.add(_name(row))
            return False


def _name(row: asyncpg.Record) -> Hashable:
    return row["source"], row["id"]


async def due(store: EventStore) -> list[asyncpg.Record]:
    """Waiting facts that are to be decided again, in order (occurred_at, received_at)."""
    found: list[asyncpg.Record] = await store.pool.fetch(_DUE, AT_ONCE)
    return found
