"""Carries out a command inside a transaction that writes more: its events are there with the rest or not at all."""

from __future__ import annotations

from typing import Any

from shared.contracts import Rejected
from shared.eventstore.append import Answer, Append, Stale
from shared.eventstore.commands import DECIDE_AGAIN, CommandHandler, Request
from shared.eventstore.store import EventStore, statement
from shared.eventstore.writer import answer_of, arrays_of, footprint_shards

_APPEND = statement("append_group")
_WAKE = "NOTIFY appended"
"""Heard by the relays once the transaction is committed."""


async def carry_out(connection: Any, handler: CommandHandler, request: Request) -> Answer:
    """Decide and append on ``connection`` (asyncpg), inside its transaction; for what happens seldom.

    It holds the lock of its shards until the transaction ends. Raises Rejected, OtherContent.
    """
    for _ in range(1 + DECIDE_AGAIN):
        try:
            answer = await _append(connection, handler.store, handler.decided(await handler.ready(request)))
        except Stale:
            continue  # nothing was written, and the transaction still stands
        await connection.execute(_WAKE)
        return answer
    raise Rejected("stream.busy", stream=request.stream)


async def _append(connection: Any, store: EventStore, append: Append) -> Answer:
    locks = list(footprint_shards(append, store.shards))
    [row] = await connection.fetch(_APPEND, *arrays_of(locks, store.shards, [append]))
    return answer_of(store.name, store.shards, append, row)
