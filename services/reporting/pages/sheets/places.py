"""Regions and their committees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.reporting.pages.sheets.pictures import LEGEND, map_of
from services.reporting.pages.sheets.sheet import Asked, Context, Parts, Sheet, one
from services.reporting.pages.showing import Showing
from shared.thai.collation import sort_key
from shared.thai.fiscal import Period
from shared.thai.regions import DOUBT_EN, DOUBT_TH, YEARS, region_list


def regions(show: Showing, parts: Parts, _asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """Every region in short."""
    national, found = parts
    return {
        **found,
        "national": national,
        "late_regions": sum(row["due"]["overdue"] > 0 for row in found["regions"]),
        "map": map_of(show, found["regions"], national["programme"]["fiscal_year"]),
        "legend": LEGEND,
    }


def region(show: Showing, parts: Parts, asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """One region in full."""
    national, found = parts
    return {
        "region": found,
        "place": place(show, asked.of["region"], national["programme"]["fiscal_year"]),
        "indicators": {row["code"]: row for row in national["indicators"]},
        "grid": grid(found["cells"], "indicator"),
        "periods": periods(found["cells"]),
    }


def place(show: Showing, code: str, fiscal_year: int) -> Context:
    """A region's provinces in the order of the dictionary, and the doubt about them; nothing of an unlisted year."""
    if fiscal_year not in YEARS:
        return {"provinces": [], "doubt": ""}
    known = region_list(fiscal_year).region(code)
    names = [each.name_th if show.language == "th" else each.name_en for each in known.provinces]
    doubt = DOUBT_TH if show.language == "th" else DOUBT_EN
    return {"provinces": sorted(names, key=sort_key), "doubt": doubt if known.doubtful else ""}


def periods(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """The periods that there are cells of, in the order in which they end, shorter ones first."""
    codes = {row["period"] for row in cells}
    return sorted(codes, key=lambda code: (Period.parse(code).end, Period.parse(code).kind.months))


def grid(cells: Sequence[Mapping[str, Any]], by: str) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Cells by a column of theirs, then by period."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in cells:
        found.setdefault(row[by], {})[row["period"]] = row
    return found


def committees(_show: Showing, parts: Parts, _asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """The committee of every region."""
    return dict(parts[1])


def committee(show: Showing, parts: Parts, asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """One region's committee and who sits in it, by office."""
    national, found = parts
    return {**found, "place": place(show, asked.of["region"], national["programme"]["fiscal_year"])}


def members(parts: Parts) -> Sequence[str]:
    """The persons who sit in a committee; seats that belong to an office have none."""
    return [row["person_id"] for row in parts[1]["members"] if row["person_id"] is not None]


SHEETS = (
    Sheet("regions", "regions.html", regions, one("regions")),
    Sheet("regions/{region}", "region.html", region, one("regions/{region}"), ignores=("region",)),
    Sheet("committees", "committees.html", committees, one("committees")),
    Sheet(
        "committees/{region}",
        "committee.html",
        committee,
        one("committees/{region}"),
        ignores=("region",),
        persons=members,
    ),
)
