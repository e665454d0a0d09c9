"""Reads the views without a pause while others take their place: no answer is of both, none goes back."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import asyncpg

from services.reporting.asking import Answers, Desk, Wanted
from services.reporting.following import Watch
from services.reporting.narrowing import Narrowing
from services.reporting.processes import ASKING
from services.reporting.queries.asked import Frozen, Question, opened
from shared.clock import RealClock
from tests.unit.committee.examples import PROGRAMME_ID

VIEW = Wanted("committees")
READERS = 2
PAUSE = 0.01
THINKS = 0.02
"""Between two tables of one look, the second not touched before: long enough for a swap that does not wait."""
JUDGED = 60
"""Answers that are held against the copy, of all that differed."""
MARK = "edited"
TWO_ROWS = (
    f"UPDATE reporting.programme SET digest = '{MARK}'",
    f"UPDATE reporting.events SET metadata = '{MARK}' WHERE store = 'committee' AND shard = 0 AND position = 1",
)
"""Edits by which one set of views can be told from the other, in two tables, at rows that no event changes again."""
ONE = "SELECT digest FROM programme"
OTHER = "SELECT metadata FROM events WHERE store = 'committee' AND shard = 0 AND position = 1"
COUNTED = """
SELECT a.store, a.shard, a.position,
       (SELECT count(*) FROM events e WHERE e.store = a.store AND e.shard = a.shard) AS applied,
       (SELECT o.position FROM consumer_offsets o
        WHERE o.consumer = 'reporting' AND o.store = a.store AND o.shard = a.shard) AS read
FROM applied a ORDER BY a.store, a.shard
"""


@dataclass
class Reader:
    """Asks the desk, looks into tables and listens, until the block ends, which raises what was wrong."""

    dsn: str
    looks: int = 0
    edited: int = 0
    """Looks that saw the edited rows."""
    told: list[dict[tuple[str, int], int]] = field(default_factory=list)
    """Positions that the listener was told of, in order."""
    answers: dict[str, Answers] = field(default_factory=dict)
    """By tag."""
    wrong: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._pool = await asyncpg.create_pool(self.dsn, min_size=READERS, max_size=READERS + 3, server_settings=ASKING)
        self._desk = Desk(lambda: self._pool, RealClock())
        work = [self._look() for _ in range(READERS)]
        self._tasks = [asyncio.create_task(each) for each in (*work, self._ask(), self._listen())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended = [task for task in self._tasks if task.done()]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            if kind is None:
                for task in ended:
                    task.result()
                await self._judge_answers()
                assert self.wrong == [], "\n".join(self.wrong[:20])
        finally:
            await self._pool.close()

    async def _look(self) -> None:
        """What one transaction reads from two tables is of one set of views, and its positions only rise."""
        last: dict[tuple[str, int], int] = {}
        while True:
            async with opened(self._pool) as connection:
                one = await connection.fetchval(ONE)
                await asyncio.sleep(THINKS)
                other = await connection.fetchval(OTHER)
                rows = await connection.fetch(COUNTED)
            if (one == MARK) != (other == MARK):
                self.wrong.append(f"half of each: {one} {other}")
            for row in rows:
                place = (row["store"], row["shard"])
                if not row["applied"] == row["position"] == row["read"] or row["position"] < last.get(place, 0):
                    self.wrong.append(f"{place}: {dict(row)} after {last.get(place)}")
                last[place] = row["position"]
            self.looks += 1
            self.edited += one == MARK
            await asyncio.sleep(PAUSE)

    async def _ask(self) -> None:
        while True:
            answers = await self._desk.answers(Question(PROGRAMME_ID), Narrowing(), VIEW)
            self.answers[answers.tag] = answers
            await asyncio.sleep(PAUSE)

    async def _listen(self) -> None:
        watch = Watch(lambda: self._pool, poll=0.05)
        async with contextlib.aclosing(watch.follow(PROGRAMME_ID, None)) as sent:
            async for _ in sent:
                self.told.append({(each.store, each.shard): each.position for each in watch._reached})

    async def _judge_answers(self) -> None:
        """Each answer is what the copy of the events, folded up to its positions, says; whichever views gave it."""
        kept = list(self.answers.values())
        for answers in kept[:: 1 + len(kept) // JUDGED]:
            frozen = Frozen(tuple(answers.meta["positions"]), answers.meta["at"])
            folded = await self._desk.frozen(PROGRAMME_ID, frozen, VIEW)
            if folded.parts != answers.parts:
                self.wrong.append(f"answered at {answers.meta['positions']}: {_first(answers.parts, folded.parts)}")
        for earlier, later in zip(self.told, self.told[1:], strict=False):
            if any(later.get(place, 0) < position for place, position in earlier.items()):
                self.wrong.append(f"listeners were told {earlier}, then {later}")


def _first(answered: Any, folded: Any) -> str:
    return f"{str(answered)[:300]} is not {str(folded)[:300]}"
