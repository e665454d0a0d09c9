"""What is told of a service: its processes, relays and consumers at a moment, with a verdict of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.operating.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """A process of the service."""

    process: str
    instance: str
    pid: int | None
    started_at: datetime | None
    seen_at: datetime | None
    ready: bool
    message: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """A shard's relay. ``error``: what this process's own relay is stuck on, if it is."""

    shard: int
    leading: bool
    position: int
    head: int
    backlog_events: int
    backlog_seconds: float
    error: str
    paused: bool
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ConsumerStatus:
    """A consumer on one partition. ``end_offset`` and ``lag`` are None while the broker cannot be asked."""

    consumer: str
    store: str
    shard: int
    position: int
    next_offset: int
    end_offset: int | None
    lag: int | None
    parked: int
    paused: bool
    halted: str
    """Code for which the partition is left alone; empty while all is well."""
    moved_at: datetime
    freshness_seconds: float
    """Since it was last seen at the end of the partition; 0 while it is."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A service as it was at a moment."""

    service: str
    at: datetime
    verdict: Verdict
    roles: Sequence[RoleStatus] = ()
    relays: Sequence[RelayStatus] = ()
    consumers: Sequence[ConsumerStatus] = ()
    parked: int = 0
    waiting: int = 0
    waiting_seconds: float = 0.0
    quarantined: int = 0
    message: str = ""
    """Why nothing newer is known; empty while all can be asked."""
