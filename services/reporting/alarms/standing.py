"""Alarms as they stand, folded from reporting's own store and read on from where they were read last."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.reporting.alarm import ALARM, Alarm
from shared.contracts import Recorded
from shared.contracts.reporting import AlarmRaised
from shared.eventstore.store import EventStore


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm and when it was raised last and changed last, as recorded."""

    stream: str
    alarm: Alarm
    version: int
    raised_at: datetime
    changed_at: datetime

    def state(self, now: datetime) -> str:
        """raised, acknowledged or cleared; silenced while it is open and nobody is told of it."""
        if self.alarm.is_open and self.alarm.is_silent(now):
            return "silenced"
        return self.alarm.status.value


class Alarmed:
    """Every alarm that was ever raised. Nothing of an alarm is ever voided: each event is folded once."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._standing: dict[str, Standing] = {}
        self._read_to = [0] * store.shards
        self._turn = asyncio.Lock()

    async def read(self) -> Mapping[str, Standing]:
        """Alarms by stream, as they stand now."""
        async with self._turn:
            news = await self._store.histories("alarm:", self._read_to)
            for stream, events in news.items():
                for each in events:
                    self._standing[stream] = _after(self._standing.get(stream), each)
                    self._read_to[each.shard] = max(self._read_to[each.shard], each.position)
        return self._standing


def _after(before: Standing | None, recorded: Recorded) -> Standing:
    known = before or Standing(recorded.stream, ALARM.initial, 0, recorded.recorded_at, recorded.recorded_at)
    return Standing(
        recorded.stream,
        ALARM.evolve(known.alarm, recorded.event),
        recorded.version,
        recorded.recorded_at if isinstance(recorded.event, AlarmRaised) else known.raised_at,
        recorded.recorded_at,
    )
