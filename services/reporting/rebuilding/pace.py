"""How fast a rebuild is and how long it will take, judged by its last seconds."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 10.0


class Pace:
    """Told every second or so how many records are done."""

    def __init__(self, window: float = WINDOW_SECONDS) -> None:
        self._window = window
        self._noted: deque[tuple[float, int]] = deque()

    def note(self, at: float, records: int) -> None:
        """So many were done at that moment, in seconds of a clock that only rises."""
        self._noted.append((at, records))
        while len(self._noted) > 2 and at - self._noted[1][0] >= self._window:
            self._noted.popleft()

    @property
    def per_second(self) -> float | None:
        """Records in a second, over the window; None before it was told twice."""
        if len(self._noted) < 2:
            return None
        (begun, first), (at, last) = self._noted[0], self._noted[-1]
        return (last - first) / (at - begun) if at > begun else None

    def seconds_left(self, goal: int) -> float | None:
        """How long until so many are done; 0 when they are, None while that cannot be told."""
        if not self._noted:
            return None
        missing = goal - self._noted[-1][1]
        if missing <= 0:
            return 0.0
        speed = self.per_second
        return missing / speed if speed else None
