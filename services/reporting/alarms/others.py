"""What the services say of themselves over HTTP, to the operator whose token the settings name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
import structlog

from services.reporting.alarms.technical import Judged, Parked

log = structlog.get_logger(__name__)

STATUS = "/v1/ops/status"
SECONDS = 5.0
"""How long a service has to answer."""

T = TypeVar("T")
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answers(Generic[T]):
    """What services told; ``whole``: whether all of them did."""

    told: Sequence[T]
    whole: bool = True


NOBODY: Answers[Any] = Answers(())
"""What is told where nobody is asked."""


class Others:
    """The other services. ``urls`` by service; without a ``token`` they are only asked whether they live."""

    def __init__(self, urls: Mapping[str, str], client: httpx.AsyncClient, token: str = "") -> None:
        self._urls, self._client = urls, client
        self._headers = {"Authorization": f"Bearer {token}"} if token else None

    async def unreachable(self) -> list[str]:
        """Services of which nothing answers, or only what stands before them."""
        answers = await self._asked("/livez")
        return [service for service, each in answers.items() if each is None or each.is_server_error]

    async def untold(self) -> Answers[str]:
        """Services that answer and do not tell how they are: they refuse the token, or something else stands there."""
        if self._headers is None:
            return NOBODY
        answers = await self._asked(STATUS)
        heard = {service: each for service, each in answers.items() if each is not None and not each.is_server_error}
        silent = [service for service, each in heard.items() if _read(service, each, judged_of) is None]
        return Answers(silent, len(heard) == len(answers))

    async def judged(self) -> Answers[Judged]:
        """What they say of their processes, relays and consumers."""
        return await self._told(STATUS, judged_of)

    async def parked(self) -> Answers[Parked]:
        """What their consumers have set aside."""
        return await self._told("/v1/ops/parked?limit=1", _parked)

    async def _told(self, path: str, read: Callable[[str, Told], Iterable[T]]) -> Answers[T]:
        if self._headers is None:
            return NOBODY
        told = [_read(service, answer, read) for service, answer in (await self._asked(path)).items()]
        return Answers([each for of in told for each in of or ()], None not in told)

    async def _asked(self, path: str) -> Mapping[str, httpx.Response | None]:
        """What each service answers; None of one that does not."""
        answers = await asyncio.gather(*(self._get(url, path) for url in self._urls.values()))
        return dict(zip(self._urls, answers, strict=True))

    async def _get(self, url: str, path: str) -> httpx.Response | None:
        try:
            answer = await self._client.get(f"{url}{path}", headers=self._headers, timeout=SECONDS)
        except httpx.HTTPError:
            return None
        if answer.is_client_error:
            log.warning("a service refuses to tell", url=url, path=path, status=answer.status_code)
        return answer


def _read(service: str, answer: httpx.Response | None, read: Callable[[str, Told], Iterable[T]]) -> Sequence[T] | None:
    """What an answer tells; None of one that is not what the service should say, such as a proxy's page."""
    if answer is None or not answer.is_success:
        return None
    try:
        return [*read(service, answer.json())]
    except (ValueError, LookupError, TypeError) as error:
        log.warning("a service's answer cannot be read", service=service, reason=repr(error))
        return None


def judged_of(service: str, status: Told) -> Iterator[Judged]:
    """What a service's answer to ``/v1/ops/status`` says of its parts."""
    for each in status["roles"]:
        yield Judged(service, "role", each["process"], each["verdict"])
    for each in status["relays"]:
        yield Judged(service, "relay", str(each["shard"]), each["verdict"])
    for each in status["consumers"]:
        yield Judged(service, "consumer", each["consumer"], each["verdict"])


def _parked(service: str, told: Told) -> Iterator[Parked]:
    counts: dict[str, int] = {}
    for cause in told["causes"]:
        counts[cause["consumer"]] = counts.get(cause["consumer"], 0) + cause["count"]
    return (Parked(service, consumer, count) for consumer, count in counts.items())
