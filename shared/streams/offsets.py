"""How far a consumer has read, kept in its own database: claimed on assignment, moved by compare-and-set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

from shared.streams.batch import Batch, Claimed
from shared.streams.projection import Connection

_SQL = files("shared.streams") / "sql"
_CLAIM, _ADVANCE, _HELD = ((_SQL / f"{name}.sql").read_text("utf-8") for name in ("claim", "advance", "held"))


class Superseded(Exception):
    """Another process has claimed the partition."""


class Offsets:
    """The offsets of one consumer."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer

    async def claim(self, connection: Connection, store: str, shard: int) -> Claimed:
        """Claim a partition: from now on batches of earlier claims change nothing."""
        row = await connection.fetchrow(_CLAIM, self._consumer, store, shard)
        return Claimed(store, shard, row["next_offset"], row["epoch"], row["position"], row["hash"])

    async def require_held(self, connection: Connection, claims: Sequence[Claimed]) -> None:
        """Raises Superseded when a claim does not hold any more, which who reads nothing would never notice."""
        columns = zip(*((each.store, each.shard, each.epoch) for each in claims), strict=True)
        if claims and await connection.fetchval(_HELD, self._consumer, *map(list, columns)) < len(claims):
            raise Superseded("partitions were claimed by another process, or are to be read anew")

    async def advance(self, connection: Connection, claimed: Claimed, batch: Batch) -> Claimed:
        """Move to the end of a batch, as the first statement of its transaction, and note what of it is skipped.

        Raises Superseded.
        """
        end = (batch.next_offset, batch.position, batch.hash)
        where = (self._consumer, claimed.store, claimed.shard, claimed.next_offset, claimed.epoch)
        moved = await connection.fetchrow(_ADVANCE, *where, *end)
        if moved is None:
            raise Superseded(f"{claimed.store}/{claimed.shard} was claimed by another process")
        batch.skipped = frozenset(moved["skipped"])
        return replace(claimed, next_offset=batch.next_offset, position=batch.position, hash=batch.hash)
