"""A small client of the services: sends commands so that each is done once, and reads what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import orjson
import stamina
import uuid_utils.compat

from shared.web.jsonable import dump

PATIENCE = 30.0
"""Seconds for which a request is sent again while the service does not answer."""


class Refused(Exception):
    """A problem that a service answered with; ``problem`` is its whole body."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(problem.get("code", status))
        self.status, self.problem = status, problem
        self.code: str = problem.get("code", "")

    def __str__(self) -> str:
        places = [f"{each['pointer']}: {each['en']}" for each in self.problem.get("errors", ())]
        return f"{self.code}: {self.problem.get('en', '')} {'; '.join(places)}".strip()


class NotAnswered(Exception):
    """The service did not answer for as long as was waited; what was sent may have been done all the same."""


class _TryAgain(Exception):
    """The service said, or the connection showed, that later is better."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a command."""

    stream: str
    version: int
    position: str
    """``<store>:<shard>:<position>``, to be passed on as ``after``."""
    events: tuple[Mapping[str, str], ...]
    """Each {id, type}; empty when there was nothing to do."""


class Client:
    """Speaks to one service at ``address`` with a bearer ``token``; use it with ``async with``."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        patience: float = PATIENCE,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._patience = patience
        self._http = httpx.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30.0,
            trust_env=False,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def command(self, path: str, body: Any, *, key: str | None = None, version: int | None = None) -> Done:
        """Send a command; it is done once, however often it has to be sent.

        ``body`` is anything with a form in JSON, such as a Command; ``key`` its idempotency key, by default a new one;
        ``version`` what its stream must be at. Raises Refused, NotAnswered.
        """
        headers = {"Idempotency-Key": key or str(uuid_utils.compat.uuid7()), "Content-Type": "application/json"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        found = await self._ask("POST", path, content=dump(body), headers=headers)
        return Done(found["stream"], found["version"], found["position"], tuple(found["events"]))

    async def get(self, path: str, **query: str | int) -> Any:
        """What is at an address. Raises Refused, NotAnswered."""
        return await self._ask("GET", path, params=query)

    async def put(self, path: str, body: Any) -> Any:
        """Put something where it belongs. Raises Refused, NotAnswered."""
        return await self._ask("PUT", path, content=dump(body), headers={"Content-Type": "application/json"})

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        try:
            async for attempt in stamina.retry_context(
                on=_TryAgain, attempts=None, timeout=self._patience, wait_initial=0.1, wait_max=2.0
            ):
                with attempt:
                    return await self._once(method, path, request)
        except _TryAgain as error:
            raise NotAnswered(f"{self._http.base_url} does not answer: {error}") from error
        raise AssertionError("retry_context returns or raises")

    async def _once(self, method: str, path: str, request: Mapping[str, Any]) -> Any:
        try:
            answer = await self._http.request(method, path, **request)
        except httpx.TransportError as error:
            raise _TryAgain(str(error) or type(error).__name__) from error
        if answer.status_code == 503:
            raise _TryAgain("it is not ready")
        if answer.is_success:
            return orjson.loads(answer.content) if answer.content else None
        raise Refused(answer.status_code, _problem(answer))


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {"en": answer.reason_phrase}
