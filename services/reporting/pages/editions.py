"""Pages of a programme's reports: the editions, their files, and the forms by which people write and decide them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from services.reporting.asking import Desk, Wanted
from services.reporting.etags import matches, quoted
from services.reporting.pages.address import Address, address_of
from services.reporting.pages.language import language_of
from services.reporting.pages.readers import Reader, reader_of
from services.reporting.pages.serving import NOT_KEPT, add, frame, sent
from services.reporting.pages.showing import Showing
from services.reporting.report import FOLLOWS, Status
from services.reporting.reports import LARGEST_EDITION, Edition, Reports
from services.reporting.reports_http import IMMUTABLE, SHOWN
from services.reporting.reports_http import POLICY as FILE_POLICY
from shared.contracts import Rejected
from shared.web.auth import READERS, Caller
from shared.web.collection import APPROVER, OFFICER
from shared.web.session import require_csrf, require_role

SECTION = "reports"
_STEPS: Mapping[str, Status] = {
    "create": Status.DRAFT,
    "submit": Status.SUBMITTED,
    "approve": Status.APPROVED,
    "publish": Status.PUBLISHED,
    "return": Status.RETURNED,
}
"""What may be done with an edition, and what it becomes by that."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """One request, read: where it is, who asks, and how pages are shown to them."""

    address: Address
    reader: Reader
    show: Showing


class Editions:
    """Serves the pages of reports."""

    def __init__(self, desk: Desk, reports: Reports) -> None:
        self._desk, self._reports = desk, reports

    def add_to(self, app: FastAPI, below: str) -> None:
        """Serve them below a programme's address."""
        here = f"{below}/{SECTION}"
        add(app, "GET", here, self._list)
        add(app, "POST", here, self._draft)
        add(app, "GET", f"{here}/{{edition}}", self._one)
        add(app, "GET", f"{here}/{{edition}}/files/{{name}}", self._file)
        add(app, "POST", f"{here}/{{edition}}/{{verb}}", self._decide)

    async def _list(self, request: Request) -> Response:
        looked = await _look(request, SECTION)
        editions = await self._reports.editions(looked.address.programme, drafts=_sees_drafts(request, looked.reader))
        known = [each.edition for each in await self._reports.editions(looked.address.programme, drafts=True)]
        drafting = {
            "may_draft": not looked.reader.roles.isdisjoint(OFFICER),
            "next_edition": max(known, default=0) + 1,
            "published": [each for each in editions if each.status is Status.PUBLISHED],
        }
        context = {"editions": editions, **drafting, "key": str(uuid4())}
        return await self._sent(request, looked, "editions.html", context)

    async def _one(self, request: Request) -> Response:
        programme, number = _named(request)
        looked = await _look(request, f"{SECTION}/{number}")
        edition = await self._reports.edition(programme, number, drafts=_sees_drafts(request, looked.reader))
        report = await self._reports.report(programme, number)
        context = {
            "edition": edition,
            "draft": report.drafted(),
            "steps": [
                verb
                for verb, status in _STEPS.items()
                if edition.status in FOLLOWS[status] and _may(verb, edition, looked.reader)
            ],
            "key": str(uuid4()),
        }
        return await self._sent(request, looked, "edition.html", context)

    async def _sent(self, request: Request, looked: _Looked, template: str, context: Mapping[str, Any]) -> Response:
        answers = await self._desk.ask(looked.address.programme, looked.address.kept, Wanted("national"))
        around = frame(looked.show, answers, looked.reader, SECTION, ("region", "period"))
        # A page with forms holds a key that is good once.
        headers = {"Cache-Control": NOT_KEPT}
        return await sent(request, looked.show, template, lambda: {**around, **context}, headers)

    async def _file(self, request: Request) -> Response:
        """A file of a published edition, for those who look with a browser."""
        await reader_of(request)
        programme, number = _named(request)
        file = await self._reports.file(programme, number, request.path_params["name"])
        placed = "inline" if file.media_type.partition(";")[0] in SHOWN else "attachment"
        headers = {
            "ETag": quoted(file.sha256),
            "Cache-Control": IMMUTABLE,
            "Content-Security-Policy": FILE_POLICY,
            "Content-Disposition": f'{placed}; filename="{programme}-{number}-{file.name}"',
        }
        if matches(request.headers.get("if-none-match"), file.sha256):
            return Response(status_code=304, headers=headers)
        body = await self._reports.bytes_of(programme, number, file)
        return Response(body, headers=headers, media_type=file.media_type)

    async def _draft(self, request: Request) -> Response:
        """A new edition, or one that corrects a published edition."""
        form = await _form(request)
        body = {
            "programme": request.path_params["programme"],
            "edition": _number(form.get("edition")),
            "title": form.get("title", ""),
            "text": form.get("text", ""),
        }
        if form.get("corrects"):
            body |= {"corrects": _number(form["corrects"]), "changes": form.get("changes", "")}
        await self._reports.command(_caller(request), None, "create", body, form.get("key", ""))
        return _back(request, int(body["edition"]))

    async def _decide(self, request: Request) -> Response:
        """What a form does with an edition: write it anew, submit, return, approve, publish."""
        programme, number = _named(request)
        verb = request.path_params["verb"]
        form = await _form(request)
        edition = await self._reports.edition(programme, number, drafts=True)
        if verb not in _STEPS:
            raise Rejected("not_found")
        body: dict[str, Any] = {"reason": form.get("reason", "")} if verb == "return" else {}
        if verb == "create":
            given = {"corrects": edition.corrects, "changes": form.get("changes", "")} if edition.corrects else {}
            words = {"title": form.get("title", ""), "text": form.get("text", "")}
            body = {"programme": programme, "edition": number, **words, **given}
        stream = None if verb == "create" else edition.stream
        version = None if verb == "create" else _number(form.get("version"))
        await self._reports.command(_caller(request), stream, verb, body, form.get("key", ""), version)
        return _back(request, number)


