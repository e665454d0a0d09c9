"""The stream monitor as a Faust worker: one agent on the topics of all services, and timers that keep its books.

The agent takes raw bytes and raises nothing; what it counts is in Postgres.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import faust
import structlog
from aiokafka import TopicPartition

from services.reporting.monitor.counting import Counting
from services.reporting.monitor.reading import Limits, canaries, publishers
from services.reporting.sql import statements
from shared.clock import Clock
from shared.settings import Settings
from shared.streams.faust_app import faust_app
from shared.streams.topics import Topics
from shared.streams.working import broker_of
from shared.telemetry import (
    CANARY_AGE_SECONDS,
    CANARY_SECONDS,
    PUBLISHER_QUIET_SECONDS,
    PUBLISHER_SILENT,
    Board,
    Labels,
)

log = structlog.get_logger(__name__)

STORES = ("committee", "activity", "evaluation", "reporting")
KEEP_SECONDS = 1.0
"""How often what was counted is written down."""
GAUGE_SECONDS = 5.0
PRUNE_SECONDS = 3600.0
KEPT = timedelta(days=400)
"""For how long rates, rhythms and what hangs together with what are kept: longer than a fiscal year."""
CANARIES_KEPT = timedelta(days=30)

_SQL = statements("services.reporting.monitor", "monitor.sql")


class Monitor:
    """The worker. ``pool``: asyncpg's, on reporting's database; ``clock`` is its business clock."""

    def __init__(self, settings: Settings, pool: asyncpg.Pool, clock: Clock) -> None:
        broker, topics = broker_of(settings), Topics(settings.topic_prefix)
        stores = {topics.events(name): name for name in STORES}
        self._pool, self._clock, self._limits = pool, clock, Limits.of(settings)
        self._counting = Counting(pool, broker, stores, self._limits.late)
        self._board = Board()
        self._catching_up: asyncio.Future[None] | None = None
        self._app = faust_app(f"{topics.prefix}obec.reporting.monitor", broker)
        source = self._app.topic(*stores, key_type=bytes, value_type=bytes)
        self._app.agent(source, concurrency=1)(self._count)
        self._app.timer(interval=KEEP_SECONDS)(self._counting.keep)
        self._app.timer(interval=GAUGE_SECONDS)(_logged(self._show))
        self._app.timer(interval=PRUNE_SECONDS)(_logged(self._prune))
        self._app.on_partitions_assigned.connect(self._assigned, weak=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until ``stop``, then write down what was counted."""
        await self._app.start()
        try:
            await stop.wait()
        finally:
            await self._app.stop()
        await self._counting.keep()

    async def _count(self, stream: Any) -> None:
        async for event in stream.noack().events():
            await self._counting.take(event.message)
            event.ack()

    async def _assigned(self, _app: faust.App, assigned: Collection[Any], **_more: Any) -> None:
        """Count what nobody counted, of which Faust may think that somebody did."""
        places = [TopicPartition(*place) for place in assigned]
        self._catching_up = asyncio.ensure_future(self._counting.catch_up(places))

    async def _show(self) -> None:
        arrived: dict[Labels, Mapping[str, Any]] = {(each["service"],): each for each in await canaries(self._pool)}
        self._board.show(CANARY_SECONDS, {name: each["last_seconds"] for name, each in arrived.items()})
        self._board.show(CANARY_AGE_SECONDS, {name: each["age_seconds"] for name, each in arrived.items()})
        told = await publishers(self._pool, await self._clock.now(), self._limits.silence)
        known: dict[Labels, Mapping[str, Any]] = {(each["publisher"],): each for each in told}
        quiet: dict[Labels, float] = {
            name: each["quiet_seconds"] for name, each in known.items() if each["quiet_seconds"] is not None
        }
        self._board.show(PUBLISHER_QUIET_SECONDS, quiet)
        self._board.show(PUBLISHER_SILENT, {name: each["verdict"] == "silent" for name, each in known.items()})

    async def _prune(self) -> None:
        before = await self._clock.now() - KEPT
        for statement in ("prune_rates", "prune_heard", "prune_events"):
            await self._pool.execute(_SQL[statement], before)
        await self._pool.execute(_SQL["prune_times"], datetime.now(UTC) - KEPT)
        await self._pool.execute(_SQL["prune_canaries"], datetime.now(UTC) - CANARIES_KEPT)


def _logged(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """A timer's work, of which a failure is logged: the next time it is tried again."""

    async def tried() -> None:
        try:
            await work()
        except Exception:
            log.exception("the monitor's timer failed; it tries again")

    return tried
