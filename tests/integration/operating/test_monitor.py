"""The stream monitor counts what comes by once, knows who sent it, and finds it again for operators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from services.reporting.application import application
from services.reporting.asking import Desk
from services.reporting.monitor.reading import Limits
from services.reporting.monitor.worker import CANARIES_KEPT, Monitor
from services.reporting.operating_http import OperatorViews
from services.reporting.processes import SEARCH_PATH
from services.reporting.projections.projection import ReportingProjection
from services.reporting.sql import statements
from shared.clock import Clock
from shared.contracts.activity import MeetingScheduled
from shared.contracts.common import CanarySent
from shared.contracts.envelope import Envelope
from shared.settings import Settings
from shared.streams.broker import Broker
from shared.streams.runner import Runner
from shared.streams.topics import Topics
from shared.web.api import Api
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.faults.stage import running
from tests.integration.reporting.site import StandingClock
from tests.journal import Journal
from tests.stack import Database
from tests.stack import Topics as Names
from tests.tokens import TestIssuer

PERSON = UUID("3f0c1a52-6f1e-4a3b-9c6d-2f7a8f0f1a11")
BEGIN = datetime(2017, 1, 10, 3, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@asynccontextmanager
async def monitoring(broker: Broker, topics: Topics, pool: asyncpg.Pool, clock: Clock) -> AsyncIterator[None]:
    """The monitor at work in this process."""
    settings = Settings.model_validate({**broker.environment(), "topic_prefix": topics.prefix})
    stop = asyncio.Event()
    task = asyncio.create_task(Monitor(settings, pool, clock).run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


@dataclass
class Watch:
    """Topics with what was told, the views of it, and operators who ask."""

    names: Names
    topics: Topics
    views: Database
    pool: asyncpg.Pool
    clock: StandingClock
    client: httpx.AsyncClient
    issuer: TestIssuer

    async def send(self, events: Sequence[Envelope]) -> None:
        """Put events on the topics of their stores."""
        producer = AIOKafkaProducer(**self.names.broker.client(), acks="all")
        await producer.start()
        try:
            for each in events:
                topic = self.topics.events(each.store)
                await producer.send(topic, each.data, each.stream.encode(), partition=0, headers=each.headers())
            await producer.flush()
        finally:
            await producer.stop()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """The monitor at work, as reporting's own user."""
        async with monitoring(self.names.broker_of("reporting"), self.topics, self.pool, self.clock):
            yield

    async def counted(self, events: int) -> None:
        """Wait until so many events were counted."""

        async def reached() -> bool:
            return bool(await self.pool.fetchval("SELECT coalesce(sum(events), 0) FROM monitor_rates") >= events)

        await eventually(reached, 40, pause=0.1)

    async def ask(self, path: str, /, status: int = 200, roles: str = "operator", **query: Any) -> Any:
        """The answer to a question of an operator."""
        answer = await self.answer(path, roles, **query)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def answer(self, path: str, roles: str = "operator", **query: Any) -> httpx.Response:
        """The same with its headers."""
        return await self.client.get(f"/v1/ops/{path}", params=query or None, headers=self.issuer.bearer(roles))

    async def pages(self, path: str, **query: Any) -> list[Any]:
        """All pages of a search, three rows each."""
        rows, answer = [], await self.answer(path, limit="3", **query)
        while True:
            assert answer.status_code == 200, answer.text
            assert len(answer.json()) <= 3
            rows += answer.json()
            if "next" not in answer.links:
                return rows
            headers = self.issuer.bearer("operator")
            answer = await self.client.get(f"/v1/ops/{path}{answer.links['next']['url']}", headers=headers)


@pytest.fixture
async def watch(database: NewDatabase, topics: NewTopics) -> AsyncIterator[Watch]:
    """Reporting without anything told yet."""
    names, views, issuer = await topics(), await database("reporting"), TestIssuer()
    clock, api, authenticator = StandingClock(BEGIN), Api(), issuer.authenticator()
    async with asyncpg.create_pool(views.app_dsn, min_size=1, max_size=6, server_settings=SEARCH_PATH) as pool:
        desk = Desk(lambda: pool, clock)
        OperatorViews(desk, Limits(24 * HOUR, 7 * 24 * HOUR)).add_to(api)
        app = application(desk, authenticator, api, public_read=False)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://reporting") as client:
            yield Watch(names, Topics(names.prefix), views, pool, clock, client, issuer)
    await authenticator.close()


def scheduled(number: int) -> MeetingScheduled:
    """Some event of the activity service."""
    return MeetingScheduled(
        programme="2560-cluster",
        region="R07",
        activity="3",
        number=f"{number + 1}/2560",
        starts_at=BEGIN,
        place="ห้องประชุม 1",
    )


def of_publisher(journal: Journal, number: int, at: datetime, **more: Any) -> Envelope:
    """A fact of the e-meeting system."""
    command = f"/ext/e-meeting/r7 fact-{number}"
    return journal.tell(f"meeting:{number}", scheduled(number), at=at, command=command, **more)


