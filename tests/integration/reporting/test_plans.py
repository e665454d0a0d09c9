"""Answers read the rows of their own programme by index, however many other programmes there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import orjson
import pytest

from services.reporting.projections.tables import TABLES
from services.reporting.queries.figures import QUERIES
from services.reporting.sql import statements
from tests.integration.reporting.many import fill, year
from tests.integration.reporting.site import SEARCH_PATH
from tests.servers import Servers
from tests.stack import Database, fresh_database
from tests.unit.reporting.log import PROGRAMME

PROGRAMMES = 40
LARGE = 1_000
"""Rows of a table or partition that nothing should read whole."""
ASKED = statements("services.reporting.queries", "asked.sql")
EVENTS = statements("services.reporting.queries", "events.sql")
PROJECTING = statements("services.reporting.projections", "statements.sql")
LOG = year(meetings=3, payments=6)
RULES = (f"programme:{PROGRAMME}", f"indicators:{PROGRAMME}")
LOOKED_FOR: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "everything": (("",), ()),
    "meetings": (("meeting:", *RULES), ()),
    "a cell": ((f"measurement:{PROGRAMME}:QN3:R07:2560-Q1", *RULES), ()),
    "evidence": (RULES, ("CommitteeProposed",)),
}
"""Beginnings of streams and names of events, as a lineage or an answer as of a time looks for them."""

Plan = Mapping[str, Any]


@pytest.fixture(scope="module")
def crowded(servers: Servers) -> Iterator[Database]:
    """A year of one programme among those of many others."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        made = runner.run(stack.enter_async_context(fresh_database(servers, "reporting")))
        runner.run(fill(made, LOG, PROGRAMMES))
        yield made
        runner.run(stack.aclose())


@asynccontextmanager
async def connected(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.app_dsn, server_settings=SEARCH_PATH)
    try:
        yield connection
    finally:
        await connection.close()


async def plan_of(connection: asyncpg.Connection, statement: str, *values: Any) -> Plan:
    """The plan for these values, with what it came to."""
    found: str = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
    plan: Plan = orjson.loads(found)[0]["Plan"]
    return plan


async def generic_plan_of(connection: asyncpg.Connection, statement: str) -> Plan:
    """The plan for whichever values, which a connection keeps after it was asked some times."""
    said = await connection.fetchval("SELECT pg_temp.generic($1)", statement)
    plan: Plan = orjson.loads(said)[0]["Plan"]
    return plan


GENERIC = """
CREATE FUNCTION pg_temp.generic(statement text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (GENERIC_PLAN, FORMAT JSON) ' || statement INTO plan;
    RETURN plan;
END
$$
"""


async def large_tables(connection: asyncpg.Connection) -> set[str]:
    """Row tables and partitions of the copy with many rows."""
    rows = await connection.fetch(
        """SELECT relname FROM pg_class
           WHERE relnamespace = 'reporting'::regnamespace AND relkind = 'r' AND reltuples > $1""",
        LARGE,
    )
    return {row["relname"] for row in rows}


