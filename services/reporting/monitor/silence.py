"""Whether a publisher that should be sending has fallen silent, judged by its own rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Verdict = Literal["ok", "silent", "unknown", "suspended"]

TIMES = 5
"""So many of its usual pauses a publisher may be quiet."""
HOURS = 3
"""In fewer hours than these it was heard too seldom to have a rhythm."""


@dataclass(frozen=True, slots=True)
class Heard:
    """When a publisher was heard. ``usual_pause``: median of its pauses of at least the settings' minimum, if any."""

    publisher: str
    first_at: datetime | None = None
    last_at: datetime | None = None
    hours: int = 0
    """Hours in which something came."""
    events: int = 0
    usual_pause: timedelta | None = None
    suspended: bool = False


def allowed(heard: Heard, minimum: timedelta) -> timedelta:
    """How long it may be quiet: five of its usual pauses, at least the minimum."""
    return max(minimum, TIMES * (heard.usual_pause or timedelta(0)))


def judged(heard: Heard, now: datetime, minimum: timedelta) -> Verdict:
    """What is said of a publisher at a time; unknown while it has no rhythm."""
    if heard.suspended:
        return "suspended"
    if heard.last_at is None or heard.hours < HOURS:
        return "unknown"
    return "silent" if now - heard.last_at > allowed(heard, minimum) else "ok"
