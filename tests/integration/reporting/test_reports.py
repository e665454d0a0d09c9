"""Reports over HTTP: who may do what, what publishing freezes and keeps, and that it can be made again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import asyncpg
import httpx
import pytest

from services.reporting.application import application
from services.reporting.asking import Desk
from services.reporting.documents.content import Content, canonical
from services.reporting.documents.publishing import Renderer
from services.reporting.documents.rendering import File
from services.reporting.reports import Reports
from services.reporting.reports_http import ReportRoutes
from shared.contracts import Rejected
from shared.contracts.envelope import Envelope, from_headers
from shared.contracts.reporting import ReportPublished
from shared.eventstore.relay import Relay
from shared.eventstore.store import EventStore
from shared.streams.topics import Topics, records
from shared.web.api import Api
from shared.web.auth import Caller
from tests.conftest import NewDatabase, NewTopics
from tests.contract.asking import refused, send
from tests.eventually import eventually
from tests.integration.reporting.site import Site, open_site
from tests.tokens import TestIssuer
from tests.unit.reporting.log import PROGRAMME, Log

FIRST = f"report:{PROGRAMME}:1"
HERE = f"/v1/programmes/{PROGRAMME}/reports"
DRAFT = {"programme": PROGRAMME, "edition": 1, "title": "รายงานผล (ตัวอย่าง)", "text": "บทสรุป (ตัวอย่าง)"}


@dataclass
class Printer:
    """Renders a content as itself, in two kinds of files; ``number`` is which renderer it is."""

    number: int = 1
    made: list[Content] = field(default_factory=list)

    def render(self, content: Content) -> dict[str, File]:
        """The files by name."""
        self.made.append(content)
        body = canonical(content) + bytes([self.number])
        kinds = {"report-th.pdf": "application/pdf", "report.xlsx": "application/vnd.ms-excel"}
        return {name: File(name, kind, body) for name, kind in kinds.items()}

    def digest(self) -> str:
        """Of what renders."""
        return hashlib.sha256(bytes([self.number])).hexdigest()


@dataclass
class Office:
    """A programme with figures, its reports, and those who work on them."""

    site: Site
    log: Log
    store: EventStore
    reports: Reports
    printer: Printer
    officer: httpx.AsyncClient
    approver: httpx.AsyncClient
    both: httpx.AsyncClient
    public: httpx.AsyncClient
    keys: count[int] = field(default_factory=count)

    async def does(self, who: httpx.AsyncClient, verb: str, body: Any = None, stream: str = FIRST) -> httpx.Response:
        """A command that is carried out."""
        path = f"/v1/reports/{stream}/{verb}" if verb else "/v1/reports"
        answer = await send(who, path, body or {}, key=f"key-{next(self.keys)}")
        assert answer.is_success, answer.text
        return answer

    async def approve(self, edition: int = 1, **more: Any) -> str:
        """Draft, submit and approve an edition; returns its stream."""
        stream = f"report:{PROGRAMME}:{edition}"
        await self.does(self.officer, "", {**DRAFT, "edition": edition, **more})
        await self.does(self.officer, "submit", stream=stream)
        await self.does(self.approver, "approve", stream=stream)
        return stream

    async def publish(self, edition: int = 1, **more: Any) -> dict[str, Any]:
        """An edition from draft to publication, as the list tells it."""
        await self.does(self.approver, "publish", stream=await self.approve(edition, **more))
        return await self.edition(edition)

    async def edition(self, edition: int = 1) -> dict[str, Any]:
        """What is told of an edition."""
        answer = await self.public.get(f"{HERE}/{edition}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def reproduction(self, edition: int = 1) -> dict[str, Any]:
        """How it compares when it is made again."""
        answer = await self.officer.get(f"{HERE}/{edition}/reproduction")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def spoil(self, table: str) -> None:
        """Change what the archive holds, as only the owner can."""
        owner = await asyncpg.connect(self.site.owner_dsn)
        try:
            column = {"report_file": "bytes", "report_content": "content"}[table]
            await owner.execute(f"UPDATE public.{table} SET {column} = {column} || '\\x00'")
        finally:
            await owner.close()


@asynccontextmanager
async def opened(site: Site, *, public_read: bool = True, renderer: Renderer | None = None) -> AsyncIterator[Office]:
    """The office on a site; it prints with the Printer unless a ``renderer`` is given."""
    log = Log()
    log.register()
    log.at("2017-02-20").propose("R07", "2016-11-01")
    log.appoint("R07", "2017-01-10")
    await site.project(log)
    issuer, printer = TestIssuer(), Printer()
    store = await EventStore.open(site.app_dsn, "reporting")
    authenticator = issuer.authenticator()
    try:
        reports = Reports(site.desk, store, renderer or Renderer(printer.render, printer.digest))
        api = Api()
        ReportRoutes(reports).add_to(api)
        app = application(site.desk, authenticator, api, public_read=public_read)

        def client(headers: dict[str, str]) -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://reporting", headers=headers)

        async with (
            client(issuer.bearer("officer", subject="usr-officer")) as officer,
            client(issuer.bearer("approver", subject="usr-approver")) as approver,
            client(issuer.bearer("officer", "approver", subject="usr-officer")) as both,
            client({}) as public,
        ):
            yield Office(site, log, store, reports, printer, officer, approver, both, public)
    finally:
        await authenticator.close()
        await store.close()


@pytest.fixture
async def office(site: Site) -> AsyncIterator[Office]:
    async with opened(site) as made:
        yield made


async def test_a_report_goes_from_draft_by_return_to_publication(office: Office) -> None:
    await office.does(office.officer, "", DRAFT)
    await office.does(office.officer, "submit")
    await office.does(office.approver, "return", {"reason": "ขอเพิ่มบทสรุป"})
    [told] = (await office.officer.get(HERE)).json()["reports"]
    assert (told["status"], told["reason"]) == ("returned", "ขอเพิ่มบทสรุป")
    await office.does(office.officer, "", {**DRAFT, "text": "บทสรุปใหม่"})
    await office.does(office.officer, "submit")
    await office.does(office.approver, "approve")
    await office.does(office.approver, "publish")

    told = await office.edition()
    state = (await office.officer.get(f"/v1/reports/{FIRST}")).json()["state"]
    events = (await office.officer.get(f"/v1/streams/{FIRST}/events")).json()

    assert told["status"] == "published"
    assert {each["of"] for each in told["digests"]} == {"programme", "contracts", "reference", "renderer"}
    assert told["positions"] == [{"store": "committee", "shard": 0, "position": 3}, *told["positions"][1:]]
    assert state["published"]["content_hash"] == told["content_hash"]
    assert [each["type"].split(".")[-2] for each in events] == [
        *("ReportDrafted", "ReportSubmitted", "ReportReturned"),
        *("ReportDrafted", "ReportSubmitted", "ReportApproved", "ReportPublished"),
    ]


async def test_the_roles_are_held_apart(office: Office) -> None:
    await refused(send(office.approver, "/v1/reports", DRAFT), 403, "auth.forbidden")
    await office.does(office.officer, "", DRAFT)
    await office.does(office.officer, "submit")
    for verb in ("approve", "return"):
        body = {"reason": "ขอแก้ไข"} if verb == "return" else {}
        await refused(send(office.both, f"/v1/reports/{FIRST}/{verb}", body), 422, "report.reviewer_is_drafter")
    await refused(send(office.public, f"/v1/reports/{FIRST}/approve", {}), 401, "auth.required")


async def test_a_report_of_no_programme_is_refused(office: Office) -> None:
    wrong = {**DRAFT, "programme": "2561-cluster"}
    await refused(send(office.officer, "/v1/reports", wrong), 404, "programme.unknown")
    await refused(office.officer.get("/v1/programmes/2561-cluster/reports"), 404, "programme.unknown")


async def test_what_is_not_approved_is_neither_made_nor_published(office: Office) -> None:
    await office.does(office.officer, "", DRAFT)
    await refused(send(office.approver, f"/v1/reports/{FIRST}/publish", {}), 409, "report.not_approved")
    assert office.printer.made == []


async def test_a_report_is_made_once_however_often_its_publication_is_told(office: Office) -> None:
    await office.approve()
    path = f"/v1/reports/{FIRST}/publish"
    first = await send(office.approver, path, {}, key="once")
    again = await send(office.approver, path, {}, key="once")
    other = await send(office.approver, path, {}, key="twice")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 200)
    assert first.json() == again.json()
    assert len(office.printer.made) == 1


async def test_a_published_report_stays_as_it_is(office: Office) -> None:
    await office.publish()
    await refused(send(office.officer, "/v1/reports", {**DRAFT, "text": "อื่น"}), 409, "report.published")
    events = (await office.officer.get(f"/v1/streams/{FIRST}/events")).json()
    for event in events:
        body = {"event_id": event["id"], "reason": "ผิด"}
        await refused(send(office.officer, f"/v1/reports/{FIRST}/void", body), 409, "report.published")


async def test_nobody_who_runs_the_service_changes_the_archive(office: Office) -> None:
    await office.publish()
    for statement in ("UPDATE public.report_file SET size = 0", "DELETE FROM public.report_content"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await office.site.pool.execute(statement)


async def test_a_correction_is_a_new_edition_that_says_what_it_changes(office: Office) -> None:
    correction = {"corrects": 1, "changes": "แก้ไขจำนวนคณะกรรมการ"}
    second = {**DRAFT, "edition": 2, **correction}
    await refused(send(office.officer, "/v1/reports", second), 409, "report.earlier_not_published")
    await office.publish()
    await office.publish(2, **correction)
    listed = (await office.public.get(HERE)).json()["reports"]
    assert [(each["edition"], each["corrects"], each["changes"]) for each in listed] == [
        (1, None, None),
        (2, 1, "แก้ไขจำนวนคณะกรรมการ"),
    ]
    assert office.printer.made[-1]["report"]["changes"] == "แก้ไขจำนวนคณะกรรมการ"


async def test_a_file_has_its_hash_for_a_tag_and_a_name_to_be_saved_by(office: Office) -> None:
    told = await office.publish()
    [pdf, sheet] = told["files"]
    found = await office.public.get(f"{HERE}/1/files/report-th.pdf")
    assert hashlib.sha256(found.content).hexdigest() == pdf["sha256"]
    assert found.headers["ETag"] == f'"{pdf["sha256"]}"'
    assert found.headers["Content-Type"] == "application/pdf"
    assert found.headers["Content-Disposition"] == f'inline; filename="{PROGRAMME}-1-report-th.pdf"'
    assert (len(found.content), sheet["name"]) == (pdf["size"], "report.xlsx")
    kept = await office.public.get(f"{HERE}/1/files/report-th.pdf", headers={"If-None-Match": found.headers["ETag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    saved = await office.public.get(f"{HERE}/1/files/report.xlsx")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    await refused(office.public.get(f"{HERE}/1/files/other.pdf"), 404, "report.no_such_file")


@pytest.mark.parametrize("edition", ["2", "0", "x", "99999999999999999999"])
async def test_an_edition_that_is_not_there_is_not_found(office: Office, edition: str) -> None:
    await office.publish()
    for path in (f"{HERE}/{edition}", f"{HERE}/{edition}/files/report-th.pdf", f"{HERE}/{edition}/reproduction"):
        await refused(office.officer.get(path), 404, "report.not_found")


@pytest.mark.parametrize("programme", ["2561-cluster", "a%00b", "report:x", "ก" * 300])
async def test_an_edition_of_no_programme_is_not_found(office: Office, programme: str) -> None:
    for path in ("1", "1/files/report-th.pdf", "1/reproduction"):
        answer = await office.officer.get(f"/v1/programmes/{programme}/reports/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "report.not_found")
    assert (await office.officer.get(f"/v1/programmes/{programme}/reports")).json()["code"] == "programme.unknown"


async def test_the_public_sees_what_is_published_and_no_draft(office: Office) -> None:
    await office.approve()
    assert (await office.public.get(HERE)).json() == {"reports": []}
    await refused(office.public.get(f"{HERE}/1"), 404, "report.not_found")
    await refused(office.public.get(f"{HERE}/1/files/report-th.pdf"), 409, "report.not_published")
    assert len((await office.approver.get(HERE)).json()["reports"]) == 1
    await office.does(office.approver, "publish")
    assert len((await office.public.get(HERE)).json()["reports"]) == 1


async def test_without_public_reading_a_report_takes_a_token(database: NewDatabase) -> None:
    async with open_site(database) as site, opened(site, public_read=False) as office:
        for path in (HERE, f"{HERE}/1", f"{HERE}/1/files/report-th.pdf", f"{HERE}/1/reproduction"):
            await refused(office.public.get(path), 401, "auth.required")


async def test_a_spoilt_file_is_never_given_out(office: Office) -> None:
    await office.publish()
    await office.spoil("report_file")
    await refused(office.public.get(f"{HERE}/1/files/report-th.pdf"), 409, "report.archive_damaged")
    told = await office.reproduction()
    assert (told["verdict"], told["archive"]) == ("same", "whole")
    assert {each["archive"] for each in told["files"]} == {"damaged"}
    await office.spoil("report_content")
    assert (await office.reproduction())["archive"] == "damaged"


async def test_a_report_is_made_again_the_same_after_more_has_happened(office: Office) -> None:
    await office.publish()
    before = await office.reproduction()
    office.log.at("2017-05-20").propose("R08", "2016-11-01")
    office.log.appoint("R08", "2017-01-10", 2)
    await office.site.project(office.log)

    after = await office.reproduction()
    now = await office.publish(2)

    assert before == after
    assert (after["verdict"], after["content"], after["renderer"]) == ("same", "same", "same")
    assert {each["made_again"] for each in after["files"]} == {"same"}
    assert set(after["digests"].values()) == {"same"}
    assert now["content_hash"] != after["content_hash"]
    assert office.printer.made[-1]["results"]["committees"]["text"] == "2/19"
    assert office.printer.made[-2]["results"]["committees"]["text"] == "1/19"


async def test_the_product_s_own_files_are_published_and_made_again_byte_for_byte(site: Site) -> None:
    async with opened(site, renderer=Renderer()) as office:
        told = await office.publish()
        files = {each["name"]: each["media_type"] for each in told["files"]}
        assert set(files) == {f"report-{each}" for each in ("th.pdf", "en.pdf", "th.html", "en.html")} | {"report.xlsx"}
        pdf = await office.public.get(f"{HERE}/1/files/report-th.pdf")
        assert (pdf.content[:5], pdf.headers["Content-Type"]) == (b"%PDF-", "application/pdf")
        page = await office.public.get(f"{HERE}/1/files/report-th.html")
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert (await office.reproduction())["verdict"] == "same"


async def test_another_renderer_makes_the_same_content(office: Office) -> None:
    await office.publish()
    office.printer.number = 2
    told = await office.reproduction()
    assert (told["verdict"], told["content"], told["renderer"]) == ("same content, other renderer", "same", "other")
    assert {each["made_again"] for each in told["files"]} == {"differs"}


async def test_what_does_not_come_out_the_same_is_told(office: Office) -> None:
    await office.publish()
    owner = await asyncpg.connect(office.site.owner_dsn, server_settings={"search_path": "reporting, public"})
    try:
        await owner.execute("DELETE FROM events WHERE name = 'CommitteeAppointed'")
    finally:
        await owner.close()
    nothing_kept = Desk(office.site.desk.pool, office.site.clock)
    reports = Reports(nothing_kept, office.store, Renderer(office.printer.render, office.printer.digest))
    told = await reports.reproduced(PROGRAMME, 1)
    assert (told.verdict, told.content, told.renderer) == ("differs", "differs", "same")


async def test_a_form_comes_through_the_same_door(office: Office) -> None:
    person = Caller("usr-officer", frozenset({"officer"}))
    first = await office.reports.command(person, None, "create", DRAFT, "form-1")
    again = await send(office.officer, "/v1/reports", DRAFT, key="form-1")
    assert (first.stream, again.headers["Idempotent-Replayed"]) == (FIRST, "true")
    await office.reports.command(person, FIRST, "submit", {}, "form-2")
    with pytest.raises(Rejected) as refusal:
        await office.reports.command(Caller("usr-reader", frozenset({"reader"})), FIRST, "approve", {}, "form-3")
    assert refusal.value.code == "auth.forbidden"
    approver = Caller("usr-approver", frozenset({"approver"}))
    assert (await office.reports.command(approver, FIRST, "approve", {}, "form-4", version=2)).version == 3


async def test_what_was_kept_before_its_event_came_about_is_found_again(office: Office) -> None:
    """As after a stop between the two: the same content is kept once, another one beside it."""
    await office.approve()
    draft = (await office.reports.report(PROGRAMME, 1)).drafted()
    publishing = office.reports.publishing
    one, two = await publishing.frozen(draft), await publishing.frozen(draft)
    assert one == two
    assert await office.site.pool.fetchval("SELECT count(*) FROM public.report_file") == 2
    office.log.at("2017-05-20").propose("R08", "2016-11-01")
    await office.site.project(office.log)
    await office.does(office.approver, "publish")
    assert await office.site.pool.fetchval("SELECT count(*) FROM public.report_file") == 4
    assert (await office.public.get(f"{HERE}/1/files/report-th.pdf")).status_code == 200


async def test_what_becomes_of_a_report_is_sent_to_reporting_s_topic_as_its_own_user(
    office: Office, topics: NewTopics
) -> None:
    made = await topics()
    broker, names = made.broker_of("reporting"), Topics(made.prefix)
    await office.publish()
    stop = asyncio.Event()
    relay = asyncio.create_task(Relay(office.store, broker, names, 0).run(stop))

    async def sent() -> list[Envelope]:
        topic = records(made.broker, names.events("reporting"), 0)
        return [from_headers(each.headers, each.value) async for each in topic]

    async def all_are_sent() -> bool:
        return len(await sent()) == 4

    try:
        await eventually(all_are_sent)
    finally:
        stop.set()
        await asyncio.wait_for(relay, 20)
    assert [each.stream for each in await sent()] == [FIRST] * 4
    assert (await sent())[-1].type == ReportPublished.spec.type


async def test_every_operation_is_documented_under_a_name_of_its_own(office: Office) -> None:
    document = (await office.public.get("/openapi.json")).json()
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    file = document["paths"]["/v1/programmes/{programme}/reports/{edition}/files/{name}"]["get"]
    assert {"application/pdf", "text/html"} <= set(file["responses"]["200"]["content"])
    assert "409" in file["responses"]
    for verb in ("submit", "return", "approve", "publish", "void"):
        assert "post" in document["paths"][f"/v1/reports/{{stream}}/{verb}"]
