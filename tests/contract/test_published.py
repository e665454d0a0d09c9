"""The contracts are open to everybody, on every service alike."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from shared.contracts import REGISTRY
from tests.contract.asking import refused
from tests.contract.conftest import client_of
from tests.contract.services import WRITE_SERVICES, app_of, opened
from tests.servers import Servers
from tests.stack import fresh_database
from tests.tokens import TestIssuer


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=WRITE_SERVICES)
async def shared(
    request: pytest.FixtureRequest, servers: Servers, issuer: TestIssuer
) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a credential."""
    service = str(request.param)
    async with (
        fresh_database(servers, service) as made,
        opened(made.app_dsn, service) as store,
        client_of(app_of(service, store, issuer), {}) as client,
    ):
        yield client


async def test_the_document_and_all_that_it_refers_to_are_served(shared: httpx.AsyncClient) -> None:
    document = (await shared.get("/asyncapi.json")).json()
    assert document["asyncapi"] == "3.0.0"
    for message in document["components"]["messages"].values():
        if "schema" in message["payload"]:
            answer = await shared.get(f"/{message['payload']['schema']['$ref']}")
            assert answer.status_code == 200, message["name"]


async def test_every_schema_is_found_by_name_and_by_type(shared: httpx.AsyncClient) -> None:
    for event in REGISTRY:
        spec = event.spec
        by_name = await shared.get(f"/schemas/{spec.name}/{spec.version}")
        by_type = await shared.get(f"/schemas/{spec.type}/{spec.version}")
        assert by_name.json() == by_type.json()
        assert by_name.headers["content-type"] == "application/schema+json"


async def test_what_was_read_is_not_sent_again(shared: httpx.AsyncClient) -> None:
    first = await shared.get("/asyncapi.json")
    again = await shared.get("/asyncapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_schema_that_is_none_is_said(shared: httpx.AsyncClient) -> None:
    for path in ("MeetingHeld/9", "Nonsense/1", "facts/Nonsense.json", "Nonsense.v1.json", "x.json", "MeetingHeld/x"):
        await refused(shared.get(f"/schemas/{path}"), 404, "schema.not_found")


async def test_the_page_to_read_needs_nothing_from_elsewhere(shared: httpx.AsyncClient) -> None:
    answer = await shared.get("/docs/events")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "FactVoided" in answer.text
    assert "<script" not in answer.text
    assert answer.text.count("As a publisher sends it") > 1
    ids = re.findall(r'id="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))
    served = (await shared.get("/asyncapi.json")).json()["components"]["messages"].values()
    for told in (each["x-deprecated"] for each in served if "x-deprecated" in each):
        assert f"deprecated since {told}" in answer.text
