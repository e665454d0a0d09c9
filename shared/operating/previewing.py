"""What a replay would change: tried on a connection of its own, in a transaction that is rolled back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson
from pydantic import BaseModel, Field

from shared.contracts import Rejected
from shared.contracts.envelope import Envelope
from shared.eventstore.store import EventStore
from shared.operating.consumers import Consumer
from shared.operating.sql import statement
from shared.streams.projection import Connection
from shared.streams.reaction import Reaction
from shared.streams.replaying import Chosen, Refused, Replayed, Replayer

_PLACES, _WRITTEN, _KEYS = (statement(name) for name in ("places", "written", "written_keys"))

EVENTS = 500
"""Parked events that are tried at most; while they are, the consumer waits."""
KEYS = 100
"""Keys of rows that are told at most."""
PATIENT = {"lock_timeout": "2s", "statement_timeout": "20s", "idle_in_transaction_session_timeout": "30s"}
"""The consumer comes first: a preview that would have to wait for it longer is given up."""
TRIES = 5

_INTERRUPTED = (
    asyncpg.LockNotAvailableError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
)


class TableChange(BaseModel):
    """What would become of a table's rows."""

    table: str
    inserted: int
    updated: int
    deleted: int


class RowChange(BaseModel):
    """A row that would be inserted or updated, by its key."""

    table: str
    key: dict[str, Any]


class Commanded(BaseModel):
    """A command that would follow."""

    cause: str = Field(description="Id of the event that it answers.")
    stream: str
    command: str
    data: dict[str, Any]
    actor: str


class Stopped(BaseModel):
    """A stream that would stop again."""

    stream: str
    record: int
    event_id: str
    code: str
    message: str


class Preview(BaseModel):
    """What a replay would change as things stand; nothing was changed."""

    consumer: str
    events: int = Field(description="Parked events that would be applied.")
    skipped: int = Field(description="Parked events that would be removed, because an operator skips them.")
    complete: bool = Field(description=f"False: only the first {EVENTS} were tried.")
    stopped: list[Stopped]
    tables: list[TableChange]
    rows: list[RowChange] = Field(description=f"At most {KEYS}.")
    commands: list[Commanded]


@dataclass(slots=True)
class _Tried:
    """What came of it so far."""

    replayed: Replayed = field(default_factory=Replayed)
    commands: list[Commanded] = field(default_factory=list)
    noise: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows written by what was rolled back: PostgreSQL counts them all the same."""
    complete: bool = True


class Previewer:
    """Shows what replays of a service's consumers would change."""

    def __init__(self, store: EventStore, consumers: Sequence[Consumer]) -> None:
        self._store = store
        self._consumers = {each.name: each for each in consumers}

    async def preview(self, params: Mapping[str, Any]) -> Preview:
        """Of a replay that is asked for with these ``params``.

        Raises Rejected ``ops.no_preview`` for a consumer of which this process has no parts, ``ops.busy``.
        """
        chosen = Chosen.of(params)
        consumer = self._consumers.get(chosen.consumer)
        if consumer is None:
            raise Rejected("ops.no_preview", consumer=chosen.consumer)
        connection = await asyncpg.connect(
            self._store.dsn, timeout=5, command_timeout=60, server_settings={**consumer.settings, **PATIENT}
        )
        try:
            return await self._patiently(connection, consumer, chosen)
        finally:
            connection.terminate()

    async def _patiently(self, connection: Any, consumer: Consumer, chosen: Chosen) -> Preview:
        for _ in range(TRIES):
            transaction = connection.transaction(isolation="repeatable_read")
            await transaction.start()
            try:
                return await _preview(connection, consumer, chosen)
            except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError):
                break
            except _INTERRUPTED:
                continue
            finally:
                await transaction.rollback()
        raise Rejected("ops.busy", consumer=chosen.consumer)


