"""What routes of a service's own get from the application: who calls, open views, problems for whatever is raised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, Query, Request, Response
from prometheus_client import REGISTRY

from shared.contracts import Rejected
from shared.eventstore.append import OtherContent, StoreUnavailable
from shared.thai.regions import region_list
from shared.web.api import Api
from shared.web.app import base_app
from shared.web.auth import Caller, authorise
from shared.web.viewing import viewer
from tests.tokens import TestIssuer

ERRORS: dict[str, Exception] = {
    "rejected": Rejected("stream.not_found", stream="x:1", pointer="/x"),
    "other": OtherContent(),
    "unavailable": StoreUnavailable("no answer"),
    "network": ConnectionRefusedError("nobody there"),
    "slow": TimeoutError(),
    "bug": KeyError("secret"),
}


def router() -> APIRouter:
    routes = APIRouter()

    @routes.get("/open")
    async def open_view(caller: Annotated[Caller | None, Depends(viewer)]) -> str:
        return caller.id if caller else "anybody"

    @routes.get("/closed")
    async def closed(caller: Annotated[Caller, Depends(authorise(frozenset({"operator"})))]) -> str:
        return caller.id

    @routes.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise ERRORS[name]

    @routes.get("/year/{year}")
    async def of_year(year: int) -> str:
        return str(region_list(year).year)

    @routes.get("/search")
    async def search(limit: Annotated[int, Query(ge=1)]) -> int:
        return limit

    @routes.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    return routes


@pytest.fixture
def issuer() -> TestIssuer:
    return TestIssuer()


@pytest.fixture
def public_read() -> bool:
    return False


@pytest.fixture
async def http(issuer: TestIssuer, public_read: bool) -> AsyncIterator[httpx.AsyncClient]:
    app = base_app("views", issuer.authenticator(), routers=[router()], public_read=public_read, largest_body=1000)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://views.test") as client:
        yield client


async def test_views_are_for_readers(http: httpx.AsyncClient, issuer: TestIssuer) -> None:
    assert (await http.get("/open")).json()["code"] == "auth.required"
    assert (await http.get("/open", headers=issuer.bearer("visitor"))).json()["code"] == "auth.forbidden"
    assert (await http.get("/open", headers=issuer.bearer("reader"))).json() == "usr-1"


@pytest.mark.parametrize("public_read", [True])
async def test_views_are_open_where_the_settings_say_so_and_nothing_else_is(http: httpx.AsyncClient) -> None:
    assert (await http.get("/open")).json() == "anybody"
    assert (await http.get("/closed")).json()["code"] == "auth.required"


async def test_a_route_can_ask_for_a_role(http: httpx.AsyncClient, issuer: TestIssuer) -> None:
    assert (await http.get("/closed", headers=issuer.bearer("reader"))).status_code == 403
    assert (await http.get("/closed", headers=issuer.bearer("operator"))).json() == "usr-1"


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("rejected", 404, "stream.not_found"),
        ("other", 422, "request.key_reused"),
        ("unavailable", 503, "service.unavailable"),
        ("network", 503, "service.unavailable"),
        ("slow", 503, "service.unavailable"),
        ("bug", 500, "service.failed"),
    ],
)
async def test_whatever_is_raised_is_a_problem(http: httpx.AsyncClient, name: str, status: int, code: str) -> None:
    answer = await http.get(f"/raise/{name}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "secret" not in answer.text


async def test_what_breaks_a_thai_convention_is_told_in_its_own_words(http: httpx.AsyncClient) -> None:
    answer = await http.get("/year/2561", headers={"Accept-Language": "en"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "region.no_list_for_year")
    assert problem["detail"] == problem["en"]
    assert "2561" in problem["th"]


@pytest.mark.parametrize("asked", ["", "?limit=0", "?limit=many"])
async def test_a_parameter_that_cannot_be_read_is_400(http: httpx.AsyncClient, asked: str) -> None:
    answer = await http.get(f"/search{asked}")
    assert (answer.status_code, answer.json()["code"]) == (400, "query.unreadable")
    assert "limit" in answer.json()["en"]


async def test_bodies_of_own_routes_have_a_limit_too(http: httpx.AsyncClient) -> None:
    assert (await http.post("/echo", content=b"x" * 1000)).json() == 1000
    assert (await http.post("/echo", content=b"x" * 1001)).json()["code"] == "request.too_large"


async def test_answers_are_not_to_be_kept_nor_guessed_at(http: httpx.AsyncClient) -> None:
    answer = await http.get("/search?limit=1")
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert len(answer.headers["x-correlation-id"]) == 32


async def test_own_routes_are_documented_with_their_problems(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    assert document["paths"]["/search"]["get"]["responses"]["401"] == {"$ref": "#/components/responses/401"}
    assert "422" not in document["paths"]["/search"]["get"]["responses"]


async def test_an_operation_answers_its_one_method_and_is_counted_under_its_address(issuer: TestIssuer) -> None:
    async def kept(request: Request) -> Response:
        if request.path_params["name"] == "none":
            raise Rejected("stream.not_found", stream="kept:none")
        return Response(request.path_params["name"])

    api = Api()
    api.serve("GET", "/kept/{name}", kept, "kept")
    app = base_app("kept", issuer.authenticator(), api=api)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kept.test") as client:
        assert (await client.get("/kept/one")).text == "one"
        assert (await client.get("/kept/none")).json()["code"] == "stream.not_found"
        head = await client.head("/kept/one")
        assert (head.status_code, head.headers["allow"]) == (405, "GET")
    counted = REGISTRY.get_sample_value(
        "obec_http_requests_total", {"service": "kept", "method": "GET", "route": "/kept/{name}", "status": "200"}
    )
    assert counted == 1
