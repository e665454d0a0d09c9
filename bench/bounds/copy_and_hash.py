"""The least that reads a store and hashes it: one COPY of all that the chain covers, into one SHA-256."""

from __future__ import annotations

from hashlib import sha256
from time import perf_counter

import asyncpg

COLUMNS = """
SELECT position, stream, stream_version, event_id, type, schema_version, occurred_at, recorded_at, received_at,
       metadata, data, salt, data_hash, hash
FROM events WHERE shard = 0 ORDER BY position"""


async def copy_and_hash(dsn: str) -> float:
    """Seconds to have every byte of every event here and hashed, as it comes."""
    digest = sha256()

    async def take(chunk: bytes) -> None:
        digest.update(chunk)

    connection = await asyncpg.connect(dsn)
    try:
        began = perf_counter()
        await connection.copy_from_query(COLUMNS, output=take, format="binary")
        return perf_counter() - began
    finally:
        await connection.close()
