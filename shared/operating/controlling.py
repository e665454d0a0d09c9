"""Orders to a service's consumers and relays: try parked events again, stand still, go on, hand over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shared.contracts import Rejected, require
from shared.operating.deciding import Act
from shared.operating.sql import statement
from shared.web.auth import Caller

_KNOWN, _FIRST, _ANY, _ASK, _REPLAYS, _PAUSE, _LEADER, _HAND_OVER = (
    statement(name)
    for name in (
        "consumer_known", "first_parked", "any_parked", "ask_replay", "replays", "pause", "leader", "hand_over",
    )
)  # fmt: skip

RELAY = "relay:"
"""How a relay is named among consumers: relay:<shard>."""


class Controls:
    """What may be ordered of one service. ``consumers``: those that it has even before they have read anything."""

    def __init__(self, shards: int, consumers: Collection[str]) -> None:
        self._shards, self._consumers = shards, frozenset(consumers)

    async def replay(self, connection: Any, params: Mapping[str, Any], caller: Caller) -> str:
        """Have a consumer try parked events again: ``consumer`` and, of it, a ``stream``, a ``code`` or one record.

        Raises Rejected ``ops.consumer_not_found``, ``ops.parked_not_found``, ``ops.not_first``.
        """
        await self.require_replayable(connection, params)
        asked = (params.get(name) for name in ("stream", "code", "store", "shard", "record"))
        made = await connection.fetchval(_ASK, params["consumer"], *asked, caller.id)
        return f"replay {made}"

    async def require_replayable(self, connection: Any, params: Mapping[str, Any]) -> None:
        """Refuse what cannot be replayed: nothing is parked there, or what comes before it in its stream is."""
        consumer, record = params["consumer"], params.get("record")
        await self._require_consumer(connection, consumer)
        if record is None:
            found = await connection.fetchval(_ANY, consumer, params.get("stream"), params.get("code"))
            require(found, "ops.parked_not_found")
            return
        row = await connection.fetchrow(_FIRST, consumer, params["store"], params["shard"], record)
        require(row is not None, "ops.parked_not_found")
        first = row["first"]
        require(first is None or record <= first, "ops.not_first", record=record, stream=row["stream"], first=first)

    def pausing(self, *, paused: bool) -> Act:
        """The action that has a ``consumer``, or ``relay:<shard>``, stand still or go on."""

        async def act(connection: Any, params: Mapping[str, Any], _caller: Caller) -> str:
            consumer = params["consumer"]
            if consumer.startswith(RELAY):
                self._require_relay(consumer.removeprefix(RELAY))
            else:
                await self._require_consumer(connection, consumer)
            changed = await connection.fetchval(_PAUSE, consumer, paused)
            state = "paused" if paused else "running"
            return f"{consumer} is {state}" if changed else f"{consumer} was {state} already"

        return act

    async def hand_over(self, connection: Any, params: Mapping[str, Any], _caller: Caller) -> str:
        """Have whoever relays a ``shard`` let another process lead. Raises Rejected ``ops.relay_not_found``."""
        shard = params["shard"]
        self._require_relay(str(shard))
        leader = await connection.fetchval(_LEADER, shard)
        if leader is None:
            return f"nobody leads shard {shard}"
        await connection.execute(_HAND_OVER, str(shard))
        return f"session {leader} hands shard {shard} over"

    async def _require_consumer(self, connection: Any, consumer: str) -> None:
        if consumer not in self._consumers and not await connection.fetchval(_KNOWN, consumer):
            raise Rejected("ops.consumer_not_found", consumer=consumer)

    def _require_relay(self, shard: str) -> None:
        if shard not in map(str, range(self._shards)):
            raise Rejected("ops.relay_not_found", shard=shard[:20])


async def replays(pool: Any, before: int, limit: int) -> Sequence[dict[str, Any]]:
    """Replays asked for before the one named, newest first, with how far each came."""
    return [dict(row) for row in await pool.fetch(_REPLAYS, before, limit)]
