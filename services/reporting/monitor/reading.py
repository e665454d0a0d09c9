"""What the monitor has to tell: rates, publishers, late events, and how long canaries took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.reporting.monitor.counting import DELAYED
from services.reporting.monitor.silence import Heard, allowed, judged
from services.reporting.sql import statements
from shared.settings import Settings

LATE_EVENTS = 50
"""Late events that are listed."""

_SQL = statements("services.reporting.monitor", "monitor.sql")


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on a pause is silence and an event late."""

    silence: timedelta
    late: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Those that the settings name."""
        return cls(timedelta(seconds=settings.silence_seconds), timedelta(seconds=settings.late_seconds))


async def monitored(asked: Any, now: datetime, limits: Limits) -> dict[str, Any]:
    """Everything at once, as of the business time ``now``. ``asked``: a connection or pool of reporting's database."""
    return {
        "at": now,
        "rates": await _rows(asked, "rates", now),
        "minutes": await _rows(asked, "minutes", now),
        "publishers": await publishers(asked, now, limits.silence),
        "late": await _rows(asked, "late", now, limits.late, DELAYED, LATE_EVENTS),
        "canaries": await canaries(asked),
        "limits": {
            "silence_seconds": limits.silence.total_seconds(),
            "late_seconds": limits.late.total_seconds(),
            "delayed_seconds": DELAYED.total_seconds(),
        },
    }


async def publishers(asked: Any, now: datetime, minimum: timedelta) -> list[dict[str, Any]]:
    """Every publisher that is registered or was heard, with the verdict on it."""
    suspended = {row["publisher"]: row["suspended"] for row in await asked.fetch(_SQL["publishers"])}
    heard = {row["publisher"]: row for row in await asked.fetch(_SQL["heard"], minimum)}
    known = [
        Heard(name, suspended=suspended.get(name, False), **({} if name not in heard else _told(heard[name])))
        for name in sorted(suspended.keys() | heard.keys())
    ]
    return [_judged(each, now, minimum) for each in known]


async def canaries(asked: Any) -> list[dict[str, Any]]:
    """Of each service the canaries that arrived within a day."""
    return await _rows(asked, "canaries")


def _told(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("first_at", "last_at", "hours", "events", "usual_pause")}


def _judged(heard: Heard, now: datetime, minimum: timedelta) -> dict[str, Any]:
    return {
        "publisher": heard.publisher,
        "verdict": judged(heard, now, minimum),
        "first_at": heard.first_at,
        "last_at": heard.last_at,
        "quiet_seconds": None if heard.last_at is None else (now - heard.last_at).total_seconds(),
        "allowed_seconds": allowed(heard, minimum).total_seconds(),
        "usual_pause_seconds": None if heard.usual_pause is None else heard.usual_pause.total_seconds(),
        "events": heard.events,
    }


async def _rows(asked: Any, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await asked.fetch(_SQL[statement], *arguments)]
