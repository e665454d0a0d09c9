"""Long lists page by page: every page is of the look that the first was of, whatever has been recorded since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from services.reporting.places import read, written
from services.reporting.places import whole as number
from services.reporting.queries.asked import Frozen
from shared.contracts import Rejected
from shared.web.asked import moment, whole

MOST = 1000
"""Rows of a page at most."""
SKIPPED = 10**9


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a view's main list are wanted, and of which look; ``limit`` None: all."""

    limit: int | None = None
    skip: int = 0
    frozen: Frozen | None = None

    def of(self, rows: list[Any]) -> list[Any]:
        """The page's rows."""
        return rows[self.skip :][: self.limit]

    def link(self, query: Mapping[str, str], rows: list[Any], meta: Mapping[str, Any]) -> dict[str, str]:
        """The Link header that leads to the next page, if there is one."""
        if self.limit is None or self.skip + self.limit >= len(rows):
            return {}
        cursor = written(meta["positions"], self.skip + self.limit, meta["at"].isoformat())
        return {"Link": f'<?{urlencode({**query, "cursor": cursor})}>; rel="next"'}


def page_of(query: Mapping[str, str]) -> Page:
    """What ``limit`` and ``cursor`` ask for. Raises Rejected ``query.unreadable``."""
    limit = whole("limit", query.get("limit"), 1, MOST)
    cursor = query.get("cursor")
    if cursor is None:
        return Page(limit)
    positions, more = read("cursor", cursor)
    try:
        skip, at = more
        return Page(limit or MOST, number(skip, SKIPPED), Frozen(positions, _instant(at)))
    except ValueError as error:
        raise Rejected("query.unreadable", name="cursor", value=cursor[:100]) from error


def _instant(at: Any) -> datetime:
    """The time that a look was judged at. Raises ValueError, Rejected ``query.unreadable``."""
    read_as = moment("cursor", at) if isinstance(at, str) else None
    if read_as is None:
        raise ValueError("no instant")
    return read_as
