"""Takes the data of one event away for good: the event stands, its chain holds, and it has no effect any more.

Operators order it of the running service (``shared.operating.redacting``), one or two of them; their order is a line of
the audit. It is carried out with the owner's rights, for no role that runs may change the log; and while nobody else
works on the database, for the processes of a service remember what they have read. What other databases copied is
emptied one by one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from shared.contracts import Rejected, require
from shared.eventstore.store import statement
from shared.operating import audit

ORDER, ACTION = "redact", "redacted"
"""What the audit calls the order, and what was done by it."""
ORDER_HOLDS = timedelta(hours=24)
"""How long an order may be carried out, by the database's clock."""

_REDACT, _ORDER, _ORIGINALS, _LEARNED, _PARKED, _SESSIONS = (
    statement(name)
    for name in ("redact", "redact_order", "redact_originals", "redact_learned", "redact_parked", "redact_sessions")
)  # fmt: skip
_STORE = "SELECT name FROM store"
_THERE = "SELECT EXISTS (SELECT FROM events WHERE shard = $1 AND position = $2 AND data IS NOT NULL)"
_SENT = "SELECT position >= $2 FROM relay_cursor WHERE shard = $1"


@dataclass(frozen=True, slots=True)
class Redaction:
    """What was taken away. ``sent``: its topic was told the data, and holds it until it is made anew."""

    store: str
    shard: int
    position: int
    stream: str
    event_id: str
    type: str
    sent: bool
    originals: int
    """Bodies as they were received, which were kept and are gone too."""
    audit: int
    """Id of its line in the audit of the store's service."""


def target_of(store: str, shard: int, position: int) -> str:
    """What is typed to confirm, such as ``committee/0/12``."""
    return f"{store}/{shard}/{position}"


async def require_ordered(owner_dsn: str, shard: int, position: int) -> None:
    """Look, before any copy is emptied, whether an event may be redacted.

    Raises Rejected ``ops.in_use``, ``redact.no_event`` (there is none, or it is redacted), ``redact.not_ordered``.
    """
    async with alone(owner_dsn) as connection:
        await _order_of(connection, shard, position)


async def redact(owner_dsn: str, shard: int, position: int, *, by: str) -> Redaction:
    """Redact one event of a store as it was ordered, and write that into the audit, in one transaction; with it what
    consumers of the store's own service have parked of it.

    ``by``: who carries it out, which the audit tells beside who ordered it. Raises as ``require_ordered``.
    """
    async with alone(owner_dsn) as connection, connection.transaction():
        target, order = await _order_of(connection, shard, position)
        row = await connection.fetchrow(_REDACT, shard, position)
        assert row is not None, "it was there a moment ago, and nobody else is here"
        source, _, command = (row["command"] or "").partition(" ")
        originals = await connection.fetchval(_ORIGINALS, source, command)
        store = target.partition("/")[0]
        await connection.fetchval(_PARKED, store, shard, position)
        sent = bool(await connection.fetchval(_SENT, shard, position))
        line = await audit.record(
            connection,
            order["actor"],
            ACTION,
            target,
            order["reason"],
            seconded_by=order["seconded_by"],
            outcome=f"{row['type']} {row['event_id']} of {row['stream']} has no data any more; carried out by {by}",
        )
    return Redaction(store, shard, position, row["stream"], row["event_id"], row["type"], sent, originals, line)


async def _order_of(connection: asyncpg.Connection, shard: int, position: int) -> tuple[str, asyncpg.Record]:
    """What is to be redacted, and who ordered it."""
    target = target_of(await connection.fetchval(_STORE), shard, position)
    require(await connection.fetchval(_THERE, shard, position), "redact.no_event", target=target)
    order = await connection.fetchrow(_ORDER, ORDER, target, ORDER_HOLDS)
    if order is None:
        raise Rejected("redact.not_ordered", target=target)
    return target, order


async def redact_copies(owner_dsn: str, store: str, shard: int, position: int) -> int:
    """Empty what another service's database has copied or parked of an event; how many rows that were.

    Raises Rejected ``ops.in_use``.
    """
    async with alone(owner_dsn) as connection, connection.transaction():
        return sum([await connection.fetchval(sql, store, shard, position) for sql in (_LEARNED, _PARKED)])


@asynccontextmanager
async def alone(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database on which nobody else is. Raises Rejected ``ops.in_use``."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        sessions = await connection.fetchval(_SESSIONS)
        require(not sessions, "ops.in_use", sessions=sessions)
        yield connection
    finally:
        await connection.close()
