"""Erases a person by an operator's order, and shows of every place that their name is nowhere any more."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from fastapi import Request, Response
from pydantic import BaseModel, Field

from services.committee.persons import PersonRegister
from shared.contracts import Rejected, require
from shared.contracts.types import Contract
from shared.eventstore.store import EventStore
from shared.operating.asking import body_of, operator_of, told
from shared.operating.deciding import Operators
from shared.operating.forgetting import MOST_NAMES, SHORTEST, Forgetting, Forgotten, Place, forms_of
from shared.operating.http import TAG, Second, decided
from shared.operating.orders import ACTION
from shared.web.api import COMMANDING, Api, Operation, Parameter
from shared.web.auth import Caller
from shared.web.jsonable import Json

PATIENCE_SECONDS = 60.0
"""How long another service may search."""
SCRYPT = {"n": 1 << 13, "r": 8, "p": 1, "maxmem": 1 << 26, "dklen": 32}
"""A fiftieth of a second for each guess, of what a proposal keeps of names for a day."""
CACHE_SECONDS = 30
"""How long reporting shows a name that it was told before."""
SEALED = ("salt", "names")
"""What a proposal keeps of names: nobody is shown it, who could guess them by it."""
PERSON = Parameter("person_id", "path", "The person.", {"type": "string", "format": "uuid"}, required=True)


class Erase(Contract):
    """Erase a person; confirmed by typing the id.

    ``names``: what else they are called in what others sent. What the register calls them is searched for anyway, for
    as long as it knows it.
    """

    reason: str = Field(default="", description="Why; it is kept in the audit.", examples=["คำขอตาม พ.ร.บ. มาตรา 33"])
    typed: str | None = None
    names: tuple[str, ...] = Field(default=(), max_length=MOST_NAMES)


class Certificate(BaseModel):
    """Where a person was searched for once the register had forgotten them, and what was found."""

    person_id: UUID
    at: datetime
    audit: int | None = Field(description="Line of committee's audit; null when they had been erased before.")
    erased: bool = Field(description="Whether the register knows nothing of them but the id.")
    searched: bool = Field(description="False: no name was known to search for; give one.")
    services: list[Forgotten]
    silent: list[str] = Field(description="Services that could not be asked; ask again.")
    caches_seconds: int = Field(description="After so many seconds no page shows a name it was told before.")
    complete: bool = Field(description="Whether every place was searched and none names them.")


def patient_client() -> httpx.AsyncClient:
    """Asks the other services."""
    return httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS)


class Erasures:
    """``POST /v1/ops/persons/{person_id}/erase``. ``urls``: where the other services answer, by name."""

    def __init__(
        self,
        store: EventStore,
        operators: Operators,
        urls: Mapping[str, str],
        client: Callable[[], httpx.AsyncClient] = patient_client,
    ) -> None:
        self._operators, self._urls, self._client = operators, urls, client
        self._register = PersonRegister(store.pool)
        self._own = Forgetting(store)
        operators.on(ACTION, _erase, destructive=True, untold=SEALED)
        operators.seconded_by(ACTION, self._seconded)

    def add_to(self, api: Api) -> None:
        """Serve it."""
        answers = decided("The certificate.", Certificate)
        path, summary = "/v1/ops/persons/{person_id}/erase", "Erase a person, and show that it was done"
        api.add(Operation("POST", path, summary, TAG, answers, Erase, (PERSON,), COMMANDING), self._asked)

    async def _asked(self, request: Request) -> Response:
        caller, body = await operator_of(request), await body_of(request, Erase, naming="names")
        person_id = _uuid(request.path_params["person_id"])
        known = await self._register.called(person_id)
        require(known is not None, "person.not_found", person_id=person_id)
        forms_of(body.names)
        require(body.reason.strip(), "ops.reason_missing")
        names, line = [*_searchable(known), *body.names], None
        if known or (body.names and self._operators.two_person):
            sealed = _sealed(body.names) if self._operators.two_person else {}
            params = {"person_id": str(person_id), **sealed}
            decided = await self._operators.ask(
                caller, ACTION, str(person_id), params, reason=body.reason, typed=body.typed
            )
            if decided.status == "proposed":
                return told(decided)
            line = decided.audit
        return Json(await self._certify(request, caller, person_id, names, body.reason, line))

    async def _seconded(self, request: Request, caller: Caller, proposal: UUID, body: Second) -> Response:
        """All that was proposed, and its certificate; what the register calls the person is read before it forgets."""
        forms_of(body.names)
        row = await self._operators.proposal(proposal)
        person_id = UUID(row["target"])
        names = [*_searchable(await self._register.called(person_id)), *body.names]
        decided = await self._operators.second(caller, proposal, body.typed, {"typed_names": body.names})
        made = await self._certify(request, caller, person_id, names, row["reason"], decided.audit)
        outcome = f"{decided.outcome}; the certificate is {'complete' if made.complete else 'not complete'}"
        return Json({**asdict(decided), "outcome": outcome, "certificate": made.model_dump()})

    async def _certify(
        self, request: Request, caller: Caller, person_id: UUID, names: Sequence[str], reason: str, line: int | None
    ) -> Certificate:
        services: list[Forgotten] = []
        silent: list[str] = []
        if names:
            services.append(await self._own.forget(caller, names, reason))
            forget = {"names": list(names), "reason": reason, "order": line}
            answers = await asyncio.gather(*(self._ask(request, each, forget) for each in self._urls))
            services += [each for each in answers if each is not None]
            silent = [name for name, each in zip(self._urls, answers, strict=True) if each is None]
        erased = await self._register.called(person_id) == ()
        clean = all(place.found == 0 for each in services for place in each.places)
        return Certificate(
            person_id=person_id,
            at=datetime.now(UTC),
            audit=line,
            erased=erased,
            searched=bool(names),
            services=[_with_register(each, erased) for each in services],
            silent=silent,
            caches_seconds=CACHE_SECONDS,
            complete=erased and bool(names) and not silent and clean,
        )

    async def _ask(self, request: Request, service: str, forget: Mapping[str, Any]) -> Forgotten | None:
        """What another service did and found, asked in the operator's own name; None when it is silent."""
        headers = {"Authorization": request.headers["authorization"]}
        try:
            async with self._client() as client:
                answer = await client.post(f"{self._urls[service]}/v1/ops/forget", json=forget, headers=headers)
            return Forgotten.model_validate(answer.json()) if answer.is_success else None
        except (httpx.HTTPError, ValueError):
            return None


