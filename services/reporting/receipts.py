"""Receipts of all services in one place: asked of each with the publisher's own credential, and put together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from heapq import merge
from itertools import islice
from typing import Any

import httpx
from fastapi import Request, Response

from shared.contracts import Rejected
from shared.web import asked
from shared.web.api import Api, Operation, Parameter
from shared.web.jsonable import Json

LIMIT = 100
LONGEST_SERIAL = 18
"""Digits of a serial number, which is a bigint."""
CREDENTIALS = ("authorization", "x-api-key")
"""Headers that are passed on: reporting has no right of its own to see receipts."""
PATIENCE_SECONDS = 5.0

FACT = Parameter("fact", "path", "<source>/<id>.", {"type": "string"}, required=True)
AFTER = Parameter("after", "query", "Where the page before ended: its Link.", {"type": "string", "maxLength": 200})
HOW_MANY = Parameter("limit", "query", "At most so many.", {"type": "integer", "minimum": 1, "maximum": 1000})


class Receipts:
    """The routes. ``urls``: address of each service that takes facts, by name."""

    def __init__(self, urls: Mapping[str, str], client: httpx.AsyncClient) -> None:
        self._urls, self._client = urls, client

    def add_to(self, api: Api) -> None:
        """Serve them."""
        answers = {200: ("What became of it.", dict[str, Any])}
        path = "/v1/receipts/{fact:path}"
        api.add(
            Operation("GET", path, "What became of one fact", "facts", answers, None, (FACT,), by_key=True), self.one
        )
        listed = {200: ("Receipts of every service, in order of time.", list[dict[str, Any]])}
        operation = Operation("GET", "/v1/receipts", "Receipts", "facts", listed, None, (AFTER, HOW_MANY), by_key=True)
        api.add(operation, self.listing)

    async def one(self, request: Request) -> Response:
        """The receipt of a fact, from whichever service took it."""
        raw = (request.scope.get("raw_path") or request.url.path.encode()).decode("ascii", "replace")
        path = "/v1/receipts/" + raw.partition("?")[0].partition("/v1/receipts/")[2]
        answers = await self._ask(request, dict.fromkeys(self._urls, path))
        found = {service: answer for service, answer in answers.items() if answer.status_code == 200}
        if found:
            service, answer = next(iter(found.items()))
            return Json({"service": service, **answer.json()})
        return _passed_on(next(iter(answers.values())))

    async def listing(self, request: Request) -> Response:
        """Receipts of all services, each service's as it numbered them; the cursor holds a serial number of each."""
        query = request.query_params
        limit = asked.whole("limit", query.get("limit"), 1, 1000) or LIMIT
        behind = self._cursor(query.get("after"))
        paths = {service: f"/v1/receipts?after={serial}&limit={limit}" for service, serial in behind.items()}
        answers = await self._ask(request, paths)
        refused = next((answer for answer in answers.values() if answer.status_code != 200), None)
        if refused is not None:
            return _passed_on(refused)
        told = ([{"service": service, **each} for each in answer.json()] for service, answer in answers.items())
        # Each service's in the order of their serial numbers, whenever they were decided: the cursor knows no other.
        page = [*islice(merge(*told, key=lambda each: (each["decided_at"], each["service"])), limit)]
        for each in page:
            behind[each["service"]] = each["serial"]
        after = ",".join(f"{service}:{serial}" for service, serial in behind.items())
        link = {"Link": f'<?after={after}&limit={limit}>; rel="next"'} if len(page) == limit else None
        return Json(page, headers=link)

    def _cursor(self, text: str | None) -> dict[str, int]:
        behind = dict.fromkeys(self._urls, 0)
        for part in (text or "").split(",") if text else ():
            service, _, serial = part.partition(":")
            if service not in behind or not serial.isdecimal() or len(serial) > LONGEST_SERIAL:
                raise Rejected("query.unreadable", name="after", value=(text or "")[:100])
            behind[service] = int(serial)
        return behind

    async def _ask(self, request: Request, paths: Mapping[str, str]) -> dict[str, httpx.Response]:
        headers = {name: request.headers[name] for name in CREDENTIALS if name in request.headers}
        headers["accept-language"] = request.headers.get("accept-language", "")

        async def ask(service: str, path: str) -> httpx.Response:
            return await self._client.get(self._urls[service] + path, headers=headers, timeout=PATIENCE_SECONDS)

        try:
            found = await asyncio.gather(*(ask(service, path) for service, path in paths.items()))
        except httpx.TransportError as error:
            raise Rejected("service.unavailable") from error
        return dict(zip(paths, found, strict=True))


def _passed_on(answer: httpx.Response) -> Response:
    """What the service said, as it said it."""
    kept = {name: answer.headers[name] for name in ("content-language", "www-authenticate") if name in answer.headers}
    return Response(answer.content, answer.status_code, kept, answer.headers.get("content-type"))
