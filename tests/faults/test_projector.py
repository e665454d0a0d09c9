"""A projector that dies, is thought dead, or reads twice: the views stay what a plain fold makes of the events."""

from __future__ import annotations

import asyncio
import signal
from random import Random

import asyncpg
import pytest

from services.reporting.projections.tables import TABLES
from services.reporting.rebuilding.differing import compare
from services.reporting.rebuilding.filling import rebuild
from services.reporting.rebuilding.schemas import make_schema
from services.reporting.rebuilding.standing import Where
from tests.eventually import eventually
from tests.faults.office import COMMANDS
from tests.faults.stage import SERVICE, SHARDED, Stage
from tests.oracle_check import read_table, read_topic

HANG_UP = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction'
"""


@pytest.mark.parametrize("point", ["projector.mid_batch", "projector.after_commit"])
async def test_views_survive_a_projector_that_is_killed(stage: Stage, point: str, chance: Random) -> None:
    """In the middle of a batch, its rows written and not committed; or right after, before it knows."""
    projector = stage.projector()
    async with stage.desk() as office, stage.watching() as console, stage.witness():
        await asyncio.gather(projector.start(), office.open())
        working = asyncio.create_task(office.work(COMMANDS))
        await office.has_answered(chance.randrange(20, COMMANDS // 2))
        projector.arm(point, "KILL")
        await projector.killed()
        await console.sees("role", "reporting-projector", "stopped")
        await console.sees("consumer", "reporting", "stopped")
        await asyncio.gather(projector.start(), working)
        await asyncio.gather(stage.check(office), console.falls_silent())


async def test_views_survive_batches_that_are_rolled_back(stage: Stage, chance: Random) -> None:
    """One because something in it failed, and one because the database hung up."""
    projector = stage.projector()
    async with stage.desk() as office, stage.watching() as console, stage.witness():
        await asyncio.gather(projector.start(), office.open())
        working = asyncio.create_task(office.work(COMMANDS))
        await office.has_answered(chance.randrange(20, COMMANDS // 2))
        projector.arm("projector.mid_batch", "raise")
        await projector.passes("projector.mid_batch")
        projector.arm("projector.mid_batch", "STOP")
        await projector.stopped()
        await console.sees("consumer", "reporting", "stalled")
        assert len(await stage.ask(stage.views.admin_dsn, HANG_UP)) == 1
        projector.signal(signal.SIGCONT)
        await working
        await office.work(COMMANDS // 3)
        await asyncio.gather(stage.check(office), console.falls_silent())


@pytest.mark.parametrize("shards", [3], ids=["3 shards"])
async def test_views_survive_a_rebalance_in_the_middle_of_a_batch(stage: Stage, chance: Random) -> None:
    """A second projector comes while the first has written half of a batch."""
    first, second = stage.projector("first"), stage.projector("second")
    async with stage.desk() as office, stage.witness():
        await asyncio.gather(first.start(), office.open())
        working = asyncio.create_task(office.work(COMMANDS))
        await office.has_answered(chance.randrange(20, COMMANDS // 2))
        first.arm("projector.mid_batch", "STOP")
        await first.stopped()
        second.spawn()
        await eventually(lambda: stage.group_is("PreparingRebalance"), 20)
        first.signal(signal.SIGCONT)
        await asyncio.gather(second.ready(), working)
        await eventually(lambda: claimed_twice(stage), 20)
        await office.work(COMMANDS // 3)
        await stage.check(office)


@pytest.mark.parametrize("shards", [3], ids=["3 shards"])
async def test_views_survive_a_projector_that_was_thought_dead_and_wakes_up_with_a_batch_in_hand(
    stage: Stage, chance: Random
) -> None:
    """Its claims were taken over meanwhile; it writes nothing of what it has in hand."""
    first, second = stage.projector("first"), stage.projector("second")
    async with stage.desk() as office, stage.watching() as console, stage.witness():
        await asyncio.gather(first.start(), second.start(), office.open())
        working = asyncio.create_task(office.work(COMMANDS))
        await office.has_answered(chance.randrange(20, COMMANDS // 2))
        first.arm("projector.before_batch", "STOP")
        await first.stopped()
        await console.sees("role", "reporting-projector", "stalled", instance="first")
        await working
        await stage.settled()
        await console.sees("consumer", "reporting", "ok")
        first.signal(signal.SIGCONT)
        await eventually(lambda: "Superseded" in first.log)
        await office.work(COMMANDS // 3)
        await asyncio.gather(stage.check(office), console.falls_silent())


async def claimed_twice(stage: Stage) -> bool:
    """Whether some partition has changed hands."""
    rows = await stage.ask(stage.views.app_dsn, "SELECT max(epoch) AS epoch FROM consumer_offsets")
    return bool(rows[0]["epoch"] > 1)


@SHARDED
async def test_everything_read_again_from_the_beginning_changes_nothing(stage: Stage) -> None:
    """What was read is known by its position and told apart from a fork by its event id."""
    async with stage.desk() as office:
        await office.open()
        async with stage.projecting(), stage.witness():
            await office.work(COMMANDS)
            await stage.settled()
        before = await view_rows(stage)
        again = "UPDATE consumer_offsets SET next_offset = 0 RETURNING position"
        assert len(await stage.ask(stage.views.app_dsn, again)) >= stage.shards
        async with stage.projecting() as runner, stage.witness():
            await eventually(lambda: read_to_the_end(stage))
            assert runner.halted == []
            assert await view_rows(stage) == before
            await office.work(COMMANDS // 3)
            await stage.check(office)


async def test_views_made_anew_from_the_first_event_are_the_live_ones(stage: Stage) -> None:
    """While the live ones go on."""
    async with stage.desk() as office, stage.projecting(), stage.witness():
        await office.open()
        await office.work(COMMANDS)
        working = asyncio.create_task(office.work(COMMANDS))
        await make_schema(stage.views.owner_dsn, "anew")
        where = Where(stage.views.owner_dsn, stage.views.app_dsn, stage.broker, stage.topics)
        assert await rebuild(where, "anew", stop=asyncio.Event())
        await working
        await stage.settled()
        assert await rebuild(where, "anew", stop=asyncio.Event())
        assert await compare(stage.views.app_dsn, "anew") == []
        await stage.check(office)


async def read_to_the_end(stage: Stage) -> bool:
    """Whether the projector has read every record again."""
    rows = await stage.ask(stage.views.app_dsn, "SELECT sum(next_offset) AS read FROM consumer_offsets")
    records = await read_topic(stage.broker, stage.topics.events(SERVICE), stage.shards)
    return bool(rows[0]["read"] == len(records))


async def view_rows(stage: Stage) -> dict[str, list[str]]:
    """Every row of every view, as text."""
    connection = await asyncpg.connect(stage.views.app_dsn)
    try:
        return {table: sorted(map(repr, await read_table(connection, table))) for table in TABLES}
    finally:
        await connection.close()
