"""How every process begins, stops and says why it cannot: ``python -m services.<name> <role>``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import asyncpg
import stamina
import structlog
import uvloop

from shared import logging, tracing_otel
from shared.eventstore.migrate import MigrationChanged, folders
from shared.eventstore.migrate import migrate as run_migrations
from shared.eventstore.restoring import RestoreUnfinished, require_whole
from shared.eventstore.store import EventStore, WrongStore
from shared.operating.heartbeats import VITALS, Heart, instance_of
from shared.settings import Settings, WrongSettings

log = structlog.get_logger(__name__)

T = TypeVar("T")

MIGRATE = "migrate"
"""The role that every service has and that ends by itself."""
PATIENCE = 10.0
"""Seconds for which a starting process waits for its database."""
BROKER_PATIENCE = 5.0
"""Seconds that the broker has to say whether store and topic agree."""
GRACE = 3.0
"""Seconds that work in the background has to end once it is told to."""

NOT_YET = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)
"""What a database says that is not there yet; anything else will not change by waiting."""

Role = Callable[[Settings, asyncio.Event], Awaitable[None]]
"""Does the work of a process until the event, which SIGTERM and SIGINT set."""
Run = Callable[[asyncio.Event], Awaitable[None]]


class StartRefused(Exception):
    """The process cannot start; the message is one line that says why and what to do."""


def run(service: str, roles: Mapping[str, Role]) -> NoReturn:
    """Do what the command line asks: one of ``roles``, or ``migrate``, which every service has.

    Ends the process: 0 when it was told to stop, 1 when it cannot go on, 2 for a role that does not exist.
    """
    known = {MIGRATE: migrating(service), **roles}
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in known:
        _say(f"usage: python -m services.{service} {'|'.join(known)}")
        sys.exit(2)
    logging.configure(service)
    tracing_otel.start(service)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_told(service, name, known[name], Settings.read()))
    except (StartRefused, WrongSettings) as refused:
        _say(f"{service} {name}: {refused}")
        sys.exit(1)
    except Exception:
        log.exception("the process failed", role=name)
        sys.exit(1)
    sys.exit(0)


def migrating(service: str) -> Role:
    """The role that brings a service's database up to date, as the role that owns it."""

    async def role(settings: Settings, _stop: asyncio.Event) -> None:
        dsn = settings.owner_dsn(service)
        with told_of(f"OBEC_{service.upper()}_OWNER_DSN", service):
            for folder in folders(service):
                for name in await patiently(partial(run_migrations, dsn, folder)):
                    log.info("migrated", migration=name)

    return role


@asynccontextmanager
async def opened_store(settings: Settings, service: str, *, patience: float = PATIENCE) -> AsyncIterator[EventStore]:
    """The service's event store, closed in the end.

    Raises StartRefused, also when its topic contradicts it, or a backup was not brought back whole.
    """
    dsn = settings.dsn(service)
    with told_of(f"OBEC_{service.upper()}_DSN", service):
        store = await patiently(
            lambda: EventStore.open(dsn, service, shards=settings.shards, clock=settings.clock), patience
        )
    try:
        with told_of(f"OBEC_{service.upper()}_DSN", service):
            await require_whole(store.pool)
        await _agreed_with_topic(settings, store)
        yield store
    finally:
        await store.close()


async def _agreed_with_topic(settings: Settings, store: EventStore) -> None:
    """Refuse to start on a store that its topic contradicts. A broker that is away keeps nobody from working."""
    from aiokafka.errors import KafkaError

    from shared.eventstore.relay import RelayRefused, require_agreement
    from shared.streams.topics import Topics

    broker = settings.broker
    if broker is None:
        return
    try:
        async with asyncio.timeout(BROKER_PATIENCE):
            await require_agreement(store, broker, Topics(settings.topic_prefix))
    except RelayRefused as refused:
        raise StartRefused(f"{refused} ({refused.code})") from refused
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("the broker cannot be asked whether store and topic agree", store=store.name, reason=repr(error))


@asynccontextmanager
async def in_background(*runs: Run) -> AsyncIterator[None]:
    """Have each of ``runs`` work beside the body; in the end their event is set, and who is late is cancelled."""
    stop = asyncio.Event()
    tasks = [asyncio.ensure_future(each(stop)) for each in runs]
    try:
        yield
    finally:
        stop.set()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def first_of(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of the events is set, but no longer than so many seconds."""
    waits = [asyncio.ensure_future(each.wait()) for each in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()


@contextmanager
def ready(settings: Settings) -> Iterator[None]:
    """Say by the ready file that the process does its work, while it does."""
    file = Path(settings.ready_file) if settings.ready_file else None
    if file is not None:
        file.write_text(str(os.getpid()))
    VITALS.become(ready=True)
    log.info("ready")
    try:
        yield
    finally:
        VITALS.become(ready=False)
        if file is not None:
            file.unlink(missing_ok=True)


async def patiently(ask: Callable[[], Coroutine[Any, Any, T]], patience: float = PATIENCE) -> T:
    """What the database answers, asking again for ``patience`` seconds while it is not there yet."""
    async for attempt in stamina.retry_context(
        on=NOT_YET, attempts=None, timeout=patience, wait_initial=0.1, wait_max=1.0
    ):
        with attempt:
            return await ask()
    raise AssertionError("retry_context returns or raises")


@contextmanager
def told_of(variable: str, service: str) -> Iterator[None]:
    """Turn what the database that ``variable`` names refuses into one line: StartRefused."""
    try:
        yield
    except RestoreUnfinished as error:
        raise StartRefused(f"{error} ({error.code})") from error
    except (WrongStore, MigrationChanged) as error:
        raise StartRefused(str(error)) from error
    except asyncpg.UndefinedTableError as error:
        raise StartRefused(f"the database is not migrated: run `python -m services.{service} migrate`") from error
    except NOT_YET as error:
        raise StartRefused(f"the database of {variable} does not answer: {_first_line(error)}") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise StartRefused(f"the database of {variable} refuses: {_first_line(error)}") from error


async def _until_told(service: str, name: str, role: Role, settings: Settings) -> None:
    """Run a role; on the first SIGTERM or SIGINT tell it to stop. What works says beside it that it lives."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if name == MIGRATE:
        await role(settings, stop)
        return
    async with in_background(*_hearts(service, name, settings)), _door(service, name, settings):
        await role(settings, stop)


def _hearts(service: str, name: str, settings: Settings) -> Sequence[Run]:
    """The heart of a process; none where no database is set, of which the role itself will speak."""
    dsn: str | None = getattr(settings, f"{service}_dsn")
    return [] if dsn is None else [Heart(dsn, f"{service}-{name}", instance_of(settings.instance)).run]


@asynccontextmanager
async def _door(service: str, name: str, settings: Settings) -> AsyncIterator[None]:
    """The door of a process that has no API, where a port is set for it. Raises StartRefused."""
    port = settings.worker_port(service, name)
    if port is None:
        yield
        return
    from shared.web.bare import serve_bare
    from shared.web.serving import CannotListen, bound

    try:
        with bound(settings.host, port, f"OBEC_{service}_{name}_PORT".upper()) as listening:
            async with in_background(partial(serve_bare, listening)):
                yield
    except CannotListen as refused:
        raise StartRefused(str(refused)) from refused


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
