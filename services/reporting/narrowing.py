"""Answers narrowed to a region or a period: rows of others are left out, figures stay what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.reporting.queries.lineage import CENTRE
from shared.contracts import Rejected, require
from shared.thai.digits import to_arabic
from shared.thai.errors import ThaiConventionError
from shared.thai.fiscal import Period

Row = Mapping[str, Any]

PLACES = ("region", "scope")
"""Columns that say which region a row is of."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which rows are wanted; None: all. ``region`` is a code or ``centre``, ``period`` such as ``2560-Q1``."""

    region: str | None = None
    period: str | None = None

    def require_known(self, definition: Row) -> None:
        """Rejected ``programme.unknown_region`` or ``programme.unknown_period`` for what the programme has not."""
        programme = definition["programme"]
        known = self.region in (None, CENTRE) or self.region in definition["regions"]
        require(known, "programme.unknown_region", programme=programme, region=(self.region or "")[:100])
        of_year = self.period is None or self.period.startswith(f"{definition['fiscal_year']}-")
        require(of_year, "programme.unknown_period", programme=programme, period=self.period)

    def narrowed(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer with the rows of its lists that are wanted, in lists within its objects too."""
        if self.region is None and self.period is None:
            return answer
        return {name: self._part(part) for name, part in answer.items()}

    def _part(self, part: Any) -> Any:
        match part:
            case dict():
                return self.narrowed(part)
            case list():
                return [self._part(row) for row in part if not isinstance(row, dict) or self._wants(row)]
            case _:
                return part

    def _wants(self, row: Row) -> bool:
        place = next((name for name in PLACES if name in row), None)
        in_region = self.region is None or place is None or (row[place] or CENTRE) == self.region
        in_period = self.period is None or "period" not in row or row["period"] == self.period
        return in_region and in_period


def narrowing(query: Mapping[str, str]) -> Narrowing:
    """What a request's ``region`` and ``period`` ask for. Raises Rejected ``query.unreadable``."""
    region, period = query.get("region"), query.get("period")
    return Narrowing(region and region.strip(), None if period is None else _period(period))


def _period(text: str) -> str:
    try:
        return str(Period.parse(to_arabic(text.strip()).upper()))
    except ThaiConventionError as error:
        raise Rejected("query.unreadable", name="period", value=text[:100]) from error