def nodes(plan: Plan) -> Iterator[Plan]:
    """A plan's node and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def read_whole(plan: Plan, large: set[str]) -> list[str]:
    """Large tables that are read from their first row to the last, or an index of them."""
    return [
        f"{node['Node Type']} on {node['Relation Name']}"
        for node in nodes(plan)
        if node.get("Relation Name") in large
        and node["Node Type"] != "Bitmap Heap Scan"
        and not node.get("Index Cond")
        and "ModifyTable" not in node["Node Type"]
    ]


async def test_the_tables_are_large_enough_to_tell(crowded: Database) -> None:
    async with connected(crowded) as connection:
        large = await large_tables(connection)
        whole = await plan_of(connection, "SELECT * FROM measurement")

    assert {"events_2560", "measurement", "score", "meeting", "visit", "recommendation", "committee"} <= large
    assert read_whole(whole, large) == ["Seq Scan on measurement"]


@pytest.mark.parametrize("query", sorted(QUERIES))
async def test_a_figure_reads_no_table_whole(crowded: Database, query: str) -> None:
    async with connected(crowded) as connection:
        large = await large_tables(connection)
        asked = await plan_of(connection, QUERIES[query].now, PROGRAMME, LOG.now)
        await connection.execute(GENERIC)
        kept = await generic_plan_of(connection, QUERIES[query].now)

    assert read_whole(asked, large) == []
    assert read_whole(kept, large) == []


@pytest.mark.parametrize("wanted", LOOKED_FOR)
async def test_known_events_are_found_among_those_of_the_programme_alone(crowded: Database, wanted: str) -> None:
    async with connected(crowded) as connection:
        large = await large_tables(connection)
        places = await connection.fetch("SELECT store, shard, position FROM applied")
        positions = [[row[column] for row in places] for column in ("store", "shard", "position")]
        plan = await plan_of(connection, ASKED["known_events"], PROGRAMME, *positions, *LOOKED_FOR[wanted])
        await connection.execute(GENERIC)
        kept = await generic_plan_of(connection, ASKED["known_events"])

    touched = sum(each["Actual Rows"] * each["Actual Loops"] for each in nodes(plan) if "Index" in each["Node Type"])
    assert touched <= 3 * len(LOG.sent)
    assert read_whole(plan, large) == []
    assert read_whole(kept, large) == []


async def test_a_look_reads_no_table_whole(crowded: Database) -> None:
    async with connected(crowded) as connection:
        large = await large_tables(connection)
        plan = await plan_of(connection, ASKED["look"], "reporting", ["committee"], None, LOG.now)

    assert read_whole(plan, large) == []


@pytest.mark.parametrize("statement", ["event", "bodies", "definitions", "is_of"])
async def test_an_event_is_found_by_its_id_and_its_kind(crowded: Database, statement: str) -> None:
    told = next(each for each in LOG.sent if each.stream.startswith("measurement:"))
    values: Mapping[str, Sequence[Any]] = {
        "event": (told.event_id, ["evaluation"], [0], [told.position]),
        "bodies": (PROGRAMME, "IndicatorMeasured", [told.event_id]),
        "definitions": (PROGRAMME, "QN3", ["evaluation"], [0], [told.position]),
        "is_of": (told.stream, PROGRAMME),
    }
    async with connected(crowded) as connection:
        large = await large_tables(connection)
        plan = await plan_of(connection, EVENTS[statement], *values[statement])

    assert read_whole(plan, large) == []


async def test_a_position_of_a_time_is_found_without_reading_the_events(crowded: Database) -> None:
    async with connected(crowded) as connection:
        before = await _blocks_read(connection)
        await connection.fetch(ASKED["positions_at"], LOG.now)
        after = await _blocks_read(connection)

    assert after - before < 2_000


async def _blocks_read(connection: asyncpg.Connection) -> int:
    """Blocks of the copy's partitions that this database has read, from memory or not."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    blocks: int = await connection.fetchval(
        """SELECT sum(heap_blks_hit + heap_blks_read)::bigint
           FROM pg_statio_user_tables WHERE schemaname = 'reporting' AND starts_with(relname, 'events')"""
    )
    return blocks


@pytest.mark.parametrize("statement", ["stream_events", "voiding_events"])
async def test_a_stream_is_folded_without_reading_others(crowded: Database, statement: str) -> None:
    async with connected(crowded) as connection:
        large = await large_tables(connection)
        async with connection.transaction():
            await connection.execute(PROJECTING["by_index"])
            plan = await plan_of(connection, PROJECTING[statement], [each.stream for each in LOG.sent[:50]])

    assert read_whole(plan, large) == []


async def test_every_row_table_of_a_programme_has_an_index_that_begins_with_it(crowded: Database) -> None:
    async with connected(crowded) as connection:
        rows = await connection.fetch(
            """SELECT i.indrelid::regclass::text AS table_name
               FROM pg_index i
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
               WHERE a.attname = 'programme'"""
        )
    found = {row["table_name"] for row in rows}

    assert {name for name, table in TABLES.items() if "programme" in table.columns} - found == set()
