"""Reporting serves the receipts of every service in one place, to whoever may see them there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import orjson
import pytest

from services.reporting.receipts import Receipts
from shared.contracts.committee import PublisherRights
from shared.ingress.register import Publisher, Register
from shared.web.api import Api
from shared.web.app import base_app
from tests.conftest import NewDatabase
from tests.contract.asking import refused
from tests.contract.conftest import client_of
from tests.contract.services import WRITE_SERVICES, app_of, opened
from tests.integration.ingress.desk import SOURCE, event, proposed
from tests.tokens import TestIssuer

STRUCTURED = {"Content-Type": "application/cloudevents+json"}


class OneKey(Register):
    """Every service knows one publisher, by one key."""

    async def by_api_key(self, key: str, now: object) -> Publisher | None:
        types = ("CommitteeProposed", "CommitteeAppointed", "FundsDisbursed", "IndicatorMeasured")
        rights = PublisherRights(sources=(SOURCE,), types=types)
        return Publisher("personnel", "ก.ค.ศ.", rights) if key == "good" else None


@dataclass
class Net:
    """The services by their addresses, and reporting before them."""

    apps: dict[str, httpx.AsyncClient]
    reporting: httpx.AsyncClient

    async def send(self, service: str, sent: dict[str, object]) -> httpx.Response:
        headers = {**STRUCTURED, "X-API-Key": "good"}
        return await self.apps[service].post("/v1/events", content=orjson.dumps(sent), headers=headers)


@pytest.fixture
async def net(database: NewDatabase, issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Net]:
    monkeypatch.setattr("shared.service.Register", OneKey)
    async with AsyncExitStack() as stack:
        mounts: dict[str, httpx.AsyncBaseTransport | None] = {}
        apps: dict[str, httpx.AsyncClient] = {}
        for service in WRITE_SERVICES:
            store = await stack.enter_async_context(opened((await database(service)).app_dsn, service))
            app = app_of(service, store, issuer)
            mounts[f"all://{service}.test"] = httpx.ASGITransport(app)
            apps[service] = await stack.enter_async_context(client_of(app, {}))
        client = await stack.enter_async_context(httpx.AsyncClient(mounts=mounts, trust_env=False))
        api = Api()
        Receipts({each: f"http://{each}.test" for each in WRITE_SERVICES}, client).add_to(api)
        app = base_app("reporting", issuer.authenticator(), api=api)
        reporting = await stack.enter_async_context(client_of(app, {"X-API-Key": "good"}))
        yield Net(apps, reporting)


async def test_receipts_of_every_service_are_listed_and_found(net: Net) -> None:
    await net.send("committee", proposed("c-1"))
    await net.send("activity", event("FundsDisbursed", "a-1", {}))
    await net.send("evaluation", event("IndicatorMeasured", "e-1", {}))
    listed = (await net.reporting.get("/v1/receipts")).json()
    assert [(each["service"], each["id"]) for each in listed] == [
        ("committee", "c-1"), ("activity", "a-1"), ("evaluation", "e-1")
    ]  # fmt: skip
    found = (await net.reporting.get(f"/v1/receipts{SOURCE}/e-1")).json()
    assert (found["service"], found["outcome"]) == ("evaluation", "rejected")
    await refused(net.reporting.get(f"/v1/receipts{SOURCE}/none"), 404, "receipt.not_found")


async def test_pages_follow_each_other_without_a_gap(net: Net) -> None:
    for number in range(3):
        await net.send("committee", proposed(f"c-{number}", f"R0{number + 1}"))
        await net.send("activity", event("FundsDisbursed", f"a-{number}", {}))
    seen: list[str] = []
    address: str | None = "/v1/receipts?limit=2"
    while address:
        page = await net.reporting.get(address)
        seen += [each["id"] for each in page.json()]
        link = page.headers.get("link", "")
        address = f"/v1/receipts{link.partition('<')[2].partition('>')[0]}" if link else None
    assert seen == ["c-0", "a-0", "c-1", "a-1", "c-2", "a-2"]


async def test_who_may_not_see_them_is_told_what_the_service_says(net: Net) -> None:
    await refused(net.reporting.get("/v1/receipts", headers={"X-API-Key": "bad"}), 401, "auth.required")
    await refused(net.reporting.get("/v1/receipts?after=somewhere:1"), 400, "query.unreadable")
