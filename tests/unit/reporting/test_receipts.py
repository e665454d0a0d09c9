"""Receipts of several services put together page by page."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.reporting.receipts import Receipts
from shared.web.api import Api
from shared.web.app import base_app
from shared.web.auth import Authenticator

DECIDED: dict[str, list[str]] = {
    # Numbered as they were stored; two were decided the other way round.
    "committee": ["2017-01-01T00:00:02Z", "2017-01-01T00:00:01Z", "2017-01-01T00:00:04Z"],
    "activity": ["2017-01-01T00:00:01.5Z"],
}


def answered(request: httpx.Request) -> httpx.Response:
    """What a service answers about its receipts behind a serial number."""
    after, limit = int(request.url.params["after"]), int(request.url.params["limit"])
    told = enumerate(DECIDED[request.url.host.partition(".")[0]], 1)
    behind = [{"serial": serial, "decided_at": at} for serial, at in told if serial > after]
    return httpx.Response(200, json=behind[:limit])


async def listed(query: str) -> httpx.Response:
    """A page of all receipts."""
    api = Api()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answered)) as services:
        Receipts({each: f"http://{each}.test" for each in DECIDED}, services).add_to(api)
        app = base_app("reporting", Authenticator((), services), api=api)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://reporting") as client:
            return await client.get(f"/v1/receipts{query}")


async def test_no_receipt_is_left_out_though_a_later_one_was_decided_before_it() -> None:
    seen: list[Any] = []
    query = "?limit=2"
    while query:
        page = await listed(query)
        seen += [(each["service"], each["serial"]) for each in page.json()]
        query = page.headers.get("link", "").partition("<")[2].partition(">")[0]
    assert sorted(seen) == [("activity", 1), ("committee", 1), ("committee", 2), ("committee", 3)]


@pytest.mark.parametrize("serial", ["9" * 5000, "9" * 30, "-1", ""])
async def test_a_cursor_that_no_page_gave_is_told(serial: str) -> None:
    answer = await listed(f"?after=committee:{serial}")
    assert (answer.status_code, answer.json()["code"]) == (400, "query.unreadable")
