"""What travels with an event: CloudEvents 1.0 in binary mode on Kafka, structured JSON over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from shared.contracts.event import ContractError

SOURCE_PREFIX = "/obec/cluster/"
GENESIS = "0" * 64
"""Previous hash of the first event of a shard."""

Headers = list[tuple[str, bytes]]


def wire_time(moment: datetime) -> str:
    """RFC 3339 in UTC with six decimals, the one form in which instants are hashed and sent."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_wire_time(text: str) -> datetime:
    """Inverse of ``wire_time``; takes any ISO 8601 instant with an offset."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One stored event as everybody reads it. Hashes are lower-case hexadecimal, instants UTC."""

    store: str
    shard: int
    position: int
    stream: str
    stream_version: int
    event_id: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    received_at: datetime
    metadata: str
    """JSON: actor, command, correlation, causation, traceparent, clock (only when simulated)."""
    data: bytes
    salt: str
    hash: str
    previous_hash: str
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""

    @property
    def source(self) -> str:
        """CloudEvents source, such as ``/obec/cluster/committee``."""
        return SOURCE_PREFIX + self.store

    @property
    def about(self) -> dict[str, Any]:
        """The metadata, read."""
        found: dict[str, Any] = orjson.loads(self.metadata)
        return found

    def headers(self) -> Headers:
        """Kafka headers of binary mode; the value is ``data``, the key the stream."""
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", self.event_id.encode()),
            ("ce_source", self.source.encode()),
            ("ce_type", self.type.encode()),
            ("ce_subject", self.stream.encode()),
            ("ce_time", wire_time(self.occurred_at).encode()),
            ("content-type", b"application/json"),
            ("ce_recordedtime", wire_time(self.recorded_at).encode()),
            ("ce_receivedtime", wire_time(self.received_at).encode()),
            ("ce_shard", b"%d" % self.shard),
            ("ce_position", b"%d" % self.position),
            ("ce_streamversion", b"%d" % self.stream_version),
            ("ce_hash", self.hash.encode()),
            ("ce_previoushash", self.previous_hash.encode()),
            ("ce_correlationid", self.correlation_id.encode()),
            ("ce_causationid", self.causation_id.encode()),
            ("ce_traceparent", self.traceparent.encode()),
            ("obec_metadata", self.metadata.encode()),
            ("obec_salt", self.salt.encode()),
        ]

    def structured(self) -> dict[str, Any]:
        """The event as one JSON object, CloudEvents structured mode; attributes without a value are left out."""
        attributes = {
            name.removeprefix("ce_"): value.decode()
            for name, value in self.headers()
            if name.startswith("ce_") and value
        }
        numbers = {name: int(attributes[name]) for name in ("shard", "position", "streamversion")}
        return {
            **attributes,
            **numbers,
            "datacontenttype": "application/json",
            "data": orjson.loads(self.data) if self.data else None,
        }

    def computed_hash(self) -> str:
        """The hash that this content has behind ``previous_hash``; equal to ``hash`` unless something was changed."""
        columns = "\x1f".join(
            (
                str(self.shard),
                str(self.position),
                self.stream,
                str(self.stream_version),
                self.event_id,
                self.type,
                wire_time(self.occurred_at),
                wire_time(self.recorded_at),
                wire_time(self.received_at),
                self.metadata,
            )
        )
        content = hashlib.sha256(bytes.fromhex(self.salt) + self.data).digest()
        return hashlib.sha256(bytes.fromhex(self.previous_hash) + columns.encode() + content).hexdigest()


def from_headers(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Envelope:
    """The envelope of a Kafka record in binary mode.

    Raises ContractError ``record.not_an_event`` when an attribute is missing or unreadable.
    """
    found = dict(headers)
    try:
        if value is None:
            raise ValueError("the record has no value")
        return Envelope(
            found["ce_source"].decode().removeprefix(SOURCE_PREFIX),
            int(found["ce_shard"]),
            int(found["ce_position"]),
            found["ce_subject"].decode(),
            int(found["ce_streamversion"]),
            found["ce_id"].decode(),
            found["ce_type"].decode(),
            from_wire_time(found["ce_time"].decode()),
            from_wire_time(found["ce_recordedtime"].decode()),
            from_wire_time(found["ce_receivedtime"].decode()),
            found["obec_metadata"].decode(),
            value,
            found["obec_salt"].decode(),
            found["ce_hash"].decode(),
            found["ce_previoushash"].decode(),
            found["ce_correlationid"].decode(),
            found["ce_causationid"].decode(),
            found["ce_traceparent"].decode(),
        )
    except (KeyError, ValueError) as error:
        raise ContractError("record.not_an_event", f"not an event: {error!r}") from error
