"""What travels with an event: CloudEvents 1.0 in binary mode on Kafka, structured JSON over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from shared.contracts.event import ContractError

SOURCE_PREFIX = "/obec/cluster/"
GENESIS = "0" * 64
"""Previous hash of the first event of a shard."""

Headers = list[tuple[str, bytes]]

_NAMES = (
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "content-type",
    "ce_recordedtime",
    "ce_receivedtime",
    "ce_shard",
    "ce_position",
    "ce_streamversion",
    "ce_hash",
    "ce_previoushash",
    "ce_correlationid",
    "ce_causationid",
    "ce_traceparent",
    "obec_metadata",
    "obec_salt",
)
"""Headers of binary mode, in the order in which they are sent."""
DATA_HASH = "obec_datahash"
"""Header of a redacted event alone: what its data and salt came to, which keeps the chain of hashes."""
_LARGEST_SHARD, _LARGEST = 2**31, 2**63
"""Whole numbers from 0 to below these can be kept."""
_UNUSED = {"ce_specversion": b"", "content-type": b""}
"""What every record has and nobody here reads."""


def wire_time(moment: datetime) -> str:
    """RFC 3339 in UTC with six decimals, the one form in which instants are hashed and sent."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_wire_time(text: str) -> datetime:
    """Inverse of ``wire_time``; takes any ISO 8601 instant with an offset."""
    return datetime.fromisoformat(text)


class Envelope(NamedTuple):
    """One stored event as everybody reads it. Hashes are lower-case hexadecimal, instants UTC.

    A named tuple because one is made for every event that is read: a frozen dataclass takes five times as long.
    """

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
    data_hash: str = ""
    """Of a redacted event, which has neither data nor salt: SHA-256(salt || data) as it was recorded."""

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
        values = (
            b"1.0",
            self.event_id.encode(),
            self.source.encode(),
            self.type.encode(),
            self.stream.encode(),
            wire_time(self.occurred_at).encode(),
            b"application/json",
            wire_time(self.recorded_at).encode(),
            wire_time(self.received_at).encode(),
            b"%d" % self.shard,
            b"%d" % self.position,
            b"%d" % self.stream_version,
            self.hash.encode(),
            self.previous_hash.encode(),
            self.correlation_id.encode(),
            self.causation_id.encode(),
            self.traceparent.encode(),
            self.metadata.encode(),
            self.salt.encode(),
        )
        of_redacted = [(DATA_HASH, self.data_hash.encode())] if self.data_hash else []
        return [*zip(_NAMES, values, strict=True), *of_redacted]

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
        if self.data_hash and not self.data:
            content = bytes.fromhex(self.data_hash)
        else:
            content = hashlib.sha256(bytes.fromhex(self.salt) + self.data).digest()
        return hashlib.sha256(bytes.fromhex(self.previous_hash) + columns.encode() + content).hexdigest()


def from_headers(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Envelope:
    """The envelope of a Kafka record in binary mode.

    Raises ContractError ``record.not_an_event`` when an attribute is missing or unreadable.
    """
    try:
        if value is None:
            raise ValueError("the record has no value")
        names, told = zip(*headers, strict=True)
        data_hash = b""
        if names != _NAMES:  # another sender's order, or a redacted event
            found = {**_UNUSED, **dict(headers)}
            data_hash = found.get(DATA_HASH, b"")
            told = tuple(found[name] for name in _NAMES)
        (_, event_id, source, event_type, stream, occurred, _, recorded, received, shard, position, stream_version,
         this_hash, previous_hash, correlation_id, causation_id, traceparent, metadata, salt) = told  # fmt: skip
        numbers = _kept_numbers(int(shard), int(position), int(stream_version))
        if b"\0" in b"".join(told):
            raise ValueError("U+0000 cannot be kept")
        return Envelope(
            source.decode().removeprefix(SOURCE_PREFIX),
            numbers[0],
            numbers[1],
            stream.decode(),
            numbers[2],
            event_id.decode(),
            event_type.decode(),
            _instant(occurred),
            _instant(recorded),
            _instant(received),
            metadata.decode(),
            value,
            salt.decode(),
            this_hash.decode(),
            previous_hash.decode(),
            correlation_id.decode(),
            causation_id.decode(),
            traceparent.decode(),
            data_hash.decode(),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ContractError("record.not_an_event", f"not an event: {error!r}") from error


def _kept_numbers(shard: int, position: int, stream_version: int) -> tuple[int, int, int]:
    """The numbers of a record; ValueError for those that no column can hold, which would stop whoever asks for them."""
    if not (0 <= shard < _LARGEST_SHARD and 0 <= position < _LARGEST and 0 <= stream_version < _LARGEST):
        raise ValueError("shard, position or version is no number that can be kept")
    return shard, position, stream_version


def _instant(text: bytes) -> datetime:
    moment = from_wire_time(text.decode())
    if moment.tzinfo is None:
        raise ValueError("an instant has an offset")
    return moment
