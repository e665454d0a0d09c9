"""Asks reporting for every figure there is, now or as of any time, and the oracle what it should have said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oracle.asked import World, ask
from oracle.differences import row_differences
from oracle.numbers.every import NUMBERS, Number, expected_rows
from oracle.numbers.subject import Subject
from oracle.told import Told
from services.reporting.queries.asked import Question, answering
from services.reporting.queries.figures import Figures
from shared.clock import ClockMode

Row = dict[str, Any]
CONSUMER = "reporting"


@dataclass(frozen=True)
class StoppedClock:
    """A business clock that stands."""

    moment: datetime
    mode = ClockMode.REAL

    async def now(self) -> datetime:
        return self.moment


async def figure_differences(
    pool: Any,
    told: Sequence[Told],
    now: datetime,
    *,
    as_of: datetime | None = None,
    effective_at: datetime | None = None,
) -> list[str]:
    """Where what reporting answers is not what the oracle computes, of every programme there is at that time.

    ``pool``: asyncpg's, whose search_path finds reporting's schema.
    """
    world = World(told, ask(told, now, as_of=as_of, effective_at=effective_at))
    lines = []
    for programme in sorted({each.payload["programme"] for each in world.living if "programme" in each.payload}):
        subject = Subject(world, programme)
        if subject.definition is None:
            continue
        question = Question(programme, as_of, effective_at)
        async with answering(pool, StoppedClock(now), question, consumer=CONSUMER) as answer:
            for query, number in NUMBERS.items():
                found = await _found_rows(answer.figures, query, number)
                lines += [
                    f"{programme} as of {as_of}, effective at {effective_at}: {line}"
                    for line in row_differences(query, number.key, expected_rows(number, subject), found)
                ]
    return lines


async def _found_rows(figures: Figures, query: str, number: Number) -> Iterable[Row]:
    """The columns that are compared; the centre is '' wherever a region stands."""
    rows = await figures.all(query)
    columns = (*number.key, *number.columns)
    return [{name: _shown(name, row[name]) for name in columns if name in row} for row in rows]


def _shown(name: str, value: Any) -> Any:
    return "" if name == "region" and value is None else value
