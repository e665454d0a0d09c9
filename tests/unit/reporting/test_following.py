"""Who listens from a place that this process has not heard of yet hears nothing that was before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import orjson

from services.reporting.following import Watch
from services.reporting.queries.history import Position

SECONDS = 10


class Views:
    """Views that have applied an event at every position up to ``position``."""

    position = 1

    async def fetch(self, _sql: str, *asked: Any) -> list[dict[str, Any]]:
        """How far they are; or the events above a position up to another."""
        if not asked:
            return [{"store": "committee", "shard": 0, "position": self.position}]
        (above,), (upto,) = asked[3:5]
        return [{"position": each, "total": upto - above} for each in range(above + 1, upto + 1)]

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Views]:
        """A connection to them."""
        yield self


async def heard(listening: AsyncIterator[dict[str, str]]) -> list[int]:
    """Positions of the events that are told next."""
    told = await asyncio.wait_for(anext(listening), SECONDS)
    return [each["position"] for each in orjson.loads(told["data"]).get("events", [])]


async def test_a_page_that_is_ahead_of_the_watch_is_not_told_what_it_shows() -> None:
    views = Views()
    watch = Watch(lambda: views, poll=0.01)
    async with aclosing(watch.follow("2560-cluster", None)) as other:
        assert await heard(other) == []
        views.position = 2
        page = (Position("committee", 0, views.position),)
        async with aclosing(watch.follow("2560-cluster", page)) as listening:
            news = asyncio.create_task(heard(listening))
            assert await heard(other) == [2]
            views.position = 3
            assert await heard(other) == [3]
            assert await news == [3]
