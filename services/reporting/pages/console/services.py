"""Asks the services' operator APIs with the token of who is signed in; the console has no right of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from shared.web.problems import Language

SERVICES = ("committee", "activity", "evaluation", "reporting")
PATIENCE_SECONDS = 4.0
"""How long a service may take: what it tells of itself is at hand."""
ACTING_SECONDS = 30.0
"""How long it may take to do something."""
SILENT: Mapping[str, Any] = {
    "code": "service.unavailable",
    "th": "บริการไม่ตอบ",
    "en": "The service does not answer.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a service answered: ``body`` when it did what was asked, else the problem; status 0 when it is silent."""

    service: str
    status: int
    body: Any = None
    problem: Mapping[str, Any] | None = None
    more: str | None = None
    """Query of the next page, where there is one."""

    @property
    def is_well(self) -> bool:
        """Whether it did what was asked."""
        return self.problem is None


class Services:
    """The services at ``urls``, by name."""

    def __init__(self, client: httpx.AsyncClient, urls: Mapping[str, str]) -> None:
        self._client, self._urls = client, urls

    async def ask(
        self, service: str, path: str, token: str, language: Language, query: Mapping[str, str] | None = None
    ) -> Told:
        """``GET`` below a service's ``/v1/ops/``."""
        return await self._send("GET", service, f"ops/{path}", token, language, PATIENCE_SECONDS, params=query)

    async def ask_all(
        self,
        path: str,
        token: str,
        language: Language,
        query: Mapping[str, str] | None = None,
        services: Sequence[str] = SERVICES,
    ) -> list[Told]:
        """The same of several services at once; of one that is silent, that."""
        return list(await asyncio.gather(*(self.ask(each, path, token, language, query) for each in services)))

    async def order(
        self, service: str, path: str, token: str, language: Language, body: Mapping[str, Any], key: str | None = None
    ) -> Told:
        """``POST`` below a service's ``/v1/``; ``key`` is the idempotency key of a command."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._send("POST", service, path, token, language, ACTING_SECONDS, json=body, headers=headers)

    async def _send(
        self,
        method: str,
        service: str,
        path: str,
        token: str,
        language: Language,
        seconds: float,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Told:
        address = f"{self._urls[service]}/v1/{quote(path, safe='/:')}"
        fields = {"Authorization": f"Bearer {token}", "Accept-Language": language, **(headers or {})}
        try:
            answer = await self._client.request(method, address, headers=fields, timeout=seconds, **more)
            told = answer.json()
        except (httpx.HTTPError, ValueError):
            return Told(service, 0, problem=SILENT)
        if answer.is_success:
            following = answer.links.get("next", {}).get("url")
            return Told(service, answer.status_code, told, more=following and following.partition("?")[2])
        return Told(service, answer.status_code, problem=told if "code" in told else SILENT)
