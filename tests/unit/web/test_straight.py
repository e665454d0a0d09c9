"""What is served straight answers just as the same operation does behind all that FastAPI puts around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import Request, Response
from prometheus_client import REGISTRY

from shared.contracts import Rejected
from shared.eventstore.append import OtherContent, StoreUnavailable
from shared.web.api import Api, Operation
from shared.web.app import base_app
from shared.web.jsonable import Json
from shared.web.tracing import trace_of
from tests.tokens import TestIssuer

STRAIGHT, AROUND = "/v1/straight", "/v1/around"
TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "X-Correlation-Id": "case:7"}
ERRORS: dict[str, Exception] = {
    "rejected": Rejected("stream.not_found", stream="x:1", pointer="/x"),
    "challenge": Rejected("auth.required", reason="it has expired"),
    "other": OtherContent(),
    "unavailable": StoreUnavailable("no answer"),
    "network": ConnectionRefusedError("nobody there"),
    "bug": KeyError("secret"),
}


async def endpoint(request: Request) -> Response:
    """Raise the error that the query names, else tell what was sent."""
    raised = ERRORS.get(request.query_params.get("raise", ""))
    if raised is not None:
        raise raised
    body = await request.body()
    headers = {"Cache-Control": "max-age=1"} if body == b"cached" else {}
    return Json({"length": len(body), "trace": trace_of(request.scope).id, "app": request.app.title}, 201, headers)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    api = Api()
    for path, straight in ((STRAIGHT, True), (AROUND, False)):
        told: dict[int, tuple[str, Any]] = {201: ("Done.", dict[str, Any])}
        api.add(Operation("POST", path, "Do it", "tests", told), endpoint, straight=straight)
    app = base_app("straight", TestIssuer().authenticator(), api=api, largest_body=1000)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://straight.test") as client:
        yield client


def counted(path: str, status: int) -> float:
    labels = {"service": "straight", "method": "POST", "route": path, "status": str(status)}
    return REGISTRY.get_sample_value("obec_http_requests_total", labels) or 0.0


def told(answer: httpx.Response) -> tuple[int, Mapping[str, str], bytes]:
    return answer.status_code, dict(answer.headers), answer.content


@pytest.mark.parametrize("body", [b"", b"{}", b"cached", b"x" * 1000, b"x" * 1001], ids=len)
async def test_a_request_is_answered_alike(http: httpx.AsyncClient, body: bytes) -> None:
    straight, around = [await http.post(path, content=body, headers=HEADERS) for path in (STRAIGHT, AROUND)]
    assert told(straight) == told(around)
    assert straight.status_code == (413 if len(body) > 1000 else 201)
    assert straight.headers["x-correlation-id"] == "case:7"


async def test_a_body_that_does_not_say_its_length_is_limited_alike(http: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 400

    straight, around = [await http.post(path, content=parts(), headers=HEADERS) for path in (STRAIGHT, AROUND)]
    assert told(straight) == told(around)
    assert straight.status_code == 413


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("language", ["th", "en"])
async def test_what_is_raised_is_answered_alike_and_counted(http: httpx.AsyncClient, error: str, language: str) -> None:
    headers = {**HEADERS, "Accept-Language": language}
    straight, around = [await http.post(f"{path}?raise={error}", headers=headers) for path in (STRAIGHT, AROUND)]
    assert told(straight) == told(around)
    assert straight.headers["content-language"] == language
    assert counted(STRAIGHT, straight.status_code) == counted(AROUND, straight.status_code) > 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
async def test_another_method_is_not_taken(http: httpx.AsyncClient, method: str) -> None:
    straight, around = [await http.request(method, path, headers=HEADERS) for path in (STRAIGHT, AROUND)]
    assert told(straight) == told(around)
    assert straight.status_code == 405
