"""Runs the sides of a figure in turn, round after round, and keeps every run."""

from __future__ import annotations

import os
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Run = Callable[[], Awaitable[Mapping[str, float]]]
"""One run of one side: what was measured, by name."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. ``scale`` multiplies the numbers of events; ``rounds`` is how often each side runs."""

    name: str
    rounds: int
    scale: float

    def of(self, events: int) -> int:
        """A number of events at this size."""
        return int(events * self.scale)


SIZES = {"full": Size("full", 5, 1.0), "quick": Size("quick", 3, 0.1)}


@dataclass(frozen=True, slots=True)
class Side:
    """One of those that are compared."""

    name: str
    run: Run


@dataclass(frozen=True, slots=True)
class Check:
    """A goal with what was measured; ``met`` says whether it is reached."""

    goal: str
    measured: str
    met: bool


@dataclass(slots=True)
class Report:
    """What a figure came to. ``runs``: by side, each run's measurements in the order of the rounds."""

    figure: str
    title: str
    runs: dict[str, list[dict[str, float]]]
    compared: str
    """What exactly is compared, and what each side may leave out."""
    checks: list[Check] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    """Where the time goes."""
    versions: dict[str, str] = field(default_factory=dict)

    def median(self, side: str, name: str) -> float:
        """The median of one measurement of one side."""
        return statistics.median(run[name] for run in self.runs[side])

    def ratio(self, side: str, other: str, name: str) -> float:
        """The median of the rounds' ratios ``side`` / ``other``: the two ran within one round, one after the other."""
        pairs = zip(self.runs[side], self.runs[other], strict=True)
        return statistics.median(one[name] / two[name] for one, two in pairs)

    def at_least(self, goal: str, measured: float, limit: float, unit: str = "×") -> None:
        """Note a goal that wants ``limit`` or more."""
        self.checks.append(Check(goal, _shown(measured, unit), measured >= limit))

    def at_most(self, goal: str, measured: float, limit: float, unit: str = "×") -> None:
        """Note a goal that wants ``limit`` or less."""
        self.checks.append(Check(goal, _shown(measured, unit), measured <= limit))


async def interleaved(figure: str, sides: Sequence[Side], rounds: int) -> dict[str, list[dict[str, float]]]:
    """Run every side once a round, so that what else the machine does meets all of them alike; shows progress.

    Every other round runs backwards: what one run leaves behind for the next one meets all of them alike, too.
    """
    runs: dict[str, list[dict[str, float]]] = {side.name: [] for side in sides}
    with progress() as bar:
        task = bar.add_task(figure, total=rounds * len(sides), doing="")
        for turn in range(rounds):
            for side in sides if turn % 2 == 0 else reversed(sides):
                bar.update(task, doing=side.name)
                os.sync()
                runs[side.name].append(dict(await side.run()))
                bar.advance(task)
        bar.update(task, doing="done")
    return runs


def progress() -> Progress:
    """A bar for a figure; ``doing`` names the side that runs."""
    columns: list[Any] = [
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[doing]}"),
    ]
    return Progress(*columns)


def _shown(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f} {unit}".strip()
