"""What the service's reactions read before they reply; the worker brings it from Postgres, tests from memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from shared.contracts import Aggregate, Learned

S = TypeVar("S")


class Snapshot(Protocol):
    """The service's own streams, and its copies of others', which have come at least as far as the cause."""

    async def folded(self, aggregate: Aggregate[S], prefix: str) -> Mapping[str, S]:
        """States of all own streams whose name begins with ``prefix``, by name; {} when there is none."""

    async def learned(self, learned: Learned[S], pattern: str, at: datetime | None = None) -> S:
        """What the copied streams of a pattern come to, of what was in effect at ``at`` (None: all of it)."""
