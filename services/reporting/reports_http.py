"""Reports over HTTP: their commands and states, what was published with its files, and making it again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import Request, Response

from services.reporting.documents.publishing import Reproduction
from services.reporting.etags import matches, quoted
from services.reporting.reports import LARGEST_EDITION, Edition, Reports
from shared.contracts import Rejected
from shared.web.api import READING, Api, Operation, Parameter
from shared.web.commanding import command_routes
from shared.web.jsonable import Json
from shared.web.reading import events_route, state_route
from shared.web.viewing import reader, viewer

PROGRAMME = Parameter(
    "programme", "path", "Programme.", {"type": "string", "examples": ["2560-cluster"]}, required=True
)
EDITION = Parameter(
    "edition", "path", "Edition of the programme's report.", {"type": "integer", "minimum": 1}, required=True
)
NAME = Parameter("name", "path", "File.", {"type": "string", "examples": ["report-th.pdf"]}, required=True)
DECIDING = (*READING, 409)

PAGE = "text/html"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"
"""For a report that a browser shows as a page: it runs nothing and loads nothing. (A viewer of PDF would not start.)"""
SHOWN = ("application/pdf", PAGE)
"""Media types that browsers show."""
IMMUTABLE = "private, max-age=3600"


class ReportRoutes:
    """Serves what ``Reports`` does."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    def add_to(self, api: Api) -> None:
        """Serve commands, states and events as every service with a store does, and the editions of programmes."""
        store, collection = self._reports.store, self._reports.collection
        events_route(api, store)
        command_routes(api, self._reports.handler, store.name, collection)
        state_route(api, store, collection)
        below = "/v1/programmes/{programme}/reports"
        told: dict[int, tuple[str, Any]] = {200: ("Editions in order.", dict[str, list[Edition]])}
        summary = "Editions of the programme's report; to the public, those that are published"
        api.add(Operation("GET", below, summary, "reports", told, None, (PROGRAMME,)), self._list)
        one: dict[int, tuple[str, Any]] = {200: ("The edition.", Edition)}
        path = f"{below}/{{edition}}"
        summary = "One edition of the programme's report"
        api.add(Operation("GET", path, summary, "reports", one, None, (PROGRAMME, EDITION)), self._one)
        api.add(
            Operation(
                "GET",
                f"{path}/files/{{name}}",
                "A file of a published report, checked against its hash",
                "reports",
                {200: ("The file.", bytes)},
                None,
                (PROGRAMME, EDITION, NAME),
                DECIDING,
                media_type="application/octet-stream",
                name="get_programmes_reports_files",
                files=SHOWN,
            ),
            self._file,
        )
        again: dict[int, tuple[str, Any]] = {200: ("How it compares with what was published.", Reproduction)}
        api.add(
            Operation(
                "GET",
                f"{path}/reproduction",
                "A published report made again from its frozen positions, and compared",
                "reports",
                again,
                None,
                (PROGRAMME, EDITION),
                DECIDING,
                name="get_programmes_reports_reproduction",
            ),
            self._reproduction,
        )

    async def _list(self, request: Request) -> Response:
        drafts = await sees_drafts(request)
        return Json({"reports": await self._reports.editions(request.path_params["programme"], drafts=drafts)})

    async def _one(self, request: Request) -> Response:
        drafts = await sees_drafts(request)
        return Json(await self._reports.edition(*_named(request), drafts=drafts))

    async def _file(self, request: Request) -> Response:
        await viewer(request)
        return await file_answer(self._reports, request, *_named(request), request.path_params["name"])

    async def _reproduction(self, request: Request) -> Response:
        await reader(request)
        return Json(asdict(await self._reports.reproduced(*_named(request))))


async def file_answer(reports: Reports, request: Request, programme: str, edition: int, name: str) -> Response:
    """A file of a published edition for who may read, or 304 to who has it. Raises Rejected ``report.*``."""
    file = await reports.file(programme, edition, name)
    kind = file.media_type.partition(";")[0]
    placed = "inline" if kind in SHOWN else "attachment"
    headers = {
        "ETag": quoted(file.sha256),
        "Cache-Control": IMMUTABLE,
        "Content-Disposition": f'{placed}; filename="{_saved_as(programme, edition, file.name)}"',
        **({"Content-Security-Policy": POLICY} if kind == PAGE else {}),
    }
    if matches(request.headers.get("if-none-match"), file.sha256):
        return Response(status_code=304, headers=headers)
    body = await reports.bytes_of(programme, edition, file)
    return Response(body, headers=headers, media_type=file.media_type)


async def sees_drafts(request: Request) -> bool:
    """Whether who asks may see what is not published: the public may not. Raises Rejected ``auth.*``."""
    return await viewer(request) is not None


def _named(request: Request) -> tuple[str, int]:
    text: str = request.path_params["edition"]
    programme: str = request.path_params["programme"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= LARGEST_EDITION):
        raise Rejected("report.not_found", programme=programme[:100], edition=text[:20])
    return programme, int(text)


def _saved_as(programme: str, edition: int, name: str) -> str:
    """A name that tells reports apart in a folder, such as ``2560-cluster-1-report-th.pdf``."""
    return f"{programme}-{edition}-{name}"
