"""The figures of one programme at one time: the same SQL over the rows of now or over rows folded as of a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from services.reporting.sql import statements, text_of
from shared.streams.projection import Connection

Figure = dict[str, Any]
Shadows = Mapping[str, str]
"""JSON (a list of objects) of the rows of each table, in place of what is stored."""

_PACKAGE = "services.reporting.queries"
_RELATION = re.compile(r"^(\w+) AS (?:(?:NOT )?MATERIALIZED )?\(", re.MULTILINE)
_WORD = re.compile(r"--.*|'[^']*'|([a-z_]+)")
"""A word; comments and what stands between quotes are none."""
_JSON = frozenset(
    {
        *("awaited", "bands", "committee_name", "conclusion", "direction", "evidence", "example", "expected_results"),
        *(
            "members",
            "name",
            "national_bands",
            "outputs",
            "page",
            "regions",
            "resolution_list",
            "revisions",
            "rubric",
            "unit",
        ),
    }
)
"""Columns of JSON, in whichever query they stand."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query behind just the relations that it reads, over the stored rows and over given ones."""

    now: str
    then: str
    tables: tuple[str, ...]
    """Row tables that it reads in the end."""


def _relations(file: str) -> dict[str, str]:
    """The relations of a file by name, in their order, each ``name AS (…)``."""
    text = text_of(_PACKAGE, file)
    starts = [match.start() for match in _RELATION.finditer(text)]
    parts = [text[start:end].rstrip().rstrip(",") for start, end in zip(starts, [*starts[1:], None], strict=True)]
    return {part.partition(" ")[0]: part for part in parts}


def _read(text: str, relations: Mapping[str, str]) -> set[str]:
    """Names of the relations that a query reads, directly or through others."""
    found: set[str] = set()
    left = [text]
    while left:
        for name in set(_WORD.findall(left.pop())) & relations.keys() - found:
            found.add(name)
            left.append(relations[name])
    return found


def _queries() -> dict[str, Query]:
    shadows, derived = _relations("shadows.sql"), _relations("relations.sql")
    both = {**shadows, **derived}
    made = {}
    for name, body in statements(_PACKAGE, "figures.sql").items():
        read = _read(body, both) | {"asked"}
        tables = [table for table in shadows if table in read]
        numbers = [derived[each] for each in derived if each in read]
        made[name] = Query(
            _with(numbers, body), _with([*(shadows[each] for each in tables), *numbers], body), (*tables,)
        )
    return made


def _with(relations: Iterable[str], body: str) -> str:
    return f"WITH {','.join(relations)} {body}"


QUERIES: Mapping[str, Query] = _queries()
"""Every query of figures.sql."""


class Figures:
    """Figures of ``programme`` at ``at``, from what is stored or from ``shadows``."""

    def __init__(self, connection: Connection, programme: str, at: datetime, shadows: Shadows | None = None) -> None:
        self._connection, self._programme, self._at, self._shadows = connection, programme, at, shadows

    async def all(self, query: str) -> list[Figure]:
        """The rows of a query of figures.sql; numbers as Decimal, satang as int, JSON read."""
        wanted = QUERIES[query]
        if self._shadows is None:
            rows = await self._connection.fetch(wanted.now, self._programme, self._at)
        else:
            given = ",".join(f'"{table}":{self._shadows[table]}' for table in wanted.tables)
            rows = await self._connection.fetch(wanted.then, self._programme, self._at, f"{{{given}}}")
        return [_figure(row) for row in rows]

    async def one(self, query: str) -> Figure:
        """The row of a query that gives one; empty when it gives none."""
        found = await self.all(query)
        return found[0] if found else {}


def _figure(row: Mapping[str, Any]) -> Figure:
    return {
        name: orjson.loads(value) if name in _JSON and isinstance(value, str) else value for name, value in row.items()
    }
