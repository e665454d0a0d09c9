"""Fetches records so that one that cannot be unpacked is named by its place, and keeps no other from being read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, UnsupportedCodecError

ONE_BY_ONE = 100
"""Records of one partition that are fetched one by one at most, before all are fetched together again."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A record of which nothing is known but its place: compressed as the client does not know, or damaged."""

    topic: str
    partition: int
    offset: int
    value: bytes | None = None


Fetched = Mapping[TopicPartition, Sequence[Any]]
"""By partition, records and ``Packed`` in order."""


async def fetch(consumer: AIOKafkaConsumer, most: int, wait_ms: int) -> Fetched:
    """What comes next, of all partitions at most ``most``; all that came before must be committed.

    Raises what the broker does.
    """
    try:
        found: Fetched = await consumer.getmany(timeout_ms=wait_ms, max_records=most)
    except Exception as error:
        if not _of_a_record(error):
            raise
        return await _one_by_one(consumer, wait_ms)
    return found


def _of_a_record(error: Exception) -> bool:
    """Whether an error says something of what was fetched, and not of the broker."""
    return isinstance(error, UnsupportedCodecError | CorruptRecordException) or not isinstance(
        error, KafkaError | OSError
    )


async def _one_by_one(consumer: AIOKafkaConsumer, wait_ms: int) -> Fetched:
    """The same, once fetching together failed: what it had fetched of other partitions is fetched again."""
    places = sorted(consumer.assignment())
    for place in places:
        committed = await consumer.committed(place)
        if committed is None:
            await consumer.seek_to_beginning(place)
        else:
            consumer.seek(place, committed)
    found = {place: await _of_partition(consumer, place, wait_ms) for place in places}
    return {place: records for place, records in found.items() if records}


async def _of_partition(consumer: AIOKafkaConsumer, place: TopicPartition, wait_ms: int) -> list[Any]:
    records: list[Any] = []
    while len(records) < ONE_BY_ONE:
        try:
            polled = await consumer.getmany(place, timeout_ms=wait_ms, max_records=1)
        except Exception as error:
            if not _of_a_record(error):
                raise
            offset = await consumer.position(place)
            records.append(Packed(place.topic, place.partition, offset))
            consumer.seek(place, offset + 1)
            continue
        if not polled:
            break
        records += polled[place]
        if consumer.highwater(place) == await consumer.position(place):
            break
    return records
