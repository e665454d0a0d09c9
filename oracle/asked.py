"""What is asked: as known at which positions, in effect at which time, judged at which time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oracle.days import last_instant
from oracle.told import Told
from shared.contracts.common import FactVoided

Positions = Mapping[tuple[str, int], int]
"""Position by (store, shard); a shard that is not there is known up to nothing."""


@dataclass(frozen=True)
class Asked:
    """``at``: T. ``known``: positions up to which events exist, None: all. ``effective_at``: None: all."""

    at: datetime
    known: Positions | None = None
    effective_at: datetime | None = None


def end_of(moment: date | datetime) -> datetime:
    """An instant is itself; a date means the last instant of that day in Bangkok."""
    return moment if isinstance(moment, datetime) else last_instant(moment)


def known_at(told: Iterable[Told], as_of: datetime) -> Positions:
    """The greatest position of each (store, shard) that was recorded by ``as_of``."""
    positions: dict[tuple[str, int], int] = {}
    for each in told:
        if each.recorded_at <= as_of:
            shard = (each.store, each.shard)
            positions[shard] = max(each.position, positions.get(shard, 0))
    return positions


def ask(
    told: Iterable[Told],
    now: datetime,
    *,
    as_of: date | datetime | None = None,
    effective_at: date | datetime | None = None,
) -> Asked:
    """A question as it is put to reporting; T is effective_at, else as_of, else now."""
    known = None if as_of is None else known_at(told, end_of(as_of))
    effective = None if effective_at is None else end_of(effective_at)
    return Asked(effective or (end_of(as_of) if as_of is not None else now), known, effective)


class World:
    """The events that a question is about."""

    def __init__(self, told: Iterable[Told], asked: Asked) -> None:
        self.asked = asked
        self.known: Sequence[Told] = [each for each in told if _is_known(each, asked.known)]
        self.readable = [each for each in self.known if not each.redacted]
        """What was redacted has no effect."""
        self.voidings = [each for each in self.readable if isinstance(each.event, FactVoided)]
        self.streams: Mapping[str, Sequence[Told]] = _living_streams(self.readable, self.voidings, asked.effective_at)
        """The living events in effect of each stream that has any, in order (occurred_at, position)."""

    @property
    def living(self) -> list[Told]:
        """All living events in effect, stream by stream."""
        return [each for facts in self.streams.values() for each in facts]

    def of(self, *kinds: type) -> Mapping[str, Sequence[Told]]:
        """By stream, the living events of these kinds in order; streams without any are left out."""
        chosen = {
            stream: [each for each in facts if isinstance(each.event, kinds)] for stream, facts in self.streams.items()
        }
        return {stream: facts for stream, facts in chosen.items() if facts}


def _is_known(each: Told, known: Positions | None) -> bool:
    return known is None or each.position <= known.get((each.store, each.shard), 0)


def _living_streams(
    readable: Sequence[Told], voidings: Sequence[Told], effective_at: datetime | None
) -> Mapping[str, Sequence[Told]]:
    voided = {
        (each.store, each.stream, str(each.event.event_id)) for each in voidings if isinstance(each.event, FactVoided)
    }
    streams: dict[str, list[Told]] = defaultdict(list)
    for each in readable:
        if isinstance(each.event, FactVoided) or (each.store, each.stream, each.id) in voided:
            continue
        if effective_at is None or each.occurred_at <= effective_at:
            streams[each.stream].append(each)
    return {
        stream: sorted(facts, key=lambda each: (each.occurred_at, each.position)) for stream, facts in streams.items()
    }
