"""Brings a store that was restored from a backup up to its topic: copies back the events that it lacks.

The topic carries every byte of an event, and the first event of an append also what else the append wrote (answer,
claims), so that afterwards repeated commands are answered as before. What cannot come back are answers without events:
such a command is decided again, and again finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from shared.contracts.coded import CodedError
from shared.contracts.envelope import GENESIS, Envelope, from_headers
from shared.contracts.event import ContractError, split_type
from shared.eventstore.restoring import require_whole
from shared.eventstore.store import statement
from shared.streams.broker import Broker
from shared.streams.topics import Topics, records

_SETTINGS, _EVENT_AT, _HEAD = statement("settings"), statement("event_at"), statement("head")
_INSERT, _ANSWERS, _CLAIMS = statement("restore_event"), statement("restore_answers"), statement("restore_claims")

BATCH = 1000

Progress = Callable[[int], None]


class CannotRestore(CodedError):
    """Store and topic do not fit together; ``code`` is ``restore.gap``, ``…fork`` or ``…no_store``."""


@dataclass(frozen=True, slots=True)
class Restored:
    """How many events of a shard came back, and up to which position."""

    shard: int
    events: int
    position: int


async def restore(
    owner_dsn: str,
    broker: Broker,
    topics: Topics,
    progress: Progress = lambda _count: None,
    *,
    of_backup: bool = False,
) -> list[Restored]:
    """Copy back what every shard lacks, all in one transaction; no service of this store may be running.

    ``progress`` is told how many more events came back; ``of_backup``: the backup was brought back just now. Raises
    CannotRestore, RestoreUnfinished, and then nothing came back.
    """
    connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        if not of_backup:
            await require_whole(connection)
        made = await connection.fetchrow(_SETTINGS)
        if made is None:
            raise CannotRestore("restore.no_store", "this database has not been a store yet")
        topic = topics.events(made["name"])
        heads = [await connection.fetchval(_HEAD, shard) for shard in range(made["shards"])]
        async with connection.transaction():
            restored = [
                await _restore_shard(connection, broker, topic, shard, head, progress)
                for shard, head in enumerate(heads)
            ]
            await connection.execute(_ANSWERS, heads)
            await connection.execute(_CLAIMS, heads)
        return restored
    finally:
        await connection.close()


async def _restore_shard(
    connection: asyncpg.Connection, broker: Broker, topic: str, shard: int, head: int, progress: Progress
) -> Restored:
    at_head = await connection.fetchrow(_EVENT_AT, shard, head)
    last, previous = head, at_head["hash"] if at_head else GENESIS
    batch: list[Envelope] = []
    async for record in records(broker, topic, shard):
        try:
            envelope = from_headers(record.headers, record.value)
        except ContractError:
            continue  # a stranger's record is no event of ours
        if at_head and envelope.position == head and envelope.event_id != at_head["event_id"]:
            raise CannotRestore("restore.fork", f"the topic holds another event at the store's last position {head}")
        if envelope.position <= last:
            continue
        _require_follows(envelope, last, previous)
        last, previous = envelope.position, envelope.hash
        batch.append(envelope)
        if len(batch) == BATCH:
            batch = await _insert(connection, batch, progress)
    await _insert(connection, batch, progress)
    await connection.execute("UPDATE relay_cursor SET position = $2 WHERE shard = $1", shard, last)
    return Restored(shard, last - head, last)


def _require_follows(envelope: Envelope, last: int, previous: str) -> None:
    if envelope.position != last + 1:
        raise CannotRestore("restore.gap", f"the topic goes on at position {envelope.position}, after {last}")
    if envelope.previous_hash != previous or envelope.computed_hash() != envelope.hash:
        raise CannotRestore("restore.fork", f"the topic's position {last + 1} does not follow the store's {last}")


async def _insert(connection: asyncpg.Connection, batch: Sequence[Envelope], progress: Progress) -> list[Envelope]:
    """Insert a batch; returns the next, empty one."""
    await connection.executemany(_INSERT, [_event_row(each) for each in batch])
    progress(len(batch))
    return []


def _event_row(envelope: Envelope) -> tuple[Any, ...]:
    return (
        envelope.shard,
        envelope.position,
        envelope.stream,
        envelope.stream_version,
        envelope.event_id,
        envelope.type,
        split_type(envelope.type)[1],
        envelope.occurred_at,
        envelope.recorded_at,
        envelope.received_at,
        envelope.metadata,
        envelope.data.decode() or None,
        bytes.fromhex(envelope.salt) if envelope.data else None,
        bytes.fromhex(envelope.hash),
        bytes.fromhex(envelope.data_hash) if envelope.data_hash else None,
    )
