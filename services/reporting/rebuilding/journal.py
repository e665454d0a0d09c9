"""What the process ``rebuilder`` writes of rebuilds, on a connection of its own: it holds up no batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.reporting.rebuilding.differing import Difference
from services.reporting.rebuilding.filling import RebuildStopped
from services.reporting.rebuilding.standing import Standing
from services.reporting.sql import statements
from shared.web.jsonable import dump

JOURNAL = statements("services.reporting.rebuilding", "journal.sql")


class Journal:
    """The rows of rebuilds; ``connection`` is the owner's."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def wanted(self, failed_too: bool) -> Sequence[Mapping[str, Any]]:
        """What there is to do, orders first."""
        found: Sequence[Mapping[str, Any]] = await self._connection.fetch(JOURNAL["wanted"], failed_too)
        return found

    async def begun(self, schema: str, made_of: str) -> bool:
        """It is being filled from now on; False when it is not to be filled any more."""
        return await self._connection.fetchval(JOURNAL["begun"], schema, made_of) is not None

    async def filled(self, schema: str) -> None:
        """It is as far as the live views."""
        await self._connection.execute(JOURNAL["filled"], schema)

    async def failed(self, schema: str, why: str) -> None:
        """It cannot be gone on with."""
        await self._connection.execute(JOURNAL["failed"], schema, why)

    async def progress(
        self, schema: str, done: Standing, goal: Standing, speed: float | None, left: float | None, trouble: str
    ) -> None:
        """How far it is: records read, those that the live views have read, records a second, seconds left."""
        places = [
            {"store": store, "shard": shard, "record": done.get((store, shard), 0), "live": goal.get((store, shard), 0)}
            for store, shard in sorted({**done, **goal})
        ]
        figures = (sum(done.values()), sum(goal.values()), speed, left)
        await self._connection.execute(JOURNAL["progress"], schema, *figures, dump(places).decode(), trouble)

    async def stopped(self, schema: str, stopped: RebuildStopped) -> None:
        """It failed at a record that nobody has decided about."""
        place = (stopped.store, stopped.shard, stopped.record)
        await self._connection.execute(JOURNAL["stopped"], schema, *place, str(stopped))

    async def made_of(self, schema: str) -> str | None:
        """Which release made its tables; None when that is not known."""
        found: str | None = await self._connection.fetchval(JOURNAL["made_of"], schema)
        return found

    async def compared(self, schema: str, found: Sequence[Difference]) -> None:
        """What its comparison found."""
        columns = [
            [each.table for each in found],
            [dump(each.key).decode() for each in found],
            [None if each.live is None else dump(each.live).decode() for each in found],
            [None if each.rebuilt is None else dump(each.rebuilt).decode() for each in found],
        ]
        async with self._connection.transaction():
            await self._connection.execute(JOURNAL["clear_differences"], schema)
            await self._connection.execute(JOURNAL["add_differences"], schema, *columns)
            await self._connection.fetchval(JOURNAL["compared"], schema, len(found))

    async def note(self, schema: str, message: str) -> None:
        """What is to be told of it, an order left as it is."""
        await self._connection.execute(JOURNAL["note"], schema, message)

    async def done(self, schema: str, message: str) -> None:
        """Its order was carried out, or could not be: the message says why."""
        await self._connection.execute(JOURNAL["done"], schema, message)
