"""How the tests of HTTP send commands and read problems."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable
from typing import Any

import httpx

from tests.contract.notes import BEGIN


async def send(
    http: httpx.AsyncClient, path: str, body: Any, *, key: str | None = None, version: int | None = None
) -> httpx.Response:
    """A command, by default under a key that follows from what it says."""
    headers = {"Idempotency-Key": key or hashlib.sha256(f"{path} {body}".encode()).hexdigest()}
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    return await http.post(path, json=body, headers=headers)


async def begun(http: httpx.AsyncClient) -> None:
    """A note is there."""
    assert (await send(http, "/v1/notes", BEGIN)).status_code == 201


async def refused(request: Awaitable[httpx.Response], status: int, code: str) -> dict[str, Any]:
    """The problem that a request is answered with, which must be this one."""
    problem = problem_of(await request)
    assert (problem["status"], problem["code"]) == (status, code)
    return problem


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """The problem in an answer, which must be a whole one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert {"title", "detail", "th", "en", "trace", "instance"} <= problem.keys()
    assert (problem["status"], problem["type"]) == (answer.status_code, f"urn:obec:problem:{problem['code']}")
    return problem
