"""What a person on duty sees while something is broken: verdicts over HTTP, the same among the metrics, and alarms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from services.reporting.alarms.judging import Watched
from services.reporting.alarms.others import Others
from services.reporting.alarms.technical import STATES
from shared.operating.status_http import StatusApi
from shared.operating.watcher import Watcher
from shared.process import in_background
from shared.settings import Issuer
from shared.streams.broker import Broker
from shared.streams.topics import Topics
from shared.web.api import Api
from shared.web.app import base_app
from shared.web.auth import Authenticator
from tests.faults.alarming import Bell, Named, judging
from tests.faults.issuer import RunningIssuer

SECONDS = 15.0
"""Within so many seconds the right verdict has to be seen."""
PAUSE = 0.3
KINDS = {"role": ("roles", "process"), "relay": ("relays", "shard"), "consumer": ("consumers", "consumer")}
"""Where a kind of thing stands in the status, and by what it is named there."""
ALARMS = {"role": "process.not_working", "relay": "relay.not_moving", "consumer": "consumer.not_moving"}
"""What rings when one of that kind stands still or has stopped."""
AWAY = (httpx.TransportError, httpx.HTTPStatusError)


@dataclass
class Console:
    """A service's status and metrics, and the alarms that are made of them, as an operator asks for them."""

    http: httpx.AsyncClient
    service: str
    alarms: Bell | None = None
    """None: there is no reporting service that judges."""

    async def sees(self, kind: str, name: object, verdict: str, *, rings: Sequence[Named] = (), **more: object) -> None:
        """Wait until a role, relay or consumer has that verdict, and fields that ``more`` names; in the metrics too.

        By then there is an alarm for what stands still or has stopped, and what ``rings`` names. Raises AssertionError
        with what was seen instead after SECONDS.
        """
        clock = asyncio.get_running_loop()
        deadline = clock.time() + SECONDS
        awaited = [*rings, *([(ALARMS[kind], f"{self.service}:{name}")] if verdict in STATES else [])]
        while True:
            found = await self._found(kind, name)
            fitting = [each for each in found if {**each, **more, "verdict": verdict} == each]
            labels = {"kind": kind, "name": _label(kind, fitting[0]), "verdict": verdict} if fitting else {}
            shown = bool(labels) and await self.shows("obec_verdict", 1.0, labels)
            quiet = [each for each in awaited if self.alarms is not None and not await self.alarms.rings(each)]
            if shown and not quiet:
                return
            told = f"{kind} {name} is not seen as {verdict} {more}, but as {found}; no alarm: {quiet}"
            assert clock.time() < deadline, told
            await asyncio.sleep(PAUSE)

    async def falls_silent(self) -> None:
        """Wait until every alarm that was heard is cleared."""
        assert self.alarms is not None, "nobody judges here"
        await self.alarms.falls_silent()

    async def status(self) -> Mapping[str, Any]:
        """All that the service says of itself."""
        answer = (await self.http.get("/v1/ops/status")).raise_for_status()
        told: Mapping[str, Any] = answer.json()
        return told

    async def shows(self, metric: str, value: float, labels: Mapping[str, str]) -> bool:
        """Whether a metric of this service with these labels, perhaps among others, has that value."""
        text = (await self.http.get("/metrics")).raise_for_status().text
        wanted = {"service": self.service, **labels}
        return any(
            sample.name == metric and sample.value == value and {**sample.labels, **wanted} == sample.labels
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        )

    async def _found(self, kind: str, name: object) -> Sequence[Mapping[str, Any]]:
        part, called = KINDS[kind]
        try:
            return [each for each in (await self.status())[part] if each[called] == name]
        except AWAY as error:
            return [{"error": repr(error)}]


def _label(kind: str, each: Mapping[str, Any]) -> str:
    match kind:
        case "role":
            return f"{each['process']} {each['instance']}"
        case "relay":
            return str(each["shard"])
        case _:
            return f"{each['consumer']} {each['store']}/{each['shard']}"


@asynccontextmanager
async def console_at(address: str, service: str, views_dsn: str, issuer: RunningIssuer) -> AsyncIterator[Console]:
    """The console of a service that runs as a process."""
    async with httpx.AsyncClient(base_url=address, headers=issuer.bearer("operator"), trust_env=False) as client:
        watched = Watched(folders=(), others=_others(service, address, client, issuer))
        async with judging(views_dsn, watched, issuer) as bell:
            yield Console(client, service, bell)


@asynccontextmanager
async def watching(
    service: str,
    dsn: str,
    broker: Broker,
    topics: Topics,
    issuer: RunningIssuer,
    *,
    views_dsn: str | None = None,
    shards: int = 1,
) -> AsyncIterator[Console]:
    """The same from this process, for a service whose API does not run; without ``views_dsn`` nobody judges alarms."""
    watcher, api, here = Watcher(service, dsn, broker, topics), Api(), "http://watching"
    StatusApi(watcher).add_to(api)
    async with AsyncExitStack() as opened:
        authenticator = Authenticator([Issuer.model_validate(issuer.named)])
        opened.push_async_callback(authenticator.close)
        door = httpx.ASGITransport(base_app(service, authenticator, api=api))
        client = httpx.AsyncClient(transport=door, base_url=here, headers=issuer.bearer("operator"))
        await opened.enter_async_context(client)
        await opened.enter_async_context(in_background(watcher.run))
        if views_dsn is None:
            yield Console(client, service)
            return
        if service == "reporting":
            watched = Watched(broker, topics, shards, folders=(), status=lambda: watcher.status)
        else:
            watched = Watched(folders=(), others=_others(service, here, client, issuer))
        yield Console(client, service, await opened.enter_async_context(judging(views_dsn, watched, issuer)))


def _others(service: str, address: str, client: httpx.AsyncClient, issuer: RunningIssuer) -> Others:
    """A service as reporting asks it, in an operator's name."""
    token = issuer.bearer("operator")["Authorization"].removeprefix("Bearer ")
    return Others({service: address}, client, token)
