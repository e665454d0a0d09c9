"""Everything read again from the first event: nothing is told twice, and the views come out alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from oracle.views import VIEWS
from services.reporting.rebuilding.differing import compare
from services.reporting.rebuilding.filling import rebuild
from services.reporting.rebuilding.schemas import make_schema
from services.reporting.rebuilding.standing import Where
from shared.streams.topics import Topics
from tests.eventually import eventually
from tests.oracle_check import read_topic
from tests.scenarios.product import STORES, Product, connected
from tests.scenarios.year import Lived

PROCESSES = ("activity-reactions", "evaluation-reactions", "reporting-projector")
AS_IF_NEW = "UPDATE consumer_offsets SET next_offset = 0, position = 0, hash = repeat('0', 64)"
"""A consumer that never read anything."""
FROM_THE_BEGINNING = "UPDATE consumer_offsets SET next_offset = 0"
"""The views are there: what was read is told by its position."""


async def test_a_replay_of_all_topics_appends_nothing_and_leaves_every_row_as_it_was(year: Lived) -> None:
    product = year.product
    heads, rows = await product.at_rest(), await view_rows(product)
    records = await topic_ends(product)
    for process in PROCESSES:
        product.end(process)
    for service in ("activity", "evaluation"):
        await execute(product, service, AS_IF_NEW)
    await execute(product, "reporting", FROM_THE_BEGINNING)
    for process in PROCESSES:
        product.begin(process)

    await eventually(lambda: has_read(product, records), seconds=120, pause=0.2)

    assert await product.at_rest() == heads
    assert await topic_ends(product) == records
    assert await view_rows(product) == rows
    for service in ("activity", "evaluation", "reporting"):
        assert await product.value(service, "SELECT count(*) FROM parked") == 0


async def test_views_made_anew_from_the_topics_are_the_live_ones(year: Lived) -> None:
    product = year.product
    await product.at_rest()
    reporting = product.databases["reporting"]
    topics = Topics(product.names.prefix)
    await make_schema(reporting.owner_dsn, "anew")
    where = Where(reporting.owner_dsn, reporting.app_dsn, product.names.broker, topics)
    assert await rebuild(where, "anew", stop=asyncio.Event())
    assert await compare(reporting.app_dsn, "anew") == []


async def execute(product: Product, service: str, sql: str) -> None:
    """Change a service's database."""
    async with connected(product.databases[service].app_dsn) as connection:
        await connection.execute(sql)


async def topic_ends(product: Product) -> Mapping[str, int]:
    """How many records each topic holds."""
    return {store: len(await read_topic(product.names.broker, product.topics[store])) for store in STORES}


async def has_read(product: Product, records: Mapping[str, int]) -> bool:
    """Whether every consumer has read every record."""
    for service in ("activity", "evaluation", "reporting"):
        async with connected(product.databases[service].app_dsn) as connection:
            rows = await connection.fetch("SELECT store, next_offset FROM consumer_offsets")
        if any(row["next_offset"] < records.get(row["store"], 0) for row in rows):
            return False
    return True


async def view_rows(product: Product) -> Mapping[str, list[str]]:
    """Every row of every view, as text."""
    async with connected(product.reporting_dsn) as connection:
        return {
            view: sorted(repr(dict(row)) for row in await connection.fetch(f"SELECT * FROM reporting.{view}"))
            for view in VIEWS
        }
