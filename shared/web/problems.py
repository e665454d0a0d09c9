"""Refusals and failures as RFC 9457 problems, in Thai and in English; nothing of the inside is ever shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import asyncpg
import orjson
import structlog
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.contracts import Rejected
from shared.contracts.rejection import Code, codes
from shared.eventstore.append import OtherContent, StoreUnavailable
from shared.thai.errors import ThaiConventionError
from shared.web.tracing import trace_of
from shared.web.validation import Both, Invalid, filled, told

if TYPE_CHECKING:  # processes without an API say what is wrong too, and need not load it
    from fastapi import FastAPI

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:obec:problem:"
RETRY_SECONDS = 2
"""What Retry-After says while the service cannot answer."""

Language = Literal["th", "en"]
LANGUAGES: tuple[Language, ...] = ("th", "en")

TITLES: Mapping[int, tuple[str, str]] = {
    400: ("อ่านคำขอไม่ได้", "The request cannot be read"),
    401: ("ต้องเข้าสู่ระบบ", "Login is required"),
    403: ("ไม่มีสิทธิ์", "Not allowed"),
    404: ("ไม่พบ", "Not found"),
    405: ("ไม่รับวิธีการนี้", "Method not allowed"),
    409: ("ขัดกับสถานะปัจจุบัน", "In conflict with the present state"),
    412: ("รุ่นไม่ตรงกัน", "Another version"),
    413: ("ใหญ่เกินไป", "Too large"),
    421: ("ผิดบริการ", "Sent to the wrong service"),
    429: ("ส่งเร็วเกินไป", "Too many requests"),
    415: ("ไม่รับรูปแบบนี้", "Media type not supported"),
    422: ("ไม่เป็นไปตามกฎ", "A rule is broken"),
    500: ("ระบบขัดข้อง", "The service failed"),
    503: ("ระบบยังไม่พร้อม", "The service is not ready"),
}

UNREACHABLE: tuple[type[Exception], ...] = (
    StoreUnavailable,
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that is used between the server's last word and its end
    asyncpg.CannotConnectNowError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
)
"""What the database raises when it does not answer; trying again later is right."""

_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "request.too_large"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, before it is told to anybody."""

    code: str
    status: int
    th: str
    en: str
    pointer: str = ""
    errors: Sequence[Mapping[str, Any]] = ()

    def body(self, language: Language, trace: str) -> dict[str, Any]:
        """The members of the problem, in the order in which a person reads them."""
        titles = TITLES.get(self.status) or TITLES[400 if self.status < 500 else 500]
        found: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code,
            "title": titles[0 if language == "th" else 1],
            "status": self.status,
            "detail": self.th if language == "th" else self.en,
            "code": self.code,
            "th": self.th,
            "en": self.en,
        }
        if self.pointer:
            found["pointer"] = self.pointer
        if self.errors:
            found["errors"] = list(self.errors)
        if trace:
            found |= {"instance": f"urn:obec:trace:{trace}", "trace": trace}
        return found


def of_code(code: str, params: Mapping[str, Any] | None = None, **members: Any) -> Problem:
    """The problem that a code stands for; ``params`` fill its sentences, ``members`` are more fields of Problem."""
    known = codes().get(code)
    if known is None:
        log.error("a code without a sentence", code=code)
        known = Code(422, f"ไม่เป็นไปตามกฎ {code}", f"The rule {code} is broken")
    given = params or {}
    return Problem(code, known.status, _filled(known.th, "th", given), _filled(known.en, "en", given), **members)


def of_invalid(invalid: Invalid) -> Problem:
    """The problem of a body that does not fit its model, with every place where it does not."""
    first = invalid.errors[0]
    problem = of_code("request.invalid", {"problem": Both(first["th"], first["en"])}, errors=invalid.errors)
    return Problem(
        problem.code, problem.status, problem.th, problem.en, pointer=first["pointer"], errors=invalid.errors
    )


