"""The offices of the demonstration as HTTP clients of the four services."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

WRITERS = ("committee", "activity", "evaluation")
AT_ONCE = 16
"""Requests under way at most."""
PATIENCE = 60.0
"""Seconds to wait for what follows from a command in another service."""
PAUSE = 0.2
"""Seconds between two questions whether it has."""

Body = Mapping[str, Any]


class DemoFailed(Exception):
    """A service answered what the scenario does not expect; the message names request and answer."""


class NotYet(Exception):
    """What a command builds on has not reached the service yet."""


@dataclass(frozen=True, slots=True)
class Told:
    """A command's answer."""

    stream: str
    version: int
    position: str
    events: tuple[str, ...]
    """Ids of its events."""


@dataclass
class Offices:
    """Sends commands as the demonstration's users. ``addresses``: base URL of each service and of the issuer."""

    addresses: Mapping[str, str]
    sent: int = 0
    _http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=30))
    _tokens: dict[str, str] = field(default_factory=dict)
    _positions: dict[str, str] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def __aenter__(self) -> Self:
        for user in ("officer", "approver", "operator", "reader"):
            answer = await self._http.post(f"{self.addresses['issuer']}/token", data={"username": user})
            self._tokens[user] = answer.raise_for_status().json()["access_token"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def set_clock(self, now: datetime) -> None:
        """Move business time of all services that have an address forward."""
        known = [service for service in (*WRITERS, "reporting") if service in self.addresses]
        await asyncio.gather(*(self._set_clock(service, now) for service in known))

    async def _set_clock(self, service: str, now: datetime) -> None:
        answer = await self._request("PUT", service, "/v1/clock", "operator", {"now": now.isoformat()})
        _expect(answer, 200)

    async def issue(self, publisher: str, kind: str) -> Mapping[str, str]:
        """Have a credential made for a publisher, ``api-key`` or ``kafka-user``; what is shown once."""
        path = f"/v1/publishers/publisher:{publisher}/issue-{kind}"
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        answer = await self._request("POST", "committee", path, "officer", {"credential": kind}, headers)
        _expect(answer, 201)
        made: Mapping[str, str] = answer.json()
        return made

    async def person(self, ref: str, name: str, key: str = "") -> str:
        """Register a person; ``key``: as the personnel system itself. Returns the ``person_id``."""
        path, headers = f"/v1/persons/personnel/{ref}", {"X-API-Key": key} if key else {}
        answer = await self._request("PUT", "committee", path, "officer", {"display_name": name}, headers)
        _expect(answer, 200, 201)
        person_id: str = answer.json()["person_id"]
        return person_id

    async def send(self, service: str, path: str, body: Body, *, user: str = "officer") -> Told:
        """Send a command, once; while what it builds on has not arrived there (409), again."""
        key = str(uuid.uuid4())
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                return await self._send(service, path, body, user, key)
            except NotYet as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise DemoFailed(str(error)) from error
                await asyncio.sleep(0.05)

    async def _send(self, service: str, path: str, body: Body, user: str, key: str) -> Told:
        answer = await self._request("POST", service, f"/v1/{path}", user, body, {"Idempotency-Key": key})
        if answer.status_code == 409 and answer.json()["code"] in NOT_YET_CODES:
            raise NotYet(f"{path}: {answer.text}")
        _expect(answer, 200, 201)
        told = answer.json()
        self.sent += 1
        if service != "reporting":  # whose own events are in no view
            self._remember(told["position"])
        return Told(told["stream"], told["version"], told["position"], tuple(each["id"] for each in told["events"]))

    def _remember(self, position: str) -> None:
        store, shard, number = position.split(":")
        known = self._positions.get(f"{store}:{shard}")
        if known is None or int(known.rsplit(":", 1)[1]) < int(number):
            self._positions.pop(f"{store}:{shard}", None)  # the last told stands last
            self._positions[f"{store}:{shard}"] = position

    async def ask(self, path: str, **params: str) -> Any:
        """Ask reporting, for an answer that contains every command sent so far. Raises DemoFailed."""
        missing = list(self._positions.values())
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            after = missing[-1:]
            asked = {**params, **({"after": after[0]} if after else {})}
            answer = await self._request("GET", "reporting", path, "reader", None, params=asked)
            _expect(answer, 200)
            found = answer.json()
            contained = _contained(found["meta"])
            missing = [
                each for each in missing if not contained(each) and (each not in after or found["meta"]["stale"])
            ]
            if not missing:
                return found
            if asyncio.get_running_loop().time() > deadline:
                raise DemoFailed(f"{path} does not contain {', '.join(missing)} after {PATIENCE:.0f} s")

    async def look(self, path: str) -> httpx.Response:
        """What reporting has at an address, as it is. Raises DemoFailed."""
        answer = await self._request("GET", "reporting", path, "reader", None)
        _expect(answer, 200)
        return answer

    async def _request(
        self,
        method: str,
        service: str,
        path: str,
        user: str,
        body: Body | None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        async with self._room:
            return await self._http.request(
                method,
                f"{self.addresses[service]}{path}",
                json=body,
                params=params,
                headers={"Authorization": f"Bearer {self._tokens[user]}", **(headers or {})},
            )


NOT_YET_CODES = frozenset(
    {"programme.not_known", "meeting.roll_not_known", "briefing.committee_not_active", "briefing.no_committee"}
)
"""Refusals for which the committee's events may simply not have arrived yet."""


def _contained(meta: Mapping[str, Any]) -> Callable[[str], bool]:
    """Whether an answer of this freshness has read as far as a position."""
    read = {f"{each['store']}:{each['shard']}": each["position"] for each in meta["positions"]}

    def contains(position: str) -> bool:
        place, _, number = position.rpartition(":")
        return int(number) <= int(read.get(place, 0))

    return contains


def _expect(answer: httpx.Response, *statuses: int) -> None:
    if answer.status_code not in statuses:
        request = answer.request
        sent = request.content.decode(errors="replace")[:1000]
        raise DemoFailed(f"{request.method} {request.url} {sent}\n{answer.status_code} {answer.text}")


async def all_of(work: Iterable[Any]) -> list[Any]:
    """Results of coroutines run side by side."""
    return list(await asyncio.gather(*work))


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what follows from commands in another service. Raises DemoFailed after PATIENCE seconds."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            raise DemoFailed(f"{condition.__name__.strip('_')} did not come true within {PATIENCE:.0f} s")
        await asyncio.sleep(PAUSE)
