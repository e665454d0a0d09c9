"""Has a consumer read its topics anew from the first record: for learners and reactions, which do nothing twice.

What views are made of is read anew by a rebuild instead: a projection adds up what it applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from pydantic import Field

from shared.contracts import Rejected
from shared.contracts.types import Contract
from shared.operating.asking import body_of, operator_of, told
from shared.operating.deciding import Operators
from shared.operating.http import TAG, decided
from shared.operating.sql import statement
from shared.web.api import COMMANDING, Api, Operation
from shared.web.auth import Caller

_REWIND, _PARKED = statement("rewind"), statement("rewind_parked")

ACTION = "rewind"


class Rewind(Contract):
    """Have a consumer begin at its topics' first records again; confirmed by typing its name."""

    consumer: str = Field(min_length=1, max_length=200, examples=["activity.progress"])
    reason: str = Field(default="", description="Why; it is kept in the audit.")
    typed: str | None = Field(default=None, examples=["activity.progress"])


class RewindApi:
    """The route."""

    def __init__(self, operators: Operators) -> None:
        self._operators = operators
        operators.on(ACTION, rewind, destructive=True)

    def add_to(self, api: Api) -> None:
        """Serve it."""
        summary = "Have a consumer read its topics anew"
        api.add(Operation("POST", "/v1/ops/rewind", summary, TAG, decided(), Rewind, problems=COMMANDING), self._rewind)

    async def _rewind(self, request: Request) -> Response:
        caller, body = await operator_of(request), await body_of(request, Rewind)
        consumer = body.consumer
        return told(
            await self._operators.ask(
                caller, ACTION, consumer, {"consumer": consumer}, reason=body.reason, typed=body.typed
            )
        )


async def rewind(connection: Any, params: Mapping[str, Any], _caller: Caller) -> str:
    """Forget how far a consumer has read and what it parked, inside the transaction of ``connection`` (asyncpg).

    A process that runs it finds its claims void, and begins anew. Raises Rejected ``ops.consumer_not_found``.
    """
    consumer = params["consumer"]
    partitions = await connection.fetchval(_REWIND, consumer)
    if not partitions:
        raise Rejected("ops.consumer_not_found", consumer=consumer)
    parked = await connection.fetchval(_PARKED, consumer)
    return f"{consumer} reads {partitions} partitions anew; {parked} parked events are tried again"
