"""I7: positions and versions are unique and without holes; what is recorded later is recorded at a later time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from oracle.guarantees.raw import StoredRow


def place_faults(rows: Sequence[StoredRow]) -> list[str]:
    """What is wrong with the places of one store's events."""
    return [*_positions(rows), *_versions(rows), *_ids(rows), *_times(rows)]


def _positions(rows: Sequence[StoredRow]) -> list[str]:
    shards: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        shards[row.shard].append(row.position)
    return [
        f"I7 {rows[0].store}/{shard}: {fault}"
        for shard, positions in sorted(shards.items())
        for fault in _counting_faults("position", positions)
    ]


def _versions(rows: Sequence[StoredRow]) -> list[str]:
    lines = []
    streams: dict[str, list[StoredRow]] = defaultdict(list)
    for row in rows:
        streams[row.stream].append(row)
    for stream, of_it in sorted(streams.items()):
        lines += [
            f"I7 {stream}: {fault}" for fault in _counting_faults("version", [row.stream_version for row in of_it])
        ]
        if len({row.shard for row in of_it}) > 1:
            lines.append(f"I7 {stream}: stands in shards {sorted({row.shard for row in of_it})}")
        by_position = [row.stream_version for row in sorted(of_it, key=lambda row: (row.shard, row.position))]
        if by_position != sorted(by_position):
            lines.append(f"I7 {stream}: versions in order of position are {by_position}")
    return lines


def _counting_faults(what: str, numbers: Sequence[int]) -> list[str]:
    """What keeps numbers from being 1, 2, 3 and so on, each once."""
    counted = Counter(numbers)
    missing = sorted(set(range(1, max(numbers) + 1)) - counted.keys())
    twice = sorted(number for number, times in counted.items() if times > 1)
    low = sorted(number for number in counted if number < 1)
    return [
        *(f"{what} {number} is missing" for number in missing),
        *(f"{what} {number} stands {counted[number]} times" for number in twice),
        *(f"{what} {number} is below 1" for number in low),
    ]


def _ids(rows: Sequence[StoredRow]) -> list[str]:
    times = Counter(row.event_id for row in rows)
    return [
        f"I7 {rows[0].store}: event id {each} stands {number} times" for each, number in times.items() if number > 1
    ]


def _times(rows: Sequence[StoredRow]) -> list[str]:
    ordered = sorted(rows, key=lambda row: (row.shard, row.position))
    return [
        f"I7 {later.place}: recorded at {later.recorded_at}, not after {earlier.recorded_at} before it"
        for earlier, later in pairwise(ordered)
        if earlier.shard == later.shard and later.recorded_at <= earlier.recorded_at
    ]
