"""Parked events: what a consumer could not apply, kept with its cause, and what came after it in its stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

import orjson
import structlog
from aiokafka import TopicPartition

from shared.contracts.envelope import Envelope
from shared.streams.batch import Batch
from shared.streams.projection import Connection

log = structlog.get_logger(__name__)

_SQL = files("shared.streams") / "sql"
_PARK, _STREAMS = ((_SQL / f"{name}.sql").read_text("utf-8") for name in ("park", "parked_streams"))

BEHIND = ("stream.parked", "an earlier event of its stream is parked")
"""Code and message of an event that is parked only because of one before it."""


class Parking:
    """Parks for one consumer, in the transaction of its batch. ``topics``: store by topic."""

    def __init__(self, consumer: str, topics: Mapping[str, str]) -> None:
        self._consumer, self._topics = consumer, topics
        self.streams: set[str] = set()
        """Streams that have something parked."""
        self.count = 0
        """Events parked by this process."""

    async def load(self, connection: Connection) -> None:
        """Read anew which streams have something parked."""
        self.streams = {row["stream"] for row in await connection.fetch(_STREAMS, self._consumer)}

    async def park(
        self,
        connection: Connection,
        place: TopicPartition,
        offset: int,
        envelope: Envelope,
        code: str,
        message: str,
    ) -> None:
        """Park an event; its stream is held back from now on."""
        log.warning("event parked", consumer=self._consumer, code=code, event_id=envelope.event_id)
        about = (envelope.position, envelope.stream, envelope.event_id, envelope.type)
        await self._insert(connection, place, offset, about, code, message, envelope.headers(), envelope.data)
        self.streams.add(envelope.stream)

    async def park_unreadable(self, connection: Connection, place: TopicPartition, batch: Batch) -> None:
        """Park records that are no events, by their place alone: they have no stream to hold back."""
        for record, error in batch.unreadable:
            log.warning("record parked", consumer=self._consumer, code=error.code, offset=record.offset)
            nothing = (None, None, None, None)
            await self._insert(
                connection, place, record.offset, nothing, error.code, str(error), record.headers, record.value
            )

    async def _insert(
        self,
        connection: Connection,
        place: TopicPartition,
        offset: int,
        about: tuple[int | None, str | None, str | None, str | None],
        code: str,
        message: str,
        headers: Sequence[tuple[str, bytes]],
        value: bytes | None,
    ) -> None:
        self.count += 1
        store = self._topics[place.topic]
        kept = orjson.dumps([[name, (text or b"").decode("utf-8", "replace")] for name, text in headers]).decode()
        await connection.execute(
            _PARK, self._consumer, place.topic, place.partition, offset, store, *about, code, message, kept, value
        )
