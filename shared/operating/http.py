"""``/v1/ops/*``: what operators see of a service and order of it; the same in every service, for operators alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field, model_validator

from shared.contracts import Rejected
from shared.contracts.types import Contract
from shared.eventstore.store import EventStore
from shared.operating import audit, controlling, parked, waiting
from shared.operating.asking import body_of, operator_of, told
from shared.operating.consumers import Consumer
from shared.operating.controlling import Controls
from shared.operating.deciding import Operators
from shared.operating.parked import BEGINNING, Address, Of
from shared.operating.previewing import Previewer
from shared.web import asked
from shared.web.api import COMMANDING, Api, Operation, Parameter
from shared.web.auth import Caller
from shared.web.jsonable import Json

LIMIT = 100
LARGEST_LIMIT = 1000
TAG = "operators"

Answer = Callable[[Request], Awaitable[Response]]

HOW_MANY = Parameter(
    "limit", "query", f"At most so many; {LIMIT} if not given.",
    {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT},
)  # fmt: skip
BEFORE = Parameter("before", "query", "Only what is older than this id.", {"type": "integer", "minimum": 1})
OF = (
    Parameter("consumer", "query", "Only what this consumer parked.", {"type": "string"}),
    Parameter("code", "query", "Only of this cause.", {"type": "string"}),
    Parameter("stream", "query", "Only of this stream.", {"type": "string"}),
    Parameter("after", "query", "Where the page before ended: from its Link.", {"type": "string"}),
    HOW_MANY,
)
ADDRESS = (
    Parameter("consumer", "path", "Consumer that parked it.", {"type": "string"}, required=True),
    Parameter("topic", "path", "Topic of the record.", {"type": "string"}, required=True),
    Parameter("shard", "path", "Partition of the record.", {"type": "integer", "minimum": 0}, required=True),
    Parameter("record", "path", "Offset of the record.", {"type": "integer", "minimum": 0}, required=True),
)
PROPOSAL = Parameter("id", "path", "Id of a proposal.", {"type": "string", "format": "uuid"}, required=True)

_Name = Field(min_length=1, max_length=200)
_Reason = Field(default="", description="Why; it is kept in the audit.", examples=["ระเบียนแปลกปลอม"])
_Shard = Field(ge=0, lt=64)
_Record = Field(ge=0, lt=2**62)


class Skip(Contract):
    """Leave a record out, for good and for every rebuild; confirmed by typing ``<store>/<shard>/<record>``."""

    store: str = _Name
    shard: int = _Shard
    record: int = Field(ge=0, lt=2**62, description="Offset of the record.")
    reason: str = _Reason
    typed: str | None = Field(default=None, examples=["activity/0/7"])


class Replay(Contract):
    """Have a consumer try parked events again: all, a stream, all of a cause (code), or one (store, shard, record)."""

    consumer: str = _Name
    stream: str | None = Field(default=None, min_length=1, max_length=500)
    code: str | None = Field(default=None, min_length=1, max_length=200)
    store: str | None = Field(default=None, min_length=1, max_length=200)
    shard: int | None = Field(default=None, ge=0, lt=64)
    record: int | None = Field(default=None, ge=0, lt=2**62)
    reason: str = _Reason
    dry_run: bool = Field(default=False, description="Show what it would change, and change nothing.")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        one = (self.store, self.shard, self.record)
        if len({each is None for each in one}) > 1:
            raise ValueError("one record is named by store, shard and record together")
        if sum(each is not None for each in (self.stream, self.code, self.record)) > 1:
            raise ValueError("a stream, a code, or one record, and not several of these")
        return self

    @property
    def target(self) -> str:
        """What is replayed, in words for the audit."""
        one = None if self.record is None else f"{self.store}/{self.shard}/{self.record}"
        return " ".join(each for each in (self.consumer, self.stream, self.code, one) if each)


class Stand(Contract):
    """Have a consumer, or ``relay:<shard>``, stand still or go on."""

    consumer: str = Field(min_length=1, max_length=200, examples=["reporting", "relay:0"])
    reason: str = _Reason


class HandOver(Contract):
    """Have whoever relays a shard let another process lead."""

    shard: int = _Shard
    reason: str = _Reason


class Second(Contract):
    """Second what another operator proposed; confirmed by typing its target.

    ``names``: of an erasure, the other names that were proposed, typed again; they were not kept.
    """

    typed: str | None = None
    names: tuple[str, ...] = Field(default=(), max_length=20)


MORE_TOLD: Mapping[Any, str] = {
    Replay: "Done, or what it would change.",
    Second: "Done, and written into the audit; of an erasure with its certificate.",
}


class DecidedAnswer(BaseModel):
    """What became of an action."""

    status: str = Field(description="done; proposed: it waits for a second operator.")
    outcome: str
    audit: int | None = Field(description="Id of its line in the audit.")
    proposal: UUID | None


def decided(done: str = "Done, and written into the audit.", answer: Any = DecidedAnswer) -> dict[int, tuple[str, Any]]:
    """What an order may be answered with, for its documentation."""
    return {200: (done, answer), 202: ("It waits for a second operator.", DecidedAnswer)}


class Cause(BaseModel):
    """Why events are parked."""

    consumer: str
    code: str
    count: int = Field(description="Of which nobody decided.")
    skipped: int = Field(description="Left out by an operator, and not replayed since.")
    streams: int
    oldest: datetime | None


class ParkedRecord(BaseModel):
    """A parked record, without what is in it."""

    consumer: str
    topic: str
    shard: int
    record: int = Field(description="Offset.")
    store: str
    position: int | None
    stream: str | None
    event_id: str | None
    type: str | None
    code: str
    message: str
    parked_at: datetime
    skipped: bool


class ParkedAnswer(BaseModel):
    """Parked records."""

    causes: list[Cause]
    parked: list[ParkedRecord]


class ParkedPayload(ParkedRecord):
    """A parked record with what is in it."""

    headers: list[tuple[str, str]]
    text: str | None
    base64: str | None = Field(description="Where it is no UTF-8.")


class AuditLine(BaseModel):
    """What an operator did."""

    id: int
    at: datetime
    actor: str
    seconded_by: str | None
    action: str
    target: str
    reason: str
    outcome: str


class PublisherReceipts(BaseModel):
    """What the newest facts of a publisher came to, so that one whose facts begin to be refused is seen."""

    publisher: str
    last_at: datetime = Field(description="When the newest was decided, by the business clock.")
    receipts: int = Field(description=f"How many are counted: the newest, {waiting.NEWEST_RECEIPTS} at most.")
    accepted: int
    rejected: int
    quarantined: int
    waiting: int
    conflict: int = Field(description="Ids that came again with another content.")
    receipts_before: int = Field(description="How many before them are held against them.")
    refused_before: int = Field(description="How many of those were rejected, quarantined, or a conflict.")
    code: str | None = Field(description="The commonest reason of the newest that were refused.")


class ReplayAnswer(BaseModel):
    """A replay and how far it came."""

    id: int
    consumer: str
    stream: str | None
    code: str | None
    store: str | None
    shard: int | None
    record: int | None
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    applied: int
    still_parked: int
    message: str


class OperatorApi:
    """The routes. ``store``: the service's own, whose database holds what is seen and ordered here."""

    def __init__(self, operators: Operators, store: EventStore, consumers: Sequence[Consumer] = ()) -> None:
        self._operators, self._store = operators, store
        self._controls = Controls(store.shards, [each.name for each in consumers])
        self._previewer = Previewer(store, consumers)
        operators.on("skip", parked.skip, destructive=True)
        operators.on("replay", self._controls.replay)
        operators.on("pause", self._controls.pausing(paused=True))
        operators.on("resume", self._controls.pausing(paused=False))
        operators.on("hand-over", self._controls.hand_over)

    def add_to(self, api: Api) -> None:
        """Serve them."""
        see, order = _seeing(api), _ordering(api)
        see("parked", "Parked events by cause and stream", ParkedAnswer, self._parked, *OF)
        path = "parked/{consumer}/{topic}/{shard}/{record}"
        see(path, "A parked record with what is in it", ParkedPayload, self._payload, *ADDRESS)
        see("replays", "Replays and how far they came", list[ReplayAnswer], self._replays, BEFORE, HOW_MANY)
        see("audit", "What operators did, newest first", list[AuditLine], self._audit, BEFORE, HOW_MANY)
        see("waiting", "Facts that wait, and those in quarantine", dict[str, Any], self._waiting, HOW_MANY)
        see("receipts", "What publishers' newest facts came to", list[PublisherReceipts], self._receipts)
        see("proposals", "What waits for a second operator", list[dict[str, Any]], self._proposals)
        order("skip", "Leave a record out", Skip, self._skip)
        order("replay", "Try parked events again, or show what that would change", Replay, self._replay)
        order("pause", "Have a consumer or a relay stand still", Stand, self._stand("pause"))
        order("resume", "Have it go on", Stand, self._stand("resume"))
        order("hand-over", "Have a relay let another process lead", HandOver, self._hand_over)
        order("proposals/{id}/second", "Second a proposal", Second, self._second, PROPOSAL)

    async def _parked(self, request: Request) -> Response:
        await operator_of(request)
        query, limit = request.query_params, _limit(request)
        of = Of(*(_text(request, name) for name in ("consumer", "code", "stream")))
        after = _address(query["after"]) if "after" in query else BEGINNING
        found = await parked.listed(self._store.pool, of, after, limit + 1)
        page, more = found[:limit], len(found) > limit
        answer = {"causes": await parked.causes(self._store.pool, of), "parked": page}
        return Json(answer, headers=_next(request, after="/".join(_parts(page[-1]))) if more else None)

    async def _payload(self, request: Request) -> Response:
        await operator_of(request)
        given = request.path_params
        named = "/".join(given[each.name] for each in ADDRESS)
        return Json(await parked.one(self._store.pool, _address(named)))

    async def _replays(self, request: Request) -> Response:
        await operator_of(request)
        return Json(await controlling.replays(self._store.pool, _before(request), _limit(request)))

    async def _audit(self, request: Request) -> Response:
        await operator_of(request)
        return Json(await audit.lines(self._store.pool, _before(request), _limit(request)))

    async def _waiting(self, request: Request) -> Response:
        await operator_of(request)
        return Json(await waiting.facts(self._store.pool, _limit(request)))

    async def _receipts(self, request: Request) -> Response:
        await operator_of(request)
        return Json(await waiting.receipts(self._store.pool))

    async def _proposals(self, request: Request) -> Response:
        await operator_of(request)
        return Json(await self._operators.proposals())

    async def _skip(self, request: Request) -> Response:
        caller, body = await operator_of(request), await body_of(request, Skip)
        params = {**body.model_dump(include={"store", "shard", "record"}), "reason": body.reason.strip()}
        target = f"{body.store}/{body.shard}/{body.record}"
        return told(await self._operators.ask(caller, "skip", target, params, reason=body.reason, typed=body.typed))

    async def _replay(self, request: Request) -> Response:
        caller, body = await operator_of(request), await body_of(request, Replay)
        params = body.model_dump(include={"consumer", "stream", "code", "store", "shard", "record"})
        if body.dry_run:
            await self._controls.require_replayable(self._store.pool, params)
            return Json(await self._previewer.preview(params))
        return await self._ask(caller, "replay", body.target, params, body.reason)

    def _stand(self, action: str) -> Answer:
        async def endpoint(request: Request) -> Response:
            caller, body = await operator_of(request), await body_of(request, Stand)
            return await self._ask(caller, action, body.consumer, {"consumer": body.consumer}, body.reason)

        return endpoint

    async def _hand_over(self, request: Request) -> Response:
        caller, body = await operator_of(request), await body_of(request, HandOver)
        return await self._ask(caller, "hand-over", f"relay:{body.shard}", {"shard": body.shard}, body.reason)

    async def _second(self, request: Request) -> Response:
        caller, body = await operator_of(request), await body_of(request, Second, naming="names")
        proposal = _uuid(request.path_params["id"])
        seconding = await self._operators.seconding(proposal)
        if seconding is not None:
            answer: Response = await seconding(request, caller, proposal, body)
            return answer
        return told(await self._operators.second(caller, proposal, body.typed))

    async def _ask(self, caller: Caller, action: str, target: str, params: Mapping[str, Any], reason: str) -> Response:
        return told(await self._operators.ask(caller, action, target, params, reason=reason))


