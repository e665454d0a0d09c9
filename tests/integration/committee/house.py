"""Committee and activity, the one asking the other, for tests of erasing a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from services.committee import facts, http
from services.committee.erasure import Erasures
from services.committee.persons import PersonRegister
from shared.eventstore.store import EventStore
from shared.ingress.handler import FactHandler
from shared.ingress.originals import Originals
from shared.operating.orders import Orders
from shared.service import Parts, app_of
from tests.conftest import NewDatabase
from tests.integration.operating.office import PARTS as ACTIVITY
from tests.tokens import TestIssuer

NAME = "นางสาวสมหญิง รักเรียน"
"""As it stands in registers, with a title, which is refused in every other text."""
OTHER = "สมชาย ใจดี"
REASON = {"reason": "คำขอตามมาตรา 33"}


@dataclass
class House:
    """Committee and activity, the one asking the other, and who is to be erased."""

    stores: Mapping[str, EventStore]
    committee: FastAPI
    client: httpx.AsyncClient
    activity: httpx.AsyncClient
    issuer: TestIssuer
    person: str

    async def erase(self, person: str | None = None, status: int = 200, role: str = "operator", **body: Any) -> Any:
        """The certificate, or the problem."""
        target = person or self.person
        answer = await self.client.post(
            f"/v1/ops/persons/{target}/erase",
            json={**REASON, "typed": target, **body},
            headers=self.issuer.bearer(role, subject=body.pop("by", "usr-one")),
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    async def second(self, proposal: str, names: Sequence[str], by: str) -> Any:
        """What is answered to who seconds it."""
        answer = await self.client.post(
            f"/v1/ops/proposals/{proposal}/second",
            json={"typed": self.person, "names": names},
            headers=self.issuer.bearer("operator", subject=by),
        )
        return answer.json()

    async def forget(self, **body: Any) -> tuple[int, Any]:
        """What activity answers to an operator who has it forget on their own account."""
        headers = self.issuer.bearer("operator", subject="usr-two")
        answer = await self.activity.post("/v1/ops/forget", json={**REASON, "names": [NAME], **body}, headers=headers)
        return answer.status_code, answer.json().get("code")

    async def proposals(self) -> str:
        """What is kept of the one that was made."""
        return str(await self.stores["committee"].pool.fetchval("SELECT request FROM operator_proposals"))

    async def kept(self, service: str) -> int:
        """How many bodies a service keeps."""
        return int(await self.stores[service].pool.fetchval("SELECT count(*) FROM originals"))


@asynccontextmanager
async def open_house(database: NewDatabase, *, two_person: bool) -> AsyncIterator[House]:
    """The two services; in each, a body that names the person and one that names another."""
    issuer = TestIssuer()
    async with AsyncExitStack() as stack:
        stores: dict[str, EventStore] = {}
        for service in ("committee", "activity"):
            stores[service] = await EventStore.open((await database(service)).app_dsn, service)
            stack.push_async_callback(stores[service].close)
            originals = Originals(stores[service])
            for id_, name in (("a", NAME), ("b", OTHER)):
                await originals.keep("hr", "/ext/hr/x", id_, "unreadable", f'{{"chair": "{name}"'.encode())
        authenticator = issuer.authenticator()
        stack.push_async_callback(authenticator.close)
        orders = Orders("http://committee", lambda: door_to(committee)) if two_person else None
        activity = app_of("activity", ACTIVITY, FactHandler(ACTIVITY.handler(stores["activity"]), ACTIVITY.facts),
                          authenticator, {}, orders=orders)  # fmt: skip
        urls, to_activity = {"activity": "http://activity"}, lambda: door_to(activity)
        parts = Parts(
            http.COLLECTIONS,
            facts=facts.FACTS,
            operating=lambda api, operators, store: Erasures(store, operators, urls, to_activity).add_to(api),
        )
        own = FactHandler(parts.handler(stores["committee"]), parts.facts)
        committee = app_of("committee", parts, own, authenticator, {}, two_person=two_person)
        client = await stack.enter_async_context(door_to(committee))
        person, _new = await PersonRegister(stores["committee"].pool).put("hr", "hr-20417", NAME)
        yield House(stores, committee, client, door_to(activity), issuer, str(person))


def door_to(app: FastAPI) -> httpx.AsyncClient:
    """A client of an application of this process, which is called by the name of any service."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://committee")
