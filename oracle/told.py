"""Events as the oracle reads them: one class for all, from envelopes as they come from a topic or a store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from shared.contracts.common import CanarySent
from shared.contracts.envelope import Envelope
from shared.contracts.event import REGISTRY, Event, split_type


@dataclass(frozen=True)
class Told:
    """One event with its place and times; ``event`` is its content by contract, ``payload`` the JSON that was sent."""

    envelope: Envelope

    @cached_property
    def event(self) -> Event:
        """Its content; raises ContractError when no contract fits."""
        return REGISTRY.read(self.envelope.type, self.envelope.data)

    @cached_property
    def payload(self) -> Mapping[str, Any]:
        """Its content as it was sent."""
        sent: dict[str, Any] = json.loads(self.envelope.data)
        return REGISTRY.lift(self.envelope.type, sent)[1]

    @property
    def id(self) -> str:
        return self.envelope.event_id

    @property
    def redacted(self) -> bool:
        """Whether its content was taken away; what it was and where it stood is still known."""
        return not self.envelope.data

    @property
    def name(self) -> str:
        return split_type(self.envelope.type)[0]

    @property
    def stream(self) -> str:
        return self.envelope.stream

    @property
    def version(self) -> int:
        return self.envelope.stream_version

    @property
    def store(self) -> str:
        return self.envelope.store

    @property
    def shard(self) -> int:
        return self.envelope.shard

    @property
    def position(self) -> int:
        return self.envelope.position

    @property
    def place(self) -> tuple[str, int, int]:
        return (self.store, self.shard, self.position)

    @property
    def occurred_at(self) -> datetime:
        return self.envelope.occurred_at

    @property
    def recorded_at(self) -> datetime:
        return self.envelope.recorded_at

    @property
    def received_at(self) -> datetime:
        return self.envelope.received_at


def tell(envelopes: Iterable[Envelope]) -> list[Told]:
    """Every event once, in order of store, shard and position; what was sent twice is read where it first came.

    Canaries are left out: they are sent to be timed and are no part of what happened.
    """
    first: dict[tuple[str, int, int], Told] = {}
    for envelope in envelopes:
        if envelope.type == CanarySent.spec.type:
            continue
        first.setdefault((envelope.store, envelope.shard, envelope.position), Told(envelope))
    return [first[place] for place in sorted(first)]
