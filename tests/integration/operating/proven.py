"""One history in all four stores, their topics, the views and the archive, for tests that change a byte of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer

from obec.prover import prover
from obec.proving import PARTS, Where, prove
from services.reporting.application import application
from services.reporting.asking import Desk
from services.reporting.documents.content import Content, canonical
from services.reporting.documents.publishing import Renderer
from services.reporting.documents.rendering import File
from services.reporting.processes import SEARCH_PATH
from services.reporting.projections.projection import ReportingProjection
from services.reporting.proving.http import PATH, ProofRoutes
from services.reporting.reports import Reports
from shared.contracts.envelope import Envelope
from shared.eventstore.checkpoint import Checkpoint
from shared.eventstore.finding import Finding
from shared.eventstore.relay import Relay
from shared.eventstore.restore import restore
from shared.eventstore.store import EventStore
from shared.operating.deciding import Operators
from shared.settings import Settings
from shared.streams.broker import Broker
from shared.streams.runner import Runner
from shared.streams.topics import Topics
from shared.web.api import Api
from shared.web.auth import Caller
from tests.eventually import eventually
from tests.integration.reporting.full import full
from tests.servers import Servers
from tests.stack import Database, fresh_database, fresh_topics
from tests.tokens import TestIssuer
from tests.unit.reporting.log import PROGRAMME

SERVICES = ("committee", "activity", "evaluation", "reporting")
REPORT = f"report:{PROGRAMME}:1"
OFFICER = Caller("usr-officer", frozenset({"officer"}))
READ = "SELECT store, position FROM consumer_offsets WHERE consumer = 'reporting'"
APPROVER = Caller("usr-approver", frozenset({"approver"}))


@dataclass(frozen=True)
class History:
    """The databases by service, the topics, and what the three write services recorded."""

    databases: Mapping[str, Database]
    broker: Broker
    topics: Topics
    sent: Sequence[Envelope]

    @property
    def where(self) -> Where:
        """What is verified."""
        return Where({each: made.app_dsn for each, made in self.databases.items()}, self.broker, self.topics)

    async def differences(
        self, parts: Collection[str] = PARTS, checkpoints: Sequence[Checkpoint] = ()
    ) -> list[tuple[str, str, str]]:
        """Part, place and message of everything that a verification names."""
        found = await self.findings(parts, checkpoints)
        return [(each.part, each.place, each.message) for each in found if not each.whole]

    async def findings(self, parts: Collection[str] = PARTS, checkpoints: Sequence[Checkpoint] = ()) -> list[Finding]:
        """All that a verification says."""
        return [each async for each in prove(self.where, parts, checkpoints)]

    def last(self, store: str) -> Envelope:
        """The last event of a store."""
        return [each for each in self.sent if each.store == store][-1]

    async def head(self, service: str) -> int:
        """The last position of a service's store."""
        [row] = await self.ask(service, "SELECT coalesce(max(position), 0) AS head FROM public.events")
        return int(row["head"])

    async def applied(self, store: str) -> int:
        """How far the views have applied a store."""
        rows = await self.ask("reporting", "SELECT store, position FROM reporting.applied")
        return int({row["store"]: row["position"] for row in rows}[store])

    async def ask(self, service: str, sql: str) -> list[Any]:
        """Rows of a database."""
        connection = await asyncpg.connect(self.databases[service].app_dsn)
        try:
            return list(await connection.fetch(sql))
        finally:
            await connection.close()

    async def run(self, service: str, sql: str, *arguments: Any) -> None:
        """Change a database as its owner can."""
        owner = await asyncpg.connect(self.databases[service].owner_dsn)
        try:
            await owner.execute(sql, *arguments)
        finally:
            await owner.close()

    @asynccontextmanager
    async def changed(self, service: str, change: str, undo: str) -> AsyncIterator[None]:
        """A database that is changed for as long as the block lasts."""
        await self.run(service, change)
        try:
            yield
        finally:
            await self.run(service, undo)


@asynccontextmanager
async def lived(servers: Servers) -> AsyncIterator[History]:
    """The history, lived through: recorded, sent, projected, published."""
    async with AsyncExitStack() as made:
        databases = {each: await made.enter_async_context(fresh_database(servers, each)) for each in SERVICES}
        names = await made.enter_async_context(fresh_topics(servers))
        history = History(databases, names.broker, Topics(names.prefix), full().chained())
        async with opened(history, *SERVICES) as stores:
            await send(history, history.sent)
            for service in SERVICES[:-1]:
                await restore(databases[service].owner_dsn, history.broker, history.topics)
            await projected(history)
            await _published(history, stores[-1])
            await relayed(history, stores)
        yield history


@asynccontextmanager
async def opened(history: History, *services: str) -> AsyncIterator[list[EventStore]]:
    """The stores of services."""
    async with AsyncExitStack() as made:
        stores = [await EventStore.open(history.databases[each].app_dsn, each) for each in services]
        for store in stores:
            made.push_async_callback(store.close)
        yield stores


