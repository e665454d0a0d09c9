"""A service with its operator API over a database of its own, and people who ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import orjson
from fastapi import FastAPI

from services.activity import facts, http
from services.activity.consumers import consumers
from shared.eventstore.store import EventStore
from shared.ingress.handler import FactHandler
from shared.service import Parts, app_of
from tests.stack import Database
from tests.tokens import TestIssuer

PARTS = Parts(http.COLLECTIONS, http.LEARNED, facts=facts.FACTS, consumers=consumers)
PARK = """
INSERT INTO parked (
    consumer, topic, shard, record, store, position, stream, event_id, type, code, message, headers, value
) VALUES ($1, 'obec.cluster.committee', 0, $2, 'committee', $2, $3, 'e1', 'th.go.obec.cluster.X.v1', $4, 'why',
        '[["ce_id", "e1"]]', $5)
"""
READ = "INSERT INTO consumer_offsets (consumer, store, shard, next_offset) VALUES ($1, 'committee', 0, 100)"


@dataclass
class Office:
    """The activity service, and who asks it."""

    store: EventStore
    app: FastAPI
    client: httpx.AsyncClient
    issuer: TestIssuer
    database: Database

    async def get(self, path: str, /, status: int = 200, roles: str = "operator", **query: Any) -> Any:
        """The answer to a question of an operator."""
        answer = await self.client.get(f"/v1/ops/{path}", params=query or None, headers=self.issuer.bearer(roles))
        assert answer.status_code == status, answer.text
        return orjson.loads(answer.content)

    async def post(self, path: str, body: Mapping[str, Any], status: int = 200, by: str = "usr-one") -> Any:
        """The answer to an order of an operator."""
        headers = self.issuer.bearer("operator", subject=by)
        answer = await self.client.post(f"/v1/ops/{path}", json=dict(body), headers=headers)
        assert answer.status_code == status, answer.text
        return orjson.loads(answer.content)

    async def park(self, record: int, stream: str | None, code: str, value: bytes | None = b"{}") -> None:
        """Park a record of the learner."""
        await self.store.pool.execute(PARK, "activity.learner", record, stream, code, value)

    async def read(self) -> None:
        """Let the learner have read its topic."""
        await self.store.pool.execute(READ, "activity.learner")

    async def count(self, table: str) -> int:
        """Rows of a table."""
        return int(await self.store.pool.fetchval(f"SELECT count(*) FROM {table}"))

    async def as_owner(self, sql: str) -> None:
        """Change the database as who owns it."""
        owner = await asyncpg.connect(self.database.owner_dsn)
        try:
            await owner.execute(sql)
        finally:
            await owner.close()


@asynccontextmanager
async def open_office(database: Database, *, two_person: bool = False) -> AsyncIterator[Office]:
    """The service, answering."""
    issuer = TestIssuer()
    store = await EventStore.open(database.app_dsn, "activity")
    authenticator = issuer.authenticator()
    facts_of = FactHandler(PARTS.handler(store), PARTS.facts)
    app = app_of("activity", PARTS, facts_of, authenticator, {}, two_person=two_person)
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://activity") as client:
            yield Office(store, app, client, issuer, database)
    finally:
        await authenticator.close()
        await store.close()
