"""Which committee stands for a region at T."""

from __future__ import annotations

from collections.abc import Iterable

from oracle.numbers.subject import Subject
from oracle.views import Row

FIRST = ("appointed", "proposed", "dissolved", "withdrawn", None)


def region_committee(subject: Subject) -> Iterable[Row]:
    """One row a region."""
    for region in subject.regions:
        holding = [row for row in subject.rows("committee") if row["region"] == region and holds(row, subject.at)]
        if holding:
            row = min(holding, key=lambda each: (FIRST.index(each["state"]), -each["ordinal"]))
            yield {**row, "vacant": vacant(row)}
        else:
            yield {"region": region, "programme": subject.programme, "state": "none", "vacant": []}


def holds(row: Row, at: object) -> bool:
    """Whether a committee's row is the one that holds at an instant."""
    return bool(row["valid_from"] <= at and (row["valid_to"] is None or row["valid_to"] > at))


def vacant(row: Row) -> list[str]:
    """Seats that an appointed committee must have and that nobody sits on."""
    if row["state"] != "appointed":
        return []
    return [seat for seat, column in (("chair", "chairs"), ("secretary", "secretaries")) if row[column] == 0]


def committees_in_place(subject: Subject) -> tuple[int, int]:
    """The nation's n of m: regions whose committee is appointed, and regions."""
    states = [row["state"] for row in region_committee(subject)]
    return states.count("appointed"), len(states)
