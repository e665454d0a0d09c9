"""I5: a consumer's offsets are where its effects are, neither ahead nor behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
Place = tuple[str, int, int]


def offset_faults(offsets: Iterable[Row], applied: Iterable[Place], set_aside: Iterable[Place]) -> list[str]:
    """``offsets``: store, shard and position of one consumer; ``applied``: what has its effects; ``set_aside``: what
    was parked or is skipped. Every position up to the offset's is one or the other, none above it is.
    """
    effects: dict[tuple[str, int], set[int]] = defaultdict(set)
    for store, shard, position in applied:
        effects[store, shard].add(position)
    accounted = {shard: set(positions) for shard, positions in effects.items()}
    for store, shard, position in set_aside:
        accounted.setdefault((store, shard), set()).add(position)
    read = {(row["store"], row["shard"]): int(row["position"]) for row in offsets}
    lines = []
    for place in sorted(read.keys() | effects.keys()):
        last = read.get(place, 0)
        missing = sorted(set(range(1, last + 1)) - accounted.get(place, set()))
        beyond = sorted(position for position in effects.get(place, set()) if position > last)
        lines += [f"I5 {place[0]}/{place[1]}: read up to {last}, but {position} has no effect" for position in missing]
        lines += [f"I5 {place[0]}/{place[1]}: read up to {last}, but {position} has an effect" for position in beyond]
    return lines
