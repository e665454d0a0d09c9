"""Fiscal year 2560 as the demonstration lives it, and what was answered in its course and at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.play import play
from demo.year import CHAPTERS, Chapter, Year
from shared.contracts.types import BANGKOK
from tests.scenarios.product import Answer, Product

LAST_DAY = "2017-10-31"
THE_DAY_AFTER = datetime(2017, 11, 1, 9, tzinfo=BANGKOK)
AT_THE_END = (
    "national",
    "regions",
    "regions/R11",
    "activities",
    "indicators",
    "indicators/QN2",
    "indicators/QN3",
    "indicators/QN4",
    "committees",
    "meetings",
    "budget",
    "recommendations",
)
"""What is asked when the year is over."""


@dataclass(frozen=True)
class Question:
    """Something asked in the middle of the year about a day before."""

    on: str
    path: str
    as_of: str


IN_THE_COURSE = tuple(
    Question(on, path, as_of)
    for on, as_of in (
        ("2016-12-02T09:00", "2016-12-01"),
        ("2017-01-25T09:00", "2017-01-24"),
        ("2017-04-22T09:00", "2017-04-21"),
        ("2017-06-18T09:00", "2017-06-17"),
        ("2017-08-15T09:00", "2017-08-10"),
    )
    for path in ("national", "regions", "indicators/QN4", "budget", "committees")
)


@dataclass(frozen=True)
class Lived:
    """The year that was lived."""

    product: Product
    year: Year
    ended: Mapping[str, Answer]
    """What was answered at the end, by question."""
    said: Mapping[Question, Answer]
    """What was answered in the course of the year."""

    async def then(self, path: str) -> Answer:
        """What was known when the year was over, whatever has been told since."""
        return await self.product.ask(path, as_of=LAST_DAY)

    def region(self, code: str) -> Answer:
        """A region's line at the end of the year."""
        return next(each for each in self.ended["regions"]["regions"] if each["region"] == code)

    def activity(self, code: str) -> Answer:
        """An activity at the end of the year."""
        return next(each for each in self.ended["activities"]["activities"] if each["code"] == code)

    def indicator(self, code: str) -> Answer:
        """An indicator at the end of the year."""
        return next(each for each in self.ended["indicators"]["indicators"] if each["code"] == code)

    def cell(self, code: str, scope: str, period: str) -> Answer:
        """A figure of QN2, QN3 or QN4 at the end of the year."""
        cells = self.ended[f"indicators/{code}"]["cells"]
        return next(each for each in cells if (each["scope"], each["period"]) == (scope, period))


async def live(product: Product) -> Lived:
    """Live through the year, asking in its course; then wait until all is at rest, and ask again."""
    said: dict[Question, Answer] = {}
    chapters = sorted((*CHAPTERS, *_asking(product, said)), key=lambda chapter: chapter.moment)
    year = await play(product.addresses, chapters=chapters)
    await product.at_rest()
    ended = {path: await product.ask(path) for path in AT_THE_END}
    async with product.offices() as offices:
        await offices.set_clock(THE_DAY_AFTER)  # what tests tell from now on is recorded after the year
    return Lived(product, year, ended, said)


def _asking(product: Product, said: dict[Question, Answer]) -> list[Chapter]:
    async def ask(on: str) -> None:
        await product.at_rest()
        for question in IN_THE_COURSE:
            if question.on == on:
                said[question] = await product.ask(question.path, as_of=question.as_of)

    def chapter(on: str) -> Chapter:
        return Chapter(on, "questions", lambda _year: ask(on))

    return [chapter(on) for on in dict.fromkeys(question.on for question in IN_THE_COURSE)]


def without_freshness(answer: Answer) -> Any:
    """An answer without what it says of how far was read when it was asked."""
    meta = {name: answer["meta"][name] for name in ("as_of", "effective_at", "at", "positions", "completeness")}
    return {**answer, "meta": meta}
