"""The outermost layer of every service: traces, bodies that are too large, failures, and how long each answer took."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import structlog
from fastapi import Request
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import REQUEST_SECONDS, REQUESTS
from shared.tracing_otel import span, wanted
from shared.web import tracing
from shared.web.tracing import Trace

log = structlog.get_logger(__name__)

LARGEST_BODY = 1024 * 1024
"""Bytes of a request's body at most."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Header = tuple[bytes, bytes]
_CORRELATION, _SNIFFING = b"x-correlation-id", b"x-content-type-options"
_OF_EVERY_ANSWER = (_CORRELATION, _SNIFFING)


class Edge:
    """ASGI middleware around ``app`` of ``service``."""

    def __init__(
        self, app: ASGIApp, service: str, largest_body: int = LARGEST_BODY, larger: Mapping[str, int] | None = None
    ) -> None:
        self.app, self.service, self.largest_body = app, service, largest_body
        self.larger = larger or {}
        """Limits of addresses whose bodies may be larger."""
        self._counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        trace = tracing.begin(headers)
        if not wanted():
            await self._serve(scope, receive, send, headers, trace)
            return
        attributes = {"http.request.method": scope["method"], "url.path": scope["path"]}
        with span(f"{self.service} {scope['method']}", "SERVER", trace.traceparent, attributes) as traceparent:
            await self._serve(scope, receive, send, headers, tracing.below(trace, traceparent))

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], trace: Trace
    ) -> None:
        tracing.attach(scope, trace)
        limit = scope["obec.body_limit"] = self.larger.get(scope["path"], self.largest_body)
        begun, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _completed(message["headers"], trace)
            await send(message)

        try:
            await self.app(scope, self._limited(headers, receive, limit), answer)
        except ClientDisconnect:
            status = status or 499  # nobody is there to be answered
        except Exception:
            log.exception("a request failed", route=_route(scope), method=scope["method"], trace=trace.id)
            if status:
                raise
            await scope["app"].state.failed(Request(scope))(scope, receive, answer)
        finally:
            self._count(scope, status, time.perf_counter() - begun)

    def _limited(self, headers: Mapping[str, str], receive: Receive, left: int) -> Receive:
        """``receive``, which ends the request with 413 once its body is larger than allowed."""
        said = headers.get("content-length", "0")
        too_large = said.isdecimal() and int(said) > left

        async def limited() -> Message:
            nonlocal left
            if too_large:
                raise HTTPException(413)
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message

        return limited

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if scope["method"] in METHODS else "other"
        requests, took = self._counted(method, route, status)
        requests.inc()
        took.observe(seconds)

    def _counted(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """Where requests like this one are counted; asking the metrics for it takes longer than counting."""
        known = self._counters.get((method, route, status))
        if known is None:
            known = (
                REQUESTS.labels(self.service, method, route, str(status)),
                REQUEST_SECONDS.labels(self.service, method, route),
            )
            self._counters[method, route, status] = known
        return known


def _headers(scope: Scope) -> dict[str, str]:
    """A request's headers by name; of one that is given more than once, the first."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


def _completed(headers: Iterable[Header], trace: Trace) -> list[Header]:
    """The headers of an answer with those that every answer has."""
    told = [each for each in headers if each[0] not in _OF_EVERY_ANSWER]
    told += [(_CORRELATION, trace.correlation.encode()), (_SNIFFING, b"nosniff")]
    if all(name != b"cache-control" for name, _ in told):
        told.append((b"cache-control", b"no-store"))
    return told


def _route(scope: Scope) -> str:
    """The address as the route has it, without what is filled in."""
    return str(getattr(scope.get("route"), "path", "none"))
