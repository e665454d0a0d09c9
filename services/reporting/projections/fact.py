"""An event as the folds here read it: its place and times, and its fields as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson

from shared.contracts import REGISTRY, ContractError
from shared.contracts.envelope import Envelope
from shared.contracts.event import split_type
from shared.streams.projection import Unappliable

VOIDED = "FactVoided"
Body = dict[str, Any]


@dataclass(slots=True)
class Fact:
    """One event; ``body`` holds its fields, lifted to the newest version of its type; empty once it was redacted."""

    store: str
    shard: int
    position: int
    stream: str
    version: int
    event_id: str
    name: str
    occurred_at: datetime
    recorded_at: datetime
    received_at: datetime
    body: Body

    @property
    def voids(self) -> str | None:
        """Id of the event that this one voids."""
        return self.body.get("event_id") if self.name == VOIDED else None


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    newest: bool


def from_envelope(envelope: Envelope) -> Fact:
    """The fact that an envelope carries.

    Raises Unappliable: ``event.unknown_type``, ``event.newer_version``, ``event.not_json``, ``projection.unreadable``.
    """
    name, body = _read(envelope.type, envelope.data)
    return Fact(
        envelope.store,
        envelope.shard,
        envelope.position,
        envelope.stream,
        envelope.stream_version,
        envelope.event_id,
        name,
        envelope.occurred_at,
        envelope.recorded_at,
        envelope.received_at,
        body,
    )


def from_copy(row: Mapping[str, Any]) -> Fact:
    """The fact that a row of the event copy holds."""
    name, body = _read(row["type"], row["data"])
    return Fact(
        row["store"],
        row["shard"],
        row["position"],
        row["stream"],
        row["stream_version"],
        str(row["event_id"]),
        name,
        row["occurred_at"],
        row["recorded_at"],
        row["received_at"],
        body,
    )


def _read(event_type: str, data: str | bytes) -> tuple[str, Body]:
    try:
        kind = _kind(event_type)
        # What was redacted has no data left, and so no effect.
        body = orjson.loads(data) if data else {}
        if body.__class__ is not dict:
            raise Unappliable("projection.unreadable", f"{event_type}: the data is not an object")
        if not kind.newest:
            body = REGISTRY.lift(event_type, body)[1]
    except ContractError as error:
        raise Unappliable(error.code, str(error)) from error
    except orjson.JSONDecodeError as error:
        raise Unappliable("event.not_json", f"{event_type}: {error}") from error
    return kind.name, body


@cache
def _kind(event_type: str) -> _Kind:
    name, version = split_type(event_type)
    known = REGISTRY.newest().get(name)
    if known is None:
        raise ContractError("event.unknown_type", f"{event_type} is not an event of this programme")
    if version > known.spec.version:
        raise ContractError(
            "event.newer_version", f"{event_type} is newer than version {known.spec.version}, known here"
        )
    return _Kind(name, version == known.spec.version)
