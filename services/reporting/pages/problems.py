"""Problems as pages, for those who look with a browser: the same code, sentence and status as the programs' problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, cast

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from services.reporting.pages.address import Address
from services.reporting.pages.language import language_of
from services.reporting.pages.rendering import page
from services.reporting.pages.showing import Showing
from shared.contracts import Rejected
from shared.eventstore.append import OtherContent
from shared.thai.errors import ThaiConventionError
from shared.web.problems import LANGUAGES, TITLES, UNREACHABLE, Language, failed
from shared.web.validation import Invalid

log = structlog.get_logger(__name__)

HTML = "text/html"
PROGRAMS = "/v1/"
"""Below it a browser too gets what programs get."""
UNKNOWN_PROGRAMME = "programme.unknown"
"""Told where a programme has no board to go to."""
_KEPT_HEADERS = ("retry-after", "allow", "www-authenticate")

Handler = Callable[[Request, Exception], Awaitable[Response]]


def problems_as_pages(app: FastAPI, policy: str) -> None:
    """Have what ``app`` tells as a problem told as a page to who asks for HTML. Add it after problems' own handlers."""
    for kind in (Rejected, Invalid, OtherContent, ThaiConventionError, HTTPException, ValidationError, *UNREACHABLE):
        app.add_exception_handler(kind, _told(cast(Handler, app.exception_handlers[kind]), policy))
    app.state.failed = _failing(policy)


def wants_page(request: Request) -> bool:
    """Whether the client likes HTML better than JSON, outside of what is for programs."""
    accepted = parse_accept_header(request.headers.get("accept", ""), MIMEAccept)
    best = accepted.best_match(["application/problem+json", "application/json", HTML])
    return best == HTML and not request.url.path.startswith(PROGRAMS)


def _told(handler: Handler, policy: str) -> Handler:
    async def tell(request: Request, error: Exception) -> Response:
        found: Any = handler(request, error)
        answer: Response = await found if isawaitable(found) else found
        if not wants_page(request):
            return answer
        return _page(request, answer, policy)

    return tell


def _failing(policy: str) -> Callable[[Request], Response]:
    """Tells that the service itself failed; in JSON too where even that page cannot be made."""

    def tell(request: Request) -> Response:
        answer = failed(request)
        if not wants_page(request):
            return answer
        try:
            return _page(request, answer, policy)
        except Exception:
            log.exception("the page of a failure cannot be made")
            return answer

    return tell


def _address(request: Request, programme: str) -> Address:
    """Where the problem is: it can be read in the other language there, but no link leads on with what was wrong."""
    path = request.url.path.removeprefix(f"/{programme}").strip("/") if request.method == "GET" else ""
    lang = {name: value for name, value in request.query_params.items() if name == "lang"}
    asked = {name: value for name, value in request.query_params.items() if name != "lang"}
    return Address(programme, path, lang, asked if path else {})


def _page(request: Request, answer: Response, policy: str) -> Response:
    problem = orjson.loads(answer.body)
    language = language_of(request.query_params.get("lang"), request.headers.get("accept-language", ""))
    programme = request.path_params.get("programme", "")
    other: Language = "th" if language == "en" else "en"
    titles = dict(zip(LANGUAGES, TITLES.get(answer.status_code, TITLES[400]), strict=True))
    context = {
        "show": Showing(language, _address(request, programme)),
        "problem": problem,
        "programme": "" if problem["code"] == UNKNOWN_PROGRAMME else programme,
        "frame": None,
        "reader": None,
        "heading": titles[language],
        "other": other,
        "other_heading": titles[other],
    }
    headers = {name: value for name, value in answer.headers.items() if name in _KEPT_HEADERS}
    headers |= {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Content-Language": language}
    return Response(page(language, "problem.html", context), answer.status_code, headers, "text/html; charset=utf-8")
