"""Sends events in batches, each to the service that takes its type; what was answered before is not sent again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import stamina

BATCH = 200
"""Events of one request; one that is not answered is sent again, and answered as before."""
BATCH_BYTES = 4 * 1024 * 1024
"""Of one request's events, half of what a service takes; a single event may be larger."""
PATIENCE = 60.0
"""Seconds for which a batch is sent again while a service does not answer."""
HELD_BACK = 600.0
"""Seconds for which a batch waits for the publisher's pace, which is by the minute: to be told to wait is an answer."""
MEDIA_TYPE = "application/cloudevents-batch+json"
FINAL = frozenset({"accepted", "rejected", "quarantined", "conflict"})
"""Outcomes that sending again does not change."""


class CannotSend(Exception):
    """A service refused a whole batch, or did not answer for as long as was waited."""


class _TryAgain(Exception):
    """The service said, or the connection showed, that later is better."""


@dataclass
class Receipts:
    """What became of the events of a file, line by line in a file beside it: that is what lets sending go on."""

    path: Path
    final: dict[tuple[str, str], str] = field(default_factory=dict)
    """By source and id the outcome, of what sending again does not change."""

    def load(self) -> None:
        """Read what an earlier run has written, and see that more can be; a last line that was cut off is left out.

        Raises OSError where nothing can be written.
        """
        with self.path.open("a+b") as file:
            file.seek(0)
            text = file.read()
            if text and not text.endswith(b"\n"):
                file.write(b"\n")
        for line in text.splitlines():
            try:
                self._note(orjson.loads(line))
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue

    def keep(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Write down what was answered. Raises OSError."""
        with self.path.open("ab") as file:
            for each in told:
                file.write(orjson.dumps(each) + b"\n")
                self._note(each)

    def outcome(self, event: Mapping[str, Any]) -> str | None:
        """What became of an event for good; None while nothing final is known."""
        return self.final.get((event["source"], event["id"]))

    def _note(self, told: Mapping[str, Any]) -> None:
        if told["outcome"] in FINAL:
            self.final[told["source"], told["id"]] = told["outcome"]

    def lacks(self, event: Mapping[str, Any]) -> bool:
        """Whether nothing final is known of an event."""
        return self.outcome(event) is None


class Sender:
    """Sends with one publisher's ``headers``; ``start`` is any service that takes facts, which knows the others.

    ``waits`` is told why, whenever something is to be sent again later.
    """

    def __init__(
        self,
        start: str,
        headers: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | None = None,
        waits: Callable[[str], None] = lambda why: None,
    ) -> None:
        self._waits = waits
        self._start, self.headers = start.rstrip("/"), dict(headers)
        self._http = httpx.AsyncClient(headers=dict(headers), timeout=30.0, trust_env=False, transport=transport)
        self._urls: dict[str, str] = {}
        self._most = BATCH
        self.outcomes: Counter[str] = Counter()

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def send(self, events: Iterable[Mapping[str, Any]], receipts: Receipts) -> AsyncIterator[int]:
        """Send what nothing final is known of, in order; yields after each batch how many events were answered.

        Raises CannotSend.
        """
        await self.learn()
        wanted = (event for event in events if receipts.lacks(event))
        for batch in _batches(wanted, self._most):
            told = await self.batch(batch)
            receipts.keep(told)
            self.outcomes.update(each["outcome"] for each in told)
            yield len(batch)

    async def learn(self) -> None:
        """Ask which service takes which type, and how many at once. Raises CannotSend."""
        answer = await self._patiently("GET", f"{self._start}/v1/publishers/me")
        try:
            self._urls = dict(answer["types"])
            self._most = min(BATCH, int(answer["limits"]["batch_events"]))
        except (KeyError, TypeError, ValueError) as error:
            raise CannotSend(f"{self._start} is no service of this programme") from error

    async def batch(self, events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Receipts in the order of the events, with the service's address each; those of one service go together.

        What a service says that another takes, goes there. Raises CannotSend.
        """
        told = await self._told(events, [self._url(event) for event in events])
        elsewhere = [index for index, each in enumerate(told) if each.get("url")]
        if elsewhere:
            places = [told[index]["url"] for index in elsewhere]
            again = await self._told([events[index] for index in elsewhere], places)
            for index, each in zip(elsewhere, again, strict=True):
                told[index] = each
        return told

    async def present(self, receipt: Mapping[str, Any]) -> dict[str, Any]:
        """The receipt that a fact has by now, of the service that it was sent to. Raises CannotSend."""
        place = f"{receipt['source'].lstrip('/')}/{quote(receipt['id'], safe='')}"
        found = await self._patiently("GET", f"{receipt['service']}/v1/receipts/{place}")
        return {**found, "service": receipt["service"]}

    async def _told(self, events: Sequence[Mapping[str, Any]], places: Sequence[str]) -> list[dict[str, Any]]:
        told: dict[int, dict[str, Any]] = {}
        for url in dict.fromkeys(places):
            mine = [index for index, place in enumerate(places) if place == url]
            answers = await self._patiently("POST", url, [events[index] for index in mine])
            named = {"service": url.removesuffix("/v1/events")}
            for index, each in zip(mine, answers, strict=True):
                told[index] = {**named, **each, "source": events[index]["source"], "id": events[index]["id"]}
        return [told[index] for index in range(len(events))]

    def _url(self, event: Mapping[str, Any]) -> str:
        name = str(event.get("type", "")).split(".")[-2:-1]
        return self._urls.get(name[0] if name else "", f"{self._start}/v1/events")

    async def _patiently(self, method: str, url: str, events: Any = None) -> Any:
        try:
            async for attempt in stamina.retry_context(
                on=_TryAgain, attempts=None, timeout=PATIENCE, wait_initial=0.1, wait_max=5.0
            ):
                with attempt:
                    return await self._once(method, url, events)
        except _TryAgain as error:
            raise CannotSend(f"{url} does not answer: {error}") from error
        raise AssertionError("retry_context returns or raises")

    async def _once(self, method: str, url: str, events: Any) -> Any:
        content = None if events is None else orjson.dumps(events)
        headers = {} if events is None else {"Content-Type": MEDIA_TYPE}
        answer = await self._answer(method, url, content, headers)
        held_back = 0.0
        while answer.status_code == 429 and held_back < HELD_BACK:
            self._waits("as fast as the publisher may send")
            pause = _pause(answer) or 1.0  # one that names no time is not asked again at once, either
            await asyncio.sleep(pause)
            held_back += pause
            answer = await self._answer(method, url, content, headers)
        if answer.status_code == 429 or answer.status_code >= 500:
            self._waits(f"{url} answers {answer.status_code}")
            await asyncio.sleep(_pause(answer))
            raise _TryAgain(f"{answer.status_code}")
        found = _json(answer)
        if not answer.is_success:
            problem = found if isinstance(found, dict) else {}
            raise CannotSend(f"{url}: {problem.get('code', answer.status_code)} {problem.get('en', '')}".rstrip())
        if found is None:
            raise CannotSend(f"{url} does not answer with JSON: it is no service of this programme")
        return found

    async def _answer(self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> httpx.Response:
        try:
            return await self._http.request(method, url, content=content, headers=headers)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise CannotSend(f"{url} is no address: {error}") from error
        except httpx.TransportError as error:
            self._waits(f"{url} does not answer")
            raise _TryAgain(str(error) or repr(error)) from error


def _batches(events: Iterable[Mapping[str, Any]], most: int) -> Iterator[list[Mapping[str, Any]]]:
    """The events in runs of ``most`` at most, that together are no larger than a request may be."""
    batch: list[Mapping[str, Any]] = []
    size = 0
    for event in events:
        more = len(orjson.dumps(event))
        if batch and (len(batch) >= most or size + more > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += more
    if batch:
        yield batch


def _json(answer: httpx.Response) -> Any:
    """What was answered; None for what is no JSON."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None


def _pause(answer: httpx.Response) -> float:
    told = answer.headers.get("retry-after", "")
    return min(float(told), 30.0) if told.isdecimal() else 0.0
