"""The process that verifies everything at even intervals, and when an operator asks: ``python -m obec.prover prover``.

It reads the databases of all services and imports the oracle, both of which no service may: so it is no service, though
it keeps what it finds where reporting shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog

from obec.proving import Where, prove
from services.reporting.proving import proofs
from shared.eventstore.finding import Finding
from shared.process import NOT_YET, first_of, ready, run
from shared.settings import Settings
from shared.streams.declared import STORES
from shared.streams.topics import Topics
from shared.telemetry import VERIFIED, VERIFIED_AT, Board

log = structlog.get_logger(__name__)

SERVICE, ROLE = "reporting", "prover"
BOARD = Board()
LOOK_SECONDS = 1.0
"""How often it is looked for somebody who asks."""


async def prover(settings: Settings, stop: asyncio.Event) -> None:
    """Verify until ``stop``; what a verification cannot be finished for is kept with it, and the next one is tried."""
    where = Where({each: settings.dsn(each) for each in STORES}, settings.broker, Topics(settings.topic_prefix))
    with ready(settings):
        while not stop.is_set():
            try:
                await _look(where, timedelta(seconds=settings.verify_seconds), stop)
            except (*NOT_YET, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("cannot look for what is to be verified", reason=repr(error))
            await first_of(stop, seconds=LOOK_SECONDS)


async def _look(where: Where, every: timedelta, stop: asyncio.Event) -> None:
    """Verify if it is due or somebody asked."""
    connection = await asyncpg.connect(where.dsns[SERVICE], timeout=10)
    try:
        _show(*await proofs.last(connection))
        while not stop.is_set():
            if every:
                await proofs.ask_when_due(connection, every)
            number = await proofs.take(connection)
            if number is not None:
                await _verify(connection, number, where, stop)
            await first_of(stop, seconds=LOOK_SECONDS)
    finally:
        await connection.close()


async def _verify(connection: asyncpg.Connection, number: int, where: Where, stop: asyncio.Event) -> None:
    """One verification; given up when the process is told to stop, and taken again by the next one."""
    work = asyncio.ensure_future(_found(where))
    told = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            await _keep(connection, number, work)
    finally:
        for each in (work, told):
            each.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await each


async def _found(where: Where) -> list[Finding]:
    return [each async for each in prove(where)]


async def _keep(connection: asyncpg.Connection, number: int, work: asyncio.Future[list[Finding]]) -> None:
    try:
        found = work.result()
    except Exception as error:  # whatever keeps it from being finished is what the operator has to know
        log.warning("verification could not be finished", run=number, reason=repr(error))
        await proofs.give_up(connection, number, f"{type(error).__name__}: {error}")
        return
    await proofs.keep(connection, number, found)
    _show(found, datetime.now(UTC))
    for each in found:
        if not each.whole:
            log.error("verification found a difference", part=each.part, place=each.place, difference=each.message)
    log.info("verified", run=number, whole=all(each.whole for each in found))


def _show(found: Sequence[Finding], finished_at: datetime | None) -> None:
    """The gauges, by service and part; none before the first verification."""
    if finished_at is None:
        return
    places = {(each.service, each.part) for each in found}
    different = {(each.service, each.part) for each in found if not each.whole}
    BOARD.show(VERIFIED, {place: place not in different for place in places})
    BOARD.show(VERIFIED_AT, dict.fromkeys(places, finished_at.timestamp()))


if __name__ == "__main__":
    run(SERVICE, {ROLE: prover})
