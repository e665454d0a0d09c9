"""Lives through the year, chapter by chapter, on services that run on a simulated clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from demo.client import Offices
from demo.senders import Senders
from demo.year import CHAPTERS, Chapter, Year

Report = Callable[[Chapter], None]


async def play(
    addresses: Mapping[str, str], report: Report = lambda _chapter: None, *, chapters: Sequence[Chapter] = CHAPTERS
) -> Year:
    """Play the chapters in order; ``report`` is told of each as it begins. Raises DemoFailed."""
    async with Offices(addresses) as offices, Senders(offices) as senders:
        year = Year(offices, senders)
        for chapter in chapters:
            report(chapter)
            await offices.set_clock(chapter.moment)
            await chapter.happens(year)
        return year
