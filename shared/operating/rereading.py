"""Has every consumer of a database read a store's topic from its first record, for the topic was made anew.

With the owner's rights, and while nothing runs: offsets mean other records now, and a skip that still stood when a
consumer reads on would leave out whatever stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.eventstore.redact import alone
from shared.operating import audit
from shared.operating.sql import statement

ACTION = "reread"

_OFFSETS, _SKIPS, _PARKED = statement("reread"), statement("lift_skips"), statement("forget_parked")


@dataclass(frozen=True, slots=True)
class Reread:
    """What one database does not hold any more."""

    partitions: int
    """How many are read from the first record; their positions stay, by which what was read is recognised."""
    skips: Sequence[str]
    """Records, as ``<store>/<shard>/<offset>``, that are left out no more."""
    parked: Mapping[str, int]
    """How many parked records were forgotten, by consumer."""
    lacking: Sequence[str]
    """Consumers that had parked an event, which they lack until they read everything anew."""
    audit: int


async def reread(owner_dsn: str, store: str, *, actor: str, reason: str) -> Reread:
    """Begin at the first record of every partition of ``store``, with a line in the audit, in one transaction.

    Raises Rejected ``ops.in_use``.
    """
    async with alone(owner_dsn) as connection, connection.transaction():
        partitions = await connection.fetchval(_OFFSETS, store)
        skips = [f"{store}/{row['shard']}/{row['record']}" for row in await connection.fetch(_SKIPS, store)]
        forgotten = await connection.fetch(_PARKED, store)
        parked = {row["consumer"]: row["records"] for row in forgotten}
        lacking = [row["consumer"] for row in forgotten if row["events"]]
        outcome = (
            f"{partitions} partitions; skips lifted: {', '.join(skips) or 'none'}; {sum(parked.values())} forgotten"
            + (f", which {', '.join(lacking)} lacks" if lacking else "")
        )
        line = await audit.record(connection, actor, ACTION, store, reason, outcome=outcome)
    return Reread(partitions, skips, parked, lacking, line)
