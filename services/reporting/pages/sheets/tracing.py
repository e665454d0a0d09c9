"""What lies behind the figures: what changed, what stands beside what, the events behind one, and single events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.reporting.asking import Wanted
from services.reporting.pages.sheets.sheet import Asked, Context, Parts, Sheet, one
from services.reporting.pages.showing import Showing
from services.reporting.pages.states import MEMBERS

KINDS = ("region", "period", "programme")
OPEN_ROWS = 20
"""So many rows of a kind are shown at once; more are folded away behind their number."""

MOST_EVENTS = 1000
"""So many events behind a figure are shown: a year's payments are more than a browser bears."""


@dataclass(slots=True)
class Group:
    """Rows of one kind of figure, such as ``cell``, by figure; the kind's name is the first part of its figures'."""

    kind: str
    figures: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.figures.values()))

    @property
    def is_open(self) -> bool:
        """Whether it is short enough to be shown at once."""
        return self.rows <= OPEN_ROWS


def grouped(rows: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Rows by kind and figure, in the order in which these come first."""
    groups: dict[str, Group] = {}
    for row in rows:
        figure = row["figure"]
        kind = figure.partition("/")[0]
        groups.setdefault(kind, Group(kind)).figures.setdefault(figure, []).append(row)
    return list(groups.values())


def _told(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Rows whose member has a word that people know, and the others: technical ones, and those of a list's rows."""

    def is_known(row: Mapping[str, Any]) -> bool:
        return row["member"] in MEMBERS and not row["figure"].rpartition("/")[2].isdecimal()

    return [row for row in rows if is_known(row)], [row for row in rows if not is_known(row)]


def changes(_show: Showing, parts: Parts, asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """What changed since a day; without one, the question which."""
    since = asked.query.get("since", "")
    if len(parts) == 1:
        return {"since": since, "found": None, "known": [], "technical": []}
    known, technical = _told(parts[1]["changes"])
    return {"since": since, "found": parts[1], "known": grouped(known), "technical": grouped(technical)}


def _changes(asked: Asked) -> Sequence[Wanted]:
    return (Wanted("changes", {"since": asked.query["since"]}),) if "since" in asked.query else ()


def compare(_show: Showing, parts: Parts, asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """Two regions, periods or programmes side by side; without any, the question which."""
    found = parts[1] if len(parts) > 1 else None
    # What is compared stands at the head of its column.
    rows = [row for row in found["figures"] if row["member"] != found["of"]] if found else []
    known, technical = _told(rows)
    return {"found": found, "asked": asked.query, "known": grouped(known), "technical": grouped(technical)}


def _compare(asked: Asked) -> Sequence[Wanted]:
    named = {name: value for name, value in asked.query.items() if name.partition("_")[0] in ("this", "with")}
    return (Wanted("compare", named),) if any(f"with_{kind}" in named for kind in KINDS) else ()


def lineage(_show: Showing, parts: Parts, asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """A figure, the same made of its events alone, and these."""
    found = parts[1]
    return {**found, "members": [name for name in found["value"] if name in MEMBERS], "most": MOST_EVENTS}


def _lineage(asked: Asked) -> Sequence[Wanted]:
    return (Wanted("lineage", {"figure": asked.query.get("figure", "")}),)


def event(_show: Showing, parts: Parts, _asked: Asked, _meta: Mapping[str, Any]) -> Context:
    """One event: where it stands and came from, and what it moved."""
    known, technical = _told(parts[1]["moved"])
    return {**parts[1], "known": grouped(known), "technical": grouped(technical)}


SHEETS = (
    Sheet("changes", "changes.html", changes, _changes),
    Sheet("compare", "compare.html", compare, _compare),
    Sheet("lineage", "lineage.html", lineage, _lineage, ignores=("region", "period")),
    Sheet("events/{event_id}", "event.html", event, one("events/{event_id}"), ignores=("region", "period")),
)
