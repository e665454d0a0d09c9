"""The figures of one programme at one time: the same SQL over the rows of now or over rows folded as of a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from services.reporting.sql import statements, text_of
from shared.streams.projection import Connection

Figure = dict[str, Any]

_PACKAGE = "services.reporting.queries"
_RELATIONS, _SHADOWS = text_of(_PACKAGE, "relations.sql"), text_of(_PACKAGE, "shadows.sql")
_QUERIES = statements(_PACKAGE, "figures.sql")
_NOW: Mapping[str, str] = {name: "".join(("WITH ", _RELATIONS, query)) for name, query in _QUERIES.items()}
_THEN: Mapping[str, str] = {name: "".join(("WITH ", _SHADOWS, _RELATIONS, query)) for name, query in _QUERIES.items()}

_JSON = frozenset(
    {
        *(
            "awaited",
            "bands",
            "committee_name",
            "direction",
            "evidence",
            "example",
            "members",
            "name",
            "national_bands",
        ),
        *("outputs", "regions", "resolution_list", "revisions", "rubric", "unit"),
    }
)
"""Columns of JSON, in whichever query they stand."""


class Figures:
    """Figures of ``programme`` at ``at``. ``rows``: JSON from ``history.as_json`` in place of what is stored."""

    def __init__(self, connection: Connection, programme: str, at: datetime, rows: str | None = None) -> None:
        self._connection = connection
        self._arguments = (programme, at) if rows is None else (programme, at, rows)
        self._queries = _NOW if rows is None else _THEN

    async def all(self, query: str) -> list[Figure]:
        """The rows of a query of figures.sql; numbers as Decimal, satang as int, JSON read."""
        return [_figure(row) for row in await self._connection.fetch(self._queries[query], *self._arguments)]

    async def one(self, query: str) -> Figure:
        """The row of a query that gives one; empty when it gives none."""
        found = await self.all(query)
        return found[0] if found else {}


def _figure(row: Mapping[str, Any]) -> Figure:
    return {
        name: orjson.loads(value) if name in _JSON and isinstance(value, str) else value for name, value in row.items()
    }
