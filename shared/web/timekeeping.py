"""The business clock over HTTP: everybody who may read can see it, an operator can move a simulated one forward."""

from __future__ import annotations

from datetime import datetime

import structlog
from fastapi import Request, Response
from pydantic import BaseModel

from shared.clock import Clock, ClockMode, SimulatedClock
from shared.contracts import Rejected
from shared.contracts.types import Contract, Instant
from shared.web.api import COMMANDING, Api, Operation
from shared.web.auth import OPERATOR, READERS, authorised
from shared.web.door import door_of
from shared.web.jsonable import Json, dump
from shared.web.validation import read_json, validated

log = structlog.get_logger(__name__)


class ClockTold(BaseModel):
    """What time it is for the business."""

    mode: ClockMode
    now: datetime


class SetClock(Contract):
    """Move the simulated clock forward."""

    now: Instant


def clock_routes(api: Api, clock: Clock) -> None:
    """``GET /v1/clock`` and ``PUT /v1/clock``."""
    change = door_of(SetClock)

    async def tell(request: Request) -> Response:
        await authorised(request, READERS)
        return Json({"mode": clock.mode, "now": await clock.now()})

    async def put(request: Request) -> Response:
        caller = await authorised(request, OPERATOR)
        sent = read_json(await request.body())
        wanted = validated(SetClock, dump(change(sent)), sent).now
        if not isinstance(clock, SimulatedClock):
            raise Rejected("clock.not_simulated")
        now = await clock.set(wanted)
        log.info("clock set", now=now.isoformat(), by=caller.id)
        return Json({"mode": clock.mode, "now": now})

    answers = {200: ("The clock.", ClockTold)}
    api.add(Operation("GET", "/v1/clock", "What time it is", "clock", answers), tell)
    setting = Operation("PUT", "/v1/clock", "Move the clock", "clock", answers, SetClock, problems=COMMANDING)
    api.add(setting, put)
