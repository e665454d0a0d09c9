"""Canaries go the whole way and are timed; and nobody who asks for figures ever meets one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from services.reporting.monitor.reading import canaries
from services.reporting.processes import SEARCH_PATH
from services.reporting.projections.heads import apply_heads
from services.reporting.projections.projection import ReportingProjection
from shared.contracts.common import CanarySent
from shared.eventstore.relay import Relay
from shared.eventstore.store import EventStore
from shared.operating.canary import Canary
from shared.streams.heads import Head
from shared.streams.runner import Runner
from shared.streams.topics import Topics
from tests.conftest import NewDatabase, NewTopics
from tests.eventually import eventually
from tests.faults.rebuilding import rebuild_differences
from tests.faults.stage import running
from tests.integration.reporting.full import full
from tests.integration.reporting.site import Site, open_site
from tests.integration.reporting.test_exports import FIGURES, SCORED, VIEWS
from tests.oracle_check import check_guarantees, consumer_faults
from tests.unit.reporting.log import PROGRAMME, Log

SENT = datetime(2026, 1, 5, 3, 0, 7, tzinfo=UTC)
FORMS = ("application/json", "text/csv")
ASKED = (
    *((view, form) for view in VIEWS for form in FORMS),
    *((f"lineage?figure={figure}", "application/json") for figure in FIGURES),
    *((f"{view}?as_of=2017-02-01", "application/json") for view in ("national", "regions", "meetings")),
)
TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


def told(log: Log, stores: tuple[str, ...] = ("committee", "activity", "evaluation")) -> Log:
    """The log, and a canary of each service behind it."""
    now = log.now
    for store in stores:
        log.tell(f"canary:{store}", CanarySent(sent_at=SENT))
    log.now = now
    return log


async def every_answer(site: Site) -> dict[tuple[str, str], tuple[bytes, str | None]]:
    """Whatever can be asked of the programme, byte for byte, with its ETag."""
    found = {}
    for question, form in ASKED:
        answer = await site.client.get(f"/v1/programmes/{PROGRAMME}/{question}", headers={"Accept": form, **TRACE})
        assert answer.status_code == 200, answer.text
        found[question, form] = answer.content, answer.headers.get("etag")
    return found


async def test_no_view_export_lineage_or_list_of_changes_knows_of_canaries(database: NewDatabase) -> None:
    async with open_site(database) as site:
        log = full()
        await site.project(log)
        before = await every_answer(site)
        tables = {name: await site.rows(name) for name in ("applied", "events", "heads")}
        await site.project(told(log))
        assert await site.pool.fetchval("SELECT count(*) FROM canary") == 3
        assert await every_answer(site) == before
        assert {name: await site.rows(name) for name in tables} == tables
        assert await site.row_faults(log) == []
        canary = next(each for each in log.sent if each.type == CanarySent.spec.type)
        await site.get(f"events/{canary.event_id}", status=404)
        await site.get(f"events/{SCORED}")


async def test_a_shard_of_which_only_canaries_come_keeps_no_head_for_each(database: NewDatabase) -> None:
    async with open_site(database) as site:
        log = Log()
        last = log.register().position
        told(log, ("committee",) * 3)
        await site.project(log)
        heads = [Head("committee", 0, last + passed, SENT + timedelta(minutes=passed)) for passed in range(5)]
        async with site.pool.acquire() as connection, connection.transaction():
            await apply_heads(connection, heads)
        kept = {row["position"] for row in await site.rows("heads")}
        assert kept == {last, last + 3, last + 4}, "what was applied, what canaries have passed, what is to come"


async def test_a_canary_is_stored_once_however_many_processes_send_it(database: NewDatabase) -> None:
    made = await database("activity")
    store = await EventStore.open(made.app_dsn, "activity")
    try:
        many = [Canary(store, 60) for _ in range(4)]
        moments = [SENT + timedelta(seconds=second) for second in (0, 20, 40, 50)]
        await asyncio.gather(*(each.send(moment) for each, moment in zip(many, moments, strict=True)))
        again = await many[0].send(SENT + timedelta(seconds=52))
        following = await many[1].send(SENT + timedelta(seconds=53))
        assert again is not None
        assert following is not None
        assert again.repeated
        assert (following.stream, following.version) == ("canary:activity", 2)
        assert await store.pool.fetchval("SELECT count(*) FROM events") == 2
    finally:
        await store.close()


async def test_a_canary_is_timed_from_the_service_to_the_views(database: NewDatabase, topics: NewTopics) -> None:
    names, activity, views = await topics(), await database("activity"), await database("reporting")
    known = Topics(names.prefix)
    store = await EventStore.open(activity.app_dsn, "activity")
    relay = Relay(store, names.broker_of("activity"), known, 0)
    projection = ReportingProjection(stores=("activity",))
    reader = names.broker_of("reporting")
    runner = Runner(projection, views.app_dsn, reader, known, recompute=True, settings=SEARCH_PATH)
    asked = await asyncpg.connect(views.app_dsn, server_settings=SEARCH_PATH)
    stop = asyncio.Event()
    try:
        async with running(relay, runner):
            sending = asyncio.create_task(Canary(store, 1).run(stop))

            async def arrived() -> bool:
                return bool(await asked.fetchval("SELECT count(*) FROM canary") >= 2)

            await eventually(arrived, 20)
            stop.set()
            await sending
            head = await store.pool.fetchval("SELECT max(position) FROM events")

            async def read() -> bool:
                return bool(await asked.fetchval("SELECT position FROM consumer_offsets") == head)

            await eventually(read)
            [canary] = await canaries(asked)
            assert canary["service"] == "activity"
            assert canary["hour_canaries"] == head
            assert 0 < canary["last_seconds"] < 20
            assert 0 < canary["p50_seconds"] <= canary["p99_seconds"] < 20
            assert await asked.fetchval("SELECT count(*) FROM events") == 0
            first = await asked.fetchrow("SELECT * FROM canary ORDER BY position LIMIT 1")
            assert first is not None
            assert await projection.event_id_at(asked, "activity", 0, 1) == str(first["event_id"])
            assert await rebuild_differences(views, names.broker, known, ("activity",), 1) == []
            assert await asked.fetchrow("SELECT * FROM canary ORDER BY position LIMIT 1") == first
            faults = await check_guarantees(
                {"activity": activity.app_dsn},
                names.broker,
                {"activity": known.events("activity")},
                reporting_dsn=views.app_dsn,
            )
            assert faults == []
            assert await consumer_faults(views.app_dsn, "reporting") == []
    finally:
        await asked.close()
        await store.close()
