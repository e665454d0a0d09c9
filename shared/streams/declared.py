"""The product's topics as they are meant to be: who makes them and who watches them read it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.streams.topics import Topics

WRITE_SERVICES = ("committee", "activity", "evaluation")
"""Those that take facts."""
STORES = (*WRITE_SERVICES, "reporting")
FOREVER: Mapping[str, str] = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
COMPACTED: Mapping[str, str] = {"cleanup.policy": "compact"}


@dataclass(frozen=True, slots=True)
class DeclaredTopic:
    """A topic: how many partitions it has, and the settings that are not left to the broker."""

    name: str
    partitions: int
    settings: Mapping[str, str]


def declared_topics(topics: Topics, shards: int) -> Sequence[DeclaredTopic]:
    """A topic a store, with a partition a shard, and the topic of heads."""
    return [
        *(DeclaredTopic(topics.events(store), shards, FOREVER) for store in STORES),
        DeclaredTopic(topics.heads, 1, COMPACTED),
    ]
