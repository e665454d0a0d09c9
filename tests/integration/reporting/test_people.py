"""Names on a committee's page: for who is signed in and may see them, nowhere else, and offices in their stead."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Request

from services.committee import persons
from services.reporting.application import application
from services.reporting.following import Watch
from services.reporting.http import Views
from services.reporting.pages.people import KEPT_SECONDS, People
from services.reporting.pages.routes import Pages
from shared.contracts.committee import Member, MemberAppointed, Seat
from shared.settings import Settings
from shared.web import session
from shared.web.api import Api
from shared.web.app import base_app
from shared.web.auth import Caller, authorise
from shared.web.sign_in import SignIn
from tests.conftest import NewDatabase
from tests.integration.reporting.full import REGION, full
from tests.integration.reporting.site import Site, open_site
from tests.integration.reporting.test_pages import PATHS
from tests.tokens import TestIssuer
from tests.unit.reporting.log import PROGRAMME

ADDRESS, COMMITTEE = "http://reporting", "http://committee"
SECRET = "s" * 32
PAGE = f"/{PROGRAMME}/committees/{REGION}"
NAME, OFFICE = "นางสาวสมใจ ใจดี", "ผู้อำนวยการเขตพื้นที่"
WITHOUT = "Names of persons cannot be had at the moment"
WHY = re.compile(r'<span class="why">([^<]*)</span>')
VIEWS = ("national", "regions", f"regions/{REGION}", "committees", f"committees/{REGION}", "meetings")


class Line(httpx.AsyncBaseTransport):
    """The way to the committee service, which a test can break; ``asked`` counts what went over it."""

    def __init__(self, app: FastAPI) -> None:
        self._through = httpx.ASGITransport(app)
        self.asked = 0
        self.broken: httpx.Response | Exception | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if isinstance(self.broken, Exception):
            raise self.broken
        return self.broken or await self._through.handle_async_request(request)


@dataclass
class Time:
    """A clock that a test moves on."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class House:
    """A reporting site with pages, sign-in and a committee service whose register knows one member."""

    site: Site
    issuer: TestIssuer
    register: httpx.AsyncClient
    line: Line
    person: str
    time: Time = field(default_factory=Time)

    @asynccontextmanager
    async def process(self) -> AsyncIterator[FastAPI]:
        """A process that serves reporting."""
        api, authenticator = Api(), self.issuer.authenticator()
        Views(self.site.desk, Watch(lambda: self.site.pool)).add_to(api)
        app = application(self.site.desk, authenticator, api, public_read=True)
        SignIn(Settings(public_address=ADDRESS, sign_in=None, session_secret=SECRET)).add_to(app)

        @app.post("/begin")
        async def begin(request: Request) -> None:
            """Sign somebody in without an issuer."""
            said = await request.json()
            caller = Caller(said["id"], frozenset(said["roles"]))
            session.begin(request, caller, said["id"], said["token"], time.time() + 600)

        async with httpx.AsyncClient(transport=self.line) as client:
            Pages(self.site.desk, people=People(client, COMMITTEE, self.time)).add_to(app)
            yield app
        await authenticator.close()

    @asynccontextmanager
    async def browser(self, app: FastAPI, *roles: str, token: str = "") -> AsyncIterator[httpx.AsyncClient]:
        """A browser in which somebody with these roles is signed in; nobody without."""
        transport, headers = httpx.ASGITransport(app), {"Accept": "text/html", "Accept-Language": "en"}
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as browser:
            if roles:
                said = {"id": f"usr-{roles[0]}", "roles": roles, "token": token or self.issuer.token(roles)}
                assert (await browser.post("/begin", json=said)).is_success
            yield browser

    async def erase(self) -> None:
        """Have the member's name erased."""
        answer = await self.register.delete(f"/v1/persons/{self.person}", headers=self.issuer.bearer("officer"))
        assert answer.status_code == 204


@pytest.fixture
async def house(site: Site, database: NewDatabase) -> AsyncIterator[House]:
    issuer = TestIssuer()
    authenticator = issuer.authenticator()
    async with asyncpg.create_pool((await database("committee")).app_dsn, min_size=1, max_size=2) as pool:
        app = base_app("committee", authenticator, routers=[persons.router(lambda: pool, authorise)])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=COMMITTEE) as register:
            named = {"display_name": NAME}
            answer = await register.put("/v1/persons/hr/hr-1", json=named, headers=issuer.bearer("officer"))
            person = answer.json()["person_id"]
            log = full()
            member = Member(person_id=UUID(person), office=OFFICE, seat=Seat.MEMBER)
            told = {"programme": PROGRAMME, "region": REGION, "member": member, "effective_from": "2017-02-01"}
            log.tell(f"committee:{PROGRAMME}:{REGION}:1", MemberAppointed.model_validate(told))
            await site.project(log)
            yield House(site, issuer, register, Line(app), person)
    await authenticator.close()


