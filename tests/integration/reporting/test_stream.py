"""Who listens hears what is applied, and who comes back goes on where it was."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from html import unescape
from typing import Any

import orjson

from services.reporting.following import Watch, resumed
from services.reporting.pages.routes import Pages
from tests.eventually import eventually
from tests.integration.reporting.site import Site
from tests.unit.reporting.log import PROGRAMME, Log

SECONDS = 10


class Silent:
    """A pool that never answers."""

    async def fetch(self, _sql: str) -> None:
        await asyncio.Event().wait()


async def known(site: Site) -> Log:
    log = Log()
    log.register()
    await site.project(log)
    return log


async def heard(listening: AsyncIterator[dict[str, str]]) -> dict[str, Any]:
    told = await asyncio.wait_for(anext(listening), SECONDS)
    return {**told, "data": orjson.loads(told["data"])}


async def test_a_listener_hears_what_is_applied(site: Site) -> None:
    log = await known(site)
    watch = Watch(lambda: site.pool, poll=0.02)
    async with aclosing(watch.follow(PROGRAMME, None)) as listening:
        assert (await heard(listening))["event"] == "listening"
        log.at("2016-11-10").propose("R07", "2016-11-01")
        await site.project(log)
        told = await heard(listening)
    assert (told["event"], [each["name"] for each in told["data"]["events"]]) == ("applied", ["CommitteeProposed"])


async def test_who_comes_back_hears_what_was_missed_and_nothing_twice(site: Site) -> None:
    log = await known(site)
    watch = Watch(lambda: site.pool, poll=0.02)
    async with aclosing(watch.follow(PROGRAMME, None)) as listening:
        last = (await heard(listening))["id"]
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.propose("R08", "2016-11-01")
    await site.project(log)
    async with aclosing(watch.follow(PROGRAMME, resumed(last))) as listening:
        told = await heard(listening)
        assert [each["region"] for each in told["data"]["events"]] == ["R07", "R08"]
        log.propose("R09", "2016-11-01")
        await site.project(log)
        assert [each["region"] for each in (await heard(listening))["data"]["events"]] == ["R09"]


async def test_events_of_another_programme_are_not_told(site: Site) -> None:
    log = await known(site)
    watch = Watch(lambda: site.pool, poll=0.02)
    async with aclosing(watch.follow(PROGRAMME, None)) as listening:
        await heard(listening)
        log.register("2563-example")
        await site.project(log)
        log.propose("R07", "2016-11-01")
        await site.project(log)
        assert [each["name"] for each in (await heard(listening))["data"]["events"]] == ["CommitteeProposed"]


async def test_listeners_end_when_the_process_is_told_to(site: Site) -> None:
    await known(site)
    stop = asyncio.Event()
    watch = Watch(lambda: site.pool, stop, poll=0.02)
    listening = watch.follow(PROGRAMME, None)
    await heard(listening)
    waiting = asyncio.ensure_future(anext(listening, None))
    stop.set()
    assert await asyncio.wait_for(waiting, SECONDS) is None


async def test_the_database_is_asked_only_while_somebody_listens(site: Site) -> None:
    await known(site)
    watch = Watch(lambda: site.pool, poll=0.02)
    async with aclosing(watch.follow(PROGRAMME, None)) as listening:
        await heard(listening)
        assert watch.asks
    assert not watch.asks


async def test_a_listener_who_goes_before_the_database_has_answered_leaves_nobody_deaf(site: Site) -> None:
    log = await known(site)
    busy: list[Any] = [Silent()]
    watch = Watch(lambda: busy.pop() if busy else site.pool, poll=0.02)
    gone = asyncio.ensure_future(anext(watch.follow(PROGRAMME, None)))
    await eventually(lambda: not busy)
    gone.cancel()
    await asyncio.wait([gone])
    async with aclosing(watch.follow(PROGRAMME, None)) as listening:
        await heard(listening)
        log.at("2016-11-10").propose("R07", "2016-11-01")
        await site.project(log)
        assert (await heard(listening))["event"] == "applied"


async def test_an_id_that_is_none_and_a_programme_that_is_not_there_are_refused(site: Site) -> None:
    await known(site)
    path = f"/v1/programmes/{PROGRAMME}/stream"
    for refused in (
        await site.client.get(path, headers={"Last-Event-ID": "no-id!"}),
        await site.client.get(path, params={"from": "no-id!"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (400, "query.unreadable")
    unknown = await site.client.get("/v1/programmes/none/stream")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "programme.unknown")


async def test_nothing_is_missed_that_came_between_a_page_and_its_stream(site: Site) -> None:
    Pages(site.desk).add_to(site.app)
    log = await known(site)
    page = await site.client.get(f"/{PROGRAMME}", headers={"Accept": "text/html"})
    [address] = re.findall(r'data-stream="([^"]+)"', page.text)
    log.at("2016-11-10").propose("R07", "2016-11-01")
    await site.project(log)
    path, _, query = unescape(address).partition("?")
    sent = await heard_at(site, path, b"event: applied", query)
    assert any(b"CommitteeProposed" in message.get("body", b"") for message in sent)


async def test_the_address_speaks_server_sent_events(site: Site) -> None:
    await known(site)
    sent = await heard_at(site, f"/v1/programmes/{PROGRAMME}/stream", b"event: listening")
    headers = dict(sent[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert any(b"id: " in message.get("body", b"") for message in sent)


async def heard_at(site: Site, path: str, awaited: bytes, query: str = "") -> list[dict[str, Any]]:
    """What is sent to who listens at an address, until what is awaited was heard."""
    sent: list[dict[str, Any]] = []
    enough = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if awaited in message.get("body", b""):
            enough.set()

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [],
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
    }
    await asyncio.wait_for(site.app(scope, receive, send), SECONDS)
    return sent
