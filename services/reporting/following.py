"""Tells listeners as server-sent events what was applied; who comes back goes on where it was, a page where it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import structlog

from services.reporting.places import read, written
from services.reporting.queries.history import Position, events_between
from services.reporting.sql import statements
from shared.process import first_of
from shared.web.jsonable import dump

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
MOST_EVENTS = 200
"""Events told at once; ``events_total`` says how many there were."""

_SQL = statements("services.reporting.queries", "asked.sql")


class Watch:
    """Knows how far the projection is while anybody listens, by asking the database for all listeners at once.

    Listeners end when ``stop`` is set, so that a process that is told to end need not wait for them.
    """

    def __init__(
        self, pool: Callable[[], Any], stop: asyncio.Event | None = None, *, poll: float = POLL_SECONDS
    ) -> None:
        self._pool, self._stop, self._poll = pool, stop or asyncio.Event(), poll
        self._reached: tuple[Position, ...] = ()
        self._moved = asyncio.Event()
        self._listeners = 0
        self._asking: asyncio.Task[None] | None = None

    async def follow(self, programme: str, since: Sequence[Position] | None) -> AsyncGenerator[dict[str, str], None]:
        """What was applied of a programme behind ``since`` (None: from now on): ``id``, ``event`` and ``data`` of each.

        The first tells where it begins, so that a page knows at once that it listens.
        """
        await self.join()
        try:
            told = tuple(since) if since is not None else self._reached
            if since is None:
                yield _sent("listening", told, {"positions": told})
            while not self._stop.is_set():
                moved, reached = self._moved, _ahead(told, self._reached)
                if reached != told:
                    async with self._pool().acquire() as connection:
                        events = await events_between(connection, programme, told, reached, MOST_EVENTS)
                    told = reached
                    if events:
                        yield _sent("applied", reached, _applied(reached, events))
                await first_of(moved, self._stop, seconds=60.0)
        finally:
            await self.leave()

    @property
    def asks(self) -> bool:
        """Whether the database is being asked, which it is while anybody listens."""
        return self._asking is not None

    async def join(self) -> None:
        """One more listens: begin to ask when it is the first."""
        # Counted only afterwards: while it waits for this answer a listener may go, and never come to leave().
        reached = await self._positions()
        self._listeners += 1
        if self._asking is None:
            self._reached = reached
            self._asking = asyncio.create_task(self._ask())

    async def leave(self) -> None:
        """One listens no more: ask no longer when it was the last."""
        self._listeners -= 1
        if self._listeners == 0 and self._asking is not None:
            self._asking.cancel()
            self._asking = None

    async def _ask(self) -> None:
        while not self._stop.is_set():
            await first_of(self._stop, seconds=self._poll)
            try:
                reached = await self._positions()
            except Exception as error:  # whatever it is, the next question may be answered
                log.warning("listeners wait: the database does not answer", error=repr(error))
                continue
            if reached != self._reached:
                self._reached = reached
                moved, self._moved = self._moved, asyncio.Event()
                moved.set()

    async def _positions(self) -> tuple[Position, ...]:
        rows = await self._pool().fetch(_SQL["applied"])
        return tuple(Position(row["store"], row["shard"], row["position"]) for row in rows)


def _ahead(told: Sequence[Position], reached: Sequence[Position]) -> tuple[Position, ...]:
    """How far each shard was reached: who begins where a page ends may know of more than the database was asked for."""
    known = {(each.store, each.shard): each for each in told}
    for each in reached:
        before = known.get((each.store, each.shard))
        if before is None or before.position < each.position:
            known[each.store, each.shard] = each
    return tuple(known.values())


def resumed(last_event_id: str | None, page: str | None = None) -> tuple[Position, ...] | None:
    """The positions to go on from: of the event that was heard last, else those that a ``page`` shows; else None.

    Raises Rejected ``query.unreadable``.
    """
    for name, word in (("Last-Event-ID", last_event_id), ("from", page)):
        if word:
            positions, _ = read(name, word)
            return positions
    return None


def _sent(event: str, reached: Sequence[Position], data: Any) -> dict[str, str]:
    return {"event": event, "id": written(reached), "data": dump(data).decode()}


def _applied(reached: Sequence[Position], events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    shown = [{name: value for name, value in each.items() if name != "total"} for each in events]
    return {"positions": reached, "events_total": events[0]["total"], "events": shown}
