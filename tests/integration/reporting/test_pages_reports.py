"""Reports on the pages: people write, submit, return, approve and publish them by forms, each with their own roles."""

import hashlib
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

import httpx
import pytest
from fastapi import Request

from services.reporting.application import application
from services.reporting.documents.content import Content, canonical
from services.reporting.documents.publishing import Renderer
from services.reporting.documents.rendering import File
from services.reporting.pages.routes import Pages
from services.reporting.reports import Reports
from shared.eventstore.store import EventStore
from shared.settings import Settings
from shared.web import session
from shared.web.api import Api
from shared.web.auth import Authenticator, Caller
from shared.web.sign_in import SignIn
from tests.integration.reporting.full import full
from tests.integration.reporting.site import Site
from tests.unit.reporting.log import PROGRAMME

ADDRESS = "http://reporting"
HERE = f"/{PROGRAMME}/reports"
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
FORM = re.compile(r'<form class="writing" method="post" action="([^"]+)".*?</form>', re.DOTALL)


def render(content: Content) -> dict[str, File]:
    """A content as itself."""
    return {"report-th.pdf": File("report-th.pdf", "application/pdf", canonical(content))}


@dataclass
class Clerk:
    """Somebody with a browser."""

    browser: httpx.AsyncClient

    async def look(self, path: str = "", status: int = 200) -> str:
        """A page of the reports."""
        answer = await self.browser.get(f"{HERE}{path}")
        assert answer.status_code == status, answer.text
        return answer.text

    async def fill(self, verb: str, page: str, fields: Mapping[str, str] | None = None, status: int = 303) -> str:
        """Send the form of a page whose address ends in ``verb``; where it leads to, or what is said."""
        for form in FORM.finditer(page):
            if unescape(form[1]).endswith(verb):
                hidden = {name: unescape(value) for name, value in FIELD.findall(form[0])}
                answer = await self.browser.post(unescape(form[1]), data={**hidden, **(fields or {})})
                assert answer.status_code == status, answer.text
                return str(answer.headers.get("location", answer.text))
        raise AssertionError(f"no form {verb} on the page")


@dataclass
class Office:
    """Those who work on reports."""

    drafter: Clerk
    approver: Clerk
    reader: Clerk
    public: Clerk


@pytest.fixture
async def office(site: Site) -> AsyncIterator[Office]:
    """A site with reports, and browsers in which people are signed in."""
    await site.project(full())
    store = await EventStore.open(site.app_dsn, "reporting")
    reports = Reports(site.desk, store, Renderer(render, lambda: hashlib.sha256(b"").hexdigest()))
    app = application(site.desk, Authenticator(()), Api(), public_read=True)
    SignIn(Settings(public_address=ADDRESS, sign_in=None, session_secret=None)).add_to(app)

    @app.post("/begin")
    async def begin(request: Request) -> None:
        """Sign somebody in without an issuer."""
        said = await request.json()
        caller = Caller(said["id"], frozenset(said["roles"]))
        session.begin(request, caller, said["id"], "a.b.c", time.time() + 600)

    Pages(site.desk, reports).add_to(app)

    @asynccontextmanager
    async def clerk(name: str, *roles: str) -> AsyncIterator[Clerk]:
        transport = httpx.ASGITransport(app)
        headers = {"Accept": "text/html"}
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as browser:
            if roles:
                await browser.post("/begin", json={"id": name, "roles": roles})
            yield Clerk(browser)

    async with (
        clerk("usr-drafter", "officer") as drafter,
        clerk("usr-approver", "approver") as approver,
        clerk("usr-reader", "reader") as reader,
        clerk("") as public,
    ):
        yield Office(drafter, approver, reader, public)
    await store.close()


def verbs(page: str) -> list[str]:
    """What the forms of an edition's page do."""
    return [unescape(form[1]).partition("?")[0].rpartition("/")[2] for form in FORM.finditer(page)]


