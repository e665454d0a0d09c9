"""Rows are a function of the events alone: however batches are cut, topics interleave and memory is lost."""

from __future__ import annotations

from collections import defaultdict, deque

import asyncpg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from oracle.told import tell
from services.reporting.projections.tables import TABLES
from services.reporting.queries.figures import QUERIES, Figures
from services.reporting.queries.history import as_json, rows_of
from shared.contracts.envelope import Envelope
from tests.integration.reporting.site import Site
from tests.oracle_figures import figure_differences
from tests.unit.reporting.histories import histories
from tests.unit.reporting.log import PROGRAMME, Log

EVERY_ROW = settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # each example fills a database: shrinking takes too long
    suppress_health_check=list(HealthCheck),
)


async def empty(site: Site) -> None:
    owner = await asyncpg.connect(site.owner_dsn, server_settings={"search_path": "reporting"})
    try:
        await owner.execute(f"TRUNCATE events, applied, heads, {', '.join(TABLES)}")
    finally:
        await owner.close()
    site.projection.forget()


@EVERY_ROW
@given(log=histories(), data=st.data())
async def test_rows_do_not_depend_on_how_events_arrive(site: Site, log: Log, data: st.DataObject) -> None:
    await empty(site)
    waiting: defaultdict[tuple[str, int], deque[Envelope]] = defaultdict(deque)
    for each in log.sent:
        waiting[each.store, each.shard].append(each)
    while waiting:
        place = data.draw(st.sampled_from(sorted(waiting)))
        size = data.draw(st.integers(1, 12))
        batch = [waiting[place].popleft() for _ in range(min(size, len(waiting[place])))]
        await site.apply(batch)
        if not waiting[place]:
            del waiting[place]
        if data.draw(st.integers(0, 5)) == 0:
            site.projection.forget()
    assert await site.row_faults(log) == []


@EVERY_ROW
@given(log=histories())
async def test_figures_of_now_and_folded_ones_are_the_same(site: Site, log: Log) -> None:
    await empty(site)
    await site.project(log)
    async with site.pool.acquire() as connection:
        now = Figures(connection, PROGRAMME, log.now)
        then = Figures(connection, PROGRAMME, log.now, as_json(rows_of(log.facts())))
        for query in QUERIES:
            assert await now.all(query) == await then.all(query), query
    assert await figure_differences(site.pool, tell(log.sent), log.now) == []
