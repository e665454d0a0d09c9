"""Carries out what was ordered of rebuilds: comparisons, swaps, roll-backs, drops; each can be broken off anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from time import monotonic
from typing import Any

import asyncpg
import structlog

from services.reporting.rebuilding.aligning import NotAligned, aligned
from services.reporting.rebuilding.differing import Difference, snapshots
from services.reporting.rebuilding.following import Following
from services.reporting.rebuilding.journal import JOURNAL
from services.reporting.rebuilding.schemas import drop_schema, made_of
from services.reporting.rebuilding.standing import LIVE, Where
from services.reporting.rebuilding.swapping import exchange
from shared.faults import fault_point
from shared.operating.audit import record

log = structlog.get_logger(__name__)

Order = Mapping[str, Any]
"""A row of ``rebuilds`` with an order."""

SWAP_SECONDS = 60.0
"""How long readers are given to let a swap through; each try keeps others waiting for a tenth of a second at most."""
PAUSE_SECONDS = 0.2
BUSY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


class Refused(Exception):
    """An order cannot be carried out; the message says why."""


class Carrier:
    """Does it. ``owner``: a connection of the role that owns the tables; ``look``: one of the role that runs."""

    def __init__(self, where: Where, owner: Any, look: Any) -> None:
        self._where, self._owner, self._look = where, owner, look

    async def compare(self, followed: Following) -> list[Difference]:
        """The rows that differ at the same positions. The two stand still only until both have been looked at.

        Raises NotAligned.
        """
        schema, filler = followed.schema, followed.filler
        async with AsyncExitStack() as stack:
            async with self._owner.transaction(), aligned(self._owner, self._look, schema, filler, equal=True):
                both, same = await stack.enter_async_context(snapshots(self._where.dsn, LIVE, schema))
            if not same:
                raise NotAligned(f"{schema} could not be brought to where the live views stand")
            return await both.differences()

    async def swap(self, order: Order, followed: Following, left: str) -> None:
        """Put the followed version in the place of the live one, which is ``left`` from then on: former, rolled_back.

        Raises Refused, NotAligned. The followed filler has ended afterwards.
        """
        deadline = monotonic() + SWAP_SECONDS
        while True:
            try:
                async with (
                    self._owner.transaction(),
                    aligned(self._owner, self._look, followed.schema, followed.filler, equal=False),
                ):
                    await self._exchange(order, followed.schema, left)
                    followed.filler.end()
                fault_point("rebuilder.after_swap")
                log.info("views swapped", live=followed.schema)
                return
            except BUSY as error:
                if monotonic() >= deadline:
                    raise Refused("readers hold the views; order it again") from error
                await asyncio.sleep(PAUSE_SECONDS)

    async def _exchange(self, order: Order, schema: str, left: str) -> None:
        outgoing = await self._owner.fetchval(JOURNAL["live"])
        held = await self._owner.fetchrow(JOURNAL["hold"], schema)
        require_of_this_release(held["made_of"])
        fault_point("rebuilder.before_swap")
        revision = await exchange(self._owner, schema, outgoing)
        await self._owner.execute(JOURNAL["goes"], outgoing, left, made_of())
        await self._owner.execute(JOURNAL["comes"], schema, outgoing)
        told = f"{schema} is live as revision {revision}, {outgoing} is {left.replace('_', ' ')}"
        await record(self._owner, order["ordered_by"], "rebuild.swapped", schema, order["order_reason"], outcome=told)
        fault_point("rebuilder.mid_swap")

    async def drop(self, order: Order) -> None:
        """Drop a version that is not live; nothing follows it any more. Raises Refused."""
        schema = order["schema"]
        async with self._owner.transaction():
            held = await self._owner.fetchrow(JOURNAL["hold"], schema)
            if held["state"] == "live":
                raise Refused("it is live")
            await drop_schema(self._owner, schema)
            await self._owner.execute(JOURNAL["dropped"], schema)
            await self._owner.execute(JOURNAL["forget_replaced"], schema)
            told = f"{schema} is dropped"
            await record(
                self._owner, order["ordered_by"], "rebuild.dropped", schema, order["order_reason"], outcome=told
            )


def require_of_this_release(made: str | None) -> None:
    """Raises Refused for tables that another release made: this one's projector would not find its columns."""
    if made not in (None, made_of()):
        raise Refused("its tables are of another release; drop it and ask for a new one")
