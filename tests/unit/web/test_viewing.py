"""Who looks at views: a token before a session, a session for looking alone, everybody where the settings say so."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, Request

from shared.settings import Settings
from shared.web import session
from shared.web.app import base_app
from shared.web.auth import Caller
from shared.web.sign_in import SignIn
from shared.web.viewing import reader, viewer
from tests.tokens import TestIssuer

ADDRESS = "http://views.test"


def router() -> APIRouter:
    routes = APIRouter()

    @routes.api_route("/view", methods=["GET", "HEAD", "POST"])
    async def view(caller: Annotated[Caller | None, Depends(viewer)]) -> str:
        return caller.id if caller else "anybody"

    @routes.get("/known")
    async def known(caller: Annotated[Caller, Depends(reader)]) -> str:
        return caller.id

    @routes.post("/begin/{role}")
    async def begin(request: Request, role: str) -> None:
        """Sign somebody in without an issuer."""
        session.begin(request, Caller("usr-signed-in", frozenset({role})), "", "a.b.c", time.time() + 600)

    return routes


@pytest.fixture
def issuer() -> TestIssuer:
    return TestIssuer()


@pytest.fixture
def public_read() -> bool:
    return False


@pytest.fixture
async def http(issuer: TestIssuer, public_read: bool) -> AsyncIterator[httpx.AsyncClient]:
    app = base_app("views", issuer.authenticator(), routers=[router()], public_read=public_read)
    SignIn(Settings(public_address=ADDRESS, sign_in=None, session_secret=None)).add_to(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as client:
        yield client


async def said(http: httpx.AsyncClient, path: str = "/view", headers: Mapping[str, str] | None = None) -> str:
    """Who looked, or the code of the refusal."""
    answer = await http.get(path, headers=headers)
    found: str = answer.json() if answer.is_success else answer.json()["code"]
    return found


@pytest.mark.parametrize("role", ["reader", "officer", "approver", "operator"])
async def test_whoever_is_signed_in_and_may_read_opens_views(http: httpx.AsyncClient, role: str) -> None:
    assert await said(http) == "auth.required"
    await http.post(f"/begin/{role}")
    assert await said(http) == "usr-signed-in"
    assert await said(http, "/known") == "usr-signed-in"
    assert (await http.head("/view")).status_code == 200


async def test_whoever_is_signed_in_without_a_role_that_reads_is_refused(http: httpx.AsyncClient) -> None:
    await http.post("/begin/visitor")
    assert (await said(http), await said(http, "/known")) == ("auth.forbidden", "auth.forbidden")


async def test_a_session_is_good_for_looking_alone(http: httpx.AsyncClient) -> None:
    await http.post("/begin/reader")
    assert (await http.post("/view")).json()["code"] == "auth.required"


@pytest.mark.parametrize("public_read", [False, True])
async def test_a_token_stands_before_a_session(http: httpx.AsyncClient, issuer: TestIssuer) -> None:
    await http.post("/begin/reader")
    assert await said(http, headers=issuer.bearer("reader", subject="usr-program")) == "usr-program"
    assert await said(http, headers={"Authorization": "Bearer a.b.c"}) == "auth.required"
    assert await said(http, "/known", issuer.bearer("visitor")) == "auth.forbidden"


@pytest.mark.parametrize("public_read", [True])
async def test_open_views_are_open_to_everybody_and_know_who_may_read(
    http: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    assert (await said(http), await said(http, "/known")) == ("anybody", "auth.required")
    assert await said(http, headers=issuer.bearer("visitor")) == "anybody"
    await http.post("/begin/visitor")
    assert await said(http) == "anybody"
    await http.post("/begin/reader")
    assert await said(http) == "usr-signed-in"


async def test_an_answer_to_a_session_is_not_another_s(http: httpx.AsyncClient) -> None:
    await http.post("/begin/reader")
    assert "Cookie" in (await http.get("/view")).headers["vary"]
