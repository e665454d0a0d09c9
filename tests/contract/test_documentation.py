"""The OpenAPI document says what the services do: every verb, every body, every answer, every problem."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import httpx
import jsonschema
import pytest
import pytest_asyncio
from fastapi import FastAPI

from shared.contracts.rejection import codes
from shared.web.api import COMMANDING
from shared.web.docs import page
from tests.contract.asking import begun, send
from tests.contract.notes import BEGIN, NOTE, REVISE
from tests.contract.services import WRITE_SERVICES, app_of, commands_of, opened
from tests.servers import Servers
from tests.stack import fresh_database
from tests.tokens import TestIssuer

Document = Mapping[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers, issuer: TestIssuer) -> AsyncIterator[Mapping[str, Document]]:
    """The document of each service."""
    async with AsyncExitStack() as stack:
        made = {
            service: await stack.enter_async_context(fresh_database(servers, service)) for service in WRITE_SERVICES
        }
        stores = {
            service: await stack.enter_async_context(opened(each.app_dsn, service)) for service, each in made.items()
        }
        yield {service: app_of(service, store, issuer).openapi() for service, store in stores.items()}


@pytest.mark.parametrize("service", WRITE_SERVICES)
async def test_every_verb_of_every_collection_is_documented_with_its_body(
    shared: Mapping[str, Document], service: str
) -> None:
    document = shared[service]
    for command in commands_of(service):
        operation = document["paths"][command.template]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert schema["$ref"].rpartition("/")[2] == command.model.__name__
        assert set(operation["responses"]) >= {"200", "201", *map(str, COMMANDING)}
        assert "Idempotency-Key" in {each["name"] for each in operation["parameters"] if each["required"]}
        assert operation["security"]
        assert "get" in document["paths"][f"/v1/{command.collection.name}/{{stream}}"]


@pytest.mark.parametrize("service", WRITE_SERVICES)
async def test_every_reference_leads_somewhere(shared: Mapping[str, Document], service: str) -> None:
    document = shared[service]
    for reference in references(document):
        here: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in here, reference
            here = here[part]


@pytest.mark.parametrize("service", WRITE_SERVICES)
async def test_every_schema_is_one(shared: Mapping[str, Document], service: str) -> None:
    for name, schema in shared[service]["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema, name


@pytest.mark.parametrize("service", WRITE_SERVICES)
async def test_operations_have_names_of_their_own(shared: Mapping[str, Document], service: str) -> None:
    document = shared[service]
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


async def test_every_code_is_documented_under_its_status(app: FastAPI) -> None:
    responses = app.openapi()["components"]["responses"]
    for code, known in codes().items():
        assert f"`{code}` {known.en}" in responses[str(known.status)]["description"]


async def test_answers_are_what_the_document_says(http: httpx.AsyncClient, app: FastAPI) -> None:
    document = app.openapi()
    await begun(http)
    for method, path, template, answer in [
        ("post", "/v1/notes", "/v1/notes", await send(http, "/v1/notes", BEGIN)),
        ("post", "revise", "/v1/notes/{stream}/revise", await send(http, f"/v1/notes/{NOTE}/revise", REVISE)),
        ("get", "state", "/v1/notes/{stream}", await http.get(f"/v1/notes/{NOTE}")),
        ("get", "events", "/v1/streams/{stream}/events", await http.get(f"/v1/streams/{NOTE}/events")),
        ("get", "clock", "/v1/clock", await http.get("/v1/clock")),
        ("get", "ready", "/readyz", await http.get("/readyz")),
        ("get", "missing", "/v1/notes/{stream}", await http.get("/v1/notes/note:x")),
        ("post", "invalid", "/v1/notes", await send(http, "/v1/notes", {"programme": 1})),
    ]:
        told = document["paths"][template][method]["responses"][str(answer.status_code)]
        if "$ref" in told:
            told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
        schema = told["content"][answer.headers["content-type"]]["schema"]
        jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json())
        assert path


async def test_the_page_to_read_needs_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    answer = await http.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "POST /v1/notes/{stream}/revise" in answer.text
    assert "<script" not in answer.text
    assert not re.findall(r"(?:src|href)=.?(?:https?:)?//", answer.text)


@pytest.mark.parametrize("service", WRITE_SERVICES)
async def test_every_body_has_an_example_on_the_page(shared: Mapping[str, Document], service: str) -> None:
    shown = page(shared[service])
    assert shown.count("Body, for example:") >= len(list(commands_of(service)))


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in references(inner)]
    return []
