"""A process says every two seconds that it lives, and what of its work stands still, over a connection of its own.

Nothing that the process does depends on it: when it cannot be said, it is said the next time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5

import asyncpg
import orjson
import structlog

from shared.operating.sql import statement

log = structlog.get_logger(__name__)

BEAT_SECONDS = 2.0
CONSUMER = "consumer:"
"""How the name begins of what is said of a consumer, beside what is said of its process."""
ENDED = "ended"
"""Message of a process that ends as it was told to."""
SILENT_FAILURES = 2
"""The first one says nothing of a process that is only starting, or of a database that is."""
LEAVE_SECONDS = 1.0
"""How long a process that ends tries to say so."""

_BEAT, _FORGET = statement("beat"), statement("forget_beats")


@dataclass(frozen=True, slots=True)
class Work:
    """How a consumer of this process does."""

    ready: bool
    halted: Mapping[str, str] = field(default_factory=dict)
    """Code by partition, such as ``{"committee/0": "stream.gap"}``."""


@dataclass(slots=True)
class Vitals:
    """What this process says of itself."""

    ready: bool = False
    work: dict[str, Callable[[], Work]] = field(default_factory=dict)
    """By consumer."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is something to say before the next beat."""

    def works_on(self, consumer: str, ask: Callable[[], Work]) -> None:
        """From now on it runs a consumer; ``ask`` tells how that does."""
        self.work[consumer] = ask
        self.changed.set()

    def become(self, *, ready: bool) -> None:
        """From now on it is ready for work, or not."""
        self.ready = ready
        self.changed.set()


VITALS = Vitals()
"""Of this process, as ``prometheus_client`` keeps one registry of it."""


def instance_of(named: str | None) -> str:
    """What a process is called among those of its kind; machine and pid where nobody named it."""
    return named or f"{socket.gethostname()}-{os.getpid()}"[-100:]


class Heart:
    """Beats for one process in a service's database."""

    def __init__(self, dsn: str, process: str, instance: str, vitals: Vitals = VITALS) -> None:
        self._dsn, self._process, self._instance, self._vitals = dsn, process, instance, vitals
        self._started = datetime.now(UTC)
        self._connection: asyncpg.Connection | None = None
        self._failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until ``stop``, and then say that the process ends."""
        try:
            while not stop.is_set():
                self._vitals.changed.clear()
                await self._try()
                await self._rest(stop)
            with contextlib.suppress(Exception):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._beat(ended=True)
        finally:
            self._hang_up()

    async def _rest(self, stop: asyncio.Event) -> None:
        """Until the next beat, or until there is something to say."""
        waits = [asyncio.ensure_future(each.wait()) for each in (stop, self._vitals.changed)]
        try:
            await asyncio.wait(waits, timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _try(self) -> None:
        try:
            await self._beat()
            self._failures = 0
        except Exception as error:  # whatever it is, the work goes on
            self._hang_up()
            self._failures += 1
            if self._failures == SILENT_FAILURES:
                log.warning("no heartbeat", process=self._process, reason=repr(error))

    async def _beat(self, *, ended: bool = False) -> None:
        if self._connection is None or self._connection.is_closed():
            named = {"application_name": session_name(self._instance, os.getpid())}
            self._connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=5, server_settings=named)
            await self._connection.execute(_FORGET)
        said = [(self._process, self._vitals.ready and not ended, ENDED if ended else "")]
        for consumer, ask in self._vitals.work.items():
            work = ask()
            message = orjson.dumps(dict(work.halted)).decode() if work.halted else ENDED if ended else ""
            said.append((CONSUMER + consumer, work.ready and not ended, message))
        names, ready, messages = zip(*said, strict=True)
        about = (self._instance, os.getpid(), self._started)
        await self._connection.execute(_BEAT, list(names), list(ready), list(messages), *about)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def session_name(instance: str, pid: int) -> str:
    """What the database calls the connection of a process's heart; an instance's name may be longer than it keeps."""
    return f"heartbeat {md5(f'{instance}/{pid}'.encode(), usedforsecurity=False).hexdigest()}"
