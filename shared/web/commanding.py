"""Commands over HTTP: one route for each verb of each collection, with its key, its version and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import BaseModel, Field

from shared.contracts import Command, Rejected
from shared.contracts.common import FactVoided
from shared.eventstore.append import Answer
from shared.eventstore.commands import CommandHandler
from shared.eventstore.commands import Request as CommandRequest
from shared.web.api import COMMANDING, Api, Operation, Parameter, summary_of
from shared.web.auth import Caller, authorised
from shared.web.collection import OFFICER, Collection, by_own_name
from shared.web.door import Change, door_of
from shared.web.jsonable import Json, dump
from shared.web.metrics import APPENDS, EVENTS
from shared.web.reading import STREAM, place
from shared.web.text import fit
from shared.web.tracing import trace_of
from shared.web.validation import read_json, validated

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
        door = _Door(handler, service, collection, collection.create, collection.may("create"))
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
        roles = void_roles(collection) if verb == VOID else collection.may(verb)
        door = _Door(handler, service, collection, command, roles)
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
    return OFFICER.union(*(collection.may(verb) for verb in ("create", *collection.verbs)))


class _Door:
    """Where one kind of command comes in."""

    def __init__(
        self,
        handler: CommandHandler,
        service: str,
        collection: Collection,
        model: type[Command] | type[FactVoided],
        roles: frozenset[str],
    ) -> None:
        self.handler, self.collection, self.model, self.roles = handler, collection, model, roles
        self.change: Change = door_of(model)
        self.accepted = {
            outcome: APPENDS.labels(service, collection.name, outcome)
            for outcome in ("accepted", "nothing", "repeated")
        }
        self.events = EVENTS.labels(service, collection.name)

    async def create(self, request: Request) -> Response:
        """A command that begins a stream."""
        caller = await authorised(request, self.roles)
        command, payload = await self._read(request)
        key = idempotency_key(request.headers)
        answer: Answer | None = None
        if self.collection.locate is not by_own_name:
            # Where a new one would go says nothing of where the same command went before.
            answer = await self.handler.repeated(caller.source, key, payload)
        if answer is None:
            stream = await self.collection.locate(command, self.handler)
            answer = await self._carry_out(request, caller, stream, command, payload)
        return self._answered(answer, location=f"{request.url.path}/{answer.stream}")

    async def command(self, request: Request) -> Response:
        """A command on a stream that is named."""
        caller = await authorised(request, self.roles)
        stream: str = request.path_params["stream"]
        self.collection.owns(stream)
        command, payload = await self._read(request)
        return self._answered(await self._carry_out(request, caller, stream, command, payload))

    async def _read(self, request: Request) -> tuple[Any, Any]:
        """The command, and what was sent: its address with its body."""
        require_json(request.headers)
        body = await request.body()
        sent = read_json(body)
        changed = self.change(fit(sent))
        command = validated(self.model, body if changed == sent else dump(changed), sent)
        return command, {"path": request.url.path, "body": sent}

    async def _carry_out(self, request: Request, caller: Caller, stream: str, command: Any, payload: Any) -> Answer:
        trace = trace_of(request.scope)
        return await self.handler.handle(
            CommandRequest(
                self.collection.aggregate,
                stream,
                command,
                caller.source,
                idempotency_key(request.headers),
                payload,
                caller.id,
                caller.roles,
                expected_version=expected_version(request.headers),
                correlation=trace.correlation,
                traceparent=trace.traceparent,
            )
        )

    def _answered(self, answer: Answer, location: str | None = None) -> Response:
        outcome = "repeated" if answer.repeated else "accepted" if answer.events else "nothing"
        self.accepted[outcome].inc()
        headers = {"ETag": f'"{answer.version}"'}
        if answer.repeated:
            headers["Idempotent-Replayed"] = "true"
        else:
            self.events.inc(len(answer.events))
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
