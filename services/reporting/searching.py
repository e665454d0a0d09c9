"""Searches the events of all stores for operators: by type, stream, correlation, person and time, page by page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.reporting.places import read, written
from services.reporting.queries.asked import opened
from services.reporting.queries.history import Position
from services.reporting.sql import statements
from shared.contracts import ContractError, Rejected
from shared.contracts.event import TYPE_PREFIX, split_type
from shared.web import asked
from shared.web.tracing import is_correlation

LIMIT = 100
MOST = 1000
PATIENCE = "10s"
"""For how long the database may search."""
ORIGIN = ("correlation", "causation", "traceparent", "actor")
"""Of an event's metadata, what is told of it."""

_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,99}")
_STREAM = re.compile(r"[^\x00-\x1f]{1,500}")
_LAST = "\U0010ffff"
_SQL = statements("services.reporting.queries", "searching.sql")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; None: anything. ``person`` is looked for in the data, as the whole value of a member."""

    stream: str | None = None
    name: str | None = None
    correlation: str | None = None
    person: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = LIMIT
    cursor: str | None = None

    @property
    def in_metadata(self) -> str | None:
        """Text that the metadata of what is looked for holds."""
        return None if self.correlation is None else f'"correlation":"{self.correlation}"'

    @property
    def in_data(self) -> str | None:
        """Text that the data of what is looked for holds."""
        return None if self.person is None else f'"{self.person}"'


@dataclass(frozen=True, slots=True)
class Found:
    """A page; ``cursor`` leads to the next one, None at the end."""

    rows: list[dict[str, Any]]
    cursor: str | None


def search_of(query: Mapping[str, str]) -> Search:
    """What a query's parameters ask for. Raises Rejected ``query.unreadable``."""
    return Search(
        _fitting("stream", query.get("stream"), _STREAM),
        _type(query.get("type")),
        _correlation(query.get("correlation")),
        _person(query.get("person")),
        asked.moment("since", query.get("since")),
        asked.moment("until", query.get("until")),
        asked.whole("limit", query.get("limit"), 1, MOST) or LIMIT,
        query.get("cursor"),
    )


async def events(pool: Any, search: Search) -> Found:
    """Events of every store that are in the views, newest first; ``stream`` names one stream.

    Raises Rejected: ``query.unreadable``, ``ops.search_too_long``.
    """
    behind: tuple[Position, ...] = () if search.cursor is None else read("cursor", search.cursor)[0]
    async with _searching(pool) as connection:
        rows = await connection.fetch(
            _SQL["events"],
            [each.store for each in behind],
            [each.shard for each in behind],
            [each.position for each in behind],
            search.stream,
            search.name,
            search.in_metadata,
            search.in_data,
            search.since,
            search.until,
            search.limit + 1,
        )
    page = rows[: search.limit]
    reached = {(each.store, each.shard): each for each in behind}
    for row in page:
        reached[row["store"], row["shard"]] = Position(row["store"], row["shard"], row["position"])
    cursor = written(reached.values()) if len(rows) > search.limit else None
    return Found([_event(row) for row in page], cursor)


async def streams(pool: Any, search: Search) -> Found:
    """Streams, by name, that have an event that is looked for; ``stream`` is how their names begin.

    Raises Rejected: ``query.unreadable``, ``ops.search_too_long``.
    """
    after = "" if search.cursor is None else _name_in(search.cursor)
    async with _searching(pool) as connection:
        rows = await connection.fetch(
            _SQL["streams"],
            after,
            search.stream,
            None if search.stream is None else search.stream + _LAST,
            search.name,
            search.in_metadata,
            search.in_data,
            search.since,
            search.until,
            search.limit + 1,
        )
    page = [dict(row) for row in rows[: search.limit]]
    return Found(page, written((), page[-1]["stream"]) if len(rows) > search.limit else None)


@asynccontextmanager
async def _searching(pool: Any) -> AsyncIterator[Any]:
    try:
        async with opened(pool) as connection:
            await connection.execute(_SQL["careful"], PATIENCE)
            yield connection
    except asyncpg.QueryCanceledError as error:
        raise Rejected("ops.search_too_long") from error


def _event(row: Any) -> dict[str, Any]:
    about = orjson.loads(row["metadata"])
    told = {name: value for name, value in dict(row).items() if name != "metadata"}
    return {**told, **{name: about.get(name, "") for name in ORIGIN}}


def _type(text: str | None) -> str | None:
    """The name of a type, which may be written out, such as ``th.go.obec.cluster.MeetingHeld.v1``."""
    if text is not None and text.startswith(TYPE_PREFIX):
        try:
            return split_type(text)[0]
        except ContractError as error:
            raise _unreadable("type", text) from error
    return _fitting("type", text, _NAME)


def _correlation(text: str | None) -> str | None:
    if text is not None and not is_correlation(text):
        raise _unreadable("correlation", text)
    return text


def _person(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise _unreadable("person", text or "") from error


def _fitting(name: str, text: str | None, form: re.Pattern[str]) -> str | None:
    if text is not None and not form.fullmatch(text):
        raise _unreadable(name, text)
    return text


def _name_in(cursor: str) -> str:
    _, more = read("cursor", cursor)
    if len(more) != 1 or not isinstance(more[0], str) or not _STREAM.fullmatch(more[0]):
        raise _unreadable("cursor", cursor)
    return more[0]


def _unreadable(name: str, text: str) -> Rejected:
    return Rejected("query.unreadable", name=name, value=text[:100])
