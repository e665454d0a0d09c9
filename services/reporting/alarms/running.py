"""Judges alarms again and again, and tells who is to be told; of several processes one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import structlog
from aiokafka.errors import KafkaError

from services.reporting.alarm import ALARM, Alarm, ClearAlarm, RaiseAlarm
from services.reporting.alarms.channels import Channel, Mail, NotSent, Server, Webhook
from services.reporting.alarms.judging import Judge, Verdict, Watched
from services.reporting.alarms.kinds import Condition
from services.reporting.alarms.others import Others
from services.reporting.alarms.outbox import Outbox, machine_time, waiting
from services.reporting.alarms.standing import Alarmed, Standing
from services.reporting.monitor.reading import Limits
from services.reporting.processes import PROCESSES
from shared import telemetry
from shared.contracts import Rejected
from shared.eventstore.append import OtherContent, StoreUnavailable
from shared.eventstore.commands import CommandHandler, Request
from shared.eventstore.store import EventStore
from shared.operating.watcher import watcher_of
from shared.process import first_of, in_background
from shared.settings import Settings
from shared.streams.declared import WRITE_SERVICES
from shared.streams.topics import Topics

log = structlog.get_logger(__name__)

RULE = "rule:alarms"
"""Who raises and clears."""
LEADING = 71_040
"""Advisory lock of the process that judges."""
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, StoreUnavailable, KafkaError, Rejected)
"""What ends a round; the next one begins anew."""


class Alarms:
    """The rounds. ``every``: seconds between them; ``repeat``: after how long who did not hear is told again."""

    def __init__(
        self,
        store: EventStore,
        pool: Any,
        judge: Judge,
        channels: Sequence[Channel] = (),
        *,
        every: float = 30.0,
        repeat: timedelta = timedelta(hours=1),
    ) -> None:
        self._store, self._pool, self._judge, self._channels, self._every = store, pool, judge, channels, every
        self._handler = CommandHandler(store, [ALARM])
        self._alarmed = Alarmed(store)
        self._outbox = Outbox(pool, [each.name for each in channels], repeat)
        self._news = {each.name: asyncio.Event() for each in channels}
        self._board = telemetry.Board()

    async def run(self, stop: asyncio.Event) -> None:
        """Judge and tell until ``stop``, whenever no other process does; whatever fails is tried again."""
        while not stop.is_set():
            try:
                async with self._pool.acquire() as connection:
                    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADING):
                        log.info("alarms are judged here")
                        await self._lead(connection, stop)
            except AWAY as error:
                log.warning("alarms interrupted", reason=repr(error))
            except Exception:  # who watches everything else must not end of it
                log.exception("alarms interrupted")
            finally:
                self._board.clear()
            await first_of(stop, seconds=min(self._every, 5.0))

    async def _lead(self, lock: Any, stop: asyncio.Event) -> None:
        """Rounds while the lock is held; it goes with its connection."""
        async with in_background(*(self._telling(each) for each in self._channels)):
            while not stop.is_set():
                await lock.fetchval("SELECT 1")
                await self.round()
                await first_of(stop, seconds=self._every)

    async def round(self) -> Mapping[str, Standing]:
        """Judge once, raise and clear what is to be, and write down who is to be told; alarms as they then stand."""
        verdict = await self._judge.judge()
        standing = await self._alarmed.read()
        for stream, command in due_commands(verdict, {name: each.alarm for name, each in standing.items()}):
            await self._command(stream, command)
        standing = await self._alarmed.read()
        await self._outbox.keep(standing.values(), machine_time())
        self._show(standing)
        untold: dict[tuple[str, ...], float] = {(name,): 0 for name in self._news}
        untold |= {(row["channel"],): row["notices"] for row in await waiting(self._pool)}
        self._board.show(telemetry.UNTOLD, untold)
        for each in self._news.values():
            each.set()
        return standing

    async def tell(self, channel: Channel) -> bool:
        """Tell a channel what it is to be told now, up to the first failure; whether there may be more."""
        standing = await self._alarmed.read()
        notices = await self._outbox.due(channel.name, standing, machine_time())
        for begin in range(0, len(notices), channel.at_once):
            some = notices[begin : begin + channel.at_once]
            try:
                await channel.send(some)
            except NotSent as error:
                telemetry.NOT_SENT.labels(channel.name).inc()
                log.warning("an alarm could not be told", channel=channel.name, reason=str(error))
                await self._outbox.failed(some, str(error))
                return False
            await self._outbox.sent(some)
        return bool(notices)

    def _telling(self, channel: Channel) -> Any:
        async def telling(stop: asyncio.Event) -> None:
            news = self._news[channel.name]
            while not stop.is_set():
                await first_of(news, stop, seconds=self._every)
                news.clear()
                try:
                    while not stop.is_set() and await self.tell(channel):
                        pass
                except AWAY as error:
                    log.warning("alarms cannot be told", channel=channel.name, reason=repr(error))
                except Exception:  # what is wrong with one notice keeps nobody from being told the next time
                    log.exception("alarms cannot be told", channel=channel.name)

        return telling

    async def _command(self, stream: str, command: RaiseAlarm | ClearAlarm) -> None:
        """The id follows from the occurrence: whoever judged the same has it answered as before.

        One that is refused is logged and left: the others are to be raised and told.
        """
        name = f"{type(command).__name__} {stream} {command.occurrence}"
        source = f"{self._handler.source()}/alarms"
        try:
            await self._handler.handle(Request(ALARM, stream, command, source, name, name, RULE, ids="cause"))
        except (Rejected, OtherContent) as error:
            log.warning("an alarm is refused", alarm=stream, reason=repr(error))

    def _show(self, standing: Mapping[str, Standing]) -> None:
        counts: dict[tuple[str, ...], float] = {}
        now = machine_time()
        for each in standing.values():
            if each.alarm.raised is not None and each.alarm.is_open:
                labels = each.alarm.raised.kind, each.state(now)
                counts[labels] = counts.get(labels, 0.0) + 1
        self._board.show(telemetry.ALARMS, counts)


def due_commands(verdict: Verdict, known: Mapping[str, Alarm]) -> list[tuple[str, RaiseAlarm | ClearAlarm]]:
    """What is to be raised and cleared, by stream. An alarm of a kind that could not be judged stays as it is."""
    wanted: dict[str, Condition] = {each.stream: each for each in verdict.conditions}
    raised: list[tuple[str, RaiseAlarm | ClearAlarm]] = [
        (stream, RaiseAlarm(**_named(each), occurrence=_before(known.get(stream)) + 1))
        for stream, each in wanted.items()
        if stream not in known or not known[stream].is_open
    ]
    cleared = [
        (stream, ClearAlarm(occurrence=alarm.occurrence))
        for stream, alarm in known.items()
        if alarm.is_open
        and alarm.raised is not None
        and stream not in wanted
        and verdict.covers(alarm.raised.programme, alarm.raised.kind)
    ]
    return [*cleared, *raised]


def _named(each: Condition) -> dict[str, Any]:
    return {"programme": each.programme, "kind": each.kind, "what": each.what, "message": each.message}


def _before(alarm: Alarm | None) -> int:
    return alarm.occurrence if alarm else 0


@asynccontextmanager
async def opened_alarms(settings: Settings, pool: Any, store: EventStore) -> AsyncIterator[Alarms]:
    """Alarms put together from the settings, over reporting's pool and store."""
    watcher = watcher_of(settings, "reporting", (), PROCESSES)
    async with httpx.AsyncClient(trust_env=False) as client, in_background(watcher.run):
        watched = Watched(
            broker=settings.broker,
            topics=Topics(settings.topic_prefix),
            shards=settings.shards,
            folders=[each for each in settings.alarm_folders.split(":") if each],
            canary_seconds=settings.canary_seconds,
            silence=Limits.of(settings).silence,
            others=Others({each: settings.url(each) for each in WRITE_SERVICES}, client, settings.alarm_token),
            status=lambda: watcher.status,
        )
        yield Alarms(
            store,
            pool,
            Judge(pool, store.clock, watched),
            channels_of(settings, client),
            every=settings.alarm_seconds,
            repeat=timedelta(minutes=settings.alarm_repeat_minutes),
        )


def channels_of(settings: Settings, client: httpx.AsyncClient) -> list[Channel]:
    """The channels that the settings name."""
    channels: list[Channel] = []
    if settings.alarm_webhook is not None:
        channels.append(Webhook(settings.alarm_webhook, settings.alarm_webhook_secret, client))
    if settings.smtp_host is not None:
        server = Server(
            settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_user, settings.smtp_password
        )
        recipients = [each.strip() for each in settings.smtp_to.split(",")]
        channels.append(Mail(server, settings.smtp_from, recipients, f"{settings.pages_address}/console/alarms"))
    return channels
