"""Commands over HTTP: one route for each verb of each collection, with its key, its version and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import BaseModel, Field

from shared.contracts import Command, Rejected
from shared.contracts.common import FactVoided
from shared.eventstore.append import Answer
from shared.eventstore.commands import CommandHandler
from shared.eventstore.commands import Request as CommandRequest
from shared.telemetry import APPENDED_EVENTS, APPENDS
from shared.web.api import COMMANDING, Api, Operation, Parameter, summary_of
from shared.web.auth import Caller, authorised
from shared.web.collection import OFFICER, Collection, by_own_name
from shared.web.door import Change, door_of
from shared.web.jsonable import Json, dump
from shared.web.reading import STREAM, place
from shared.web.text import fit
from shared.web.tracing import trace_of
from shared.web.validation import read_json, validated

CREATE = "create"
VOID = "void"

_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?")
_VERSION = re.compile(r'"(0|[1-9][0-9]{0,8})"')

IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "Names this command among the caller's: sent again with its key it gets the same answer and does nothing.",
    {"type": "string", "minLength": 1, "maxLength": 200},
    required=True,
)
IF_MATCH = Parameter(
    "If-Match",
    "header",
    'Version that the stream must be at, such as "3". Without it the service decides again when somebody was quicker.',
    {"type": "string", "pattern": f"^{_VERSION.pattern}$"},
)


class EventMade(BaseModel):
    """An event that a command made."""

    id: str = Field(description="Id of the event (UUID).")
    type: str = Field(examples=["th.go.obec.cluster.CommitteeAppointed.v1"])


@dataclass(frozen=True, slots=True)
class Came:
    """What was sent: where to, what it says, and its headers, of which Idempotency-Key and If-Match count.

    ``body`` is the same as bytes of JSON, where it came so.
    """

    path: str
    sent: Any
    headers: Mapping[str, str]
    body: bytes | None = None
    correlation: str = ""
    traceparent: str = ""


class CommandAnswer(BaseModel):
    """What became of a command; the same whenever it is sent again with its key."""

    stream: str = Field(examples=["committee:2560-cluster:R07:1"])
    version: int = Field(description="Version of the stream after the command; 0 when it has no event.")
    position: Annotated[
        str, Field(description="<store>:<shard>:<position>, to be passed on as `after`.", examples=["committee:0:12"])
    ]
    events: list[EventMade] = Field(description="Empty when there was nothing to do.")


ANSWERS = {
    200: ("There was nothing to do.", CommandAnswer),
    201: ("Done; these events were recorded.", CommandAnswer),
}


def command_routes(api: Api, handler: CommandHandler, service: str, collection: Collection) -> None:
    """``POST /v1/{collection}``, ``POST /v1/{collection}/{stream}/{verb}`` and the verb ``void``."""
    if collection.create is not None:
        door = Door(handler, service, collection, collection.create, CREATE)
        operation = Operation(
            "POST",
            f"/v1/{collection.name}",
            summary_of(collection.create),
            collection.name,
            ANSWERS,
            collection.create,
            (IDEMPOTENCY_KEY, IF_MATCH),
            COMMANDING,
        )
        api.add(operation, door.create)
    verbs: dict[str, type[Command] | type[FactVoided]] = {**collection.verbs, VOID: FactVoided}
    for verb, command in verbs.items():
        door = Door(handler, service, collection, command, verb)
        operation = Operation(
            "POST",
            f"/v1/{collection.name}/{{stream}}/{verb}",
            summary_of(command),
            collection.name,
            ANSWERS,
            command,
            (STREAM, IDEMPOTENCY_KEY, IF_MATCH),
            COMMANDING,
        )
        api.add(operation, door.command)


def void_roles(collection: Collection) -> frozenset[str]:
    """Who may void: whoever may send any fact of the collection (their own), and officers."""
    if VOID in collection.roles:
        return collection.may(VOID)
    return OFFICER.union(*(collection.may(verb) for verb in (CREATE, *collection.verbs)))


class Door:
    """Where one kind of command comes in, by a program or by a form."""

    def __init__(
        self,
        handler: CommandHandler,
        service: str,
        collection: Collection,
        model: type[Command] | type[FactVoided],
        verb: str,
    ) -> None:
        self.handler, self.collection, self.model, self.verb = handler, collection, model, verb
        self.roles = void_roles(collection) if verb == VOID else collection.may(verb)
        self.change: Change = door_of(model)
        self.accepted = {
            outcome: APPENDS.labels(service, collection.name, outcome)
            for outcome in ("accepted", "nothing", "repeated")
        }
        self.events = APPENDED_EVENTS.labels(service, collection.name)

    async def create(self, request: Request) -> Response:
        """A command that begins a stream."""
        caller = await authorised(request, self.roles)
        answer = await self.take(caller, None, await self._came(request))
        return _told(answer, location=f"{request.url.path}/{answer.stream}")

    async def command(self, request: Request) -> Response:
        """A command on a stream that is named."""
        caller = await authorised(request, self.roles)
        stream: str = request.path_params["stream"]
        self.collection.owns(stream)
        return _told(await self.take(caller, stream, await self._came(request)))

    async def _came(self, request: Request) -> Came:
        require_json(request.headers)
        body = await request.body()
        trace = trace_of(request.scope)
        return Came(
            request.url.path,
            read_json(body),
            request.headers,
            body,
            correlation=trace.correlation,
            traceparent=trace.traceparent,
        )

    async def take(self, caller: Caller, stream: str | None, came: Came) -> Answer:
        """Carry out what came, of a caller who may; ``stream`` None: it begins one.

        Raises Rejected, Invalid, OtherContent, StoreUnavailable.
        """
        changed = self.change(fit(came.sent))
        body = came.body if came.body and changed == came.sent else dump(changed)
        command = validated(self.model, body, came.sent)
        key, payload = idempotency_key(came.headers), {"path": came.path, "body": came.sent}
        answer: Answer | None = None
        if stream is None and self.collection.locate is not by_own_name:
            # Where a new one would go says nothing of where the same command went before.
            answer = await self.handler.repeated(caller.source, key, payload)
        if answer is None:
            found = stream or await self.collection.locate(command, self.handler)
            answer = await self._carry_out(caller, found, command, key, payload, came)
        self._count(answer)
        return answer

    async def _carry_out(self, caller: Caller, stream: str, command: Any, key: str, payload: Any, came: Came) -> Answer:
        prepare = self.collection.prepared.get(self.verb)
        if prepare is not None:
            # What it takes to prepare was taken already for a command that is sent again.
            answer = await self.handler.repeated(caller.source, key, payload)
            if answer is not None:
                return answer
            command = await prepare(stream, command)
        return await self.handler.handle(
            CommandRequest(
                self.collection.aggregate,
                stream,
                command,
                caller.source,
                key,
                payload,
                caller.id,
                caller.roles,
                expected_version=expected_version(came.headers),
                correlation=came.correlation,
                traceparent=came.traceparent,
            )
        )

    def _count(self, answer: Answer) -> None:
        self.accepted["repeated" if answer.repeated else "accepted" if answer.events else "nothing"].inc()
        if not answer.repeated:
            self.events.inc(len(answer.events))


def _told(answer: Answer, location: str | None = None) -> Response:
    headers = {"ETag": f'"{answer.version}"'}
    if answer.repeated:
        headers["Idempotent-Replayed"] = "true"
    if location is not None:
        headers["Location"] = location
    body = {
        "stream": answer.stream,
        "version": answer.version,
        "position": place(answer.store, answer.shard, answer.position),
        "events": answer.events,
    }
    return Json(body, 201 if answer.events else 200, headers)


def idempotency_key(headers: Mapping[str, str]) -> str:
    """The key under which a command is answered once and for all. Raises Rejected ``request.no_idempotency_key``."""
    key = headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise Rejected("request.no_idempotency_key")
    return key


def expected_version(headers: Mapping[str, str]) -> int | None:
    """The version that If-Match asks for, None without it. Raises Rejected ``request.if_match_unreadable``."""
    given = headers.get("if-match")
    if given is None:
        return None
    match = _VERSION.fullmatch(given.strip())
    if match is None:
        raise Rejected("request.if_match_unreadable")
    return int(match[1])


def require_json(headers: Mapping[str, str]) -> None:
    """Rejected ``request.not_json_type`` for a body that says it is something else than JSON."""
    kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Rejected("request.not_json_type")
