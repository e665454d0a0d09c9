"""Takes the data of one event away for good: the event stands, its chain holds, and it has no effect any more.

With the owner's rights, for no role that runs may change the log; and while nobody else works on the database, for the
processes of a service remember what they have read. What other databases copied is emptied one by one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from shared.contracts.coded import CodedError
from shared.eventstore.store import statement
from shared.operating import audit

ACTION = "redact"

_REDACT, _ORIGINALS, _LEARNED, _PARKED, _SESSIONS = (
    statement(name)
    for name in ("redact", "redact_originals", "redact_learned", "redact_parked", "redact_sessions")
)  # fmt: skip
_STORE = "SELECT name FROM store"
_SENT = "SELECT position >= $2 FROM relay_cursor WHERE shard = $1"


class CannotRedact(CodedError):
    """Nothing was changed; ``code`` is ``redact.no_event`` or ``redact.in_use``."""


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


async def redact(owner_dsn: str, shard: int, position: int, *, actor: str, reason: str) -> Redaction:
    """Redact one event of a store, and write that into the audit, in one transaction.

    Raises CannotRedact: ``redact.no_event`` (there is none, or it is redacted), ``redact.in_use``.
    """
    async with _alone(owner_dsn) as connection, connection.transaction():
        row = await connection.fetchrow(_REDACT, shard, position)
        store = await connection.fetchval(_STORE)
        target = target_of(store, shard, position)
        if row is None:
            raise CannotRedact("redact.no_event", f"{target} is no event, or was redacted before")
        source, _, command = (row["command"] or "").partition(" ")
        originals = await connection.fetchval(_ORIGINALS, source, command)
        sent = bool(await connection.fetchval(_SENT, shard, position))
        outcome = f"{row['type']} {row['event_id']} of {row['stream']} has no data any more"
        line = await audit.record(connection, actor, ACTION, target, reason, outcome=outcome)
    return Redaction(store, shard, position, row["stream"], row["event_id"], row["type"], sent, originals, line)


async def redact_copies(owner_dsn: str, store: str, shard: int, position: int) -> int:
    """Empty what another service's database has copied or parked of an event; how many rows that were.

    Raises CannotRedact ``redact.in_use``.
    """
    async with _alone(owner_dsn) as connection, connection.transaction():
        return sum([await connection.fetchval(sql, store, shard, position) for sql in (_LEARNED, _PARKED)])


@asynccontextmanager
async def _alone(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        sessions = await connection.fetchval(_SESSIONS)
        if sessions:
            raise CannotRedact(
                "redact.in_use", f"{sessions} sessions are open on this database: end the services first"
            )
        yield connection
    finally:
        await connection.close()
