"""What is to be thought of a consumer, a relay or a role: from whether it moves over a window, never from a threshold.

After Burrow's rules: a backlog says nothing by itself; one that grows while its reader moves, or of which the reader
takes nothing, does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "paused", "lagging", "unknown", "stalled", "stopped"]
VERDICTS: tuple[Verdict, ...] = ("ok", "paused", "lagging", "unknown", "stalled", "stopped")
"""From good to bad."""
Life = Literal["lives", "silent", "gone"]
"""Of a process: silent = its connection is open, but it says nothing; gone = neither."""

WINDOW_SECONDS = 60.0
"""How far back samples count."""
GROWING_SECONDS = 15.0
"""A backlog grows when it does so over this long at least."""
STALLED_SECONDS = 10.0
"""A reader stands still when it does not move for so long while there is something to read."""
SILENT_SECONDS = 7.0
"""A process that says nothing for so long stands still, if its connection is open."""
GONE_SECONDS = 3.5
"""… and is gone, if it is not: one beat may fall out while it connects anew."""
STARTING_SECONDS = 30.0
"""A process has so long to become ready."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How far a reader was, and how far there was to go, at a moment of a steady clock (seconds)."""

    at: float
    reached: int
    end: int | None
    """None: it could not be asked."""

    @property
    def behind(self) -> int:
        """What was left to read; 0 where that is not known."""
        return 0 if self.end is None else max(0, self.end - self.reached)


@dataclass(frozen=True, slots=True)
class Beat:
    """What a process last said of itself; seconds before now by the database's clock."""

    process: str
    instance: str
    age: float
    since_start: float
    connected: bool
    ready: bool
    ended: bool = False
    """Whether it said that it ends."""


def life(beat: Beat) -> Life:
    """Whether a process lives."""
    if beat.ended:
        return "gone"
    if beat.connected:
        return "lives" if beat.age < SILENT_SECONDS else "silent"
    return "lives" if beat.age < GONE_SECONDS else "gone"


def of_role(beat: Beat) -> Verdict:
    """Of a process."""
    match life(beat):
        case "gone":
            return "stopped"
        case "silent":
            return "stalled"
        case _:
            return "ok" if beat.ready or beat.since_start < STARTING_SECONDS else "stalled"


def present(beats: Sequence[Beat]) -> list[Beat]:
    """The beats that count: of a process of which some instance lives, none of those that ended or were replaced.

    An instance was replaced when another of its process started after it was last heard. Where none lives, the one that
    was heard last stands for the process.
    """
    return [each for each in beats if _counts(each, [other for other in beats if other.process == each.process])]


def _counts(beat: Beat, siblings: Sequence[Beat]) -> bool:
    if life(beat) != "gone":
        return True
    if all(life(each) == "gone" for each in siblings):
        return beat is min(siblings, key=lambda each: each.age)
    return not beat.ended and not any(life(each) != "gone" and each.since_start <= beat.age for each in siblings)


def best_life(beats: Iterable[Beat]) -> Life:
    """Of those who do the same work: it is done while one of them lives."""
    found = {life(each) for each in beats}
    return "lives" if "lives" in found else "silent" if "silent" in found else "gone"


def of_consumer(samples: Sequence[Sample], *, lives: Life, paused: bool = False, halted: bool = False) -> Verdict:
    """Of a consumer on one partition; ``samples`` from old to new, the last one of now.

    ``halted``: it said itself that the partition contradicts itself.
    """
    if lives == "gone":
        return "stopped"
    if paused:
        return "paused"
    if halted or lives == "silent":
        return "stalled"
    if not samples or samples[-1].end is None:
        return "unknown"
    return _of_motion(samples)


def of_relay(samples: Sequence[Sample], *, led: Sequence[bool], paused: bool = False) -> Verdict:
    """Of a shard's relay; ``led``: whether anybody held the shard's lock, by sample."""
    if paused:
        return "paused"
    if not samples:
        return "unknown"
    watched = samples[-1].at - samples[0].at
    lately = [each for each, sample in zip(led, samples, strict=True) if samples[-1].at - sample.at < SILENT_SECONDS]
    if not any(lately):
        return "stopped" if watched >= SILENT_SECONDS else "unknown"
    return _of_motion(samples)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; ok of none."""
    return max(verdicts, key=VERDICTS.index, default="ok")


def _of_motion(samples: Sequence[Sample]) -> Verdict:
    last = samples[-1]
    if last.behind == 0:
        return "ok"
    if _still_seconds(samples) >= STALLED_SECONDS:
        return "stalled"
    return "lagging" if _grows(samples) else "ok"


def _still_seconds(samples: Sequence[Sample]) -> float:
    """For how long there was something to read and nothing was read."""
    last = samples[-1]
    begun = last.at
    for sample in reversed(samples):
        if sample.reached != last.reached or (sample.end is not None and sample.behind == 0):
            break
        begun = sample.at
    return last.at - begun


def _grows(samples: Sequence[Sample]) -> bool:
    """Whether there was more left in each third of the window than in the one before, whatever batches did inside."""
    known = [each for each in samples if each.end is not None]
    if len(known) < 3 or known[-1].at - known[0].at < GROWING_SECONDS:
        return False
    third = (known[-1].at - known[0].at) / 3
    bounds = [known[0].at + third, known[0].at + 2 * third]
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for each in known:
        parts[sum(each.at > bound for bound in bounds)].append(each.behind)
    if not all(parts):
        return False
    first, second, third_part = (min(part) for part in parts)
    return 0 < first < second < third_part
