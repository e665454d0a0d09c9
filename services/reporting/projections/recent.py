"""Remembers what was used lately, and no more than so much of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """The values used last by key: at least the last ``most`` / 2 of them, at most ``most``.

    Two generations: when the young one is full it becomes the old one, and the old one is forgotten; what is used moves
    back to the young one. That costs less than an order of use, and drops what nobody has asked for since.
    """

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._young: dict[str, V] = {}
        self._old: dict[str, V] = {}

    def get(self, key: str) -> V | None:
        """What is remembered; it counts as used."""
        found = self._young.get(key)
        if found is None and (found := self._old.pop(key, None)) is not None:
            self._put(key, found)
        return found

    def keep(self, values: Mapping[str, V]) -> None:
        """Remember these; of more than there is room for, the last ones."""
        for key, value in values.items():
            self._put(key, value)

    def clear(self) -> None:
        """Forget everything."""
        self._young.clear()
        self._old.clear()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _put(self, key: str, value: V) -> None:
        if len(self._young) >= self._half:
            self._young, self._old = {}, self._young
        self._young[key] = value
        self._old.pop(key, None)
