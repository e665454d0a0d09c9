"""The outermost layer of every service: traces, bodies that are too large, failures, and how long each answer took."""

from __future__ import annotations

import time
from collections.abc import Mapping

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import REQUEST_SECONDS, REQUESTS
from shared.tracing_otel import span
from shared.web import tracing
from shared.web.tracing import Trace

log = structlog.get_logger(__name__)

LARGEST_BODY = 1024 * 1024
"""Bytes of a request's body at most."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Edge:
    """ASGI middleware around ``app`` of ``service``."""

    def __init__(
        self, app: ASGIApp, service: str, largest_body: int = LARGEST_BODY, larger: Mapping[str, int] | None = None
    ) -> None:
        self.app, self.service, self.largest_body = app, service, largest_body
        self.larger = larger or {}
        """Limits of addresses whose bodies may be larger."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trace = tracing.begin(Headers(scope=scope))
        attributes = {"http.request.method": scope["method"], "url.path": scope["path"]}
        with span(f"{self.service} {scope['method']}", "SERVER", trace.traceparent, attributes) as traceparent:
            await self._serve(scope, receive, send, tracing.below(trace, traceparent))

    async def _serve(self, scope: Scope, receive: Receive, send: Send, trace: Trace) -> None:
        tracing.attach(scope, trace)
        limit = scope["obec.body_limit"] = self.larger.get(scope["path"], self.largest_body)
        begun, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=message["headers"])
                headers["X-Correlation-Id"] = trace.correlation
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "no-store")
                message["headers"] = headers.raw
            await send(message)

        try:
            await self.app(scope, self._limited(scope, receive, limit), answer)
        except ClientDisconnect:
            status = status or 499  # nobody is there to be answered
        except Exception:
            log.exception("a request failed", route=_route(scope), method=scope["method"], trace=trace.id)
            if status:
                raise
            await scope["app"].state.failed(Request(scope))(scope, receive, answer)
        finally:
            self._count(scope, status, time.perf_counter() - begun)

    def _limited(self, scope: Scope, receive: Receive, left: int) -> Receive:
        """``receive``, which ends the request with 413 once its body is larger than allowed."""
        said = Headers(scope=scope).get("content-length", "0")
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
        REQUESTS.labels(self.service, method, route, str(status)).inc()
        REQUEST_SECONDS.labels(self.service, method, route).observe(seconds)


def _route(scope: Scope) -> str:
    """The address as the route has it, without what is filled in."""
    return str(getattr(scope.get("route"), "path", "none"))
