"""The outbox of notices: what is to be told of alarms by each channel, until it was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from services.reporting.alarm import Status
from services.reporting.alarms.standing import Standing
from services.reporting.sql import statements

_SQL = statements("services.reporting.alarms", "outbox.sql")

FIRST_PAUSE = timedelta(seconds=5)
"""Between the first failure of a notice and the next attempt; it doubles from then on."""
LONGEST_PAUSE = timedelta(minutes=15)
KEPT = timedelta(days=30)
"""How long it is kept that somebody was told."""
AT_ONCE = 50
"""Notices that are fetched at once."""

News = Literal["raised", "repeated", "cleared"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One news of one occurrence of an alarm; ``raised_at``: business time."""

    id: int
    alarm: str
    occurrence: int
    news: News
    nth: int
    programme: str | None
    kind: str
    what: str
    th: str
    en: str
    raised_at: datetime
    made_at: datetime


class Outbox:
    """Keeps notices in ``pool``'s database (asyncpg) for ``channels``; ``repeat``: after how long one is told again."""

    def __init__(self, pool: Any, channels: Sequence[str], repeat: timedelta) -> None:
        self._pool, self._channels, self._repeat = pool, list(channels), repeat

    async def keep(self, standing: Iterable[Standing], now: datetime) -> None:
        """Write what is to be told of alarms as they stand; ``now``: the machine's time. Told twice it writes nothing.

        Of what is silenced nothing is written; a silence that is over leaves an alarm as if it had just been raised.
        """
        if not self._channels:
            return
        known = [each for each in standing if each.alarm.raised is not None]
        unseen = [each for each in known if each.alarm.status is Status.RAISED and not each.alarm.is_silent(now)]
        still_open = [each for each in known if each.alarm.is_open]
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_SQL["add_cleared"], self._channels, *_named(still_open))
            await connection.execute(_SQL["add_raised"], self._channels, *_named(unseen), *_told(unseen))
            await connection.execute(_SQL["add_repeated"], self._channels, *_named(unseen), self._repeat)
            await connection.execute(_SQL["forget"], *_named(still_open), KEPT)

    async def due(self, channel: str, standing: Mapping[str, Standing], now: datetime) -> list[Notice]:
        """What a channel is to be told now, in order, at most AT_ONCE."""
        silent = [stream for stream, each in standing.items() if each.alarm.is_silent(now)]
        return [Notice(**row) for row in await self._pool.fetch(_SQL["due"], channel, silent, AT_ONCE)]

    async def sent(self, notices: Iterable[Notice]) -> None:
        """These were told."""
        await self._pool.execute(_SQL["sent"], [each.id for each in notices])

    async def failed(self, notices: Iterable[Notice], error: str) -> None:
        """These could not be told; they are tried again after a pause."""
        await self._pool.execute(_SQL["failed"], [each.id for each in notices], error[:500], FIRST_PAUSE, LONGEST_PAUSE)


async def waiting(pool: Any) -> list[dict[str, Any]]:
    """By channel: how many notices wait, since when, how often the most tried one was tried, and an error."""
    return [dict(row) for row in await pool.fetch(_SQL["waiting"])]


def machine_time() -> datetime:
    """By which silences end: people set them by the clock on the wall, whatever the programme's clock says."""
    return datetime.now(UTC)


def _named(standing: Sequence[Standing]) -> tuple[list[str], list[int]]:
    return [each.stream for each in standing], [each.alarm.occurrence for each in standing]


def _told(standing: Sequence[Standing]) -> tuple[list[Any], ...]:
    raised = [each.alarm.raised for each in standing]
    said = [each for each in raised if each is not None]
    return (
        [each.programme for each in said],
        [each.kind for each in said],
        [each.what for each in said],
        [each.message.th for each in said],
        [each.message.en for each in said],
        [each.raised_at for each in standing],
    )
