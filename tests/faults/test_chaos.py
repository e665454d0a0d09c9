"""Whatever is killed or stopped, and whenever: two APIs, two projectors, and a hand that cannot leave them alone."""

from __future__ import annotations

import asyncio
import os
import signal
from random import Random

import pytest

from tests.faults.office import REGIONS
from tests.faults.process import Process
from tests.faults.stage import Stage

SECONDS = float(os.environ.get("OBEC_CHAOS_SECONDS", "6"))
COMMANDS = 18
LONGEST_PAUSE = 1.0
STILL_SECONDS = (0.2, 5.0)
"""How long somebody is stopped: shorter and longer than the relay's session lasts."""


@pytest.mark.parametrize("shards", [3], ids=["3 shards"])
async def test_every_guarantee_survives_whatever_is_killed_or_stopped_whenever(stage: Stage, chance: Random) -> None:
    processes = [stage.api("one"), stage.api("two"), stage.projector("first"), stage.projector("second")]
    await asyncio.gather(*(each.start() for each in processes))
    async with stage.office("one", "two") as office, stage.witness():
        await office.open()
        meddling = [asyncio.create_task(meddle(each, Random(chance.random()))) for each in processes]
        while not all(each.done() for each in meddling):
            await office.work(COMMANDS, REGIONS)
        await asyncio.gather(*meddling)
        await stage.nothing_unasked(office)
        await stage.check(office)


async def meddle(process: Process, chance: Random) -> None:
    """Kill a process, or stop it for a while, again and again; in the end it runs."""
    clock = asyncio.get_running_loop()
    end = clock.time() + SECONDS
    while clock.time() < end:
        await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE))
        if chance.random() < 0.5:
            process.kill()
            await process.start()
        else:
            process.signal(signal.SIGSTOP)
            await asyncio.sleep(chance.uniform(*STILL_SECONDS))
            process.signal(signal.SIGCONT)
