"""Indicators: figures against targets, and how each score came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.reporting.pages.sheets.pictures import bars_of, columns_of, newest
from services.reporting.pages.sheets.places import grid, periods
from services.reporting.pages.sheets.sheet import Asked, Context, Parts, Sheet, one
from services.reporting.pages.showing import Showing
from services.reporting.queries.lineage import NATION

_NO_SCORE: Mapping[str, Any] = {"score": None, "level": None}


def indicators(show: Showing, parts: Parts, _asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """Every indicator, for the nation."""
    found = parts[1]
    return {
        **found,
        "bars": bars_of(show, found["indicators"]),
        "newest": {row["code"]: newest(row["nation"]) for row in found["indicators"]},
    }


def indicator(show: Showing, parts: Parts, _asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """One indicator in every region and period, and the working of its scores."""
    found = parts[1]
    cells = [row for row in found["cells"] if row["scope"] != NATION]
    regions = grid(cells, "scope")
    year = {row["scope"]: row for row in found["year_scores"]}
    workings = found["workings"]
    return {
        "indicator": found["indicator"],
        "grid": regions,
        "periods": periods(cells),
        "year": year,
        "columns": columns_of(show, [year.get(code, {**_NO_SCORE, "scope": code}) for code in regions]),
        "national_workings": [each for each in workings if each["scope"] == NATION],
        "regional_workings": [each for each in workings if each["scope"] != NATION],
        "evidence": found["evidence"],
    }


SHEETS = (
    Sheet("indicators", "indicators.html", indicators, one("indicators")),
    Sheet("indicators/{code}", "indicator.html", indicator, one("indicators/{code}")),
)
