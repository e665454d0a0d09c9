"""What was seen of one reader in the window that its verdict is made of."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from shared.operating.verdicts import WINDOW_SECONDS, Sample


@dataclass(slots=True)
class Past:
    """Samples of one reader from old to new, none older than the window."""

    samples: deque[Sample] = field(default_factory=deque)
    led: deque[bool] = field(default_factory=deque)
    at_end: float | None = None
    """When it was last seen at the end."""

    def add(self, sample: Sample, *, led: bool = True, paused: bool = False) -> None:
        """Take in what was seen just now.

        While it is paused nothing is remembered but that: to stand still as it was told is no sign of being stuck, and
        it has its time once it goes on.
        """
        if paused:
            self.samples.clear()
            self.led.clear()
        self.samples.append(sample)
        self.led.append(led)
        while sample.at - self.samples[0].at > WINDOW_SECONDS:
            self.samples.popleft()
            self.led.popleft()
        if self.at_end is None or (sample.end is not None and sample.behind == 0):
            self.at_end = sample.at
