"""Rows of ``applied``, and how fresh a view is: what was applied against the heads that stores announced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from oracle.asked import World

Row = dict[str, Any]


class Head(NamedTuple):
    """A store's shard stood at that position at that time."""

    store: str
    shard: int
    position: int
    time: datetime


def applied(world: World) -> Iterable[Row]:
    """One row for each shard of a store that an event came from: its last one."""
    last: dict[tuple[str, int], Row] = {}
    for told in sorted(world.known, key=lambda each: each.position):
        last[told.store, told.shard] = {
            "store": told.store,
            "shard": told.shard,
            "position": told.position,
            "recorded_at": told.recorded_at,
        }
    return last.values()


def complete_up_to(applied_rows: Iterable[Row], heads: Sequence[Head], stores: Iterable[str]) -> datetime | None:
    """The oldest, over all shards that ever sent a head, of the newest applied head's time.

    None while a store that is read has sent none, or one of the shards has none that was applied.
    """
    reached: Mapping[tuple[str, int], int] = {(row["store"], row["shard"]): row["position"] for row in applied_rows}
    times: dict[tuple[str, int], list[datetime]] = defaultdict(list)
    for head in heads:
        shard = (head.store, head.shard)
        times[shard] += [head.time] if reached.get(shard, 0) >= head.position else []
    if not set(stores) <= {head.store for head in heads} or not all(times.values()):
        return None
    return min((max(each) for each in times.values()), default=None)
