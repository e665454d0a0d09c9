"""Colours that the colour-blind can tell apart, each with a sign of its own, so that colour never speaks alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BLACK = "#1a1a1a"
WHITE = "#ffffff"

LINE = "#595959"
"""Axes and small text: 7:1 on white."""
BORDER = "#333333"
"""Borders of what is filled."""
PALE = "#e6e6e6"
"""The part of a scale that nothing fills."""


@dataclass(frozen=True, slots=True)
class Tone:
    """How a state looks: its colour ``#rrggbb``, and a sign that says the same without colour."""

    fill: str
    sign: str

    @property
    def ink(self) -> str:
        """Colour of text over it, at a contrast of 4.5:1 or more."""
        return ink_over(self.fill)


NO_SCORE = Tone("#f0f0f0", "–")
LEVELS: Mapping[int, Tone] = {
    1: Tone("#ffffcc", "1"),
    2: Tone("#a1dab4", "2"),
    3: Tone("#41b6c4", "3"),
    4: Tone("#225ea8", "4"),
    5: Tone("#0c2c84", "5"),
}
"""Levels of a score: ColorBrewer's YlGnBu, which grows darker with the level for every eye and in print."""

STATES: Mapping[str, Tone] = {
    "done": Tone("#0072b2", "✓"),
    "underway": Tone("#56b4e9", "▶"),
    "planned": Tone("#cccccc", "○"),
    "attention": Tone("#e69f00", "▲"),
    "late": Tone("#d55e00", "!"),
    "none": NO_SCORE,
}
"""States of work, from the palette of Okabe and Ito."""


def level_tone(level: int | None) -> Tone:
    """How a score of that level (1…5) looks; None: there is no score."""
    return NO_SCORE if level is None else LEVELS[level]


def ink_over(fill: str) -> str:
    """Black or white, whichever stands out more over ``fill``."""
    return max((BLACK, WHITE), key=lambda ink: contrast(ink, fill))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2.2 defines it, 1…21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
