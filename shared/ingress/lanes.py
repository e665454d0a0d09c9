"""Many facts at once: what may concern one stream in the order in which it came, everything else together."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Sequence
from itertools import groupby, islice, zip_longest
from typing import Any, TypeVar

from shared.ingress.cloudevents import Incoming

T = TypeVar("T")
_NOTHING: Any = object()

TOGETHER = 200
"""Facts decided together at most: other requests are not answered meanwhile."""
AT_ONCE = 2
"""Groups under way at most: while one is written the next is decided."""
HEAD_START = 0.001
"""Seconds by which one group is ahead of the other. Two that begin as one are decided in one go, and then written as
one as well: nothing is decided meanwhile, and when both are answered they begin as one again."""


def name_of(incoming: Incoming) -> Hashable:
    """Under what it is answered once and for all."""
    return incoming.source, incoming.id


def _all(_one: Any) -> Hashable:
    return None


async def in_lanes(
    each: Iterable[T],
    lane: Callable[[T], Hashable],
    name: Callable[[T], Hashable],
    take: Callable[[Sequence[T]], Awaitable[None]],
    part: Callable[[T], Hashable] = _all,
) -> None:
    """Take what is of one lane one after the other, of several lanes one each together. Raises what ``take`` raises.

    What has the name of one before it comes last: whatever lane it is in, the first one is decided first. Where
    ``part`` changes, all that came before is taken first, of whatever lane.
    """
    for _, some in groupby(each, part):
        await _part_in_lanes(some, lane, name, take)


async def _part_in_lanes(
    each: Iterable[T],
    lane: Callable[[T], Hashable],
    name: Callable[[T], Hashable],
    take: Callable[[Sequence[T]], Awaitable[None]],
) -> None:
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

    async def work(turn: int) -> None:
        while some := list(islice(left, TOGETHER)):
            await asyncio.sleep(turn * HEAD_START)
            for row in zip_longest(*some, fillvalue=_NOTHING):
                await take([one for one in row if one is not _NOTHING])

    await side_by_side(work(turn) for turn in range(min(AT_ONCE, math.ceil(len(lanes) / TOGETHER))))
    for one in again:
        await take([one])


async def side_by_side(several: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Await several; the first error of one ends the others, and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for each in several:
                group.create_task(each)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
