"""An event as it stands in a store, and what a service has learned from the events of another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from shared.contracts.event import Event

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in a store: with its place there, its times and who caused it."""

    event: Event
    id: UUID
    stream: str
    version: int
    shard: int
    position: int
    occurred_at: datetime
    recorded_at: datetime
    received_at: datetime
    actor: str
    source: str = ""
    """CloudEvents source: which service's store it stands in."""


@dataclass(frozen=True, slots=True)
class Learned(Generic[S]):
    """What a service makes of another service's events, of which it keeps a copy.

    A decision reads it as ``Read(Roster, "committee:2560-cluster:R07:*", at=...)``: all copied streams whose name
    matches (a ``*`` at the end stands for anything), folded in order (occurred_at, position) up to ``at``.
    """

    state: type[S]
    initial: S
    evolve: Callable[[S, Recorded], S]
