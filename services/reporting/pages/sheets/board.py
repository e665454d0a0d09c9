"""The board: whether the committees stand, where something is late, and how far work and results have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.reporting.asking import Wanted
from services.reporting.pages.sheets.pictures import LEGEND, bars_of, map_of, newest, timeline_of
from services.reporting.pages.sheets.sheet import Asked, Context, Parts, Sheet, one
from services.reporting.pages.showing import Showing

LATE_SHOWN = 12
"""How many overdue items stand open; the others are folded away."""


def board(show: Showing, parts: Parts, _asked: Asked, meta: Mapping[str, Any]) -> Context:
    """The nation and its regions."""
    national, regions, due = parts
    year = national["programme"]["fiscal_year"]
    return {
        "national": national,
        "regions": regions["regions"],
        "centre": regions["centre"],
        "map": map_of(show, regions["regions"], year),
        "legend": LEGEND,
        "timeline": timeline_of(show, national["activities"], year, meta["at"]),
        "bars": bars_of(show, national["indicators"]),
        "newest": {row["code"]: newest(row["nation"]) for row in national["indicators"]},
        "late": [row for row in due["due"] if row["overdue"]],
        "shown": LATE_SHOWN,
    }


def _wants(asked: Asked) -> Sequence[Wanted]:
    return (*one("regions")(asked), Wanted("due"))


SHEETS = (Sheet("", "board.html", board, _wants),)