async def send(history: History, events: Sequence[Envelope]) -> int:
    """Put records on the stores' topics as only the relays should; returns the offset of the last."""
    producer = AIOKafkaProducer(**history.broker.client(), acks="all")
    await producer.start()
    try:
        offset = -1
        for each in events:
            sent = await producer.send_and_wait(
                history.topics.events(each.store),
                each.data,
                key=each.stream.encode(),
                headers=each.headers(),
                partition=each.shard,
            )
            offset = sent.offset
        return offset
    finally:
        await producer.stop()


async def projected(history: History) -> None:
    """Have the views read all there is."""
    dsn = history.databases["reporting"].app_dsn
    runner = Runner(ReportingProjection(), dsn, history.broker, history.topics, recompute=True, settings=SEARCH_PATH)
    heads = {each: await history.head(each) for each in SERVICES[:-1]}

    async def read_all() -> bool:
        read = await history.ask(
            "reporting", "SELECT store, position FROM consumer_offsets WHERE consumer = 'reporting'"
        )
        return {row["store"]: row["position"] for row in read} == heads

    await _until(read_all, runner)


async def _published(history: History, store: EventStore) -> None:
    dsn = history.databases["reporting"].app_dsn
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2, server_settings=SEARCH_PATH) as pool:
        reports = Reports(Desk(lambda: pool, store.clock), store, Renderer(_printed, lambda: "0" * 64))
        draft = {"programme": PROGRAMME, "edition": 1, "title": "รายงานผล (ตัวอย่าง)", "text": "บทสรุป (ตัวอย่าง)"}
        await reports.command(OFFICER, None, "create", draft, "draft")
        for person, verb in ((OFFICER, "submit"), (APPROVER, "approve"), (APPROVER, "publish")):
            await reports.command(person, REPORT, verb, {}, verb)


def _printed(content: Content) -> dict[str, File]:
    """Files that are the content itself: what renders it is not what is tested here."""
    return {"report-th.pdf": File("report-th.pdf", "application/pdf", hashlib.sha256(canonical(content)).digest())}


async def relayed(history: History, stores: Sequence[EventStore]) -> None:
    """Have everything sent, and every store announce how far it is."""
    relays = [Relay(store, history.broker, history.topics, 0) for store in stores]
    heads = [await history.head(store.name) for store in stores]
    await _until(lambda: [each.state.position for each in relays] == heads, *relays)


async def _until(condition: Any, *workers: Any) -> None:
    stop = asyncio.Event()
    running = [asyncio.create_task(each.run(stop)) for each in workers]
    try:
        await eventually(condition, 30)
    finally:
        stop.set()
        await asyncio.gather(*running)


@dataclass(frozen=True)
class Operator:
    """An operator at reporting's API."""

    client: httpx.AsyncClient

    async def told(self) -> Any:
        """What is told of verifications."""
        answer = await self.client.get(PATH)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ask(self, reason: str, *, status: int = 200, code: str = "") -> None:
        """Ask for a verification; refused with a status and a code where they are given."""
        answer = await self.client.post(PATH, json={"reason": reason})
        assert (answer.status_code, answer.json().get("code", "")) == (status, code), answer.text

    async def verdict_of(self, asked_by: str, verdict: str) -> bool:
        """Whether the newest verification is of that person and came out so."""
        newest = (await self.told())["runs"][:1]
        return [(each["asked_by"], each["verdict"]) for each in newest] == [(asked_by, verdict)]


@asynccontextmanager
async def proving(history: History) -> AsyncIterator[Operator]:
    """The prover at work, and an operator who asks it; nobody without that role may."""
    dsns = {f"{service}_dsn": made.app_dsn for service, made in history.databases.items()}
    settings = Settings(**dsns, topic_prefix=history.topics.prefix, **history.broker.environment())  # type: ignore[arg-type]
    issuer, api, stop = TestIssuer(), Api(), asyncio.Event()
    authenticator = issuer.authenticator()
    async with AsyncExitStack() as made:
        pool = await made.enter_async_context(asyncpg.create_pool(dsns["reporting_dsn"], min_size=1, max_size=2))
        [store] = await made.enter_async_context(opened(history, "reporting"))
        made.push_async_callback(authenticator.close)
        ProofRoutes(Operators("reporting", lambda: pool, two_person=False)).add_to(api)
        app = application(Desk(lambda: pool, store.clock), authenticator, api, public_read=True)
        working = asyncio.create_task(prover(settings, stop))
        try:
            for roles, status in ((("operator",), 200), (("officer",), 403)):
                headers = issuer.bearer(*roles, subject=f"usr-{roles[0]}")
                client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://r", headers=headers)
                await made.enter_async_context(client)
                assert (await client.get(PATH)).status_code == status
                if status == 200:
                    operator = Operator(client)
            yield operator
        finally:
            stop.set()
            await working
