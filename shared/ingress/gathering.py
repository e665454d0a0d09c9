"""Facts that come one a request while others are being decided are decided together next, as those of a batch are."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from shared.eventstore.append import Answer
from shared.ingress.cloudevents import Incoming
from shared.ingress.handler import FactHandler
from shared.ingress.lanes import AT_ONCE, TOGETHER, name_of, side_by_side
from shared.ingress.register import Publisher


@dataclass(slots=True)
class _Waiting:
    incoming: Incoming
    publisher: Publisher
    answer: asyncio.Future[Answer | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gathering:
    """Takes what several requests bring to ``FactHandler.take_plain`` together; it never waits for more to come."""

    def __init__(self, facts: FactHandler) -> None:
        self._facts = facts
        self._waiting: list[_Waiting] = []
        self._working: set[asyncio.Task[None] | None] = set()

    async def take_plain(self, incoming: Incoming, publisher: Publisher) -> Answer | None:
        """What ``FactHandler.take_plain`` says of one fact: None leaves it to ``take``. Raises StoreUnavailable."""
        mine = _Waiting(incoming, publisher)
        self._waiting.append(mine)
        if len(self._working) < AT_ONCE:
            self._working.add(asyncio.create_task(self._work()))
        return await mine.answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                await side_by_side(map(self._settle, _by_publisher(some)))
        finally:
            self._working.discard(asyncio.current_task())  # at once: what comes from now on needs another

    async def _settle(self, some: Sequence[_Waiting]) -> None:
        try:
            await self._decide(some)
        except Exception as error:  # whatever it is, nobody may wait for ever
            for waiting in some:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error)

    async def _decide(self, some: Sequence[_Waiting]) -> None:
        """Decide one of each lane together; the others need not wait for it, and are each decided alone."""
        names: set[Hashable] = set()
        first: list[_Waiting] = []
        for each in some:
            own = {name_of(each.incoming), self._facts.facts.lane_of(each.incoming)}
            if names.isdisjoint(own):
                first.append(each)
            else:
                _tell(each, None)
            names |= own
        answers = await self._facts.take_plain([each.incoming for each in first], some[0].publisher)
        for each, answer in zip(first, answers, strict=True):
            _tell(each, answer)


def _tell(waiting: _Waiting, answer: Answer | None) -> None:
    if not waiting.answer.done():  # who has hung up leaves the others their answer
        waiting.answer.set_result(answer)


def _by_publisher(some: Sequence[_Waiting]) -> list[list[_Waiting]]:
    """Those of one publisher, with the same rights, together."""
    found: dict[int, list[_Waiting]] = {}
    for each in some:
        found.setdefault(id(each.publisher), []).append(each)
    return list(found.values())
