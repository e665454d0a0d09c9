"""An API that dies or stands still: what it acknowledged is kept, what is sent again is done once."""

from __future__ import annotations

import asyncio
import signal
from random import Random

import asyncpg

from tests.eventually import eventually
from tests.faults.office import COMMANDS
from tests.faults.stage import SHARDED, Stage

LOCK = "SELECT pg_advisory_lock(71001, 0)"
WAITING = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND classid = 71001 AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@SHARDED
async def test_a_command_committed_by_an_api_that_dies_before_it_answers_is_answered_once(
    stage: Stage, chance: Random
) -> None:
    api = stage.api()
    await api.start()
    async with stage.office() as office, stage.projecting(), stage.witness():
        await office.open()
        working = asyncio.create_task(office.work(COMMANDS))
        await office.has_answered(chance.randrange(10, COMMANDS // 2))
        api.arm("append.after_commit", "KILL")
        await api.killed()
        await api.start()
        await working
        assert office.sent_again > 0
        await stage.nothing_unasked(office)
        await stage.check(office)


async def test_others_append_while_an_api_stands_still_inside_an_append(stage: Stage) -> None:
    """It stops while its transaction waits for the shard's lock; the database carries that out without it."""
    still, other = stage.api("still"), stage.api("other")
    await asyncio.gather(still.start(), other.start())
    async with stage.office("still", name="s") as slow, stage.office("other", name="o") as quick:
        await quick.open()
        holder = await asyncpg.connect(stage.store.app_dsn)
        await holder.execute(LOCK)
        late = asyncio.create_task(slow.work(30, ["R01", "R02", "R03"]))
        await eventually(lambda: one_waits(holder))
        still.signal(signal.SIGSTOP)
        await still.stopped()
        await holder.close()
        async with stage.projecting(), stage.witness():
            await quick.work(COMMANDS, ["R04", "R05", "R06", "R07"])
            assert slow.answered == 0
            still.signal(signal.SIGCONT)
            await late
            await stage.nothing_unasked(slow, quick)
            await stage.check(slow, quick)


async def one_waits(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval(WAITING) == 1)
