"""API keys of publishers: made here, shown once, and kept as a fingerprint."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import Request, Response
from pydantic import Field

from services.committee.publishers import PUBLISHER, IssueCredential
from shared.contracts import Rejected
from shared.contracts.types import Contract, Day, Line
from shared.eventstore.commands import CommandHandler
from shared.eventstore.commands import Request as CommandRequest
from shared.ingress.register import fingerprint
from shared.web.api import COMMANDING, Api, Operation
from shared.web.auth import authorised
from shared.web.collection import OFFICER
from shared.web.commanding import IDEMPOTENCY_KEY, idempotency_key, require_json
from shared.web.door import door_of
from shared.web.jsonable import Json, dump
from shared.web.reading import STREAM
from shared.web.tracing import trace_of
from shared.web.validation import read_json, validated

PREFIX = "obec_"
"""How keys begin, so that one that leaks is found by who looks for it."""


class IssueApiKey(Contract):
    """Make an API key; ``credential`` names it."""

    credential: Line
    expires_on: Day | None = None


class ApiKey(Contract):
    """A key that was made; it is never shown again."""

    credential: str
    api_key: str | None = Field(description="The secret. None when the request was sent again: it is shown once.")


def add_to(api: Api, handler: CommandHandler) -> None:
    """``POST /v1/publishers/{stream}/issue-api-key``."""
    change = door_of(IssueApiKey)

    async def issue(request: Request) -> Response:
        caller = await authorised(request, OFFICER)
        require_json(request.headers)
        sent = read_json(await request.body())
        asked = validated(IssueApiKey, dump(change(sent)), sent)
        key = PREFIX + secrets.token_urlsafe(32)
        command = IssueCredential(
            credential=asked.credential, kind="api_key", fingerprint=fingerprint(key), expires_on=asked.expires_on
        )
        answer = await handler.handle(_request(request, caller, command, sent))
        told = ApiKey(credential=asked.credential, api_key=None if answer.repeated else key)
        return Json(told, 200 if answer.repeated else 201)

    answers = {200: ("It was made before.", ApiKey), 201: ("Made; the only time that it is shown.", ApiKey)}
    path, summary = "/v1/publishers/{stream}/issue-api-key", "Make an API key for a publisher"
    parameters = (STREAM, IDEMPOTENCY_KEY)
    api.add(Operation("POST", path, summary, "publishers", answers, IssueApiKey, parameters, COMMANDING), issue)


def _request(request: Request, caller: Any, command: IssueCredential, sent: Any) -> CommandRequest:
    stream: str = request.path_params["stream"]
    if not stream.startswith("publisher:"):
        raise Rejected("stream.wrong_collection", stream=stream)
    trace = trace_of(request.scope)
    return CommandRequest(
        PUBLISHER,
        stream,
        command,
        caller.source,
        idempotency_key(request.headers),
        {"path": request.url.path, "body": sent},
        caller.id,
        caller.roles,
        correlation=trace.correlation,
        traceparent=trace.traceparent,
    )
