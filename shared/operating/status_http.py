"""``GET /v1/ops/status``: how the service is, for operators."""

from __future__ import annotations

import asyncio
import contextlib

from fastapi import Request, Response

from shared.operating.asking import operator_of
from shared.operating.status import ServiceStatus
from shared.operating.watcher import DATABASE_SECONDS, Watcher
from shared.web.api import Api, Operation
from shared.web.jsonable import Json


class StatusApi:
    """Tells what a watcher saw last."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def add_to(self, api: Api) -> None:
        """Serve it."""
        answers = {200: ("What was seen at most two seconds ago, with verdicts.", ServiceStatus)}
        summary = "How the service's processes, relays and consumers are"
        api.add(Operation("GET", "/v1/ops/status", summary, "operators", answers), self._tell)

    async def _tell(self, request: Request) -> Response:
        await operator_of(request)
        with contextlib.suppress(asyncio.TimeoutError):  # right after the start
            await asyncio.wait_for(self._watcher.looked.wait(), DATABASE_SECONDS)
        return Json(self._watcher.status)
