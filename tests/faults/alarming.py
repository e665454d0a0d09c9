"""Alarms while something is broken: judged as reporting's monitor judges them, and asked for as an operator does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from services.reporting.alarms.http import AlarmApi
from services.reporting.alarms.judging import Judge, Watched
from services.reporting.alarms.running import Alarms
from services.reporting.processes import SEARCH_PATH
from shared.eventstore.store import EventStore
from shared.operating.deciding import Operators
from shared.process import in_background
from shared.settings import Issuer
from shared.web.api import Api
from shared.web.app import base_app
from shared.web.auth import Authenticator
from tests.eventually import eventually
from tests.faults.issuer import RunningIssuer

EVERY = 1.0
"""Seconds between two rounds."""
CLEARED_SECONDS = 20.0

Named = tuple[str, str]
"""Kind of an alarm, and what it is about."""


@dataclass
class Bell:
    """Which alarms ring, by the operator's API."""

    http: httpx.AsyncClient
    heard: set[Named] = field(default_factory=set)
    """Those that were found ringing."""

    async def rings(self, alarm: Named) -> bool:
        """Whether that alarm is raised now."""
        found = alarm in [(each["kind"], each["what"]) for each in await self.raised()]
        if found:
            self.heard.add(alarm)
        return found

    async def raised(self) -> Sequence[dict[str, Any]]:
        """All alarms that are raised now."""
        answer = (await self.http.get("/v1/ops/alarms")).raise_for_status()
        told: Sequence[dict[str, Any]] = answer.json()["open"]
        return told

    async def falls_silent(self) -> None:
        """Wait until every alarm that was heard is cleared."""
        assert self.heard, "nothing has rung"

        async def silent() -> bool:
            return not self.heard & {(each["kind"], each["what"]) for each in await self.raised()}

        await eventually(silent, CLEARED_SECONDS, pause=0.2)


@asynccontextmanager
async def judging(dsn: str, watched: Watched, issuer: RunningIssuer) -> AsyncIterator[Bell]:
    """Judge in this process over reporting's database, for as long as the block lasts."""
    async with AsyncExitStack() as opened:
        pool = await opened.enter_async_context(
            asyncpg.create_pool(dsn, min_size=1, max_size=4, server_settings=SEARCH_PATH)
        )
        store = await EventStore.open(dsn, "reporting")
        opened.push_async_callback(store.close)
        authenticator, api = Authenticator([Issuer.model_validate(issuer.named)]), Api()
        opened.push_async_callback(authenticator.close)
        AlarmApi(store, Operators("reporting", lambda: store.pool, two_person=False)).add_to(api)
        door = httpx.ASGITransport(base_app("reporting", authenticator, api=api))
        client = httpx.AsyncClient(transport=door, base_url="http://alarms", headers=issuer.bearer("operator"))
        await opened.enter_async_context(client)
        alarms = Alarms(store, pool, Judge(pool, store.clock, watched, settling=0.0), every=EVERY)
        await opened.enter_async_context(in_background(alarms.run))
        yield Bell(client)
