"""The process ``rebuilder``: fills what operators ask for, follows it, and carries out what they order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import structlog

from services.reporting.rebuilding.aligning import NotAligned
from services.reporting.rebuilding.carrying_out import Carrier, Refused, require_of_this_release
from services.reporting.rebuilding.filling import RebuildStopped, SchemaGone
from services.reporting.rebuilding.following import Following, following
from services.reporting.rebuilding.journal import Journal
from services.reporting.rebuilding.leading import leading
from services.reporting.rebuilding.schemas import made_of, make_schema
from services.reporting.rebuilding.standing import NAMES, Where
from shared.process import first_of
from shared.streams.runner import LOST, RETRY

log = structlog.get_logger(__name__)

Row = Mapping[str, Any]
POLL_SECONDS = 0.25
AGAIN_SECONDS = 1.0
BEGUN = frozenset({"asked", "failed", "filling"})
"""States of a version that is not as far as the live one yet."""
MADE = BEGUN | {"filled", "compared"}
"""States of a version that is being made; the live one and those that were are not followed."""


class Rebuilder:
    """Of all the processes of this role one works at a time. ``run`` returns when ``stop`` is set."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._tries_failed = True

    async def run(self, stop: asyncio.Event) -> None:
        """Work whenever no other does, whatever database and broker do meanwhile."""
        while not stop.is_set():
            try:
                async with leading(self._where.owner_dsn, stop) as over:
                    if over is not None:
                        await self._lead(over)
            except (*LOST, *RETRY) as error:
                log.warning("rebuilder begins anew", reason=repr(error))
            await first_of(stop, seconds=AGAIN_SECONDS)

    async def _lead(self, over: asyncio.Event) -> None:
        async with AsyncExitStack() as stack:
            owner, desk, look = [
                await asyncpg.connect(dsn, timeout=5, command_timeout=60)
                for dsn in (self._where.owner_dsn, self._where.owner_dsn, self._where.dsn)
            ]
            for connection in (owner, desk, look):
                stack.callback(connection.terminate)
            shift = Shift(self._where, owner, Journal(desk), look, tries_failed=self._tries_failed)
            self._tries_failed = False
            stack.push_async_callback(shift.leave)
            working = asyncio.create_task(shift.work())
            ending = asyncio.create_task(over.wait())
            await asyncio.wait([working, ending], return_when=asyncio.FIRST_COMPLETED)
            for task in (working, ending):
                task.cancel()
            await asyncio.wait([working, ending])
            if not working.cancelled():
                working.result()


class Shift:
    """What a rebuilder does while it leads. ``tries_failed``: what failed before goes on, perhaps mended meanwhile."""

    def __init__(self, where: Where, owner: Any, journal: Journal, look: Any, *, tries_failed: bool) -> None:
        self._where, self._journal, self._look = where, journal, look
        self._carrier = Carrier(where, owner, look)
        self._tries_failed = tries_failed
        self._followed: Following | None = None
        self._stack = AsyncExitStack()
        self._compares = True

    async def work(self) -> None:
        """Until it is cancelled."""
        while True:
            rows = await self._journal.wanted(self._tries_failed)
            self._tries_failed = False
            ordered = next((row for row in rows if row["ordered"]), None)
            made = next((row for row in rows if row["state"] in MADE), None)
            if ordered is not None and not (ordered["ordered"] in ("compare", "swap") and self._followed is None):
                await self._carry_out(ordered)
                continue
            await self._follow(made)
            if made is not None and self._followed is not None:
                await self._look_after(made, self._followed)
            await asyncio.sleep(POLL_SECONDS)

    async def leave(self) -> None:
        """Follow nothing any more; what was applied stays."""
        self._followed = None
        stack, self._stack = self._stack, AsyncExitStack()
        await stack.aclose()

    async def _follow(self, made: Row | None) -> None:
        """See to it that what is being made is followed, and nothing else."""
        schema = None if made is None else made["schema"]
        if self._followed is not None and self._followed.schema != schema:
            await self.leave()
        if made is None or schema is None or self._followed is not None:
            return
        try:
            require_of_this_release(made["made_of"])
        except Refused as refused:
            await self._journal.failed(schema, str(refused))
            return
        if made["state"] in BEGUN and not await self._begun(schema):
            return
        self._compares = made["state"] != "compared"
        self._followed = await self._stack.enter_async_context(
            following(self._where, schema, self._look, self._journal)
        )

    async def _begun(self, schema: str) -> bool:
        try:
            await make_schema(self._where.owner_dsn, schema)
        except asyncpg.DuplicateSchemaError:
            log.info("rebuild goes on", schema=schema)
        return await self._journal.begun(schema, made_of())

    async def _look_after(self, made: Row, followed: Following) -> None:
        """Write down how far it is; compare it once it is as far as the live views."""
        if followed.task.done():
            error = followed.task.exception()
            await self.leave()
            if isinstance(error, RebuildStopped):
                log.error("rebuild stopped", schema=followed.schema, reason=str(error))
                await self._journal.stopped(followed.schema, error)
            elif isinstance(error, SchemaGone):
                await self._journal.failed(followed.schema, "its schema is gone; drop it and ask for a new one")
            elif error is not None:
                raise error
            return
        reached = await followed.look()
        if not reached:
            return
        if made["state"] in BEGUN:
            await self._journal.filled(followed.schema)
        elif self._compares:
            self._compares = False
            try:
                await self._compare(followed)
            except NotAligned as refused:
                await self._journal.note(followed.schema, f"not compared: {refused}")

    async def _compare(self, followed: Following) -> None:
        found = await self._carrier.compare(followed)
        log.info("rebuild compared", schema=followed.schema, differences=len(found))
        await self._journal.compared(followed.schema, found)

    async def _carry_out(self, order: Row) -> None:
        schema, what = order["schema"], order["ordered"]
        try:
            if what == "drop":
                if self._followed is not None and self._followed.schema == schema:
                    await self.leave()
                await self._carrier.drop(order)
            elif what == "roll_back":
                await self._roll_back(order)
            elif self._followed is None or self._followed.schema != schema:
                raise Refused("it is not being filled any more")
            elif what == "compare":
                await self._compare(self._followed)
            else:
                await self._swap(order, self._followed)
        except (Refused, NotAligned) as refused:
            log.warning("order refused", schema=schema, order=what, reason=str(refused))
            await self._journal.done(schema, f"{what}: {refused}")

    async def _swap(self, order: Row, followed: Following) -> None:
        try:
            await self._carrier.swap(order, followed, "former")
        finally:
            await self.leave()

    async def _roll_back(self, order: Row) -> None:
        """The version that it replaced reads on from where it stood; when it is as far, it takes the place."""
        former = order["replaced"]
        if former is None:
            raise Refused("what it replaced is dropped")
        if not await self._look.fetchval(NAMES["is_there"], former):
            raise Refused(f"the tables are gone that {former} had")
        require_of_this_release(await self._journal.made_of(former))
        async with following(self._where, former, self._look, self._journal, parks=True) as followed:
            while not await followed.look():
                if followed.task.done():
                    followed.task.result()
                if followed.filler.halted:
                    raise Refused(f"{former} cannot read on: {followed.filler.halted[0].code}")
                await asyncio.sleep(POLL_SECONDS)
            await self._carrier.swap(order, followed, "rolled_back")
