"""Credentials of publishers that are made here: API keys and the broker's users. A secret is shown once, and kept as a
fingerprint.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import Field

from services.committee.provisioning import KIND, Provisioner
from services.committee.publishers import PUBLISHER, IssueCredential, RevokeCredential
from shared.contracts import Rejected, require
from shared.contracts.types import Contract, Day, Line
from shared.eventstore.commands import CommandHandler
from shared.eventstore.commands import Request as CommandRequest
from shared.ingress.register import Register, fingerprint
from shared.web.api import COMMANDING, Api, Operation
from shared.web.auth import authorised
from shared.web.collection import OFFICER
from shared.web.commanding import IDEMPOTENCY_KEY, idempotency_key, require_json
from shared.web.door import door_of
from shared.web.jsonable import Json, dump
from shared.web.reading import STREAM
from shared.web.text import fit
from shared.web.tracing import trace_of
from shared.web.validation import read_json, validated

PREFIX = "obec_"
"""How keys begin, so that one that leaks is found by who looks for it."""
API_KEY = "/v1/publishers/{stream}/issue-api-key"
KAFKA_USER = "/v1/publishers/{stream}/issue-kafka-user"


class IssueApiKey(Contract):
    """Make an API key; ``credential`` names it."""

    credential: Line
    expires_on: Day | None = None


class IssueKafkaUser(Contract):
    """Make a user of the broker; ``credential`` names it."""

    credential: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$", examples=["first"])]
    expires_on: Day | None = None


class ApiKey(Contract):
    """A key that was made; it is never shown again."""

    credential: str
    api_key: str | None = Field(description="The secret. None when the request was sent again: it is shown once.")


class KafkaUser(Contract):
    """A user of the broker that was made; the password is never shown again."""

    credential: str
    username: str = Field(description="By SASL/SCRAM-SHA-512.")
    password: str | None = Field(description="The secret. None when the request was sent again: it is shown once.")
    bootstrap_servers: str = Field(description="Where the broker is, as the service knows it.")
    ingress: str = Field(description="Topic that it writes.")
    receipts: str = Field(description="Topic on which it is told what became of its facts.")
    group_prefix: str = Field(description="How the names of the consumer groups that it may use begin.")


class Credentials:
    """The routes. ``provisioner``: None where there is no broker."""

    def __init__(self, provisioner: Provisioner | None) -> None:
        self._provisioner = provisioner

    def add_to(self, api: Api, handler: CommandHandler) -> None:
        """Serve them."""

        async def api_key(request: Request) -> Response:
            return await _issue_api_key(request, handler)

        async def kafka_user(request: Request) -> Response:
            if self._provisioner is None:
                raise Rejected("broker.unavailable")
            return await _issue_kafka_user(request, handler, self._provisioner)

        parameters = (STREAM, IDEMPOTENCY_KEY)

        def serve(path: str, summary: str, asked: Any, told: Any, endpoint: Any) -> None:
            answers = {200: ("It was made before.", told), 201: ("Made; the only time that it is shown.", told)}
            api.add(Operation("POST", path, summary, "publishers", answers, asked, parameters, COMMANDING), endpoint)

        serve(API_KEY, "Make an API key for a publisher", IssueApiKey, ApiKey, api_key)
        serve(KAFKA_USER, "Make a user of the broker for a publisher", IssueKafkaUser, KafkaUser, kafka_user)


async def _issue_api_key(request: Request, handler: CommandHandler) -> Response:
    key = PREFIX + secrets.token_urlsafe(32)
    asked, _, repeated = await _issue(request, handler, IssueApiKey, "api_key", key)
    told = ApiKey(credential=asked.credential, api_key=None if repeated else key)
    return Json(told, 200 if repeated else 201)


async def _issue_kafka_user(request: Request, handler: CommandHandler, provisioner: Provisioner) -> Response:
    """The register is told first: a user of whom it knows nothing would be taken for a leftover and removed."""
    password = secrets.token_urlsafe(32)
    asked, command, repeated = await _issue(request, handler, IssueKafkaUser, KIND, password)
    publisher = command.stream.partition(":")[2]
    if repeated:
        await _require_good(handler, publisher, asked.credential)
    else:
        await _admit(provisioner, handler, command, publisher, asked.credential, password)
    told = KafkaUser(
        credential=asked.credential,
        password=None if repeated else password,
        **provisioner.told(publisher, asked.credential),
    )
    return Json(told, 200 if repeated else 201)


async def _admit(
    provisioner: Provisioner,
    handler: CommandHandler,
    issued: CommandRequest,
    publisher: str,
    credential: str,
    password: str,
) -> None:
    """Make the broker's user, or take the credential back: nobody was shown its password, and nobody ever will be."""
    try:
        await provisioner.admit(publisher, credential, password)
    except Rejected:
        undo = RevokeCredential(credential=credential, reason="the broker did not take it")
        await handler.handle(
            issued._replace(command=undo, source=handler.source(), id=f"undo {issued.source} {issued.id}", payload={})
        )
        raise


async def _require_good(handler: CommandHandler, publisher: str, credential: str) -> None:
    """Rejected ``publisher.credential_revoked``: sent again, the request says no more than what became of it."""
    known = await Register(handler.store).by_name(publisher)
    found = known.credentials.get(credential) if known else None
    require(found is not None and not found.revoked, "publisher.credential_revoked", credential=credential)


async def _issue(
    request: Request, handler: CommandHandler, model: type[Any], kind: Any, secret: str
) -> tuple[Any, CommandRequest, bool]:
    """What was asked, the command made of it, and whether it had been answered before. Raises what a command does."""
    caller = await authorised(request, OFFICER)
    require_json(request.headers)
    stream: str = request.path_params["stream"]
    if not stream.startswith("publisher:"):
        raise Rejected("stream.wrong_collection", stream=stream)
    sent = read_json(await request.body())
    asked = validated(model, dump(door_of(model)(fit(sent))), sent)
    command = IssueCredential(
        credential=asked.credential, kind=kind, fingerprint=fingerprint(secret), expires_on=asked.expires_on
    )
    trace = trace_of(request.scope)
    made = CommandRequest(
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
    answer = await handler.handle(made)
    return asked, made, answer.repeated
