"""Writes events as stores do, without a store: places, versions, times, hashes. For tests that start from a history."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from shared.contracts.envelope import GENESIS, Envelope
from shared.contracts.event import Event
from shared.contracts.types import BANGKOK, bangkok_midnight

SPACE = UUID("5a1c1f0e-6c59-4f0c-8b70-3f7a52a8d1b4")
BEGIN = datetime(2016, 10, 3, 2, 0, tzinfo=UTC)


class Journal:
    """Events of several stores in the order in which they were recorded. ``shards``: of every store."""

    def __init__(self, shards: int = 1, begin: datetime = BEGIN) -> None:
        self.now = begin
        self.envelopes: list[Envelope] = []
        self.streams: dict[str, list[Envelope]] = defaultdict(list)
        self._shards = shards
        self._heads: dict[tuple[str, int], Envelope] = {}

    def tell(
        self,
        stream: str,
        event: Event,
        *,
        store: str = "",
        at: datetime | None = None,
        occurred_at: datetime | None = None,
        received_at: datetime | None = None,
        actor: str = "usr-officer",
        command: str = "",
    ) -> Envelope:
        """Append an event; ``at``: when it is recorded, from now on the clock stands there.

        ``occurred_at``: when it took effect, else what its type says, else ``received_at``, else when it is recorded.
        """
        self.now = max(self.now + timedelta(microseconds=1), at or self.now)
        of, shard = store or owner(stream, event), self._shard(stream)
        received = received_at or self.now
        head = self._heads.get((of, shard))
        event_id = uuid5(SPACE, f"{of}/{shard}/{head.position if head else 0}")
        about = {"actor": actor, "command": command or str(event_id), "correlation": command or str(event_id)}
        drawn = Envelope(
            store=of,
            shard=shard,
            position=head.position + 1 if head else 1,
            stream=stream,
            stream_version=len(self.streams[stream]) + 1,
            event_id=str(event_id),
            type=event.spec.type,
            occurred_at=occurred_at or self._takes_effect(stream, event, received),
            recorded_at=self.now,
            received_at=received,
            metadata=json.dumps(about),
            data=event.to_json().encode(),
            salt=hashlib.sha256(event_id.bytes).hexdigest()[:32],
            hash="",
            previous_hash=head.hash if head else GENESIS,
            correlation_id=about["correlation"],
        )
        envelope = drawn._replace(hash=drawn.computed_hash())
        self.envelopes.append(envelope)
        self.streams[stream].append(envelope)
        self._heads[of, shard] = envelope
        return envelope

    def _shard(self, stream: str) -> int:
        return int.from_bytes(hashlib.sha256(stream.encode()).digest()[:4], "big") % self._shards

    def _takes_effect(self, stream: str, event: Event, received: datetime) -> datetime:
        """An instant is itself; a day is its midnight, or the last that the stream holds of that very day."""
        moment = event.moment()
        if isinstance(moment, datetime):
            return moment
        if not isinstance(moment, date):
            return received
        told = [each.occurred_at for each in self.streams[stream]]
        same_day = [each for each in told if each.astimezone(BANGKOK).date() == moment]
        return max([bangkok_midnight(moment), *same_day])


def owner(stream: str, event: Event) -> str:
    """The service whose store an event belongs to; a voiding is where its stream is."""
    return event.spec.owner if event.spec.owner != "any" else STORE_OF[stream.partition(":")[0]]


STORE_OF = {
    **dict.fromkeys(("programme", "mandate", "committee", "publisher"), "committee"),
    **dict.fromkeys(("activity", "meeting", "workshop", "briefing", "budget"), "activity"),
    **dict.fromkeys(("indicators", "measurement", "supervision", "recommendation", "evaluation"), "evaluation"),
    **dict.fromkeys(("report", "alarm"), "reporting"),
}
