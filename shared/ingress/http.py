"""``POST /v1/events`` and what a publisher may ask about its facts; the same on every service with a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import unquote

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.contracts import REGISTRY, ContractError, Rejected
from shared.eventstore.append import OtherContent
from shared.ingress import cloudevents, receipts
from shared.ingress.cloudevents import BATCH, STRUCTURED, Incoming, Unreadable
from shared.ingress.gathering import Gathering
from shared.ingress.handler import FactHandler, NotOurs
from shared.ingress.identity import publisher_of
from shared.ingress.lanes import in_lanes, name_of, side_by_side
from shared.ingress.pace import Pace, TooFast
from shared.ingress.receipts import Receipt
from shared.ingress.register import Publisher, Register
from shared.thai.errors import ThaiConventionError
from shared.thai.fiscal import parse_date
from shared.web import asked
from shared.web.api import COMMANDING, Api, Endpoint, Operation, Parameter
from shared.web.jsonable import Json
from shared.web.problems import of_code, respond
from shared.web.tracing import trace_of

MOST = 1000
"""Events in one batch at most."""
LARGEST_BATCH = 8 * 1024 * 1024
"""Bytes of a batch at most."""
PATH = "/v1/events"
LIMIT = 100
LONGEST_RECONCILIATION = 366

DRY_RUN = Parameter(
    "dry_run", "query", "Decide against what is known now, and append nothing.", {"type": "boolean", "default": False}
)
AFTER = Parameter("after", "query", "Only receipts behind this serial number.", {"type": "integer", "minimum": 0})
HOW_MANY = Parameter("limit", "query", "At most so many.", {"type": "integer", "minimum": 1, "maximum": 1000})
OF_OUTCOME = Parameter(
    "outcome", "query", "Only these.", {"enum": ["accepted", "rejected", "waiting", "quarantined"], "type": "string"}
)
FROM = Parameter("from", "query", "First day (received, Bangkok).", {"type": "string", "format": "date"}, required=True)
TO = Parameter("to", "query", "Last day.", {"type": "string", "format": "date"}, required=True)
OF_FACT = Parameter(
    "fact", "path", "<source>/<id>, each percent-encoded as far as it needs to be.", {"type": "string"}, required=True
)


class Event(BaseModel):
    """A fact as a CloudEvent; what ``data`` must be is in the schema of its type."""

    model_config = ConfigDict(extra="allow")

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, description="The sender's own; it stays with the fact for ever.", examples=["p-1"])
    source: str = Field(min_length=1, description="One of the publisher's.", examples=["/ext/personnel/central"])
    type: str = Field(min_length=1, examples=["th.go.obec.cluster.CommitteeProposed.v1"])
    subject: str | None = Field(default=None, description="The stream, for what has no natural key.")
    time: str | None = Field(default=None, examples=["2017-01-12T09:00:00+07:00"])
    data: dict[str, Any] | None = None


class KnownCredential(BaseModel):
    """A credential by its name."""

    credential: str
    kind: str = Field(description="api_key, oauth2_client or scram.")
    expires_on: date | None = Field(description="Its last day, in Bangkok; None: it does not expire by itself.")


class Rights(BaseModel):
    """What the publisher that asks may send, and where."""

    publisher: str
    office: str
    suspended: bool
    sources: list[str]
    types: dict[str, str] = Field(description="By event name, the service that takes it.")
    regions: list[str] | None
    limits: dict[str, int]
    credentials: list[KnownCredential] = Field(description="Those that are good now; never a secret.")


class Original(BaseModel):
    """A body as it was received."""

    source: str
    id: str
    kind: str = Field(description="repaired: its text is stored otherwise; unreadable: it could not be read (Kafka).")
    body: str = Field(description="In UTF-8; what is no UTF-8 is replaced.")
    kept_until: datetime


class Day(BaseModel):
    """One day's facts."""

    day: date
    outcomes: dict[str, int]
    sha256: str = Field(description="Over the lines `<source> <id> <outcome>`, sorted, each ended by a newline.")


