"""Fetching records: one that cannot be unpacked is named by its place, and what the broker says is raised."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import NotLeaderForPartitionError

from shared.ingress.fetching import Packed, fetch

ONE, OTHER = TopicPartition("one", 0), TopicPartition("other", 0)


class Consumer:
    """Two partitions; what is an exception is raised by whoever comes to it, and what came with it is lost."""

    def __init__(self, one: list[Any], other: list[Any]) -> None:
        self.records = {ONE: one, OTHER: other}
        self.at = {ONE: 0, OTHER: 0}

    def assignment(self) -> set[TopicPartition]:
        return set(self.records)

    async def committed(self, _place: TopicPartition) -> None:
        return None

    async def seek_to_beginning(self, place: TopicPartition) -> None:
        self.at[place] = 0

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.at[place] = offset

    async def position(self, place: TopicPartition) -> int:
        return self.at[place]

    def highwater(self, place: TopicPartition) -> int:
        return len(self.records[place])

    async def getmany(
        self, *places: TopicPartition, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[Any]]:
        found: dict[TopicPartition, list[Any]] = {}
        for place in sorted(places or self.records, reverse=True):
            while self.at[place] < len(self.records[place]) and len(found.get(place, ())) < max_records:
                record = self.records[place][self.at[place]]
                if isinstance(record, Exception):
                    raise record
                found.setdefault(place, []).append(record)
                self.at[place] += 1
        return found


async def fetched(one: list[Any], other: list[Any]) -> Any:
    consumer: Any = Consumer(one, other)
    return await fetch(consumer, 1_000, 0)


async def test_what_can_be_read_is_fetched_together() -> None:
    assert await fetched(["a", "b"], ["c"]) == {ONE: ["a", "b"], OTHER: ["c"]}


async def test_what_cannot_is_named_by_its_place_and_nothing_else_is_lost() -> None:
    odd = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "the key of a header")
    assert await fetched(["a", odd, odd, "b"], ["c"]) == {
        ONE: ["a", Packed("one", 0, 1), Packed("one", 0, 2), "b"],
        OTHER: ["c"],
    }


async def test_what_the_broker_says_is_no_record_s_fault() -> None:
    with pytest.raises(NotLeaderForPartitionError):
        await fetched(["a", NotLeaderForPartitionError()], [])