async def _look(request: Request, path: str) -> _Looked:
    reader = await reader_of(request)
    address = address_of(request.path_params["programme"], path, request.query_params)
    language = language_of(address.kept.get("lang"), request.headers.get("accept-language", ""))
    return _Looked(address, reader, Showing(language, address))


def _sees_drafts(request: Request, reader: Reader) -> bool:
    """Who is signed in as one who reads sees them; the public does not."""
    return not request.app.state.public_read or not reader.roles.isdisjoint(READERS)


def _may(verb: str, edition: Edition, reader: Reader) -> bool:
    """Whether a form is worth showing; whether it is done is decided when it is sent."""
    deciding = verb in ("return", "approve", "publish")
    return not reader.roles.isdisjoint(APPROVER if deciding else OFFICER)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form that a page of this session sent. Raises Rejected ``auth.*``, ``session.csrf``."""
    require_role(request, READERS)
    await require_csrf(request)
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def _caller(request: Request) -> Caller:
    person = require_role(request, READERS)
    return Caller(person.id, person.roles)


def _named(request: Request) -> tuple[str, int]:
    """Programme and edition of the address. Raises Rejected ``report.not_found``."""
    programme, text = request.path_params["programme"], request.path_params["edition"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= LARGEST_EDITION):
        raise Rejected("report.not_found", programme=programme, edition=text[:20])
    return programme, int(text)


def _number(text: str | None) -> int:
    """A whole number of a form. Raises Rejected ``query.unreadable``."""
    if text is None or not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Rejected("query.unreadable", name="edition", value=(text or "")[:100])
    return int(text)


def _back(request: Request, edition: int) -> Response:
    """To the edition's page, in the same language."""
    address = address_of(request.path_params["programme"], "", request.query_params)
    return RedirectResponse(address.to(f"{SECTION}/{edition}"), 303)
