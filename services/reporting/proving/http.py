"""``/v1/ops/proofs``: what the last verifications found, and asking for one now; for operators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, Field

from services.reporting.proving import proofs
from shared.contracts.types import Contract
from shared.operating.asking import body_of, operator_of, told
from shared.operating.deciding import Operators
from shared.operating.http import TAG, DecidedAnswer
from shared.web.api import COMMANDING, Api, Operation
from shared.web.jsonable import Json

PATH = "/v1/ops/proofs"
VERIFY = "verify"
EVERYTHING = "everything"
"""The target of the action: stores, topics, views and reports together."""


class Ask(Contract):
    """Verify stores, topics, views and published reports now."""

    reason: str = Field(default="", description="Why; it is kept in the audit.", examples=["หลังกู้คืนข้อมูลสำรอง"])


class Run(BaseModel):
    """A verification."""

    id: int
    asked_by: str = Field(description="Who asked for it; schedule: it was due.")
    asked_at: datetime
    reason: str
    begun_at: datetime | None
    finished_at: datetime | None
    error: str = Field(description="Why it could not be finished; empty when it was.")
    found: int = Field(description="In how many places there is a difference.")
    checked: int | None = Field(description="Events, records, rows and files together.")
    verdict: str = Field(description="waiting, running, failed, whole, different.")


class Found(BaseModel):
    """What was verified of one thing, with its first difference."""

    part: str = Field(examples=["stores", "topics", "views", "reports"])
    service: str
    of: str = Field(examples=["committee/0"])
    checked: int
    unit: str = Field(examples=["events"])
    whole: bool
    place: str = Field(description="Where the first difference is; empty where there is none.")
    message: str


class Signed(BaseModel):
    """The newest checkpoint of a shard."""

    store: str
    shard: int
    position: int
    hash: str
    time: str
    key: str = Field(description="Id of the key that signed it.")
    signature: str


class ProofsAnswer(BaseModel):
    """Verifications and checkpoints."""

    runs: list[Run]
    last: list[Found]
    checkpoints: list[Signed]


class ProofRoutes:
    """The routes. What is asked for is done by the process ``prover``."""

    def __init__(self, operators: Operators) -> None:
        self._operators = operators
        operators.on(VERIFY, proofs.asked_for)

    def add_to(self, api: Api) -> None:
        """Serve them."""
        shown: dict[int, tuple[str, Any]] = {200: ("Newest first, and all that the last one found.", ProofsAnswer)}
        api.add(Operation("GET", PATH, "Verifications and checkpoints", TAG, shown), self._tell)
        asked: dict[int, tuple[str, Any]] = {200: ("It is done as soon as one that runs has ended.", DecidedAnswer)}
        operation = Operation("POST", PATH, "Have everything verified now", TAG, asked, Ask, problems=COMMANDING)
        api.add(operation, self._ask)

    async def _tell(self, request: Request) -> Response:
        await operator_of(request)
        return Json(await proofs.shown(self._operators.pool()))

    async def _ask(self, request: Request) -> Response:
        caller, body = await operator_of(request), await body_of(request, Ask)
        params = {"reason": body.reason}
        return told(await self._operators.ask(caller, VERIFY, EVERYTHING, params, reason=body.reason))
