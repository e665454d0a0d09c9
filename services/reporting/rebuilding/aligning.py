"""Brings a rebuild and the live views to stand at the same records, for as long as it takes to look or to swap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from services.reporting.rebuilding.filling import Filler
from services.reporting.rebuilding.standing import LIVE, Standing, is_behind, locked_standing, standing

POLL_SECONDS = 0.01
LIVE_SECONDS = 30.0
"""How long the live views are waited for."""
REACH_SECONDS = 5.0
"""How long a rebuild may take to come to where the live views are held: meanwhile these take nothing new."""


class NotAligned(Exception):
    """The two did not come to stand where they should within the time allowed; the message says which is behind."""


@asynccontextmanager
async def aligned(owner: Any, look: Any, schema: str, filler: Filler, *, equal: bool) -> AsyncIterator[None]:
    """While the body runs nothing is committed by the live consumer, and the schema's stands where that one does.

    ``owner`` is a connection inside a transaction, which holds the live consumer until it ends; ``look`` another one.
    Without ``equal`` the schema may be further than the live views, never behind them. Raises NotAligned.
    """
    async with filler.held():
        here = await standing(look, schema)
        if equal:
            await _until(lambda live: not is_behind(live, here), look, LIVE, LIVE_SECONDS, "the live views")
        live = await locked_standing(owner, LIVE)
        here = await standing(look, schema)
        goal = {place: max(live.get(place, 0), here.get(place, 0)) for place in {**live, **here}}
        if goal != here:
            filler.go_to(goal)
            await _until(lambda reached: reached == goal, look, schema, REACH_SECONDS, schema)
        yield


async def _until(holds: Callable[[Standing], bool], look: Any, consumer: str, seconds: float, name: str) -> None:
    deadline = monotonic() + seconds
    while not holds(await standing(look, consumer)):
        if monotonic() >= deadline:
            raise NotAligned(f"{name} stand behind, and do not catch up")
        await asyncio.sleep(POLL_SECONDS)
