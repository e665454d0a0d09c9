"""The person register: the one place that knows a name. Events carry the random ``person_id`` and nothing else.

Rows, not events, so that a name can be erased (PDPA B.E. 2562 s. 33); an erased person leaves only the id behind.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ConfigDict

from shared.contracts import Rejected, require
from shared.contracts.committee import PublisherName
from shared.contracts.types import Contract, Line, PersonId
from shared.ingress.identity import API_KEY, ROLE, publisher_of
from shared.ingress.register import Register
from shared.web.auth import NAME_READERS, authorised

OFFICER = frozenset({"officer"})
MOST = 500
"""How many persons are asked for at once at most."""

PoolProvider = Callable[[], asyncpg.Pool]
Authorise = Callable[[frozenset[str]], Callable[..., Awaitable[Any]]]
"""Makes a FastAPI dependency that lets through whoever has one of the roles."""
MayRegister = Callable[[Request, str], Awaitable[None]]
"""Lets through whoever may register persons under a publisher's name. Raises Rejected."""

Ref = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$",
        description="What the publisher calls the person; opaque, never a citizen id.",
        examples=["hr-20417"],
    ),
]
Ids = Annotated[
    str,
    Query(description=f"person_ids, with commas between them; at most {MOST}.", max_length=40 * MOST),
]


def _statement(name: str) -> str:
    return (files("services.committee") / "sql" / f"{name}.sql").read_text("utf-8")


_PUT, _READ, _ERASE = _statement("put_person"), _statement("read_persons"), _statement("erase_person")
_CALLED = _statement("called")


class PersonName(Contract):
    """What a person is called."""

    model_config = ConfigDict(defer_build=False)  # FastAPI reads it as a body, which wants it built

    display_name: Line


class Registered(Contract):
    """The id under which events speak of a person."""

    person_id: PersonId


class Person(Contract):
    """A registered person; erased: without a name."""

    person_id: PersonId
    display_name: str | None
    erased: bool


class Persons(Contract):
    """Those of the persons asked for that were registered, in the order asked."""

    persons: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class PersonRegister:
    """The register over a pool of committee's database, or a connection whose transaction it is to be part of."""

    pool: asyncpg.Pool | asyncpg.Connection

    async def put(self, publisher: str, ref: str, display_name: str) -> tuple[UUID, bool]:
        """The id of whom a publisher calls ``ref``, and whether it is new; the name is brought up to date."""
        fresh = uuid4()
        person_id: UUID = await self.pool.fetchval(_PUT, fresh, publisher, ref, display_name)
        return person_id, person_id == fresh

    async def read(self, ids: Sequence[UUID]) -> tuple[Person, ...]:
        """Those of ``ids`` that were registered, in their order, each once."""
        rows = await self.pool.fetch(_READ, list(dict.fromkeys(ids)))
        return tuple(
            Person(person_id=row["person_id"], display_name=row["display_name"], erased=row["display_name"] is None)
            for row in rows
        )

    async def called(self, person_id: UUID) -> tuple[str, ...] | None:
        """What a person is called, by name and by publisher; nothing when they were erased, None when never known."""
        found = await self.pool.fetchval(_CALLED, person_id)
        return None if found is None else tuple(found)

    async def erase(self, person_id: UUID) -> None:
        """Forget who a person is and keep the id; again: nothing. Rejected ``person.not_found``."""
        found = await self.pool.fetchval(_ERASE, person_id)
        require(found is not None, "person.not_found", person_id=person_id)


def officers(request: Request, _publisher: str) -> Awaitable[Any]:
    """Only officers."""
    return authorised(request, OFFICER)


def officers_or_itself(register: Register) -> MayRegister:
    """Officers, and the publisher itself under its own name."""

    async def may(request: Request, publisher: str) -> None:
        if API_KEY not in request.headers:
            caller = await authorised(request, OFFICER | {ROLE})
            if not caller.roles.isdisjoint(OFFICER):
                return
        found = await publisher_of(request, register)
        require(not found.suspended, "publisher.not_admitted", publisher=found.name)
        require(found.name == publisher, "person.other_publisher", publisher=found.name)

    return may


def router(pool_provider: PoolProvider, authorise: Authorise, may_register: MayRegister = officers) -> APIRouter:
    """The routes of the register: GET for whoever may see names, DELETE for officers, PUT as ``may_register`` says."""
    routes = APIRouter(prefix="/v1/persons", tags=["persons"])
    officer, reader = [Depends(authorise(OFFICER))], [Depends(authorise(NAME_READERS))]

    @routes.put("/{publisher}/{ref}", responses={201: {"model": Registered}})
    async def put_person(
        publisher: PublisherName, ref: Ref, body: PersonName, request: Request, response: Response
    ) -> Registered:
        """Register a person, or bring the name up to date: 201 with a new id, 200 with the known one."""
        await may_register(request, publisher)
        person_id, new = await PersonRegister(pool_provider()).put(publisher, ref, body.display_name)
        response.status_code = 201 if new else 200
        return Registered(person_id=person_id)

    @routes.get("", dependencies=reader)
    async def read_persons(ids: Ids) -> Persons:
        """Names by id; ids that were never given are left out, erased persons have no name."""
        return Persons(persons=await PersonRegister(pool_provider()).read(_read_ids(ids)))

    @routes.delete("/{person_id}", dependencies=officer, status_code=204)
    async def erase_person(person_id: UUID) -> Response:
        """Erase a person's name and what the publisher called the person; the id stays, so that events still fit."""
        await PersonRegister(pool_provider()).erase(person_id)
        return Response(status_code=204)

    return routes


def _read_ids(text: str) -> list[UUID]:
    parts = [part for part in text.split(",") if part.strip()]
    require(len(parts) <= MOST, "person.too_many", most=MOST)
    try:
        return [UUID(part.strip()) for part in parts]
    except ValueError as error:
        raise Rejected("query.unreadable", name="ids", value=text[:100]) from error
