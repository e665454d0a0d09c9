"""A version that is being filled or followed: its filler at work, and how far it is, told every second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

from services.reporting.rebuilding.filling import Filler, running
from services.reporting.rebuilding.journal import Journal
from services.reporting.rebuilding.pace import Pace
from services.reporting.rebuilding.standing import LIVE, Standing, Where, is_behind, standing
from shared.telemetry import REBUILD_PROGRESS, REBUILD_RATE

PROGRESS_SECONDS = 1.0
INSTANCE = "rebuilder"
"""As which a filler comes to its consumer group: started again it takes its place at once."""


class Following:
    """Made by ``following``. ``task`` ends when the filler cannot go on."""

    def __init__(self, schema: str, filler: Filler, task: asyncio.Task[None], look: Any, journal: Journal) -> None:
        self.schema, self.filler, self.task = schema, filler, task
        self._look, self._journal = look, journal
        self._pace = Pace()
        self._told_at = 0.0
        self._reached = False

    async def look(self) -> bool:
        """Whether it is as far as the live views; how far it is is written down every second, and when that changes."""
        done, goal = await standing(self._look, self.schema), await standing(self._look, LIVE)
        reached = not is_behind(done, goal)
        if reached != self._reached or monotonic() - self._told_at >= PROGRESS_SECONDS:
            self._reached, self._told_at = reached, monotonic()
            await self._tell(done, goal)
        return reached

    async def _tell(self, done: Standing, goal: Standing) -> None:
        records, wanted = sum(done.values()), sum(goal.values())
        self._pace.note(self._told_at, records)
        speed, left = self._pace.per_second, self._pace.seconds_left(wanted)
        trouble = "; ".join(f"{each.code}: {each}" for each in self.filler.halted) or self.filler.state.error
        await self._journal.progress(self.schema, done, goal, speed, left, trouble)
        REBUILD_PROGRESS.labels(self.schema).set(min(1.0, records / wanted) if wanted else 1.0)
        REBUILD_RATE.labels(self.schema).set(speed or 0.0)


@asynccontextmanager
async def following(
    where: Where, schema: str, look: Any, journal: Journal, *, parks: bool = False
) -> AsyncIterator[Following]:
    """Fill a schema, and follow the topics, while the body runs. ``look``: a connection of the role that runs."""
    filler = Filler(where, schema, parks=parks, instance=INSTANCE)
    try:
        async with running(filler) as task:
            yield Following(schema, filler, task, look, journal)
    finally:
        for gauge in (REBUILD_PROGRESS, REBUILD_RATE):
            with suppress(KeyError):
                gauge.remove(schema)