class Ingress:
    """The routes over a service's facts."""

    def __init__(self, facts: FactHandler, register: Register, urls: Mapping[str, str]) -> None:
        self._facts, self._store, self._register, self._urls = facts, facts.store, register, urls
        self._pace = Pace()
        self._gathering = Gathering(facts)

    def add_to(self, api: Api) -> None:
        """Serve them."""
        told: dict[int, tuple[str, Any]] = {
            200: ("What became of it; a batch: of each, in order.", Receipt | list[Receipt]),
            201: ("Accepted.", Receipt),
        }
        told[202] = ("It waits for what comes before it.", Receipt)
        summary = "Send a fact (CloudEvents 1.0: structured, binary, or a batch)"
        problems = (*COMMANDING, 421, 429)
        bodies = {STRUCTURED: Event, BATCH: list[Event], "application/json": dict[str, Any]}
        operation = Operation(
            "POST", PATH, summary, "facts", told, None, (DRY_RUN,), problems, by_key=True, bodies=bodies
        )
        api.add(operation, self.send, straight=True)

        def serve(path: str, summary: str, answer: tuple[str, Any], endpoint: Endpoint, *asked: Parameter) -> None:
            api.add(Operation("GET", path, summary, "facts", {200: answer}, None, asked, by_key=True), endpoint)

        one, many = ("What became of it.", Receipt), ("In order; Link says where to go on.", list[Receipt])
        serve("/v1/receipts/{fact:path}", "What became of one fact", one, self.receipt, OF_FACT)
        serve("/v1/receipts", "Receipts", many, self.listing, AFTER, HOW_MANY, OF_OUTCOME)
        serve("/v1/publishers/me", "Who I am here", ("What it may send.", Rights), self.me)
        original = ("As it was received.", Original)
        serve(
            "/v1/originals/{fact:path}",
            "What was sent, where it is not what is stored",
            original,
            self.original,
            OF_FACT,
        )
        path, days = "/v1/publishers/me/reconciliation", ("Day by day.", list[Day])
        serve(path, "Counts and a hash, to compare", days, self.days, FROM, TO)

    async def send(self, request: Request) -> Response:
        """Take one event or a batch."""
        publisher = await publisher_of(request, self._register)
        dry_run = bool(request.scope["query_string"]) and _flag("dry_run", request.query_params.get("dry_run"))
        body = await request.body()
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if kind == BATCH:
                events = cloudevents.batch(body, _most(publisher))
                await self._pace.require(publisher, len(events))
                traceparent = trace_of(request.scope).traceparent
                return Json(await self._batch(events, publisher, traceparent, dry_run=dry_run))
            await self._pace.require(publisher, 1)
            trace = trace_of(request.scope)
            incoming = self._one(request, kind, body).within(trace.traceparent, trace.correlation)
        except Unreadable as unreadable:
            return respond(request, of_code(unreadable.code, pointer=unreadable.pointer))
        except TooFast as fast:
            headers = {"Retry-After": str(fast.retry_after)}
            return respond(request, of_code("publisher.too_fast", {"limit": fast.limit}), headers)
        try:
            plain = None if dry_run else await self._gathering.take_plain(incoming, publisher)
            answer = plain if plain is not None else await self._facts.take(incoming, publisher, dry_run=dry_run)
        except NotOurs as elsewhere:
            owner = elsewhere.owner
            problem = of_code("event.other_service", {"type": incoming.type, "service": owner}, pointer="/type")
            return respond(request, problem, members={"service": owner, "url": self._url(owner)})
        except ContractError as error:
            return respond(request, of_code(error.code, {"type": incoming.type}, pointer="/type"))
        except OtherContent:
            return respond(request, of_code("fact.conflict", {"id": incoming.id}, pointer="/id"))
        receipt = receipts.told(incoming.source, incoming.id, incoming.type, answer)
        if answer.outcome in ("rejected", "quarantined"):
            return _refused(request, receipt)
        status = 202 if answer.outcome == "waiting" else 200 if answer.repeated or dry_run else 201
        return Json(receipt, status)

    async def receipt(self, request: Request) -> Response:
        """The present receipt of one fact."""
        publisher = await publisher_of(request, self._register)
        source, fact_id = _source_and_id(request, "/v1/receipts/")
        found = await receipts.receipt(self._store, publisher.name, source, fact_id)
        if found is None:
            raise Rejected("receipt.not_found", source=source[:100], id=fact_id[:100])
        return Json(found)

    async def original(self, request: Request) -> Response:
        """A body as it was received, while it is kept."""
        publisher = await publisher_of(request, self._register)
        source, fact_id = _source_and_id(request, "/v1/originals/")
        found = await self._facts.originals.of(publisher.name, source, fact_id)
        if found is None:
            raise Rejected("original.not_kept", source=source[:100], id=fact_id[:100])
        body = found.body.decode("utf-8", "replace")
        return Json({"source": source, "id": fact_id, "kind": found.kind, "body": body, "kept_until": found.kept_until})

    async def listing(self, request: Request) -> Response:
        """Receipts in order."""
        publisher = await publisher_of(request, self._register)
        query = request.query_params
        after = asked.whole("after", query.get("after"), 0, 2**62) or 0
        limit = asked.whole("limit", query.get("limit"), 1, 1000) or LIMIT
        outcome = query.get("outcome")
        if outcome is not None and outcome not in OF_OUTCOME.schema["enum"]:
            raise Rejected("query.unreadable", name="outcome", value=outcome[:100])
        found = await receipts.receipts(self._store, publisher.name, after, limit + 1, outcome)
        more = len(found) > limit
        page = found[:limit]
        kept = f"&outcome={outcome}" if outcome else ""
        link = {"Link": f'<?after={page[-1]["serial"]}&limit={limit}{kept}>; rel="next"'} if more else None
        return Json(page, headers=link)

    async def me(self, request: Request) -> Response:
        """What the publisher may send, and where each type goes."""
        publisher = await publisher_of(request, self._register)
        rights, now = publisher.rights, await self._store.clock.now()
        assert rights is not None
        return Json(
            {
                "publisher": publisher.name,
                "office": publisher.office,
                "suspended": publisher.suspended,
                "sources": list(rights.sources),
                "types": {name: self._url(self._taker(name)) for name in rights.types},
                "regions": None if rights.regions is None else list(rights.regions),
                "limits": {
                    "events_per_minute": rights.limits.events_per_minute,
                    "batch_events": _most(publisher),
                },
                "credentials": [
                    {"credential": each.id, "kind": each.kind, "expires_on": each.expires_on}
                    for each in publisher.credentials.values()
                    if each.valid_at(now)
                ],
            }
        )

    async def days(self, request: Request) -> Response:
        """Counts by outcome and a hash for each day."""
        publisher = await publisher_of(request, self._register)
        begin, end = _day("from", request), _day("to", request)
        if not timedelta(0) <= end - begin <= timedelta(days=LONGEST_RECONCILIATION):
            raise Rejected("query.unreadable", name="to", value=end.isoformat())
        return Json(await receipts.by_day(self._store, publisher.name, begin, end + timedelta(days=1)))

    def _one(self, request: Request, kind: str, body: bytes) -> Incoming:
        if kind == STRUCTURED:
            return cloudevents.structured(body)
        if not any(name.lower().startswith("ce-") for name in request.headers):
            raise Unreadable("cloudevent.no_event", "neither a structured event nor ce-* headers")
        return cloudevents.binary(iter(request.headers.items()), request.headers.get("content-type"), body)

    async def _batch(
        self, events: Sequence[Any], publisher: Publisher, traceparent: str, *, dry_run: bool
    ) -> list[dict[str, Any]]:
        """Of each event what became of it, in the order given. What speaks of the same place is decided in order."""
        told: list[dict[str, Any]] = [{} for _ in events]
        read: list[tuple[int, Incoming]] = []
        for index, each in enumerate(events):
            try:
                read.append((index, cloudevents.from_object(each).within(traceparent)))
            except Unreadable as unreadable:
                told[index] = _unreadable(unreadable)

        async def alone(index: int, incoming: Incoming) -> None:
            told[index] = await self._told(incoming, publisher, dry_run=dry_run)

        async def take(some: Sequence[tuple[int, Incoming]]) -> None:
            left = list(some)
            if not dry_run:
                answers = await self._facts.take_plain([incoming for _, incoming in some], publisher)
                for (index, incoming), answer in zip(some, answers, strict=True):
                    if answer is not None:
                        told[index] = receipts.told(incoming.source, incoming.id, incoming.type, answer)
                left = [place for place, answer in zip(some, answers, strict=True) if answer is None]
            await side_by_side(alone(*place) for place in left)

        facts = self._facts.facts
        await in_lanes(
            read,
            lambda place: facts.lane_of(place[1]),
            lambda place: name_of(place[1]),
            take,
            lambda place: facts.refers(place[1]),
        )
        return told

    async def _told(self, incoming: Incoming, publisher: Publisher, *, dry_run: bool) -> dict[str, Any]:
        try:
            answer = await self._facts.take(incoming, publisher, dry_run=dry_run)
            return receipts.told(incoming.source, incoming.id, incoming.type, answer)
        except NotOurs as elsewhere:
            owner = elsewhere.owner
            params = {"type": incoming.type, "service": owner}
            reason = {"code": "event.other_service", "params": params, "pointer": "/type"}
            return {**_nothing(incoming, "refused", reason), "service": owner, "url": self._url(owner)}
        except ContractError as error:
            return _nothing(
                incoming, "refused", {"code": error.code, "params": {"type": incoming.type}, "pointer": "/type"}
            )
        except Rejected as refusal:
            if refusal.code == "publisher.not_admitted":
                raise  # it holds for the whole batch
            reason = {"code": refusal.code, "params": dict(refusal.params), "pointer": refusal.pointer}
            return _nothing(incoming, "refused", reason)
        except OtherContent:
            reason = {"code": "fact.conflict", "params": {"id": incoming.id}, "pointer": "/id"}
            return _nothing(incoming, "conflict", reason)

    def _taker(self, name: str) -> str:
        """The service that takes a type; of what every service takes, this one, which says where else it goes."""
        owner = REGISTRY.newest()[name].spec.owner
        return self._store.name if owner == "any" else owner

    def _url(self, service: str) -> str:
        return f"{self._urls.get(service, '')}{PATH}"