def _seeing(api: Api) -> Callable[..., None]:
    def serve(path: str, summary: str, answer: Any, endpoint: Answer, *parameters: Parameter) -> None:
        name = f"get_ops_{path.partition('/')[0]}{'_record' if '{' in path else ''}"
        api.add(Operation("GET", f"/v1/ops/{path}", summary, TAG, {200: (summary + ".", answer)}, None, parameters,
                          name=name), endpoint)  # fmt: skip

    return serve


def _ordering(api: Api) -> Callable[..., None]:
    def serve(path: str, summary: str, body: Any, endpoint: Answer, *parameters: Parameter) -> None:
        told_of = {200: (MORE_TOLD[body], dict[str, Any])} if body in MORE_TOLD else {}
        operation = Operation(
            "POST", f"/v1/ops/{path}", summary, TAG, {**decided(), **told_of}, body, parameters, COMMANDING
        )
        api.add(operation, endpoint)

    return serve


def _limit(request: Request) -> int:
    return asked.whole("limit", request.query_params.get("limit"), 1, LARGEST_LIMIT) or LIMIT


def _before(request: Request) -> int:
    return asked.whole("before", request.query_params.get("before"), 1, audit.NEWEST) or audit.NEWEST


def _text(request: Request, name: str) -> str | None:
    text = request.query_params.get(name)
    if text is not None and "\x00" in text:
        raise Rejected("query.unreadable", name=name, value=text[:100])
    return text


def _address(text: str) -> Address:
    parts = text.split("/")
    if len(parts) != 4 or not all(parts) or "\x00" in text:
        raise Rejected("query.unreadable", name="after", value=text[:100])
    shard = asked.whole("shard", parts[2], 0, 63)
    record = asked.whole("record", parts[3], 0, 2**62)
    return Address(parts[0], parts[1], shard or 0, record or 0)


def _parts(row: Mapping[str, Any]) -> Sequence[str]:
    return [str(row[each.name]) for each in ADDRESS]


def _next(request: Request, after: str) -> dict[str, str]:
    kept = {**request.query_params, "after": after}
    query = "&".join(f"{quote(name)}={quote(value, safe='/')}" for name, value in kept.items())
    return {"Link": f'<?{query}>; rel="next"'}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Rejected("ops.proposal_not_found", proposal=text[:100]) from error
