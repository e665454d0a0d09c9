"""Looks at a service every two seconds: its processes, relays and consumers, and what is to be thought of each.

It has a connection to the database and one to the broker of its own, both with little patience, and changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import asyncpg
import orjson
import structlog

from shared.eventstore.relay import Relay
from shared.operating.ends import Ends
from shared.operating.heartbeats import CONSUMER, ENDED
from shared.operating.past import Past
from shared.operating.showing import Gauges
from shared.operating.sql import statement
from shared.operating.status import ConsumerStatus, RelayStatus, RoleStatus, ServiceStatus
from shared.operating.verdicts import (
    STARTING_SECONDS,
    Beat,
    Sample,
    Verdict,
    best_life,
    of_consumer,
    of_relay,
    of_role,
    present,
    worst,
)
from shared.settings import Settings
from shared.streams.broker import Broker
from shared.streams.topics import Topics

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
DATABASE_SECONDS = 3.0
"""How long the database has for one look."""
STALE_SECONDS = 10.0
"""What was seen longer ago says nothing of now."""

_BEATS, _RELAYS, _OFFSETS, _PAUSED, _COUNTS = (
    statement(name) for name in ("beats", "relays", "offsets", "paused", "counts")
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the database said at one moment."""

    beats: Sequence[Any]
    relays: Sequence[Any]
    offsets: Sequence[Any]
    paused: frozenset[str]
    counts: Any