async def test_events_are_counted_once_whatever_is_sent_again_and_whoever_dies(watch: Watch) -> None:
    journal = Journal(begin=BEGIN - 80 * HOUR)
    for number in range(60):
        of_publisher(journal, number, BEGIN - 80 * HOUR + number * HOUR)
    late = of_publisher(journal, 60, BEGIN - 20 * HOUR, occurred_at=BEGIN - 60 * 24 * HOUR)
    waited = of_publisher(journal, 61, BEGIN - 19 * HOUR, received_at=BEGIN - 20 * HOUR)
    mine = [journal.tell("meeting:m", scheduled(number), at=BEGIN - timedelta(minutes=4)) for number in range(10)]
    canary = journal.tell("canary:activity", CanarySent(sent_at=BEGIN), store="activity")
    news = [*journal.envelopes]
    strangers = [late._replace(position=1_000 + number, metadata=each) for number, each in enumerate(("[]", "no JSON"))]
    async with watch.watching():
        await watch.send([*news[:40], *strangers, *news[10:40], *news[40:]])
        await watch.counted(len(news) - 1)
    again = [journal.tell("meeting:m", scheduled(number), at=BEGIN) for number in range(5)]
    await watch.pool.execute("UPDATE monitor_offsets SET next_offset = 7")
    async with watch.watching():
        await watch.send([*news[:20], *again])
        await watch.counted(len(news) - 1 + len(again))

        async def kept() -> bool:
            return bool(await watch.pool.fetchval("SELECT max(next_offset) FROM monitor_offsets") >= len(news) + 55)

        await eventually(kept)
    assert await watch.pool.fetchval("SELECT sum(events) FROM monitor_rates") == len(news) - 1 + len(again)
    assert await watch.pool.fetchval("SELECT sum(events) FROM monitor_heard") == 62

    told = await watch.ask("monitor")
    [rate] = told["rates"]
    assert (rate["store"], rate["publisher"], rate["hour_events"]) == ("activity", "", len(mine) + len(again))
    assert rate["per_minute"] == (len(mine) + len(again)) / 5
    assert [each["event_id"] for each in told["late"]] == [waited.event_id, late.event_id]
    assert [(each["late"], each["delayed"]) for each in told["late"]] == [(False, True), (True, False)]
    [publisher] = told["publishers"]
    assert (publisher["publisher"], publisher["events"], publisher["verdict"]) == ("e-meeting", 62, "ok")
    watch.clock.moment = BEGIN + 6 * HOUR
    [publisher] = (await watch.ask("monitor"))["publishers"]
    assert (publisher["verdict"], publisher["allowed_seconds"]) == ("silent", 86_400)
    assert canary.event_id not in str(told)


async def test_the_newest_canary_of_a_store_is_kept_however_old_it_is(watch: Watch) -> None:
    for position, days in ((1, 50), (2, 40)):
        await watch.pool.execute(
            "INSERT INTO canary (store, shard, position, event_id, sent_at, recorded_at, applied_at)"
            " VALUES ('activity', 0, $1, gen_random_uuid(), now() - $2::interval, now(), now() - $2::interval)",
            position,
            timedelta(days=days),
        )
    prune = statements("services.reporting.monitor", "monitor.sql")["prune_canaries"]
    await watch.pool.execute(prune, datetime.now(UTC) - CANARIES_KEPT)
    kept = [row["position"] for row in await watch.pool.fetch("SELECT position FROM canary")]
    assert kept == [2], "by it is known since when none came"


async def test_operators_find_events_and_streams(watch: Watch) -> None:
    journal = Journal(begin=BEGIN - HOUR)
    for number in range(4):
        of_publisher(journal, number, BEGIN - HOUR + timedelta(minutes=number))
    with_person = journal.tell(
        "meeting:p",
        MeetingScheduled.model_validate({**scheduled(9).model_dump(), "place": str(PERSON)}),
        at=BEGIN - timedelta(minutes=30),
    )
    for number in range(3):
        journal.tell("meeting:m", scheduled(number), at=BEGIN - timedelta(minutes=20 - number))
    async with running(
        Runner(ReportingProjection(), watch.views.app_dsn, watch.names.broker, watch.topics, settings=SEARCH_PATH)
    ):
        await watch.send(journal.envelopes)

        async def applied() -> bool:
            return bool(await watch.pool.fetchval("SELECT count(*) FROM events") == len(journal.envelopes))

        await eventually(applied, 20)
    newest_first = [each.event_id for each in reversed(journal.envelopes)]
    assert [each["event_id"] for each in await watch.pages("events")] == newest_first
    assert [each["event_id"] for each in await watch.pages("events", stream="meeting:m")] == newest_first[:3]
    assert len(await watch.pages("events", type="MeetingScheduled")) == 8
    assert await watch.pages("events", type="MeetingHeld") == []
    assert [each["event_id"] for each in await watch.pages("events", person=str(PERSON))] == [with_person.event_id]
    until = (BEGIN - timedelta(minutes=58)).isoformat()
    assert len(await watch.pages("events", until=until)) == 3
    assert len(await watch.pages("events", since=until)) == 6
    assert [each["stream"] for each in await watch.pages("streams")] == sorted({e.stream for e in journal.envelopes})
    [stream] = await watch.pages("streams", stream="meeting:m")
    assert (stream["events"], stream["version"]) == (3, 3)
    assert all("data" not in each for each in await watch.ask("events"))


async def test_what_cannot_be_searched_for_is_refused(watch: Watch) -> None:
    wrong = {"type": "meeting held", "correlation": "a b", "person": "x", "since": "soon", "limit": "0", "cursor": "?"}
    for name, text in wrong.items():
        for path in ("events", "streams"):
            assert (await watch.ask(path, 400, **{name: text}))["code"] == "query.unreadable", name
    for path in ("events", "streams", "monitor", "trace/x"):
        assert (await watch.ask(path, 403, roles="officer"))["code"] == "auth.forbidden"
