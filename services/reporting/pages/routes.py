"""Serves the pages: every kind below a programme's address, the way in at ``/``, their files, and problems as pages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.convertors import Convertor, register_url_convertor

from services.reporting.asking import Desk, Wanted
from services.reporting.etags import build, matches, tag_of
from services.reporting.pages.address import address_of
from services.reporting.pages.assets import FOLDER, assets
from services.reporting.pages.editions import Editions
from services.reporting.pages.language import language_of
from services.reporting.pages.people import People
from services.reporting.pages.problems import problems_as_pages
from services.reporting.pages.readers import Reader, reader_of
from services.reporting.pages.serving import NOT_KEPT, POLICY, REVALIDATED, Endpoint, add, frame, sent
from services.reporting.pages.sheets import SHEETS
from services.reporting.pages.sheets.pictures import draw_ahead
from services.reporting.pages.sheets.sheet import Asked, Context, Parts, Sheet
from services.reporting.pages.showing import Showing
from services.reporting.reports import Reports
from shared.web.session import access_token

BELOW = "/{programme:programme}"


class _ProgrammeConvertor(Convertor[str]):
    """An address whose first part is a programme's name: what else the service answers stays its own."""

    regex = "2[45][0-9]{2}-[a-z][a-z0-9-]{0,40}"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


class Pages:
    """The pages of a desk and, where there are any, its reports and names. Add them after every other route."""

    def __init__(self, desk: Desk, reports: Reports | None = None, people: People | None = None) -> None:
        self._desk, self._reports, self._people = desk, reports, people

    def add_to(self, app: FastAPI) -> None:
        """Serve them, and tell browsers problems as pages."""
        register_url_convertor("programme", _ProgrammeConvertor())
        add(app, "GET", "/", self._entrance)
        add(app, "GET", "/programmes", self._programmes)
        add(app, "GET", f"{FOLDER}/{{build}}/{{name}}", _asset)
        if self._reports is not None:
            Editions(self._desk, self._reports).add_to(app, BELOW)
        for sheet in SHEETS:
            add(app, "GET", f"{BELOW}/{sheet.path}".rstrip("/"), self._of(sheet))
        problems_as_pages(app, POLICY)

    async def prepare(self) -> None:
        """Make ahead, in a thread, what the first reader would wait for."""
        await asyncio.to_thread(draw_ahead)

    async def _entrance(self, request: Request) -> Response:
        """The way to the newest programme; to the list while there is none."""
        await reader_of(request)
        found = await self._desk.programmes()
        language = request.query_params.get("lang")
        query = f"?lang={language}" if language in ("th", "en") else ""
        return RedirectResponse(f"/{found[0]['programme'] if found else 'programmes'}{query}", 303)

    async def _programmes(self, request: Request) -> Response:
        reader = await reader_of(request)
        language = language_of(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        show = Showing(language, address_of("programmes", "", request.query_params))
        context = {"show": show, "programmes": await self._desk.programmes(), "reader": reader, "frame": None}
        return await sent(request, show, "programmes.html", lambda: context, {"Cache-Control": REVALIDATED})

    def _of(self, sheet: Sheet) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            reader = await reader_of(request)
            of = {name: value for name, value in request.path_params.items() if name != "programme"}
            address = address_of(request.path_params["programme"], sheet.path.format(**of), request.query_params)
            asked = Asked(of, address.own)
            kept = address.without(*sheet.ignores).kept
            answers = await self._desk.ask(address.programme, kept, Wanted("national"), *sheet.wants(asked))
            language = language_of(address.kept.get("lang"), request.headers.get("accept-language", ""))
            named = await self._named(request, reader, sheet, answers.parts)
            headers: Mapping[str, str] = {"Cache-Control": NOT_KEPT}
            if named is None:
                who = (reader.id, reader.csrf, reader.can_sign_in)
                tag = tag_of(build(), assets().build, answers.tag, language, request.url.query, *who)
                headers = {"ETag": f'W/"{tag}"', "Cache-Control": REVALIDATED}
                if matches(request.headers.get("if-none-match"), tag):
                    return Response(status_code=304, headers=headers)
            show = Showing(language, address)
            around = frame(show, answers, reader, sheet.section, sheet.ignores)
            return await sent(
                request,
                show,
                sheet.template,
                lambda: {**sheet.make(show, answers.parts, asked, answers.meta), **(named or {}), **around},
                headers,
            )

        return endpoint

    async def _named(self, request: Request, reader: Reader, sheet: Sheet, parts: Parts) -> Context | None:
        """Names by person for a page that shows them, None among them when they cannot be had; else None."""
        if self._people is None or sheet.persons is None or not reader.sees_names:
            return None
        return {"names": await self._people.names(access_token(request), sheet.persons(parts))}


async def _asset(request: Request) -> Response:
    return assets().answer(request)