class Watcher:
    """Watches one service; ``status`` is what it saw last.

    ``expected``: processes that are missed when they were never heard of for ``starting`` seconds. ``relays``: those of
    this process.
    """

    def __init__(
        self,
        service: str,
        dsn: str,
        broker: Broker | None,
        topics: Topics,
        *,
        relays: Sequence[Relay] = (),
        expected: Sequence[str] = (),
        starting: float = STARTING_SECONDS,
    ) -> None:
        self._service, self._dsn, self._own_relays, self._expected = service, dsn, relays, expected
        self._missed_from = monotonic() + starting
        self._relaying = broker is not None
        self._ends = Ends(broker, topics)
        self._connection: asyncpg.Connection | None = None
        self._past: dict[tuple[Any, ...], Past] = {}
        self._gauges = Gauges(service)
        self._seen = monotonic()
        self._status = ServiceStatus(service, datetime.now(UTC), "unknown", message="not looked yet")
        self.looked = asyncio.Event()
        """Set once it has looked."""

    @property
    def status(self) -> ServiceStatus:
        """What was seen last; of unknown verdict when that was long ago."""
        if monotonic() - self._seen > STALE_SECONDS:
            return replace(self._status, verdict="unknown", message=self._status.message or "not looked lately")
        return self._status

    async def run(self, stop: asyncio.Event) -> None:
        """Look every LOOK_SECONDS until ``stop``; whatever goes wrong, it looks again."""
        try:
            while not stop.is_set():
                await self.look()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        finally:
            await self.close()

    async def close(self) -> None:
        """Hang up, and show nothing any more."""
        self._hang_up()
        await self._ends.close()
        self._gauges.clear()

    async def look(self) -> None:
        """Look once. What cannot be asked is unknown."""
        try:
            seen = await self._ask()
            places = {(row["store"], row["shard"]) for row in seen.offsets}
            self._status = self._judge(seen, await self._ends.of(places))
            self._gauges.show(self._status)
            self._gauges.show_counts(seen.counts)
        except Exception as error:  # whatever it is, the next look may succeed
            self._hang_up()
            if not self._status.message:
                log.warning("the service cannot be looked at", watched=self._service, reason=repr(error))
            told = f"the database does not answer: {type(error).__name__}"
            self._status = replace(self._status, at=datetime.now(UTC), verdict="unknown", message=told)
            self._gauges.show(self._status)
        self._seen = monotonic()
        self.looked.set()

    async def _ask(self) -> _Seen:
        async with asyncio.timeout(DATABASE_SECONDS):
            connection = await self._connected()
            paused = await connection.fetch(_PAUSED)
            return _Seen(
                await connection.fetch(_BEATS),
                await connection.fetch(_RELAYS),
                await connection.fetch(_OFFSETS),
                frozenset(row["consumer"] for row in paused),
                await connection.fetchrow(_COUNTS),
            )

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._dsn, timeout=DATABASE_SECONDS)
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _judge(self, seen: _Seen, ends: Mapping[tuple[str, int], int]) -> ServiceStatus:
        now = monotonic()
        beats = present([_beat(row) for row in seen.beats])
        roles = self._roles(seen.beats, [each for each in beats if not each.process.startswith(CONSUMER)])
        relays = [self._relay(row, seen.paused, now) for row in seen.relays]
        consumers = self._consumers(seen, beats, ends, now)
        counts = seen.counts
        return ServiceStatus(
            self._service,
            datetime.now(UTC),
            worst([each.verdict for part in (roles, relays, consumers) for each in part]),
            roles,
            relays,
            consumers,
            sum(each.parked for each in consumers),
            counts["waiting"],
            counts["waiting_seconds"],
            counts["quarantined"],
        )

    def _roles(self, rows: Sequence[Any], beats: Sequence[Beat]) -> list[RoleStatus]:
        """Processes that were heard of, and those that were not though they are expected."""
        by_name = {(row["process"], row["instance"]): row for row in rows}
        roles = [_role(by_name[each.process, each.instance], of_role(each)) for each in beats]
        known = {each.process for each in roles}
        missed: Verdict = "stopped" if monotonic() >= self._missed_from else "unknown"
        return roles + [_missing(name, missed) for name in self._expected if name not in known]

    def _relay(self, row: Any, paused: frozenset[str], now: float) -> RelayStatus:
        shard, position, head = row["shard"], row["position"], row["head"]
        past = self._past.setdefault(("relay", shard), Past())
        is_paused = f"relay:{shard}" in paused
        past.add(Sample(now, position, head), led=row["leading"], paused=is_paused)
        verdict = of_relay(list(past.samples), led=list(past.led), paused=is_paused) if self._relaying else "unknown"
        error = next((each.state.error for each in self._own_relays if each.state.shard == shard), "")
        backlog = max(0.0, row["backlog_seconds"])
        return RelayStatus(
            shard, row["leading"], position, head, max(0, head - position), backlog, error, is_paused, verdict
        )

    def _consumers(
        self, seen: _Seen, beats: Sequence[Beat], ends: Mapping[tuple[str, int], int], now: float
    ) -> list[ConsumerStatus]:
        """Those that some process was heard to run: rows of others are left over."""
        messages = {(row["process"], row["instance"]): row["message"] for row in seen.beats}
        running: dict[str, list[Beat]] = {}
        for beat in beats:
            if beat.process.startswith(CONSUMER):
                running.setdefault(beat.process.removeprefix(CONSUMER), []).append(beat)
        return [
            self._consumer(
                row,
                running[row["consumer"]],
                [messages[each.process, each.instance] for each in running[row["consumer"]]],
                row["consumer"] in seen.paused,
                ends.get((row["store"], row["shard"])),
                now,
            )
            for row in seen.offsets
            if row["consumer"] in running
        ]

    def _consumer(
        self, row: Any, beats: Sequence[Beat], messages: Sequence[str], paused: bool, end: int | None, now: float
    ) -> ConsumerStatus:
        consumer, store, shard, reached = row["consumer"], row["store"], row["shard"], row["next_offset"]
        past = self._past.setdefault((consumer, store, shard), Past())
        past.add(Sample(now, reached, end), paused=paused)
        halted = next(filter(None, (_halted(each).get(f"{store}/{shard}", "") for each in messages)), "")
        verdict = of_consumer(list(past.samples), lives=best_life(beats), paused=paused, halted=bool(halted))
        return ConsumerStatus(
            consumer,
            store,
            shard,
            row["position"],
            reached,
            end,
            None if end is None else max(0, end - reached),
            row["parked"],
            paused,
            halted,
            row["moved_at"],
            round(now - past.at_end, 3) if past.at_end is not None else 0.0,
            verdict,
        )


def _beat(row: Any) -> Beat:
    ended = row["message"] == ENDED
    return Beat(row["process"], row["instance"], row["age"], row["since_start"], row["connected"], row["ready"], ended)


def _role(row: Any, verdict: Verdict) -> RoleStatus:
    return RoleStatus(
        row["process"],
        row["instance"],
        row["pid"],
        row["started_at"],
        row["seen_at"],
        row["ready"],
        row["message"],
        verdict,
    )


def _missing(process: str, verdict: Verdict) -> RoleStatus:
    return RoleStatus(process, "", None, None, None, ready=False, message="never heard of", verdict=verdict)


def _halted(message: str) -> Mapping[str, str]:
    """Codes by partition that a consumer's message tells."""
    if not message.startswith("{"):
        return {}
    told: Mapping[str, str] = orjson.loads(message)
    return told


def watcher_of(settings: Settings, service: str, relays: Sequence[Relay], processes: Sequence[str]) -> Watcher:
    """Who looks at a service; ``processes``: those beside its API without which it does not do its work."""
    topics, expected = Topics(settings.topic_prefix), settings.processes_of(service, processes)
    return Watcher(service, settings.dsn(service), settings.broker, topics, relays=relays, expected=expected)
