"""What a process remembers of people who are signed in and their cookies must not hold: access tokens, names, ends."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_SESSIONS = 4096
"""Sessions that a process remembers; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What belongs to one session until ``expires`` (seconds since 1970). The token does not show when printed."""

    token: _Secret
    name: str
    expires: float


class _Secret(str):
    """A text that does not show when what holds it is printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


class Vault:
    """Access tokens by session key, in memory alone: bounded, and each gone when it expires.

    Another process, or this one started again, knows none of them: whoever asks must do without. ``now`` gives seconds
    since 1970.
    """

    def __init__(self, most: int = MOST_SESSIONS, now: Callable[[], float] = time.time) -> None:
        self._most, self._now = most, now
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._ended: OrderedDict[str, float] = OrderedDict()

    def keep(self, key: str, token: str, name: str, expires: float) -> None:
        """Remember a session until it expires."""
        for old in [each for each, kept in self._kept.items() if kept.expires <= self._now()]:
            del self._kept[old]
        self._kept[key] = Kept(_Secret(token), name, expires)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def of(self, key: str) -> Kept | None:
        """What belongs to a session; None when nothing is known of it."""
        kept = self._kept.get(key)
        return kept if kept is not None and kept.expires > self._now() else None

    def end(self, key: str, expires: float) -> None:
        """Forget a session, and remember that it ended until its cookie would have expired."""
        self._kept.pop(key, None)
        for old in [each for each, until in self._ended.items() if until <= self._now()]:
            del self._ended[old]
        self._ended[key] = expires
        if len(self._ended) > self._most:
            self._ended.popitem(last=False)

    def has_ended(self, key: str) -> bool:
        """Whether somebody signed out of a session."""
        return key in self._ended
