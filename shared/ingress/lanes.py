"""Many facts at once: what may concern one stream in the order in which it came, everything else side by side."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import TypeVar

from shared.ingress.cloudevents import Incoming

T = TypeVar("T")

AT_ONCE = 250
"""Lanes under way at most: enough to fill a group of appends, and a task for each fact costs more than it brings."""


def name_of(incoming: Incoming) -> Hashable:
    """Under what it is answered once and for all."""
    return incoming.source, incoming.id


async def in_lanes(
    each: Iterable[T],
    lane: Callable[[T], Hashable],
    name: Callable[[T], Hashable],
    take: Callable[[T], Awaitable[None]],
) -> None:
    """Take what is of one lane one after the other, lanes side by side. Raises what ``take`` raises.

    What has the name of one before it comes last: whatever lane it is in, the first one is decided first.
    """
    lanes: defaultdict[Hashable, list[T]] = defaultdict(list)
    named: set[Hashable] = set()
    again: list[T] = []
    for one in each:
        if (known := name(one)) in named:
            again.append(one)
        else:
            named.add(known)
            lanes[lane(one)].append(one)

    left = iter(lanes.values())

    async def work() -> None:
        for ones in left:
            for one in ones:
                await take(one)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(lanes))):
                group.create_task(work())
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
    for one in again:
        await take(one)
