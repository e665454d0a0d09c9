"""Verifies a store: every position there, every hash as it must be. Names the first position that is not.

The hashes are computed here, from columns as they lie there: a database that lies about itself is not asked to check
itself. The next rows are fetched while these are hashed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import asyncpg

from shared.contracts.event import split_type
from shared.eventstore.finding import Progress
from shared.eventstore.store import statement

_CHAIN, _HEAD, _VERSIONS = statement("chain"), statement("head"), statement("version_holes")
_SHARDS = "SELECT shards FROM store"

ROWS = 2000
"""Events fetched at once: they fit into the buffers between here and the server, which so need not wait."""
NO_HASH = bytes(32)
"""Before the first event of a shard."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one shard: how many events were verified and, if one is bad, its position and what is wrong with it."""

    shard: int
    verified: int
    bad_position: int | None = None
    reason: str = ""


async def verify(dsn: str, progress: Progress = lambda _count: None) -> list[Verdict]:
    """Verify every shard of a store; ``progress`` is told how many more events were verified."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        shards = await connection.fetchval(_SHARDS)
        verdicts = [await _verify_shard(connection, shard, progress) for shard in range(shards or 0)]
        return [await _with_versions(connection, verdict) for verdict in verdicts]
    finally:
        await connection.close()


async def _verify_shard(connection: asyncpg.Connection, shard: int, progress: Progress) -> Verdict:
    chain = Chain(shard)
    async with aclosing(_events(connection, shard)) as fetched:
        async for rows in fetched:
            for row in rows:
                reason = chain.wrong(row)
                if reason:
                    return Verdict(shard, chain.position, chain.position + 1, reason)
            if not rows:  # and there is a head beyond, however far
                return Verdict(shard, chain.position, chain.position + 1, f"position {chain.position + 1} is missing")
            progress(len(rows))
    return Verdict(shard, chain.position)


async def _events(connection: asyncpg.Connection, shard: int) -> AsyncGenerator[Sequence[Any], None]:
    """The shard's rows up to the head that it has now, in order; the next ones are on their way meanwhile."""
    head = await connection.fetchval(_HEAD, shard)
    coming: asyncio.Future[Sequence[Any]] | None = None
    try:
        for behind in range(0, head, ROWS):
            rows = await (coming or connection.fetch(_CHAIN, shard, behind, ROWS))
            coming = None
            if behind + ROWS < head:
                coming = asyncio.ensure_future(connection.fetch(_CHAIN, shard, behind + ROWS, ROWS))
                for _ in range(2):  # what is written leaves at the end of a round of the loop
                    await asyncio.sleep(0)
            yield rows
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait({coming})


class Chain:
    """The chain of one shard, event by event. ``position`` and ``hash`` are those of the last that follows."""

    def __init__(self, shard: int, position: int = 0, last_hash: bytes = NO_HASH) -> None:
        self._shard = f"{shard}\x1f"
        self.position, self.hash = position, last_hash

    def wrong(self, row: Any) -> str:
        """What is wrong with the next event, a row of ``chain.sql``; empty when it follows.

        A redacted event has neither data nor salt, and its data_hash stands.
        """
        (position, stream, stream_version, event_id, event_type, schema_version, occurred, recorded, received,
         metadata, data, salt, data_hash, this_hash) = row  # fmt: skip
        if position != self.position + 1:
            return f"position {self.position + 1} is missing"
        if data is not None and sha256(salt + data).digest() != data_hash:
            return "its data is not what was recorded"
        columns = (
            f"{self._shard}{position}\x1f{stream}\x1f{stream_version}\x1f{event_id}\x1f{event_type}"
            f"\x1f{occurred}\x1f{recorded}\x1f{received}\x1f{metadata}"
        )
        if sha256(self.hash + columns.encode() + data_hash).digest() != this_hash:
            return "its columns, or an event before it, are not what was recorded"
        if schema_version != _schema_version(event_type):
            return f"its schema version is {schema_version}, its type {event_type}"
        self.position, self.hash = position, this_hash
        return ""


@lru_cache(maxsize=4096)
def _schema_version(event_type: str) -> int:
    return split_type(event_type)[1]


async def _with_versions(connection: asyncpg.Connection, verdict: Verdict) -> Verdict:
    """The first hole among the versions of the shard's streams, if the chain itself holds."""
    if verdict.bad_position is not None:
        return verdict
    hole = await connection.fetchrow(_VERSIONS, verdict.shard)
    if hole is None:
        return verdict
    return Verdict(verdict.shard, verdict.verified, hole["position"], f"version of {hole['stream']} out of order")
