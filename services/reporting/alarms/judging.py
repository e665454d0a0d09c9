"""Judges every condition: reads what it is judged by, and tells which kinds could be judged at all."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

import asyncpg
import psutil
import structlog
from aiokafka.errors import KafkaError

from services.reporting.alarms import domain, technical
from services.reporting.alarms.kinds import Condition, condition
from services.reporting.alarms.others import NOBODY, Others, judged_of
from services.reporting.alarms.topics import topics_of
from services.reporting.monitor.reading import publishers
from services.reporting.projections.projection import STORES
from services.reporting.queries.asked import Question, answer_of, look, opened
from services.reporting.sql import statements
from shared.clock import Clock, ClockMode
from shared.operating.status import ServiceStatus
from shared.operating.verdicts import STALLED_SECONDS
from shared.streams.broker import Broker
from shared.streams.declared import declared_topics
from shared.streams.topics import Topics
from shared.thai.fiscal import bangkok_day

log = structlog.get_logger(__name__)

_SQL = statements("services.reporting.alarms", "readings.sql")

UNREADABLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError)
"""What keeps a condition from being judged for now."""

DOMAIN = (
    "committee.without_chair",
    "committee.without_order",
    "deadline.activity",
    "deadline.recommendation",
    "deadline.figures",
    "meeting.inquorate_twice",
    "meeting.minutes_unapproved",
    "region.silent",
    "indicators.weights",
    "score.unverified",
)
"""Kinds that are judged from the figures of a programme."""


WATCHED_SECONDS = 2 * STALLED_SECONDS
"""So long it takes to see that what stands still does: before, nothing is taken for well."""
NOT_CAUGHT_UP = "the views are not up to date"
"""Why what they say is not judged."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found; ``whole``: whether it saw all there is, so that what it did not find does not hold."""

    conditions: Iterable[Condition]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """Conditions that hold, and the kinds of which none else does: (programme or None, kind)."""

    conditions: Sequence[Condition]
    known: frozenset[tuple[str | None, str]]
    programmes: frozenset[str] | None = None
    """Those that there are; None where that is not known."""

    def covers(self, programme: str | None, kind: str) -> bool:
        """Whether a condition that was not found does not hold; nothing does of a programme that is no more."""
        gone = programme is not None and self.programmes is not None and programme not in self.programmes
        return gone or (programme, kind) in self.known


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched besides the database. ``broker`` None: there is none. ``folders``: whose disks are looked at."""

    broker: Broker | None = None
    topics: Topics = field(default_factory=Topics)
    shards: int = 1
    folders: Sequence[str] = (".",)
    canary_seconds: int = 0
    silence: timedelta = timedelta(days=1)
    """A publisher's pause that is shorter is never called silence."""
    others: Others | None = None
    status: Callable[[], ServiceStatus] | None = None
    """What was last seen of reporting itself."""


Check = Callable[[], Awaitable[Found]]


