"""Rebuilds over HTTP: what there is, how far it is, what differs; and the orders."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from pydantic import Field

from services.reporting.rebuilding import orders
from services.reporting.rebuilding.differing import MOST
from services.reporting.rebuilding.standing import LIVE
from shared.contracts.types import Contract
from shared.operating.asking import body_of, operator_of, told
from shared.operating.deciding import Operators
from shared.operating.http import TAG, decided
from shared.web import asked
from shared.web.api import COMMANDING, Api, Operation, Parameter
from shared.web.jsonable import Json

PATH = "/v1/ops/rebuilds"
SCHEMA = Parameter("schema", "path", "Version of the views.", {"type": "string", "examples": ["reporting_v2"]}, True)
LIMIT = Parameter("limit", "query", "At most so many rows.", {"type": "integer", "minimum": 1, "maximum": MOST})
ROWS = 100
_SUMMARIES = {
    "compare": "Compare it with the live views, row by row, at the same positions",
    "swap": "Have it take the place of the live views",
    "roll-back": "Give the place back to the views that it replaced",
    "drop": "Drop it",
}


class Asked(Contract):
    """Why an operator wants it."""

    reason: str = ""


class Ordered(Asked):
    """An order that is confirmed by typing its target."""

    typed: str | None = Field(default=None, description="The version's name, to confirm it.")


class Swapped(Ordered):
    """A swap; where the comparison found differences, with their number, as a sign that they are known."""

    differences: int | None = Field(default=None, ge=0)


class RebuildRoutes:
    """The routes; ``operators`` decides what is asked for."""

    def __init__(self, operators: Operators) -> None:
        self._operators = operators
        orders.register(operators)

    def add_to(self, api: Api) -> None:
        """Serve them."""
        listed = {200: ("Newest first.", dict[str, Any])}
        api.add(Operation("GET", PATH, "Versions of the views", TAG, listed), self._every)
        shown = {200: ("With the rows that differ.", dict[str, Any])}
        path, parameters = f"{PATH}/{{schema}}", (SCHEMA, LIMIT)
        operation = Operation("GET", path, "One version of the views", TAG, shown, None, parameters, name="get_rebuild")
        api.add(operation, self._one)
        answers = decided("It is ordered; the outcome names the version.")
        summary = "Make the views anew, beside the live ones"
        api.add(Operation("POST", PATH, summary, TAG, answers, Asked, problems=COMMANDING), self._ask)
        for order, summary in _SUMMARIES.items():
            body = Swapped if order == "swap" else Ordered
            path = f"{PATH}/{{schema}}/{order}"
            operation = Operation("POST", path, summary, TAG, answers, body, (SCHEMA,), problems=COMMANDING)
            api.add(operation, self._order(order))

    async def _every(self, request: Request) -> Response:
        await operator_of(request)
        return Json({"rebuilds": await orders.every(self._operators.pool())})

    async def _one(self, request: Request) -> Response:
        await operator_of(request)
        limit = asked.whole("limit", request.query_params.get("limit"), 1, MOST) or ROWS
        return Json(await orders.one(self._operators.pool(), request.path_params["schema"], limit))

    async def _ask(self, request: Request) -> Response:
        caller = await operator_of(request)
        body = await body_of(request, Asked)
        params = {"reason": body.reason.strip()}
        return told(await self._operators.ask(caller, orders.ASK, LIVE, params, reason=body.reason))

    def _order(self, order: str) -> Any:
        async def endpoint(request: Request) -> Response:
            caller = await operator_of(request)
            body = await body_of(request, Swapped if order == "swap" else Ordered)
            schema = request.path_params["schema"]
            params = {**body.model_dump(exclude={"typed"}), "schema": schema, "reason": body.reason.strip()}
            return told(
                await self._operators.ask(
                    caller, orders.action_of(order), schema, params, reason=body.reason, typed=body.typed
                )
            )

        return endpoint