async def drafted(office: Office, title: str = "รายงานผล (ตัวอย่าง)", **more: str) -> str:
    """A draft; the path of its page below the reports'."""
    page = await office.drafter.look()
    location = await office.drafter.fill(
        "/reports", page, fields={"title": title, "text": "บทสรุป <b>ตัวอย่าง</b>", **more}
    )
    return location.removeprefix(HERE)


async def published(office: Office) -> str:
    """A published edition; the path of its page below the reports'."""
    path = await drafted(office)
    await office.drafter.fill("/submit", await office.drafter.look(path))
    await office.approver.fill("/approve", await office.approver.look(path))
    await office.approver.fill("/publish", await office.approver.look(path))
    return path


async def test_a_report_goes_from_draft_to_publication_by_forms(office: Office) -> None:
    path = await drafted(office)
    assert "บทสรุป &lt;b&gt;ตัวอย่าง" in await office.drafter.look(path)
    await office.drafter.fill("/submit", await office.drafter.look(path))
    await office.approver.fill("/return", await office.approver.look(path), {"reason": "ขาดบทสรุป"})
    assert "ขาดบทสรุป" in await office.drafter.look(path)
    assert verbs(await office.drafter.look(path)) == ["create"]
    await office.drafter.fill("/create", await office.drafter.look(path), {"title": "รายงานผล", "text": "บทสรุปใหม่"})
    await office.drafter.fill("/submit", await office.drafter.look(path))
    assert verbs(await office.approver.look(path)) == ["approve", "return"]
    await office.approver.fill("/approve", await office.approver.look(path))
    assert verbs(await office.approver.look(path)) == ["publish"]
    await office.approver.fill("/publish", await office.approver.look(path))

    page = await office.public.look(path)

    assert "บทสรุปใหม่" in page
    assert "เผยแพร่แล้ว" in page
    file = await office.public.browser.get(f"{HERE}{path}/files/report-th.pdf")
    assert file.status_code == 200
    assert hashlib.sha256(file.content).hexdigest() in page


async def test_the_public_sees_what_is_published_and_no_form(office: Office) -> None:
    path = await drafted(office)

    assert "<form class" not in await office.public.look()
    assert "รายงานผล (ตัวอย่าง)" not in await office.public.look()
    await office.public.look(path, status=404)
    assert "รายงานผล (ตัวอย่าง)" in await office.reader.look()
    assert not FORM.search(await office.reader.look(path))


async def test_a_published_edition_is_corrected_by_another(office: Office) -> None:
    await published(office)
    path = await drafted(office, title="ฉบับแก้ไข", corrects="1", changes="แก้ตัวเลข")

    page = await office.drafter.look(path)

    assert path == "/2"
    assert "แก้ตัวเลข" in page


async def test_a_refusal_is_told_as_a_page(office: Office) -> None:
    path = await drafted(office)
    page = await office.drafter.look(path)
    await office.drafter.fill("/submit", page)

    told = await office.drafter.fill("/approve", await office.drafter.look(path), status=422)

    assert "report.reviewer_is_drafter" in told


async def test_a_form_sent_twice_is_done_once(office: Office) -> None:
    page = await office.drafter.look()
    first = await office.drafter.fill("/reports", page, {"title": "ก", "text": "ข"})
    second = await office.drafter.fill("/reports", page, {"title": "ก", "text": "ข"})

    assert first == second
    assert len(re.findall(r'<th scope="row"', await office.drafter.look())) == 1


async def test_a_form_that_no_page_of_the_session_sent_is_refused(office: Office) -> None:
    body = {"edition": "1", "title": "ก", "text": "ข", "key": "k-1", "csrf": "guessed"}

    strange = await office.drafter.browser.post(HERE, data=body)
    unknown = await office.public.browser.post(HERE, data=body)

    assert (strange.status_code, "session.csrf" in strange.text) == (403, True)
    assert (unknown.status_code, "auth.required" in unknown.text) == (401, True)


async def test_what_is_no_edition_is_not_found(office: Office) -> None:
    for edition in ("0", "1000", "one", "99999999999"):
        assert "report.not_found" in await office.drafter.look(f"/{edition}", status=404)
