"""Orders the redaction of one event: operators decide it here, and it is carried out with the owner's rights later.

No role that runs may change the log, and nothing of a service may run while it is changed: see
``shared.eventstore.redact``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from pydantic import Field

from shared.contracts import Rejected
from shared.contracts.types import Contract
from shared.eventstore.redact import ORDER, target_of
from shared.operating.asking import body_of, operator_of, told
from shared.operating.deciding import Operators
from shared.operating.http import TAG, decided
from shared.operating.sql import statement
from shared.web.api import COMMANDING, Api, Operation
from shared.web.auth import Caller

_REDACTABLE = statement("redactable")


class Redact(Contract):
    """Order that an event loses its data; confirmed by typing ``<store>/<shard>/<position>``."""

    shard: int = Field(default=0, ge=0, lt=64)
    position: int = Field(ge=1, lt=2**62)
    reason: str = Field(default="", description="Why; it is kept in the audit.", examples=["ข้อความมีชื่อบุคคล"])
    typed: str | None = Field(default=None, examples=["committee/0/12"])


class RedactApi:
    """The route. ``store``: the name of the service's store."""

    def __init__(self, operators: Operators, store: str) -> None:
        self._operators, self._store = operators, store
        operators.on(ORDER, self._order, destructive=True)

    def add_to(self, api: Api) -> None:
        """Serve it."""
        answers = decided("Ordered, and written into the audit.")
        summary = "Order that one event loses its data"
        api.add(Operation("POST", "/v1/ops/redact", summary, TAG, answers, Redact, problems=COMMANDING), self._asked)

    async def _asked(self, request: Request) -> Response:
        caller, body = await operator_of(request), await body_of(request, Redact)
        target = target_of(self._store, body.shard, body.position)
        params = body.model_dump(include={"shard", "position"})
        if body.typed == target:  # where two decide, nobody is asked to second what there is nothing of
            await self._order(self._operators.pool(), params, caller)
        return told(await self._operators.ask(caller, ORDER, target, params, reason=body.reason, typed=body.typed))

    async def _order(self, asked: Any, params: Mapping[str, Any], _caller: Caller) -> str:
        """Nothing but the line in the audit, which this is written into; whoever carries it out looks for that."""
        shard, position = params["shard"], params["position"]
        row = await asked.fetchrow(_REDACTABLE, shard, position)
        if row is None:
            raise Rejected("redact.no_event", target=target_of(self._store, shard, position))
        return f"ordered: {row['type']} {row['event_id']} of {row['stream']} is to lose its data"
