"""Holds what reporting answers against the oracle: every row table, and every number there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from services.reporting.projections.tables import TABLES
from services.reporting.queries.figures import Figures
from tests.integration.reporting.site import Site
from tests.oracle.asked import Asked, World
from tests.oracle.differences import row_differences
from tests.oracle.numbers import cells, dues, regions, scores, sums
from tests.oracle.numbers.subject import Subject
from tests.oracle.told import tell
from tests.oracle.views import VIEWS, tables
from tests.unit.reporting.log import PROGRAMME, Log

Row = dict[str, Any]
Number = Callable[[Subject], Iterable[Row]]

NUMBERS: Sequence[tuple[tuple[str, ...], tuple[str, ...], Number]] = (
    (("committees",), ("region",), regions.region_committee),
    (("cells",), ("indicator", "scope", "period"), cells.cell),
    (("completeness", "completeness_total"), ("region",), cells.completeness),
    (("scores",), ("indicator", "scope", "period"), scores.current_score),
    (("year_scores",), ("indicator", "scope"), scores.year_score),
    (("national_cells",), ("indicator", "period"), scores.national_cell),
    (("weighted_totals",), ("scope",), scores.weighted_total),
    (("activities",), ("code",), dues.activity_progress),
    (("due",), ("kind", "about"), dues.due_item),
    (("due_counts", "due_total"), ("region",), dues.due),
    (("meeting_counts",), ("region",), sums.meetings),
    (("recommendation_counts",), ("region",), sums.recommendations),
    (("visit_counts",), ("region",), sums.visits),
)
"""Queries of which the first gives a row each and the second the nation's, the key, and the oracle's same number."""


async def row_faults(site: Site, log: Log) -> list[str]:
    """Where the row tables differ from what the oracle makes of the events."""
    expected = tables(World(tell(log.sent), Asked(at=log.now)))
    faults = []
    for name, view in VIEWS.items():
        json = TABLES[name].json if name in TABLES else frozenset()
        found = [_read(row, json) for row in await site.rows(name)]
        faults += row_differences(name, view.key, expected[name], found)
    return faults


async def number_faults(site: Site, log: Log, at: datetime | None = None) -> list[str]:
    """Where the numbers of now differ from the oracle's."""
    async with site.pool.acquire() as connection:
        figures = Figures(connection, PROGRAMME, at or log.now)
        return await figure_faults(figures, Subject(World(tell(log.sent), Asked(at=at or log.now)), PROGRAMME))


async def figure_faults(figures: Figures, subject: Subject) -> list[str]:
    """Where figures differ from the oracle's numbers, in the columns that both have."""
    faults: list[str] = []
    if subject.definition is None:
        return faults
    for queries, key, number in NUMBERS:
        found = [row for query in queries for row in await figures.all(query)]
        expected = list(number(subject))
        for row in (*found, *expected):
            if "region" in row and row["region"] is None:
                row["region"] = ""
        found = [{"region": "TH", **row} if "region" in key and "region" not in row else row for row in found]
        common = (_columns(expected) & _columns(found)) - {"programme"} | set(key)
        faults += row_differences(queries[0], key, _only(expected, common), _only(found, common))
    return faults


def _columns(rows: Iterable[Row]) -> set[str]:
    return {name for row in rows for name in row}


def _only(rows: Iterable[Row], columns: set[str]) -> list[Row]:
    """What a row does not have is null; what is due is named by its stream or by the end of that name."""
    chosen = [{name: row.get(name) for name in columns} for row in rows]
    for row in chosen:
        if row.get("kind") in ("activity", "measurement"):
            row["about"] = str(row["about"]).removeprefix(f"{row['kind']}:{PROGRAMME}:")
    return chosen


def _read(row: Mapping[str, Any], json: frozenset[str]) -> Row:
    return {name: orjson.loads(value) if name in json and value is not None else value for name, value in row.items()}
