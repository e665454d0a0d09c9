"""Verifies a store: every position there, every hash as it must be. Names the first position that is not."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg

from shared.eventstore.store import statement

_CHAIN = statement("chain")
_SHARDS = "SELECT shards FROM store"
_VERSIONS = statement("version_holes")

ROWS = 5000

Progress = Callable[[int], None]


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
    verified, previous = 0, bytes(32)
    async for row in _events(connection, shard):
        reason = _wrong(row, shard, verified + 1, previous)
        if reason:
            return Verdict(shard, verified, verified + 1, reason)
        verified, previous = verified + 1, row["hash"]
        if verified % ROWS == 0:
            progress(ROWS)
    progress(verified % ROWS)
    return Verdict(shard, verified)


async def _events(connection: asyncpg.Connection, shard: int) -> AsyncIterator[Any]:
    after = 0
    while rows := await connection.fetch(_CHAIN, shard, after, ROWS):
        for row in rows:
            yield row
        after = rows[-1]["position"]


def _wrong(row: Any, shard: int, expected: int, previous: bytes) -> str:
    """What is wrong with an event; empty when nothing is. A redacted event has no data, and its data_hash stands."""
    if row["position"] != expected:
        return f"position {expected} is missing"
    if row["data"] is not None and hashlib.sha256(row["salt"] + row["data"].encode()).digest() != row["data_hash"]:
        return "its data is not what was recorded"
    if event_hash(row, shard, previous) != row["hash"]:
        return "its columns, or an event before it, are not what was recorded"
    return ""


def event_hash(row: Any, shard: int, previous: bytes) -> bytes:
    """SHA-256(previous hash || columns as sent, separated by U+001F || data_hash)."""
    columns = "\x1f".join(
        (
            str(shard),
            str(row["position"]),
            row["stream"],
            str(row["stream_version"]),
            row["event_id"],
            row["type"],
            row["occurred"],
            row["recorded"],
            row["received"],
            row["metadata"],
        )
    )
    return hashlib.sha256(previous + columns.encode() + row["data_hash"]).digest()


async def _with_versions(connection: asyncpg.Connection, verdict: Verdict) -> Verdict:
    """The first hole among the versions of the shard's streams, if the chain itself holds."""
    if verdict.bad_position is not None:
        return verdict
    hole = await connection.fetchrow(_VERSIONS, verdict.shard)
    if hole is None:
        return verdict
    return Verdict(verdict.shard, verdict.verified, hole["position"], f"version of {hole['stream']} out of order")
