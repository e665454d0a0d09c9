"""Whether a process lives, whether it can do its work, and what Prometheus asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from shared.web import problems
from shared.web.jsonable import Json

SECONDS = 2.0
"""How long a check may take."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that a process needs, or at least reports: ``probe`` returns what is said of it, or raises."""

    name: str
    probe: Callable[[], Awaitable[Any]]
    required: bool = True


class Health:
    """Answers whether a process lives and works, and with its metrics."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = checks

    async def live(self, _request: Request) -> Response:
        """It does, or it could not say so."""
        return Json({"status": "live"})

    async def ready(self, request: Request) -> Response:
        """200 when everything that is required can be had, else a problem; both say how each thing is."""
        asked = await asyncio.gather(*map(_ask, self._checks))
        found = {check.name: said for check, (_, said) in zip(self._checks, asked, strict=True)}
        if all(good for check, (good, _) in zip(self._checks, asked, strict=True) if check.required):
            return Json({"status": "ready", "checks": found})
        return problems.respond(request, problems.of_code("service.unavailable"), members={"checks": found})

    async def metrics(self, _request: Request) -> Response:
        """Prometheus' text."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _ask(check: Check) -> tuple[bool, Any]:
    try:
        async with asyncio.timeout(SECONDS):
            return True, await check.probe()
    except Exception as error:  # whatever it is, it is an answer
        return False, f"{type(error).__name__}: does not answer"
