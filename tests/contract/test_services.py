"""What holds for every command of every write service, whatever it is about."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.definition import ProgrammeDefinition
from tests.conftest import NewDatabase
from tests.contract.asking import problem_of, refused, send
from tests.contract.conftest import client_of
from tests.contract.services import WRITE_SERVICES, app_of, commands_of, opened
from tests.servers import Servers
from tests.stack import fresh_database
from tests.tokens import TestIssuer


@dataclass(frozen=True)
class Served:
    """A service and an officer's client of it."""

    name: str
    app: FastAPI
    http: httpx.AsyncClient


PROGRAMMES = Path(__file__).parents[2] / "programmes"


@pytest.fixture(params=WRITE_SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def app(database: NewDatabase, issuer: TestIssuer, service: str) -> AsyncIterator[FastAPI]:
    made = await database(service)
    async with opened(made.app_dsn, service) as store:
        yield app_of(service, store, issuer)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=WRITE_SERVICES)
async def shared(request: pytest.FixtureRequest, servers: Servers, issuer: TestIssuer) -> AsyncIterator[Served]:
    """A service in which nothing has happened: what is sent to it must be refused."""
    service = str(request.param)
    async with fresh_database(servers, service) as made, opened(made.app_dsn, service) as store:
        app = app_of(service, store, issuer)
        async with client_of(app, issuer.bearer("officer")) as officer:
            yield Served(service, app, officer)


async def test_nobody_commands_without_a_token(shared: Served) -> None:
    async with client_of(shared.app, {}) as nobody:
        for command in commands_of(shared.name):
            await refused(send(nobody, command.path, command.body), 401, "auth.required")


async def test_a_reader_commands_nothing(shared: Served, issuer: TestIssuer) -> None:
    async with client_of(shared.app, issuer.bearer("reader")) as reader:
        for command in commands_of(shared.name):
            await refused(send(reader, command.path, command.body), 403, "auth.forbidden")


async def test_every_command_takes_a_body_made_of_its_schema(http: httpx.AsyncClient, service: str) -> None:
    """It may be refused by a rule, for nothing has happened here, but not as unreadable."""
    for command in commands_of(service):
        answer = await send(http, command.path, command.body)
        assert answer.status_code in (200, 201, 403, 404, 409, 422), answer.text
        if not answer.is_success:
            assert problem_of(answer)["code"] != "request.invalid", (command.path, answer.text)


async def test_every_command_needs_a_key(shared: Served) -> None:
    for command in commands_of(shared.name):
        await refused(shared.http.post(command.path, json=command.body), 400, "request.no_idempotency_key")


async def test_no_command_takes_a_field_that_it_does_not_know(shared: Served) -> None:
    for command in commands_of(shared.name):
        problem = await refused(send(shared.http, command.path, {**command.body, "extra": 1}), 422, "request.invalid")
        assert "/extra" in {each["pointer"] for each in problem["errors"]}


async def test_every_verb_is_for_streams_of_its_kind(shared: Served) -> None:
    for command in commands_of(shared.name):
        if "{stream}" in command.template:
            path = command.template.replace("{stream}", "stranger:1")
            await refused(send(shared.http, path, command.body), 404, "stream.wrong_collection")


async def test_what_was_never_recorded_cannot_be_voided(shared: Served) -> None:
    for command in commands_of(shared.name):
        if command.path.endswith("/void"):
            await refused(send(shared.http, command.path, command.body), 404, "fact.not_found")


async def test_a_stream_that_is_not_there_has_no_state(shared: Served) -> None:
    for each in {command.collection.name: command.collection for command in commands_of(shared.name)}.values():
        await refused(shared.http.get(f"/v1/{each.name}/{each.aggregate.name}:none"), 404, "stream.not_found")


JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.just([]),
    st.just({}),
    st.just("\x00"),
    st.just("x" * 30_000),
    st.just("2560-02-30"),
    st.just(10**30),
)


def spoiled(value: Any, draw: st.DrawFn) -> Any:
    """The same with something in it replaced by junk."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: spoiled(value[name], draw)}
    if isinstance(value, list) and value and draw(st.booleans()):
        return [spoiled(value[0], draw), *value[1:]]
    return draw(JUNK)


@st.composite
def spoiled_body(draw: st.DrawFn, body: Any) -> Any:
    """A body of which something is junk."""
    return spoiled(body, draw)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_junk_is_refused_and_never_breaks_the_service(
    http: httpx.AsyncClient, service: str, data: st.DataObject
) -> None:
    command = data.draw(st.sampled_from(list(commands_of(service))))
    answer = await send(http, command.path, data.draw(spoiled_body(command.body)))
    assert answer.status_code < 500, answer.text
    if not answer.is_success:
        problem_of(answer)


class TestCommittee:
    """The committee service with what is its own."""

    @pytest.fixture
    def service(self) -> str:
        return "committee"

    async def test_a_programme_is_registered_from_its_file(self, http: httpx.AsyncClient) -> None:
        definition = definition_of("2560-cluster")
        answer = await send(http, "/v1/programmes", {"definition": definition})
        assert answer.status_code == 201, answer.text
        assert answer.json()["stream"] == "programme:2560-cluster"
        state = (await http.get("/v1/programmes/programme:2560-cluster")).json()["state"]
        assert (state["version"], state["definition"]) == (1, definition)

    async def test_the_same_programme_told_twice_is_nothing_new(self, http: httpx.AsyncClient) -> None:
        body = {"definition": definition_of("2560-cluster")}
        await send(http, "/v1/programmes", body, key="first")
        assert (await send(http, "/v1/programmes", body, key="second")).status_code == 200

    async def test_a_person_is_registered_read_and_erased(self, http: httpx.AsyncClient) -> None:
        put = await http.put("/v1/persons/personnel/hr-1", json={"display_name": "สมชาย ใจดี"})
        assert put.status_code == 201
        person = put.json()["person_id"]
        found = (await http.get("/v1/persons", params={"ids": person})).json()["persons"]
        assert found == [{"person_id": person, "display_name": "สมชาย ใจดี", "erased": False}]
        assert (await http.delete(f"/v1/persons/{person}")).status_code == 204
        assert (await http.get("/v1/persons", params={"ids": person})).json()["persons"][0]["erased"]

    async def test_what_fastapi_finds_wrong_is_a_problem_too(self, http: httpx.AsyncClient) -> None:
        problem = await refused(http.put("/v1/persons/personnel/hr-1", json={"name": "x"}), 422, "request.invalid")
        assert {each["pointer"] for each in problem["errors"]} == {"/display_name", "/name"}
        headers = {"Content-Type": "application/json"}
        await refused(http.put("/v1/persons/personnel/hr-1", content=b"{", headers=headers), 400, "request.not_json")
        await refused(http.get("/v1/persons"), 400, "query.unreadable")


def definition_of(name: str) -> Any:
    read = tomllib.loads((PROGRAMMES / f"{name}.toml").read_text("utf-8"))
    return ProgrammeDefinition.model_validate(read).model_dump(mode="json")
