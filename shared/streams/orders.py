"""What operators ordered of one consumer, as its database has it."""

from __future__ import annotations

from importlib.resources import files

from shared.streams.batch import Claimed
from shared.streams.projection import Connection

_SQL = files("shared.streams") / "sql"
_PAUSED, _SKIPPED = ((_SQL / f"{name}.sql").read_text("utf-8") for name in ("paused", "skipped"))


class Orders:
    """The orders of one consumer, or of a relay under the name relay:<shard>. ``connection`` may be a pool."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer

    async def paused(self, connection: Connection) -> bool:
        """Whether it is to stand still."""
        found: bool = await connection.fetchval(_PAUSED, self._consumer)
        return found

    async def skipped(self, connection: Connection, claimed: Claimed, record: int | None) -> bool:
        """Whether a record of a partition is to be left out; False for None."""
        if record is None:
            return False
        found: bool = await connection.fetchval(_SKIPPED, claimed.store, claimed.shard, record)
        return found
