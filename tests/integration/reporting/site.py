"""A reporting database of one test, filled from a log as the runner would, and asked over HTTP or directly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import orjson
from fastapi import FastAPI

from services.reporting.application import application
from services.reporting.asking import Desk
from services.reporting.following import Watch
from services.reporting.http import Views
from services.reporting.projections.projection import ReportingProjection
from shared.clock import ClockMode
from shared.contracts.envelope import Envelope
from shared.web.api import Api
from shared.web.auth import Authenticator
from tests.conftest import NewDatabase
from tests.oracle_check import table_differences
from tests.servers import Servers
from tests.stack import fresh_database
from tests.unit.reporting.log import PROGRAMME, Log

SEARCH_PATH = {"search_path": "reporting, public"}


class StandingClock:
    """Business time that a test sets."""

    mode = ClockMode.SIMULATED

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    async def now(self) -> datetime:
        """Where it stands."""
        return self.moment


@dataclass
class Site:
    """The database, the projection that fills it, and a client of its API."""

    pool: Any
    clock: StandingClock
    client: httpx.AsyncClient
    projection: ReportingProjection
    owner_dsn: str
    app_dsn: str
    desk: Desk
    app: FastAPI

    async def project(self, log: Log, size: int = 10_000) -> None:
        """Apply what the log has sent and was not applied yet, shard by shard, and let it be now."""
        async with self.pool.acquire() as connection:
            known = {(r["store"], r["shard"]): r["position"] for r in await connection.fetch("SELECT * FROM applied")}
            for place in sorted({(each.store, each.shard) for each in log.sent}):
                its = [each for each in log.sent if (each.store, each.shard) == place]
                news = [each for each in its if each.position > known.get(place, 0)]
                for first in range(0, len(news), size):
                    await self.apply(news[first : first + size])
        self.clock.moment = log.now

    async def apply(self, batch: Sequence[Envelope]) -> None:
        """One batch in one transaction."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self.projection.apply(connection, batch)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a row table, in order, JSON as text."""
        found = await self.pool.fetch(f"SELECT * FROM {table}")
        return sorted((dict(row) for row in found), key=repr)

    async def row_faults(self, log: Log) -> list[str]:
        """Where the row tables are not what the oracle makes of the log."""
        async with self.pool.acquire() as connection:
            return await table_differences(connection, log.sent)

    async def get(self, path: str, /, *, status: int = 200, **query: str) -> Any:
        """The answer to a question of the programme."""
        answer = await self.client.get(f"/v1/programmes/{PROGRAMME}/{path}", params=query)
        assert answer.status_code == status, answer.text
        return orjson.loads(answer.content)


@asynccontextmanager
async def open_site(database: NewDatabase, *, patience: float = 0.3, public_read: bool = True) -> AsyncIterator[Site]:
    """A fresh reporting database with its API on top."""
    made = await database("reporting")
    clock = StandingClock(datetime(2017, 11, 1, tzinfo=UTC))
    async with asyncpg.create_pool(made.app_dsn, min_size=1, max_size=4, server_settings=SEARCH_PATH) as pool:
        # It asks nobody; to read the machine's certificates would take as long as a test.
        authenticator = Authenticator((), httpx.AsyncClient(verify=False))
        desk, api = Desk(lambda: pool, clock, patience=patience), Api()
        Views(desk, Watch(lambda: pool, poll=0.05)).add_to(api)
        app = application(desk, authenticator, api, public_read=public_read)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://reporting") as client:
            yield Site(pool, clock, client, ReportingProjection(), made.owner_dsn, made.app_dsn, desk, app)
        await authenticator.close()


@asynccontextmanager
async def shared_site(servers: Servers, log: Log) -> AsyncIterator[Site]:
    """A site that a log has filled, for a module's fixture `shared`."""
    async with AsyncExitStack() as made:
        site = await made.enter_async_context(
            open_site(lambda service: made.enter_async_context(fresh_database(servers, service)))
        )
        await site.project(log)
        yield site