def _with_register(forgotten: Forgotten, erased: bool) -> Forgotten:
    if forgotten.service != "committee":
        return forgotten
    register = Place(place="person register", checked=1, removed=int(erased), found=int(not erased))
    return Forgotten(service=forgotten.service, places=[register, *forgotten.places])


async def _erase(connection: Any, params: Mapping[str, Any], _caller: Caller) -> str:
    """Erase the register's row, inside the transaction of the connection (asyncpg).

    Raises Rejected ``person.other_names`` when names were proposed and others were typed to second it.
    """
    _require_same(params)
    await PersonRegister(connection).erase(UUID(params["person_id"]))
    return "the register knows the id alone"


def _searchable(known: Sequence[str] | None) -> Sequence[str]:
    """What the register calls somebody, as far as it can be searched for."""
    return [each for each in known or () if len(each) >= SHORTEST]


def _sealed(names: Sequence[str]) -> Mapping[str, Any]:
    """What a proposal keeps of names: enough to tell whether they are typed again, and nothing to read them from."""
    salt = secrets.token_hex(16)
    return {"salt": salt, "names": sorted(_digests(salt, names))} if names else {}


def _digests(salt: str, names: Sequence[str]) -> set[str]:
    plain = {unicodedata.normalize("NFC", name.strip()) for name in names}
    return {hashlib.scrypt(name.encode(), salt=bytes.fromhex(salt), **SCRYPT).hex() for name in plain}


def _require_same(params: Mapping[str, Any]) -> None:
    if "names" in params:
        same = _digests(params["salt"], params["typed_names"]) == set(params["names"])
        require(same, "person.other_names", pointer="/names", number=len(params["names"]))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Rejected("query.unreadable", name="person_id", value=text[:100]) from error
