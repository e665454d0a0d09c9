"""What became of verifying one thing: how much of it was looked at, and the first difference if there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Progress = Callable[[int], None]
"""Told how many more of the things that are counted were verified."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Of one thing that was verified; only its first difference is told, for what comes behind may follow from it."""

    part: str
    """stores, topics, views, reports or checkpoints."""
    service: str
    """Whose it is."""
    of: str
    """What was verified, such as ``committee/0`` or a table."""
    checked: int
    unit: str
    """What was counted: events, records, rows, files."""
    place: str = ""
    """Where the first difference is; empty when there is none."""
    message: str = ""
    explained: Sequence[str] = ()
    """What differs, and why that is no difference: a record that operators decided to leave out."""

    @property
    def whole(self) -> bool:
        """Whether nothing differs."""
        return not self.place
