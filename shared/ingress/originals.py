"""Bodies as they were received, kept for a while where they are not what is stored: each sealed under its own key.

They may name persons, whom what is stored must not name; so each is sealed (AES-256-GCM), its key kept in another
table, and both deleted after KEPT. Payloads are told apart by an HMAC, never by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import asyncpg
import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.eventstore.store import EventStore
from shared.ingress.sql import statement

log = structlog.get_logger(__name__)

Kind = Literal["repaired", "unreadable"]

KEPT = timedelta(days=30)
"""How long, by the machine's clock."""
LOOK_SECONDS = 600.0
"""How often it is looked for what is to be deleted."""
NONCE_BYTES = 12

_KEEP, _ONE, _DROP = statement("keep_original"), statement("original"), statement("drop_originals")


@dataclass(frozen=True, slots=True)
class Original:
    """A body as it was received."""

    kind: str
    body: bytes
    kept_until: datetime


class Originals:
    """The originals of one store."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def keep(self, publisher: str, source: str, fact_id: str, kind: Kind, body: bytes) -> None:
        """Keep a body; the first one of a fact stays."""
        key, nonce = AESGCM.generate_key(256), os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(key).encrypt(nonce, body, _about(source, fact_id))
        await self._store.pool.execute(_KEEP, source, fact_id, publisher, kind, sealed, KEPT, key)

    async def of(self, publisher: str, source: str, fact_id: str) -> Original | None:
        """A publisher's own; None when none is kept, or no longer."""
        row = await self._store.pool.fetchrow(_ONE, publisher, source, fact_id)
        if row is None:
            return None
        body = opened({**row, "source": source, "id": fact_id})
        return Original(row["kind"], body, row["kept_until"])

    async def drop(self) -> None:
        """Delete what was kept long enough, with its keys."""
        await self._store.pool.execute(_DROP)

    async def dropping(self, stop: asyncio.Event) -> None:
        """Delete again and again, until ``stop``."""
        while not stop.is_set():
            try:
                await self.drop()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("originals are deleted later", store=self._store.name, error=repr(error))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)


def opened(row: Mapping[str, Any]) -> bytes:
    """The body that a row (source, id, sealed, key) seals."""
    nonce, sealed = row["sealed"][:NONCE_BYTES], row["sealed"][NONCE_BYTES:]
    return AESGCM(row["key"]).decrypt(nonce, sealed, _about(row["source"], row["id"]))


def _about(source: str, fact_id: str) -> bytes:
    """Binds a body to its fact."""
    return f"{source}\n{fact_id}".encode()
