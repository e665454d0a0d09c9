"""What is made once for all who ask: answers are kept while there is room, and the same thing is done in turns."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """At most ``most`` values by key, together at most ``weight`` by ``weigh``; each made once, however many wait."""

    def __init__(self, most: int, weight: int, weigh: Callable[[T], int] = lambda _value: 0) -> None:
        self._most, self._heaviest, self._weigh = most, weight, weigh
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._weight = 0
        self._making: dict[Hashable, asyncio.Task[T]] = {}

    def get(self, key: Hashable) -> T | None:
        """The value, if it is kept."""
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def put(self, key: Hashable, value: T) -> None:
        """Keep a value."""
        if key in self._values:
            self._weight -= self._weigh(self._values.pop(key))
        self._values[key] = value
        self._weight += self._weigh(value)
        while self._values and (len(self._values) > self._most or self._weight > self._heaviest):
            self._weight -= self._weigh(self._values.popitem(last=False)[1])

    async def once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The value, made if it is not kept; who asks while it is made waits for that. Raises what making it does."""
        known = self.get(key)
        if known is not None:
            return known
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.ensure_future(self._made(key, make))
            task.add_done_callback(lambda _done: self._making.pop(key, None))
            task.add_done_callback(_seen)
        # One who goes away does not take the answer from the others.
        return await asyncio.shield(task)

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        value = await make()
        self.put(key, value)
        return value


class Turns(Generic[T]):
    """Does the same thing once for all who came before it began; who comes while it is being done shares the next turn.

    So a result is never older than the request that it answers, and however many ask, one turn is done at a time.
    """

    def __init__(self) -> None:
        self._next: dict[Hashable, asyncio.Task[T]] = {}
        self._rooms: dict[Hashable, asyncio.Lock] = {}

    async def join(self, key: Hashable, do: Callable[[], Awaitable[T]]) -> T:
        """What the next turn of ``key`` gives. Raises what it does."""
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.ensure_future(self._turn(key, do))
            task.add_done_callback(_seen)
        # One who goes away does not take the answer from the others.
        return await asyncio.shield(task)

    async def _turn(self, key: Hashable, do: Callable[[], Awaitable[T]]) -> T:
        async with self._rooms.setdefault(key, asyncio.Lock()):
            del self._next[key]
            try:
                return await do()
            finally:
                if key not in self._next:
                    del self._rooms[key]


def _seen(task: asyncio.Task[Any]) -> None:
    """An error that nobody waits for any more is not told twice."""
    if not task.cancelled():
        task.exception()
