"""Raw rows of a store and raw records of a topic, as they lie there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.envelope import GENESIS, Envelope, wire_time

NO_HASH = bytes.fromhex(GENESIS)


@dataclass(frozen=True)
class StoredRow:
    """One row of a store's log; ``data`` and ``salt`` are None once redacted."""

    store: str
    shard: int
    position: int
    stream: str
    stream_version: int
    event_id: str
    type: str
    schema_version: int
    occurred_at: datetime
    recorded_at: datetime
    received_at: datetime
    metadata: str
    data: str | None
    salt: bytes | None
    data_hash: bytes
    hash: bytes

    @property
    def place(self) -> str:
        return f"{self.store}/{self.shard}@{self.position}"

    def envelope(self, previous_hash: bytes) -> Envelope:
        """The row as an event; of a redacted one the data are empty."""
        return Envelope(
            self.store,
            self.shard,
            self.position,
            self.stream,
            self.stream_version,
            self.event_id,
            self.type,
            self.occurred_at,
            self.recorded_at,
            self.received_at,
            self.metadata,
            (self.data or "").encode(),
            (self.salt or b"").hex(),
            self.hash.hex(),
            previous_hash.hex(),
        )


@dataclass(frozen=True)
class SentRecord:
    """One record of a topic, by the store whose topic it is."""

    store: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None
    attributes: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", {name: text.decode("utf-8", "replace") for name, text in self.headers})

    @property
    def place(self) -> str:
        return f"{self.store}[{self.partition}]:{self.offset}"

    @property
    def position(self) -> int | None:
        """The position it says it has; None when it says none."""
        said = self.attributes.get("ce_position", "")
        return int(said) if said.isdecimal() else None


def envelopes(rows: Sequence[StoredRow]) -> list[Envelope]:
    """A store's rows as events, shard by shard in order."""
    made = []
    before: dict[int, bytes] = {}
    for row in sorted(rows, key=lambda each: (each.shard, each.position)):
        made.append(row.envelope(before.get(row.shard, NO_HASH)))
        before[row.shard] = row.hash
    return made


def expected_attributes(row: StoredRow, previous_hash: bytes) -> dict[str, str]:
    """What a record of this row says in its headers, by the published rules of CloudEvents' binary mode."""
    about = json.loads(row.metadata)
    return {
        "ce_specversion": "1.0",
        "ce_id": row.event_id,
        "ce_source": f"/obec/cluster/{row.store}",
        "ce_type": row.type,
        "ce_subject": row.stream,
        "ce_time": wire_time(row.occurred_at),
        "content-type": "application/json",
        "ce_recordedtime": wire_time(row.recorded_at),
        "ce_receivedtime": wire_time(row.received_at),
        "ce_shard": str(row.shard),
        "ce_position": str(row.position),
        "ce_streamversion": str(row.stream_version),
        "ce_hash": row.hash.hex(),
        "ce_previoushash": previous_hash.hex(),
        "ce_correlationid": about.get("correlation", ""),
        "ce_causationid": about.get("causation", ""),
        "ce_traceparent": about.get("traceparent", ""),
        "obec_metadata": row.metadata,
        "obec_salt": (row.salt or b"").hex(),
    }
