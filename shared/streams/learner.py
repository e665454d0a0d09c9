"""Keeps copies of other services' events that decisions here read."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import structlog

from shared.contracts import REGISTRY
from shared.contracts.envelope import Envelope
from shared.streams.projection import Connection

log = structlog.get_logger(__name__)

_SQL = files("shared.streams") / "sql"
_LEARN, _LEARNED_ID, _REACHED, _WAKE = (
    (_SQL / f"{name}.sql").read_text("utf-8") for name in ("learn", "learned_id", "reached", "wake")
)


class Learner:
    """A projection that copies the events of some kinds of stream, such as ("programme", "committee")."""

    def __init__(self, service: str, stores: Sequence[str], kinds: Sequence[str]) -> None:
        self.name = f"{service}.learner"
        self.stores = stores
        self._kinds = frozenset(kinds)

    async def apply(self, connection: Connection, events: Sequence[Envelope]) -> None:
        """Copy what is of these kinds; an event that cannot be read here raises its ContractError and is parked."""
        rows = []
        for event in events:
            if event.stream.partition(":")[0] in self._kinds:
                REGISTRY.read(event.type, event.data)
                rows.append(_row(event))
        if rows:
            await connection.executemany(_LEARN, rows)
            await connection.execute(_WAKE, sorted({name for event in events for name in waited_for(event.stream)}))

    async def event_id_at(self, connection: Connection, store: str, shard: int, position: int) -> str | None:
        """Id of a copied event; None for what is not copied."""
        found: str | None = await connection.fetchval(_LEARNED_ID, store, shard, position)
        return found

    def forget(self) -> None:
        """Nothing is cached."""

    async def reached(self, connection: Connection, event: Envelope) -> bool:
        """Whether everything up to this event has been copied. ``connection`` may be a pool."""
        position = await connection.fetchval(_REACHED, self.name, event.store, event.shard)
        return position is not None and position >= event.position


def waited_for(stream: str) -> list[str]:
    """Under which names facts wait for a stream of another service: its own, and ``…:*`` of every prefix of it."""
    parts = stream.split(":")
    return [f"learned:{stream}", *(f"learned:{':'.join(parts[:n])}:*" for n in range(1, len(parts)))]


def _row(event: Envelope) -> tuple[object, ...]:
    return (
        event.store,
        event.shard,
        event.position,
        event.stream,
        event.stream_version,
        event.event_id,
        event.type,
        event.occurred_at,
        event.recorded_at,
        event.received_at,
        event.metadata,
        event.data.decode(),
    )