def respond(
    request: Request,
    problem: Problem,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> Response:
    """The answer that tells a problem in the language that was asked for; ``members`` are told besides."""
    language = language_of(request)
    fields = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store", **(headers or {})}
    if problem.status == 503:
        fields["Retry-After"] = str(RETRY_SECONDS)
    body = orjson.dumps({**problem.body(language, trace_of(request.scope).id), **(members or {})}, default=str)
    return Response(body, problem.status, fields, MEDIA_TYPE)


def language_of(request: Request) -> Language:
    """The language that a request names with ``lang``, else the one that its Accept-Language likes best."""
    named = request.query_params.get("lang")
    for language in LANGUAGES:
        if named == language:
            return language
    return preferred(request.headers.get("accept-language", ""))


def preferred(accepted: str) -> Language:
    """The language of an Accept-Language header that is liked best; Thai unless English is asked for."""
    liked = {"th": 0.0, "en": 0.0}
    for part in accepted.split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in liked:
            liked[language] = max(liked[language], _quality(parameter))
    return "en" if liked["en"] > liked["th"] else "th"


def handle(app: FastAPI) -> None:
    """Have every refusal and failure of ``app`` answered as a problem."""
    from fastapi.exceptions import RequestValidationError

    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(ThaiConventionError, _unconventional)
    app.add_exception_handler(OtherContent, _other_content)
    app.add_exception_handler(ValidationError, _unexpected_validation)
    app.add_exception_handler(RequestValidationError, _unreadable_parameters)
    app.add_exception_handler(Invalid, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for unreachable in UNREACHABLE:
        app.add_exception_handler(unreachable, _unavailable)


def failed(request: Request) -> Response:
    """The answer to a request in which the service itself failed."""
    return respond(request, of_code("service.failed", {"trace": trace_of(request.scope).id}))


async def _rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, Rejected)
    problem = of_code(error.code, error.params, pointer=error.pointer)
    return respond(request, problem, _challenge(problem.status, error.params))


def _challenge(status: int, params: Mapping[str, Any]) -> dict[str, str]:
    """What RFC 6750 has a refusal say: which scheme is asked for, and why the token is no good."""
    if status == 401:
        reason = params.get("reason")
        why = f', error="invalid_token", error_description="{reason}"' if reason else ""
        return {"WWW-Authenticate": f'Bearer realm="obec"{why}'}
    return {}


async def _unconventional(request: Request, error: Exception) -> Response:
    assert isinstance(error, ThaiConventionError)
    return respond(request, Problem(error.code, 422, error.thai, error.english))


async def _other_content(request: Request, _error: Exception) -> Response:
    return respond(request, of_code("request.key_reused"))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)
    return respond(request, of_invalid(error))


async def _unreadable_parameters(request: Request, error: Exception) -> Response:
    """What FastAPI itself could not read: a parameter is a question that cannot be read, a body is not valid."""
    from fastapi.exceptions import RequestValidationError

    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place, *inside = (str(part) for part in first["loc"])
    if place == "body":
        if first["type"] == "json_invalid":
            return respond(request, of_code("request.not_json"))
        return respond(request, of_invalid(Invalid(told(error.errors(), error.body, skip=1))))
    value = request.query_params.get(inside[0], "") if inside else ""
    return respond(request, of_code("query.unreadable", {"name": ".".join(inside), "value": value[:100]}))


async def _unexpected_validation(request: Request, error: Exception) -> Response:
    """A value made inside the service did not fit its own model: not the caller's fault."""
    assert isinstance(error, ValidationError)
    why = error.errors(include_url=False, include_input=False, include_context=False)
    log.error("a value made here is not valid", model=error.title, errors=why, trace=trace_of(request.scope).id)
    return failed(request)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code)
    if code is not None:
        problem = of_code(code, {"limit": request.scope.get("obec.body_limit", "")})
    elif error.status_code < 500:
        problem = of_code("request.invalid", {"problem": error.detail})
        problem = Problem(problem.code, error.status_code, problem.th, problem.en)
    else:
        problem = of_code("service.failed", {"trace": trace_of(request.scope).id})
    return respond(request, problem, error.headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("the database does not answer", error=repr(error), trace=trace_of(request.scope).id)
    return respond(request, of_code("service.unavailable"))


def _filled(sentence: str, language: Language, params: Mapping[str, Any]) -> str:
    said = {key: getattr(value, language) if isinstance(value, Both) else value for key, value in params.items()}
    return filled(sentence, said)


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
