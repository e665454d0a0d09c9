"""Sends a canary at even intervals: an event that goes the whole way to the views and is timed there.

One stream for each service, ``canary:<service>``. Every process of the service's API tries; the id of a canary derives
from its interval, so that one of them is stored.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid5

import orjson
import structlog

from shared.clock import ClockMode
from shared.contracts.common import CanarySent
from shared.eventstore.append import Answer, Append, NewEvent, Stale, payload_digest
from shared.eventstore.commands import CAUSED
from shared.eventstore.store import EventStore
from shared.operating.sql import statement
from shared.process import first_of
from shared.web.tracing import fresh

log = structlog.get_logger(__name__)

ACTOR = "rule:canary"

_VERSION = statement("canary_version")


class Canary:
    """Sends one canary in each interval of ``seconds``, counted from the Unix epoch by the machine's clock."""

    def __init__(self, store: EventStore, seconds: int) -> None:
        self._store, self._seconds = store, seconds
        self._stream, self._source = f"canary:{store.name}", f"/canary/{store.name}"

    async def run(self, stop: asyncio.Event) -> None:
        """Send until ``stop``; one that cannot be stored is left out, for the next says as much."""
        while not stop.is_set():
            now = datetime.now(UTC)
            try:
                await self.send(now)
            except Exception as error:  # the canary must not take with it what it watches
                log.warning("no canary", store=self._store.name, reason=repr(error))
            await first_of(stop, seconds=self._seconds - now.timestamp() % self._seconds)

    async def send(self, sent_at: datetime) -> Answer | None:
        """Append the canary of the interval that ``sent_at`` (UTC) lies in; the stored answer if there is one already.

        None when another process is about to append it. Raises StoreUnavailable.
        """
        interval = int(sent_at.timestamp() // self._seconds) * self._seconds
        name = f"{datetime.fromtimestamp(interval, UTC):%Y%m%dT%H%M%SZ}"
        known = await self._store.answered(self._source, name)
        if known is not None:
            return known[0]
        version = await self._store.pool.fetchval(_VERSION, self._stream)
        now = await self._store.clock.now()
        digest = payload_digest(self._store.settings.secret, {"interval": name})
        event = self._event(name, sent_at, now, digest)
        try:
            return await self._store.append(
                Append(self._source, name, digest, self._stream, (event,), {self._stream: version}, now)
            )
        except Stale:
            return None

    def _event(self, name: str, sent_at: datetime, now: datetime, digest: bytes) -> NewEvent:
        event_id = uuid5(CAUSED, f"{self._store.name}\n{self._source}\n{name}\n0")
        sent = CanarySent(sent_at=sent_at)
        about = self._about(name, digest)
        return NewEvent(
            event_id, self._stream, sent.spec.type, sent.spec.version, now, sent.to_json(), orjson.dumps(about).decode()
        )

    def _about(self, name: str, digest: bytes) -> dict[str, Any]:
        """Metadata, with what a store is restored from."""
        traceparent = fresh()
        about = {
            "actor": ACTOR,
            "command": f"{self._source} {name}",
            "correlation": traceparent[3:35],
            "causation": name,
            "traceparent": traceparent,
            "clock": "simulated" if self._store.settings.clock is ClockMode.SIMULATED else "",
            "digest": digest.hex(),
            "answers_for": self._stream,
        }
        return {**{key: value for key, value in about.items() if value}, "claims": []}
