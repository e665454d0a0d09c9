"""The person register: one random id for each (publisher, ref), names by batch, erasure that keeps the id alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from services.committee.persons import router
from shared.contracts import Rejected
from shared.web.auth import Caller, authorise
from shared.web.problems import handle
from tests.stack import Database

OFFICER, READER, OPERATOR = "officer", "reader", "operator"
NAME = "นางสาวสมใจ ใจดี"


class Tokens:
    """Stands in for the issuer: a token is the name of a role."""

    async def authenticate(self, authorization: str | None) -> Caller:
        if authorization is None:
            raise Rejected("auth.required")
        role = authorization.removeprefix("Bearer ")
        return Caller(f"usr-{role}", frozenset({role}))


@dataclass
class Register:
    """The routes over a database of their own."""

    client: httpx.AsyncClient
    pool: asyncpg.Pool

    async def put(self, ref: str, name: str = NAME, *, publisher: str = "hr", role: str = OFFICER) -> httpx.Response:
        return await self.client.put(
            f"/v1/persons/{publisher}/{ref}", json={"display_name": name}, headers={"Authorization": f"Bearer {role}"}
        )

    async def id_of(self, ref: str, name: str = NAME, *, publisher: str = "hr") -> str:
        answer = await self.put(ref, name, publisher=publisher)
        assert answer.status_code in (200, 201), answer.text
        person_id: str = answer.json()["person_id"]
        return person_id

    async def read(self, *ids: object, role: str = READER) -> httpx.Response:
        return await self.client.get(
            "/v1/persons", params={"ids": ",".join(map(str, ids))}, headers={"Authorization": f"Bearer {role}"}
        )

    async def erase(self, person_id: object, role: str = OFFICER) -> httpx.Response:
        return await self.client.delete(f"/v1/persons/{person_id}", headers={"Authorization": f"Bearer {role}"})


@pytest.fixture
async def register(database: Callable[[str], Awaitable[Database]]) -> AsyncIterator[Register]:
    pool = await asyncpg.create_pool((await database("committee")).app_dsn, min_size=1, max_size=4)
    app = FastAPI()
    app.state.authenticator = Tokens()
    handle(app)
    app.include_router(router(lambda: pool, authorise))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://committee") as client:
        yield Register(client, pool)
    await pool.close()


async def test_a_person_gets_a_random_id(register: Register) -> None:
    answer = await register.put("hr-1")
    assert answer.status_code == 201
    assert UUID(answer.json()["person_id"]).version == 4
    assert NAME not in answer.text


async def test_the_same_reference_keeps_its_id_and_takes_the_newer_name(register: Register) -> None:
    first = await register.id_of("hr-1")
    again = await register.put("hr-1", "นางสมใจ ใจดี")
    assert (again.status_code, again.json()) == (200, {"person_id": first})
    assert (await register.read(first)).json()["persons"][0]["display_name"] == "นางสมใจ ใจดี"


async def test_a_reference_sent_many_times_at_once_has_one_id(register: Register) -> None:
    answers = await asyncio.gather(*(register.put("hr-1") for _ in range(12)))
    assert len({answer.json()["person_id"] for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]


async def test_publishers_references_are_their_own(register: Register) -> None:
    assert await register.id_of("1", publisher="hr") != await register.id_of("1", publisher="e-meeting")


async def test_names_are_read_by_batch_in_the_order_asked(register: Register) -> None:
    first, second = await register.id_of("hr-1", "หนึ่ง"), await register.id_of("hr-2", "สอง")
    answer = await register.read(second, uuid4(), first, second)
    assert answer.json()["persons"] == [
        {"person_id": second, "display_name": "สอง", "erased": False},
        {"person_id": first, "display_name": "หนึ่ง", "erased": False},
    ]


async def test_nobody_asked_for_is_nobody_told(register: Register) -> None:
    assert (await register.read()).json() == {"persons": []}


async def test_an_erased_person_leaves_the_id_and_nothing_else(register: Register) -> None:
    person_id = await register.id_of("hr-1")
    assert (await register.erase(person_id)).status_code == 204
    told = (await register.read(person_id)).json()["persons"]
    assert told == [{"person_id": person_id, "display_name": None, "erased": True}]
    [row] = await register.pool.fetch("SELECT * FROM persons")
    assert {name for name, value in row.items() if value is not None} == {"person_id", "erased_at"}


async def test_erasing_twice_changes_nothing(register: Register) -> None:
    person_id = await register.id_of("hr-1")
    await register.erase(person_id)
    before = await register.pool.fetchrow("SELECT * FROM persons")
    assert (await register.erase(person_id)).status_code == 204
    assert await register.pool.fetchrow("SELECT * FROM persons") == before


async def test_an_erased_person_who_is_put_again_is_somebody_new(register: Register) -> None:
    erased = await register.id_of("hr-1")
    await register.erase(erased)
    again = await register.put("hr-1")
    assert again.status_code == 201
    assert again.json()["person_id"] != erased


async def test_several_persons_can_be_erased(register: Register) -> None:
    for ref in ("hr-1", "hr-2"):
        assert (await register.erase(await register.id_of(ref))).status_code == 204
    assert await register.pool.fetchval("SELECT count(*) FROM persons WHERE erased_at IS NOT NULL") == 2


async def test_who_was_never_registered_cannot_be_erased(register: Register) -> None:
    answer = await register.erase(uuid4())
    assert (answer.status_code, answer.json()["code"]) == (404, "person.not_found")


@pytest.mark.parametrize(("role", "status"), [(OFFICER, 201), (READER, 403), (OPERATOR, 403)])
async def test_officers_register(register: Register, role: str, status: int) -> None:
    assert (await register.put("hr-1", role=role)).status_code == status


@pytest.mark.parametrize(("role", "status"), [(OFFICER, 204), (READER, 403), (OPERATOR, 403)])
async def test_officers_erase(register: Register, role: str, status: int) -> None:
    assert (await register.erase(await register.id_of("hr-1"), role=role)).status_code == status


@pytest.mark.parametrize(("role", "status"), [(OFFICER, 200), ("approver", 200), (READER, 200), (OPERATOR, 403)])
async def test_names_are_not_for_operators(register: Register, role: str, status: int) -> None:
    assert (await register.read(uuid4(), role=role)).status_code == status


async def test_no_name_is_told_without_a_token(register: Register) -> None:
    assert (await register.client.get("/v1/persons", params={"ids": str(uuid4())})).status_code == 401


@pytest.mark.parametrize("name", ["", "   ", "ก" * 501])
async def test_a_name_is_neither_empty_nor_endless(register: Register, name: str) -> None:
    answer = await register.put("hr-1", name)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


@pytest.mark.parametrize(("publisher", "ref"), [("HR", "hr-1"), ("hr", "สมใจ"), ("hr", "a b"), ("hr", "x" * 101)])
async def test_publisher_and_reference_are_plain(register: Register, publisher: str, ref: str) -> None:
    assert (await register.put(ref, publisher=publisher)).status_code == 400


async def test_ids_that_are_none_cannot_be_read(register: Register) -> None:
    answer = await register.read("hr-1")
    assert (answer.status_code, answer.json()["code"]) == (400, "query.unreadable")


async def test_too_many_ids_are_refused(register: Register) -> None:
    answer = await register.read(*(uuid4() for _ in range(501)))
    assert (answer.status_code, answer.json()["code"]) == (400, "person.too_many")


async def test_the_role_that_runs_cannot_remove_a_tombstone(register: Register) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await register.pool.execute("DELETE FROM persons")