async def look(browser: httpx.AsyncClient, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """The committee's page, which always shows the office."""
    answer = await browser.get(PAGE, headers=headers)
    assert answer.status_code == 200, answer.text
    assert OFFICE in answer.text
    return answer


async def test_who_may_see_names_sees_them_and_no_browser_keeps_them(house: House) -> None:
    async with house.process() as app, house.browser(app) as public:
        tag = {"If-None-Match": (await look(public)).headers["etag"]}
        for role in ("reader", "officer", "approver"):
            async with house.browser(app, role) as browser:
                page = await look(browser, tag)
                assert NAME in page.text, role
                assert {"Ex officio", "No name on record"} <= set(WHY.findall(page.text))
                assert WITHOUT not in page.text
                assert "not shown" not in page.text
                assert house.person not in page.text
                assert (page.headers["cache-control"], "etag" in page.headers) == ("private, no-store", False)
        assert (await public.get(PAGE, headers=tag)).status_code == 304


async def test_operators_and_the_public_see_offices_and_nobody_is_asked(house: House) -> None:
    async with house.process() as app, house.browser(app, "operator") as operator, house.browser(app) as public:
        for browser in (operator, public):
            page = await look(browser)
            assert NAME not in page.text
            assert WITHOUT not in page.text
            assert (page.headers["cache-control"], "etag" in page.headers) == ("private, no-cache", True)
        bearer = await look(public, house.issuer.bearer("reader"))
        assert NAME not in bearer.text
    assert house.line.asked == 0


async def test_while_names_cannot_be_had_offices_are_shown_and_it_is_said(house: House) -> None:
    async with house.process() as app, house.browser(app, "reader") as browser:
        for broken in (httpx.ConnectError("nobody there"), httpx.Response(503)):
            house.line.broken = broken
            page = await look(browser)
            assert NAME not in page.text
            assert WITHOUT in page.text
            assert page.headers["cache-control"] == "private, no-store"
        house.line.broken = None
        assert NAME in (await look(browser)).text
        # The committee service decides by the token, whatever the session says.
        async with house.browser(app, "reader", token=house.issuer.token(["operator"])) as other:
            page = await look(other)
            assert NAME not in page.text
            assert WITHOUT in page.text


async def test_a_process_that_does_not_know_the_token_shows_offices(house: House) -> None:
    async with house.process() as first, house.process() as second, house.browser(first, "reader") as browser:
        assert NAME in (await look(browser)).text
        async with house.browser(second) as other:
            other.cookies = browser.cookies
            page = await look(other)

    assert "Sign out" in page.text
    assert NAME not in page.text
    assert WITHOUT in page.text


async def test_a_name_that_is_erased_is_gone_within_half_a_minute(house: House) -> None:
    async with house.process() as app, house.browser(app, "reader") as browser:
        await look(browser)
        house.time.seconds += KEPT_SECONDS - 1
        assert NAME in (await look(browser)).text
        assert house.line.asked == 1
        await house.erase()
        house.time.seconds += 1
        page = await look(browser)

    assert NAME not in page.text
    assert WITHOUT not in page.text
    assert house.line.asked == 2


async def test_names_are_on_no_other_page_and_in_no_answer_nor_log(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    caplog.set_level("DEBUG", logger="httpx")
    async with house.process() as app, house.browser(app, "officer") as browser:
        assert NAME in (await look(browser)).text
        event = (await house.site.get("lineage", figure="committees"))["events"][-1]["id"]
        others = {f"/{PROGRAMME}/{path.format(event=event)}".rstrip("/") for path in PATHS.values()} - {PAGE}
        asked = {f"/v1/programmes/{PROGRAMME}/{view}" for view in VIEWS}
        files = {f"{path}?format={form}" for path in asked for form in ("csv", "xlsx")}
        assert len(others) == len(PATHS) - 1
        for path in (*others, *asked, *files):
            answer = await browser.get(path)
            assert answer.status_code == 200, f"{path}: {answer.text}"
            assert NAME.encode() not in unpacked(answer.content), path

    written = capfd.readouterr()
    assert "/v1/persons" in caplog.text
    assert NAME not in caplog.text + written.out + written.err


async def test_a_session_opens_the_files_that_pages_link_to(database: NewDatabase) -> None:
    async with open_site(database, public_read=False) as site:
        SignIn(Settings(public_address=ADDRESS, sign_in=None, session_secret=None)).add_to(site.app)
        await site.project(full())

        @site.app.post("/begin")
        async def begin(request: Request) -> None:
            session.begin(request, Caller("usr-reader", frozenset({"reader"})), "", "a.b.c", time.time() + 600)

        for path in ("/v1/programmes", f"/v1/programmes/{PROGRAMME}/regions?format=xlsx"):
            site.client.cookies.clear()
            assert (await site.client.get(path)).json()["code"] == "auth.required"
            await site.client.post("/begin")
            answer = await site.client.get(path)
            assert answer.status_code == 200
            assert answer.headers["vary"].endswith("Cookie")
        stream = site.client.build_request("GET", "/v1/programmes/2599-cluster/stream")
        assert (await site.client.send(stream)).json()["code"] == "programme.unknown"


def unpacked(content: bytes) -> bytes:
    """A file's bytes; of a workbook those of its parts."""
    if not content.startswith(b"PK"):
        return content
    with ZipFile(BytesIO(content)) as parts:
        return b"".join(parts.read(name) for name in parts.namelist())