async def _preview(connection: Connection, consumer: Consumer, chosen: Chosen) -> Preview:
    await connection.execute("SELECT pg_current_xact_id()")
    before, tried = await _written(connection), _Tried()
    apply, forget = _applying(consumer, tried)
    replayer = Replayer(consumer.name, apply, forget, _INTERRUPTED)
    for place in await connection.fetch(_PLACES, consumer.name):
        if chosen.concerns(place["store"], place["shard"]):
            await _place(connection, replayer, chosen, place["store"], place["shard"], tried)
    tables = _tables(await _written(connection), before + tried.noise)
    return Preview(
        consumer=consumer.name,
        events=len(tried.replayed.events),
        skipped=tried.replayed.skipped,
        complete=tried.complete,
        stopped=[_stopped(each) for each in tried.replayed.refused],
        tables=tables,
        rows=await _rows(connection, tables),
        commands=tried.commands,
    )


def _applying(consumer: Consumer, tried: _Tried) -> tuple[Callable[[Connection, Envelope], Any], Callable[[], None]]:
    projection = consumer.projection() if consumer.projection is not None else None
    reactions = consumer.reactions()

    async def apply(connection: Connection, event: Envelope) -> None:
        if projection is not None:
            await projection.apply(connection, [event])
        for reaction in reactions:
            tried.commands += await _commanded(reaction, event)

    return apply, projection.forget if projection is not None else lambda: None


async def _commanded(reaction: Reaction, event: Envelope) -> list[Commanded]:
    return [
        Commanded(
            cause=event.event_id,
            stream=reply.stream,
            command=type(reply.command).__name__,
            data=reply.command.model_dump(mode="json"),
            actor=reply.actor,
        )
        for reply in await reaction.replies_to(event)
    ]


async def _place(
    connection: Connection, replayer: Replayer, chosen: Chosen, store: str, shard: int, tried: _Tried
) -> None:
    for stream in await replayer.streams(connection, chosen, store, shard):
        room = EVENTS - len(tried.replayed.events)
        if room <= 0:
            tried.complete = False
            return
        done = await _stream(connection, replayer, (store, shard, stream), chosen.record, room, tried)
        tried.complete = tried.complete and (len(done.events) < room or bool(done.refused))
        tried.replayed.events += done.events
        tried.replayed.skipped += done.skipped
        tried.replayed.refused += done.refused
    tried.replayed.skipped += await replayer.unreadable(connection, chosen, store, shard)


async def _stream(
    connection: Connection,
    replayer: Replayer,
    place: tuple[str, int, str],
    record: int | None,
    most: int,
    tried: _Tried,
) -> Replayed:
    """Try a stream; where an event fails, again up to that event, so that nothing is counted that was rolled back."""
    before, commands = await _written(connection), len(tried.commands)
    attempt = connection.transaction()
    await attempt.start()
    done = await replayer.stream(connection, *place, record=record, most=most)
    if not done.refused:
        await attempt.commit()
        return done
    await attempt.rollback()
    tried.noise += await _written(connection) - before
    del tried.commands[commands:]
    if done.events:
        await replayer.stream(connection, *place, record=record, most=len(done.events))
    return done


async def _written(connection: Connection) -> Counter[tuple[str, str]]:
    """Rows written by this session, by table and what was done."""
    return Counter(
        {
            (row["table"], what): row[what]
            for row in await connection.fetch(_WRITTEN)
            for what in ("inserted", "updated", "deleted")
        }
    )


def _tables(after: Counter[tuple[str, str]], before: Counter[tuple[str, str]]) -> list[TableChange]:
    changed = after - before
    names = sorted({table for table, _ in changed})
    return [
        TableChange(
            table=name,
            inserted=changed[name, "inserted"],
            updated=changed[name, "updated"],
            deleted=changed[name, "deleted"],
        )
        for name in names
    ]


async def _rows(connection: Connection, tables: Sequence[TableChange]) -> list[RowChange]:
    found: list[RowChange] = []
    for each in tables:
        if each.inserted + each.updated and len(found) < KEYS:
            rows = await connection.fetch(_KEYS, each.table, KEYS - len(found))
            found += [RowChange(table=each.table, key=orjson.loads(row[0])) for row in rows]
    return found


def _stopped(refused: Refused) -> Stopped:
    return Stopped(
        stream=refused.stream,
        record=refused.record,
        event_id=refused.event_id,
        code=refused.code,
        message=refused.message,
    )
