"""Views made anew under load: killed at random, put in the place of the live ones under readers, and taken back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import asyncpg

from services.reporting.rebuilding import orders
from services.reporting.rebuilding.standing import LIVE
from shared.operating.deciding import Operators
from shared.web.auth import OPERATOR, Caller
from tests.eventually import eventually
from tests.faults.office import Office
from tests.faults.process import Process
from tests.faults.reader import READERS, TWO_ROWS, Reader
from tests.faults.stage import Stage

COMMANDS = 90
AT_ONCE = 6
PAUSE = 0.1
KILLS = int(os.environ.get("OBEC_FAULT_KILLS", "1"))
IN_A_BATCH = ("projector.before_batch", "projector.mid_batch", "projector.after_commit")
IN_A_SWAP = ("rebuilder.before_swap", "rebuilder.mid_swap")
ONE, OTHER = "reporting_v1", "reporting_v2"


class Console:
    """An operator who asks for rebuilds, and waits for what becomes of them."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._operators = Operators("reporting", lambda: pool, two_person=False)
        self._operator = Caller("usr-operator", OPERATOR)
        orders.register(self._operators)

    async def ask(self) -> None:
        await self._operators.ask(self._operator, orders.ASK, LIVE, {"reason": "ทดสอบ"}, reason="ทดสอบ")

    async def order(self, what: str, schema: str, **params: Any) -> None:
        given = {"schema": schema, "reason": "ทดสอบ", **params}
        await self._operators.ask(self._operator, f"rebuild.{what}", schema, given, reason="ทดสอบ", typed=schema)

    async def becomes(self, schema: str, state: str) -> dict[str, Any]:
        async def is_so() -> bool:
            shown = await self.shown(schema)
            assert shown["state"] != "failed", shown["message"]
            return bool(shown["state"] == state and shown["ordered"] is None)

        await eventually(is_so, 40)
        return await self.shown(schema)

    async def shown(self, schema: str) -> dict[str, Any]:
        return await orders.one(self._pool, schema, 1000)


async def test_views_are_made_anew_under_load_and_swapped_under_readers(stage: Stage, chance: Random) -> None:
    projector, rebuilder = stage.projector(), _rebuilder(stage)
    async with stage.desk() as office, asyncpg.create_pool(stage.views.app_dsn, min_size=1) as pool:
        console = Console(pool)
        await asyncio.gather(projector.start(), rebuilder.start(), office.open())
        await office.work(COMMANDS)
        await stage.settled()
        for edit in TWO_ROWS:
            await stage.ask(stage.views.owner_dsn, edit)
        async with Reader(stage.views.app_dsn) as reader:
            async with _at_work(office):
                await _made_anew(console, rebuilder, chance)
                await _swapped(console, rebuilder, reader, chance)
                await _back_and_forth(console, reader)
            await stage.settled()
            assert len(reader.told) > 5
        await console.order("drop", ONE)
        await console.becomes(ONE, "dropped")
        await stage.check(office)


async def _made_anew(console: Console, rebuilder: Process, chance: Random) -> None:
    """In spite of every kill; its comparison finds what was edited."""
    for kill in range(KILLS):
        rebuilder.arm(chance.choice(IN_A_BATCH), "KILL")
        if kill == 0:
            await console.ask()
        await rebuilder.killed()
        await rebuilder.start()
    found = await console.becomes(OTHER, "compared")
    assert [(each["table"], each["live"] is None) for each in found["rows"]] == [
        ("events", False),
        ("programme", False),
    ]


async def _swapped(console: Console, rebuilder: Process, reader: Reader, chance: Random) -> None:
    """At the second attempt: in the first it is killed, and nothing has changed."""
    rebuilder.arm(chance.choice(IN_A_SWAP), "KILL")
    await console.order("swap", OTHER, differences=2)
    await rebuilder.killed()
    assert (await console.shown(ONE))["state"] == "live"
    await rebuilder.start()
    await console.becomes(OTHER, "live")
    edited, looks = reader.edited, reader.looks
    assert edited > 0
    await eventually(lambda: reader.looks > looks + 20)
    assert reader.edited - edited <= READERS


async def _back_and_forth(console: Console, reader: Reader) -> None:
    """Rolled back, and that rolled back too."""
    before = reader.edited
    await console.order("roll-back", OTHER)
    await console.becomes(ONE, "live")
    assert (await console.shown(OTHER))["state"] == "rolled_back"
    await eventually(lambda: reader.edited > before)
    await console.order("roll-back", ONE)
    await console.becomes(OTHER, "live")


@asynccontextmanager
async def _at_work(office: Office) -> AsyncIterator[None]:
    """The office goes on and on while the body runs."""
    enough = asyncio.Event()

    async def work() -> None:
        while not enough.is_set():
            await office.work(AT_ONCE)
            await asyncio.sleep(PAUSE)

    working = asyncio.create_task(work())
    try:
        yield
    finally:
        enough.set()
        await working


def _rebuilder(stage: Stage) -> Process:
    return stage.process("rebuilder", "services.reporting", "rebuilder", OBEC_REPORTING_OWNER_DSN=stage.views.owner_dsn)
