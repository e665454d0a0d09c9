"""Applying events: what is refused, what is copied, and what the running role may do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.reporting.projections.tables import EVENTS, TABLES
from services.reporting.sql import statements
from shared.contracts.activity import MeetingRescheduled
from shared.contracts.types import Frequency
from shared.streams.projection import Unappliable
from shared.thai.fiscal import periods
from tests.integration.reporting.site import Site, shared_site
from tests.servers import Servers
from tests.unit.reporting.log import PROGRAMME, Log

_STATEMENTS = statements("services.reporting.projections", "statements.sql")
_CLEAR = statements("services.reporting.projections", "clear.sql")
NOON = datetime(2017, 1, 13, 5, 0, tzinfo=UTC)


def registered() -> Log:
    """A programme and nothing else."""
    log = Log()
    log.register()
    return log


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers) -> AsyncIterator[Site]:
    """A site that knows of a programme."""
    async with shared_site(servers, registered()) as site:
        yield site


async def columns(site: Site, table: str) -> tuple[str, ...]:
    found = await site.pool.fetch(
        """SELECT column_name FROM information_schema.columns
           WHERE table_schema = 'reporting' AND table_name = $1 ORDER BY ordinal_position""",
        table,
    )
    return tuple(row["column_name"] for row in found)


@pytest.mark.parametrize("table", [EVENTS, *TABLES.values()], ids=lambda table: table.name)
async def test_rows_are_written_in_the_order_of_the_table_s_columns(shared: Site, table: Any) -> None:
    assert table.columns == await columns(shared, table.name)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "th.go.obec.cluster.MeetingDreamt.v1"}, "event.unknown_type"),
        ({"data": b'{"programme":"2560-cluster"}'}, "projection.unreadable"),
        ({"data": b'{"programme":["2560-cluster"]}', "stream": "workshop:a"}, "projection.unreadable"),
        ({"data": b'{"amount_satang":9223372036854775808}', "stream": "workshop:a"}, "projection.unreadable"),
        ({"data": b'{"programme":"2560\\u0000"}', "stream": "workshop:a"}, "projection.unstorable"),
    ],
)
async def test_an_event_that_cannot_be_applied_says_why_and_changes_nothing(
    site: Site, change: dict[str, Any], code: str
) -> None:
    log = Log()
    good, bad = log.propose("R07", "2016-11-01"), log.propose("R08", "2016-11-01")._replace(**change)

    with pytest.raises(Unappliable) as refusal:
        await site.apply([good, bad])
    site.projection.forget()
    await site.apply([good])

    assert refusal.value.code == code
    assert [row["stream"] for row in await site.rows("committee")] == [good.stream]


async def test_the_copy_holds_what_was_sent_to_the_byte(site: Site) -> None:
    log = Log()
    sent = log.propose("R07", "2016-11-01")
    odd = sent._replace(data=sent.data.replace(b'"ordinal":1', b'"ordinal": 1, "later":  1.0'))
    await site.apply([odd])

    (row,) = await site.rows("events")
    assert (row["data"].encode(), row["metadata"]) == (odd.data, odd.metadata)


async def test_the_copy_is_insert_only_for_the_role_that_runs(shared: Site) -> None:
    for statement in ("UPDATE events SET region = 'R01'", "DELETE FROM events", "TRUNCATE events"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await shared.pool.execute(statement)


@pytest.mark.parametrize(
    ("occurred", "partition"),
    [
        (datetime(2016, 9, 30, 16, 59, 59, tzinfo=UTC), "events_2559"),
        (datetime(2016, 9, 30, 17, 0, tzinfo=UTC), "events_2560"),
        (datetime(2017, 9, 30, 16, 59, 59, tzinfo=UTC), "events_2560"),
        (datetime(2017, 9, 30, 17, 0, tzinfo=UTC), "events_2561"),
        (datetime(1999, 1, 1, tzinfo=UTC), "events_other"),
    ],
)
async def test_the_copy_is_divided_by_fiscal_year_at_bangkok_midnight(
    site: Site, occurred: datetime, partition: str
) -> None:
    await site.apply([Log().propose("R07", "2016-11-01")._replace(occurred_at=occurred)])

    assert await site.pool.fetchval("SELECT tableoid::regclass::text FROM events") == partition


async def test_the_id_seen_at_a_place_is_known(site: Site) -> None:
    sent = Log().propose("R07", "2016-11-01")
    await site.apply([sent])

    async with site.pool.acquire() as connection:
        assert await site.projection.event_id_at(connection, "committee", 0, 1) == sent.event_id
        assert await site.projection.event_id_at(connection, "committee", 0, 2) is None


async def test_a_fold_that_memory_has_lost_is_made_anew_from_the_copy(site: Site) -> None:
    log = Log()
    log.register()
    first = log.measure("QN3:R07:2560-Q1", "42")
    log.score("QN3:R07:2560-Q1", "42", "4.20", log.verify(first))
    await site.project(log)
    site.projection.forget()
    log.measure("QN3:R07:2560-Q1", "45", supersedes=first)
    await site.project(log)

    assert await site.row_faults(log) == []


async def test_what_was_rolled_back_is_not_carried_on(site: Site) -> None:
    log = Log()
    log.schedule("m", "R07", "2017-01-12T09:00:00+07:00")
    await site.project(log)
    later = MeetingRescheduled(programme=PROGRAMME, starts_at=NOON, place="สพป. เขต 1", reason="ประธานติดราชการ")
    again = log.tell("meeting:m", later)
    async with site.pool.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        await site.projection.apply(connection, [again])
        await undone.rollback()
    site.projection.forget()
    await site.project(log)

    assert [row["rescheduled"] for row in await site.rows("meeting")] == [1]


async def test_a_long_budget_is_voided_without_being_folded_again(site: Site) -> None:
    log = Log()
    log.register()
    paid = [log.pay(100, "2017-01-12", number=str(number)) for number in range(20)]
    await site.project(log)
    for each in paid[:19]:
        log.void(each)
    await site.project(log)
    assert [row["disbursed"] for row in await site.rows("budget")] == [100]
    log.void(paid[19])
    await site.project(log)

    assert await site.rows("budget") == []
    assert await site.row_faults(log) == []


async def test_a_fact_and_its_voiding_in_one_batch_leave_nothing(site: Site) -> None:
    log = Log()
    log.register()
    log.void(log.pay(100, "2017-01-12"))
    log.void(log.measure("QN3:R07:2560-Q1", "42"))
    await site.project(log)

    assert [await site.rows(table) for table in ("budget", "measurement")] == [[], []]
    assert len(await site.rows("voided")) == 2
    assert await site.row_faults(log) == []


@pytest.mark.parametrize("frequency", list(Frequency))
async def test_periods_are_those_of_the_fiscal_calendar(shared: Site, frequency: Frequency) -> None:
    codes = [row["code"] for row in await shared.rows("indicator") if row["frequency"] == frequency]

    for code in codes:
        cells = [row for row in (await shared.get(f"indicators/{code}"))["cells"] if row["scope"] in ("CTR", "TH")]
        due = {row["period"]: row["due_on"] for row in cells}
        assert due == {str(each): each.due(15).isoformat() for each in periods(2560, frequency)}


async def test_a_second_programme_of_another_year_stands_beside_the_first(site: Site) -> None:
    log = Log()
    log.register()
    log.register("2563-example")
    log.at("2019-11-10").propose("R13", "2019-11-01", programme="2563-example")
    log.at("2019-12-10").appoint("R13", "2019-12-01", programme="2563-example")
    await site.project(log)

    answer = (await site.client.get("/v1/programmes/2563-example/national")).json()
    assert answer["committees"]["text"] == "1/4"
    assert (await site.get("national"))["committees"]["text"] == "0/19"
    assert {row["programme"] for row in await site.rows("programme")} == {PROGRAMME, "2563-example"}


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (_STATEMENTS["stream_events"], "stream_position_idx"),
        (_STATEMENTS["voiding_events"], "stream_position_idx"),
        (_STATEMENTS["event_id_at"], "pkey"),
        (_CLEAR["measurement"], "measurement_pkey"),
        (_CLEAR["score"], "score_stream"),
    ],
    ids=["stream_events", "voiding_events", "event_id_at", "clear measurement", "clear score"],
)
async def test_tables_that_were_never_analysed_are_still_read_by_their_indexes(
    shared: Site, statement: str, index: str
) -> None:
    arguments = ("ARRAY['a','b']",) if "ANY" in statement else ("'committee'", "0", "1")
    for number, argument in enumerate(arguments, 1):
        statement = statement.replace(f"${number}", argument)
    async with shared.pool.acquire() as connection, connection.transaction():
        await connection.execute(_STATEMENTS["by_index"])
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}"))

    assert index in plan
    assert "Seq Scan" not in plan
