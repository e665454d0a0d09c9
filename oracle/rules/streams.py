"""A stream's history, as known after each of its events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from oracle.told import Told
from shared.contracts.common import FactVoided


def by_stream(told: Iterable[Told], *aggregates: str) -> Mapping[str, list[Told]]:
    """The histories of all streams of these aggregates, in order of version."""
    streams: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        if each.stream.partition(":")[0] in aggregates:
            streams[each.stream].append(each)
    return {stream: sorted(history, key=lambda each: each.version) for stream, history in streams.items()}


def living(history: Sequence[Told]) -> list[Told]:
    """What is left of a history without voided facts and voidings, in order (occurred_at, position)."""
    voided = {str(each.event.event_id) for each in history if isinstance(each.event, FactVoided)}
    kept = [each for each in history if not isinstance(each.event, FactVoided) and each.id not in voided]
    return sorted(kept, key=lambda each: (each.occurred_at, each.position))


def growing(history: Sequence[Told]) -> Iterator[tuple[Told, list[Told]]]:
    """After each event of a history: that event, and what was living then."""
    for count, newest in enumerate(history, start=1):
        yield newest, living(history[:count])
