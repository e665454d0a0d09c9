"""Makes the views anew beside the live ones, from the topics alone, and compares them row by row (I6)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import asyncpg

from services.reporting.projections.projection import ReportingProjection
from services.reporting.rebuilding.differing import compare
from services.reporting.rebuilding.schemas import make_schema
from shared.streams.batch import read_batch
from shared.streams.broker import Broker
from shared.streams.offsets import Offsets
from shared.streams.topics import Topics, records
from tests.stack import Database

SKIPPED = "SELECT record FROM skips WHERE store = $1 AND shard = $2"
PIECE = 97
"""Events applied at once: cut differently from what the live projector was given."""


async def rebuild_differences(
    views: Database, broker: Broker, topics: Topics, stores: Sequence[str], shards: int
) -> list[str]:
    """Where views made anew from the stores' topics, one store after another, are not the live ones."""
    schema = f"anew_{secrets.token_hex(4)}"
    await make_schema(views.owner_dsn, schema)
    connection = await asyncpg.connect(views.app_dsn, server_settings={"search_path": f"{schema}, public"})
    try:
        for store in stores:
            for shard in range(shards):
                await _replay(connection, broker, topics.events(store), schema, store, shard)
    finally:
        await connection.close()
    return [f"I6 {each}" for each in await compare(views.app_dsn, schema, patience=60.0)]


async def _replay(
    connection: asyncpg.Connection, broker: Broker, topic: str, schema: str, store: str, shard: int
) -> None:
    offsets = Offsets(schema)
    claimed = await offsets.claim(connection, store, shard)
    read = [record async for record in records(broker, topic, shard)]
    skipped = {row["record"] for row in await connection.fetch(SKIPPED, store, shard)}
    batch = read_batch(read, claimed, recompute=True, passed_over=skipped)
    assert batch.halted is None, batch.halted
    assert {record.offset for record, _ in batch.unreadable} <= skipped
    events = [each for each, offset in zip(batch.events, batch.offsets, strict=True) if offset not in skipped]
    projection = ReportingProjection()
    for first in range(0, len(events), PIECE):
        async with connection.transaction():
            await projection.apply(connection, events[first : first + PIECE])
    await offsets.advance(connection, claimed, batch)
