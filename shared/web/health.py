"""Whether a process lives, whether it can do its work, and what Prometheus asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from shared.web import problems
from shared.web.api import Api, Operation
from shared.web.jsonable import Json

SECONDS = 2.0
"""How long a check may take."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that a process needs, or at least reports: ``probe`` returns what is said of it, or raises."""

    name: str
    probe: Callable[[], Awaitable[Any]]
    required: bool = True


class Health(BaseModel):
    """How a process is."""

    status: str = Field(examples=["ready"])
    checks: dict[str, Any] = Field(default_factory=dict, description="What is said of each thing that it needs.")


def health_routes(api: Api, checks: Sequence[Check]) -> None:
    """``GET /health/live``, ``/health/ready`` and ``/metrics``."""

    async def live(_request: Request) -> Response:
        return Json({"status": "live"})

    async def ready(request: Request) -> Response:
        told = dict(zip((check.name for check in checks), await asyncio.gather(*map(_ask, checks)), strict=True))
        found = {name: said for name, (_, said) in told.items()}
        if all(told[check.name][0] for check in checks if check.required):
            return Json({"status": "ready", "checks": found})
        return problems.respond(request, problems.of_code("service.unavailable"), members={"checks": found})

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    answers = {200: ("It is.", Health)}
    api.add(Operation("GET", "/health/live", "Whether it lives", "health", answers, problems=(), public=True), live)
    api.add(
        Operation("GET", "/health/ready", "Whether it works", "health", answers, problems=(503,), public=True), ready
    )
    text = {200: ("Metrics in Prometheus' text format.", str)}
    operation = Operation(
        "GET", "/metrics", "Metrics", "health", text, problems=(), media_type="text/plain", public=True
    )
    api.add(operation, metrics)


async def _ask(check: Check) -> tuple[bool, Any]:
    try:
        async with asyncio.timeout(SECONDS):
            return True, await check.probe()
    except Exception as error:  # whatever it is, it is an answer
        return False, f"{type(error).__name__}: does not answer"