def _refused(request: Request, receipt: Mapping[str, Any]) -> Response:
    """A problem that says why, with the receipt."""
    reason = receipt["reason"]
    problem = of_code(reason["code"])
    told = type(problem)(
        reason["code"], 422, reason["th"], reason["en"], reason["pointer"], tuple(reason.get("errors", ()))
    )
    return respond(request, told, members={"receipt": receipt})


def _nothing(incoming: Incoming, outcome: str, reason: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source": incoming.source,
        "id": incoming.id,
        "type": incoming.type,
        "outcome": outcome,
        "duplicate": False,
        "reason": receipts.reason_of(reason),
    }


def _unreadable(unreadable: Unreadable) -> dict[str, Any]:
    reason = {"code": unreadable.code, "pointer": unreadable.pointer}
    return {"source": "", "id": "", "type": "", "outcome": "refused", "reason": receipts.reason_of(reason)}


def _most(publisher: Publisher) -> int:
    """Events that it may send in one batch; one longer than its pace could never come through."""
    limits = publisher.rights.limits if publisher.rights else None
    return min(MOST, limits.batch_events, limits.events_per_minute) if limits else MOST


def _flag(name: str, text: str | None) -> bool:
    match (text or "false").lower():
        case "true" | "1":
            return True
        case "false" | "0":
            return False
        case other:
            raise Rejected("query.unreadable", name=name, value=other[:100])


def _day(name: str, request: Request) -> date:
    text = request.query_params.get(name, "")
    try:
        return parse_date(text)
    except ThaiConventionError as error:
        raise Rejected("query.unreadable", name=name, value=text[:100]) from error


def _source_and_id(request: Request, before: str) -> tuple[str, str]:
    """The address as it was sent tells the slashes of a source from those that part it from the id."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.decode("ascii", "replace").partition("?")[0].partition(before)[2]
    source, _, fact_id = path.rpartition("/")
    return "/" + _plain(source).lstrip("/"), _plain(fact_id)


def _plain(text: str) -> str:
    """What is percent-encoded, without the character that no database can be asked for."""
    return unquote(text).replace("\x00", "\ufffd")
