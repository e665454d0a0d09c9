"""The desk where every question is put: by programs, by pages and by reports; one look answers it whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

from services.reporting import views
from services.reporting.changes import changes
from services.reporting.comparing import compare
from services.reporting.etags import build, tag_of
from services.reporting.events import event
from services.reporting.kept import Kept, Turns
from services.reporting.narrowing import Narrowing, narrowing
from services.reporting.projections.projection import STORES
from services.reporting.queries.asked import (
    Answering,
    Frozen,
    Look,
    Question,
    answer_of,
    look,
    meta_of,
    opened,
    question,
    reached,
)
from services.reporting.queries.lineage import lineage
from services.reporting.sql import statements
from shared.clock import Clock
from shared.contracts import Rejected, require
from shared.streams.projection import Connection
from shared.thai.fiscal import bangkok_day
from shared.web.asked import moment

Answer = dict[str, Any]
View = Callable[[Answering, Mapping[str, str]], Awaitable[Answer]]

PATIENCE_SECONDS = 2.0
"""How long an answer waits for the position that ``after`` names."""
KEPT_ANSWERS = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """One view, by its name in VIEWS, and what it takes, such as ``{"region": "R07"}``."""

    view: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of one look; ``tag`` is a strong validator. ``parts``, one for each view, are shared: change none."""

    tag: str
    meta: Mapping[str, Any]
    parts: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """What is kept of an answer: all that follows from positions and time alone."""

    parts: tuple[Answer, ...]
    counts: Mapping[str, int]


_SQL = statements("services.reporting.queries", "asked.sql")


class Desk:
    """Puts questions to the views. ``pool`` gives asyncpg's, whose search_path finds reporting's schema first.

    ``consumer`` is the projection's name, by which its offsets and parked events are known.
    """

    def __init__(
        self,
        pool: Callable[[], Any],
        clock: Clock,
        *,
        consumer: str = "reporting",
        stores: Sequence[str] = STORES,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.pool, self.clock = pool, clock
        self._consumer, self._stores, self._patience = consumer, stores, patience
        self._kept: Kept[_Made] = Kept(KEPT_ANSWERS, KEPT_ANSWERS)
        self._turns: Turns[Answers] = Turns()

    async def ask(self, programme: str, query: Mapping[str, str], *wanted: Wanted) -> Answers:
        """Answers to what is wanted, all of one look, narrowed to ``region`` and ``period``.

        Of ``query`` counts: as_of, effective_at, after, region, period. Raises Rejected: ``query.unreadable``,
        ``query.as_of_in_future``, ``query.unknown_figure``, ``programme.unknown``, ``programme.unknown_*``,
        ``event.not_found``.
        """
        asked = question(programme, query.get("as_of"), query.get("effective_at"), query.get("after"))
        return await self.answers(asked, narrowing(query), *wanted)

    async def programmes(self) -> list[dict[str, Any]]:
        """Every programme that is known now, the newest first: programme, fiscal_year (B.E.), name {th, en}."""
        rows = await self.pool().fetch(_SQL["programmes"])
        return [{**row, "name": orjson.loads(row["name"])} for row in rows]

    async def frozen(self, programme: str, frozen: Frozen, *wanted: Wanted) -> Answers:
        """Answers as they were at positions that were read once."""
        return await self.answers(Question(programme, frozen=frozen), Narrowing(), *wanted)

    async def answers(self, asked: Question, narrow: Narrowing, *wanted: Wanted) -> Answers:
        """Answers to a question that was read already; kept, so that who asks the same shares them."""
        _require_text(asked.programme, wanted)
        stale = asked.after is not None and not await reached(self.pool(), asked.after, self._patience)
        asked = replace(asked, after=None)
        said = (asked, narrow, [(each.view, each.query) for each in wanted])
        return await self._turns.join(tag_of(stale, *said), lambda: self._answered(asked, narrow, wanted, said, stale))

    async def _answered(
        self, asked: Question, narrow: Narrowing, wanted: Sequence[Wanted], said: Any, stale: bool
    ) -> Answers:
        """Looks, and answers with what is kept of the same look, or makes it."""
        async with opened(self.pool()) as connection:
            seen = await look(connection, self.clock, asked, self._consumer, self._stores)
            key = tag_of(build(), said, seen.at, seen.positions, seen.revision)
            made = self._kept.get(key)
            if made is None:
                made = await _made(connection, asked, narrow, wanted, seen)
                self._kept.put(key, made)
        meta = {**meta_of(asked, seen, made.counts, stale=stale), "filters": asdict(narrow)}
        return Answers(tag_of(key, bangkok_day(seen.now), meta), meta, made.parts)


def _require_text(programme: str, wanted: Sequence[Wanted]) -> None:
    """Refuse U+0000, which PostgreSQL takes for no text."""
    require("\0" not in programme, "programme.unknown", programme=programme[:100])
    for name, value in ((name, value) for each in wanted for name, value in each.query.items()):
        require("\0" not in value, "query.unreadable", name=name, value=value[:100])


async def _made(
    connection: Connection, asked: Question, narrow: Narrowing, wanted: Sequence[Wanted], seen: Look
) -> _Made:
    answer = await answer_of(connection, asked, seen)
    narrow.require_known(await answer.figures.one("definition"))
    parts = [narrow.narrowed(await VIEWS[each.view](answer, each.query)) for each in wanted]
    return _Made(tuple(parts), answer.meta["completeness"])


def _plain(view: Callable[[Answering], Awaitable[Answer]]) -> View:
    async def answer(answering: Answering, _query: Mapping[str, str]) -> Answer:
        return await view(answering)

    return answer


def _of_one(view: Callable[[Answering, str], Awaitable[Answer]], name: str) -> View:
    """A view of the one thing that the query names."""

    async def answer(answering: Answering, query: Mapping[str, str]) -> Answer:
        named = query.get(name)
        if not named:
            raise Rejected("query.unreadable", name=name, value="")
        return await view(answering, named)

    return answer


async def _changes(answer: Answering, query: Mapping[str, str]) -> Answer:
    since = moment("since", query.get("since"))
    if since is None:
        raise Rejected("query.unreadable", name="since", value="")
    return await changes(answer, since)


VIEWS: Mapping[str, View] = {
    "national": _plain(views.national),
    "regions": _plain(views.regions),
    "regions/{region}": _of_one(views.region, "region"),
    "activities": _plain(views.activities),
    "indicators": _plain(views.indicators),
    "indicators/{code}": _of_one(views.indicator, "code"),
    "committees": _plain(views.committees),
    "committees/{region}": _of_one(views.committee, "region"),
    "meetings": _plain(views.meetings),
    "budget": _plain(views.budget),
    "recommendations": _plain(views.recommendations),
    "completeness": _plain(views.completeness),
    "due": _plain(views.due),
    "document": _plain(views.document),
    "compare": compare,
    "changes": _changes,
    "lineage": _of_one(lineage, "figure"),
    "events/{event_id}": _of_one(event, "event_id"),
}
"""Every view by its name; what is served to programs has its address by it too."""
