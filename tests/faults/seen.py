"""What a person on duty sees while something is broken: verdicts over HTTP, and the same among the metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from shared.operating.status_http import StatusApi
from shared.operating.watcher import Watcher
from shared.settings import Issuer
from shared.streams.broker import Broker
from shared.streams.topics import Topics
from shared.web.api import Api
from shared.web.app import base_app
from shared.web.auth import Authenticator
from tests.faults.issuer import RunningIssuer

SECONDS = 15.0
"""Within so many seconds the right verdict has to be seen."""
PAUSE = 0.3
KINDS = {"role": ("roles", "process"), "relay": ("relays", "shard"), "consumer": ("consumers", "consumer")}
"""Where a kind of thing stands in the status, and by what it is named there."""
AWAY = (httpx.TransportError, httpx.HTTPStatusError)


@dataclass
class Console:
    """A service's status and metrics, as an operator asks for them."""

    http: httpx.AsyncClient
    service: str

    async def sees(self, kind: str, name: object, verdict: str, **more: object) -> None:
        """Wait until a role, relay or consumer has that verdict, and fields that ``more`` names; in the metrics too.

        Raises AssertionError with what was seen instead after SECONDS.
        """
        clock = asyncio.get_running_loop()
        deadline = clock.time() + SECONDS
        while True:
            found = await self._found(kind, name)
            fitting = [each for each in found if {**each, **more, "verdict": verdict} == each]
            labels = {"kind": kind, "name": _label(kind, fitting[0]), "verdict": verdict} if fitting else {}
            if labels and await self.shows("obec_verdict", 1.0, labels):
                return
            assert clock.time() < deadline, f"{kind} {name} is not seen as {verdict} {more}, but as {found}"
            await asyncio.sleep(PAUSE)

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
async def console_at(address: str, service: str, issuer: RunningIssuer) -> AsyncIterator[Console]:
    """The console of a service that runs as a process."""
    async with httpx.AsyncClient(base_url=address, headers=issuer.bearer("operator"), trust_env=False) as client:
        yield Console(client, service)


@asynccontextmanager
async def watching(
    service: str, dsn: str, broker: Broker, topics: Topics, issuer: RunningIssuer
) -> AsyncIterator[Console]:
    """The same from this process, for a service whose API does not run."""
    watcher, api = Watcher(service, dsn, broker, topics), Api()
    StatusApi(watcher).add_to(api)
    authenticator = Authenticator([Issuer.model_validate(issuer.named)])
    stop = asyncio.Event()
    looking = asyncio.create_task(watcher.run(stop))
    door = httpx.ASGITransport(base_app(service, authenticator, api=api))
    try:
        async with httpx.AsyncClient(
            transport=door, base_url="http://watching", headers=issuer.bearer("operator")
        ) as client:
            yield Console(client, service)
    finally:
        stop.set()
        await looking
        await authenticator.close()