class Judge:
    """Judges over ``pool`` (asyncpg's, whose search_path finds reporting's schema first).

    ``settling``: seconds that it watches before it takes for well what does not seem to stand still.
    """

    def __init__(
        self,
        pool: Any,
        clock: Clock,
        watched: Watched,
        *,
        consumer: str = "reporting",
        settling: float = WATCHED_SECONDS,
    ) -> None:
        self._pool, self._clock, self._watched, self._consumer = pool, clock, watched, consumer
        self._settling = settling
        self._judged: dict[str, tuple[Any, Sequence[Condition]]] = {}
        self._unread: set[str] = set()
        self._begun = monotonic()
        self._declared = declared_topics(watched.topics, watched.shards)
        self._topics_found: Mapping[str, technical.Topic] | None = None

    async def judge(self) -> Verdict:
        """What holds now. What cannot be read is not judged: it is neither raised nor cleared."""
        conditions: list[Condition] = []
        known: set[tuple[str | None, str]] = set()
        programmes: list[str] | None = await self._read("programmes", self._programmes)
        for programme in programmes or ():
            checks = [(DOMAIN, partial(self._programme, programme))]
            await self._make(checks, programme, conditions, known)
        await self._make(self._checks(), None, conditions, known)
        return Verdict(conditions, frozenset(known), None if programmes is None else frozenset(programmes))

    async def _make(
        self,
        checks: Iterable[tuple[Sequence[str], Check]],
        programme: str | None,
        conditions: list[Condition],
        known: set[tuple[str | None, str]],
    ) -> None:
        for kinds, check in checks:
            found: Found | None = await self._read(kinds[0], partial(_made, check))
            if found is not None:
                conditions += found.conditions
                known |= {(programme, kind) for kind in kinds if found.whole}

    def _checks(self) -> Iterator[tuple[Sequence[str], Check]]:
        yield ("disk.nearly_full",), self._disks
        yield ("clock.skewed",), self._time
        yield ("credential.expiring",), self._credentials
        yield ("connections.nearly_exhausted",), self._connections
        yield ("canary.missing",), self._canaries
        yield ("publisher.silent",), self._publishers
        yield ("proof.failed",), self._proofs
        yield ("proof.unfinished",), self._last_proof
        yield ("consumer.parked",), self._parked
        yield ("process.not_working", "relay.not_moving", "consumer.not_moving"), self._working
        if self._clock.mode is ClockMode.REAL:
            yield ("relay.silent",), self._heads
        if self._watched.broker is not None:
            yield ("broker.unreachable",), self._broker
            yield ("topic.changed",), self._topics
        if self._watched.others is not None:
            yield ("service.unreachable",), self._services
            yield ("service.untold",), self._untold

    async def _read(self, what: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What is asked for; None when it cannot be read, or judging it fails, which is logged once."""
        try:
            found = await ask()
        except Exception as error:  # one condition, whatever is wrong with it, keeps nobody from being told of others
            if what not in self._unread:
                defect = None if isinstance(error, UNREADABLE) else error
                (log.error if defect else log.warning)(
                    "cannot be judged", what=what, reason=repr(error), exc_info=defect
                )
            self._unread.add(what)
            return None
        self._unread.discard(what)
        return found

    # The programmes.

    async def _programmes(self) -> list[str]:
        await self._require_caught_up()
        return [row["programme"] for row in await self._pool.fetch(_SQL["programmes"])]

    async def _require_caught_up(self) -> None:
        if not await self._pool.fetchval(_SQL["caught_up"], self._consumer, list(STORES)):
            raise ConnectionError(NOT_CAUGHT_UP)

    async def _programme(self, programme: str) -> Found:
        """Judged anew when something was recorded, or when time alone changes the figures."""
        asked = Question(programme)
        async with opened(self._pool) as connection:
            seen = await look(connection, self._clock, asked, self._consumer)
            key = seen.positions, seen.at
            judged = self._judged.get(programme)
            if judged is None or judged[0] != key:
                figures = (await answer_of(connection, asked, seen)).figures
                unverified = await connection.fetch(_SQL["unverified_scores"], programme)
                judged = self._judged[programme] = key, await _of_figures(programme, figures, unverified)
        return Found(judged[1])

    # The system.

    async def _disks(self) -> Found:
        disks = [technical.Disk(folder, psutil.disk_usage(folder).percent) for folder in self._watched.folders]
        return Found(technical.full_disks(disks))

    async def _time(self) -> Found:
        before = time.time()
        there: datetime = await self._pool.fetchval(_SQL["time"])
        after = time.time()
        return Found(technical.skewed_clock((before + after) / 2 - there.timestamp(), (after - before) / 2))

    async def _credentials(self) -> Found:
        await self._require_caught_up()
        found = [technical.Credential(**row) for row in await self._pool.fetch(_SQL["credentials"])]
        return Found(technical.expiring(found, bangkok_day(await self._clock.now())))

    async def _connections(self) -> Found:
        row = await self._pool.fetchrow(_SQL["connections"])
        return Found(technical.few_connections(row["used"], row["most"]))

    async def _heads(self) -> Found:
        heads = [technical.Head(**row) for row in await self._pool.fetch(_SQL["heads"])]
        return Found(technical.silent_relays(heads, datetime.now(UTC)))

    async def _canaries(self) -> Found:
        arrived = [technical.Arrived(**row) for row in await self._pool.fetch(_SQL["canaries"])]
        return Found(technical.missing_canaries(arrived, self._watched.canary_seconds))

    async def _publishers(self) -> Found:
        await self._require_caught_up()
        told = await publishers(self._pool, await self._clock.now(), self._watched.silence)
        return Found(technical.silent_publishers(told))

    async def _proofs(self) -> Found:
        return Found(technical.failed_proofs(await self._pool.fetch(_SQL["differences"])))

    async def _last_proof(self) -> Found:
        return Found(technical.unfinished_proof(await self._pool.fetchval(_SQL["last_proof_error"])))

    async def _parked(self) -> Found:
        own = [technical.Parked("reporting", **row) for row in await self._pool.fetch(_SQL["parked"])]
        others = await self._watched.others.parked() if self._watched.others else NOBODY
        return Found(technical.parked_events([*own, *others.told]), others.whole)

    async def _working(self) -> Found:
        status = self._watched.status() if self._watched.status else None
        if status is not None and status.message:
            raise ConnectionError(status.message)
        own = judged_of("reporting", asdict(status)) if status else ()
        others = await self._watched.others.judged() if self._watched.others else NOBODY
        watched_long = monotonic() - self._begun >= self._settling
        return Found(technical.not_working([*own, *others.told]), others.whole and watched_long)

    async def _broker(self) -> Found:
        assert self._watched.broker is not None
        names = [each.name for each in self._declared]
        try:
            self._topics_found = await topics_of(self._watched.broker, names)
        except (KafkaError, OSError, TimeoutError):
            self._topics_found = None
            return Found([condition("broker.unreachable", "kafka")])
        return Found([])

    async def _topics(self) -> Found:
        if self._topics_found is None:
            raise ConnectionError("the broker does not answer")
        whole = len(self._topics_found) == len(self._declared)
        return Found(technical.changed_topics(self._declared, self._topics_found), whole)

    async def _services(self) -> Found:
        assert self._watched.others is not None
        return Found(technical.unreachable(await self._watched.others.unreachable()))

    async def _untold(self) -> Found:
        assert self._watched.others is not None
        found = await self._watched.others.untold()
        return Found(technical.untold(found.told), found.whole)


async def _made(check: Check) -> Found:
    """What a check found, every condition of it made: a sentence that cannot be is a failure of the check."""
    found = await check()
    return Found([*found.conditions], found.whole)


async def _of_figures(programme: str, figures: Any, unverified: domain.Rows) -> Sequence[Condition]:
    due, cells = await figures.all("due"), await figures.all("cells")
    indicators = await figures.all("indicators")
    found = (
        domain.without_chair(programme, await figures.all("committees")),
        domain.without_order(programme, due),
        domain.past_deadline(programme, due),
        domain.inquorate_twice(programme, await figures.all("meetings")),
        domain.minutes_unapproved(programme, due),
        domain.late_figures(programme, cells, indicators),
        domain.weights_off(programme, indicators),
        domain.unverified_scores(programme, unverified),
    )
    return [each for conditions in found for each in conditions]
