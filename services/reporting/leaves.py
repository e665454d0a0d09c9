"""Every single value of an answer under the name of its figure, so that two answers can be laid beside one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

LINEAGE = "lineage"


class Leaf(NamedTuple):
    """Where a value stands: ``figure`` is its lineage's name, or else its place in the answer."""

    figure: str
    member: str


class Found(NamedTuple):
    """A value, its place in the answer without the names of figures, and its lineage's name if it has one."""

    place: str
    member: str
    value: Any
    lineage: str | None


def leaves(part: Mapping[str, Any], place: str) -> dict[Leaf, Any]:
    """Values by figure and member."""
    return {Leaf(each.lineage or each.place, each.member): each.value for each in walk(part, place)}


def walk(part: Mapping[str, Any], place: str) -> Iterator[Found]:
    """Every value of an object and of the objects in it; a list of plain values is one value."""
    of = part.get(LINEAGE)
    for name, value in part.items():
        match value:
            case Mapping():
                yield from walk(value, f"{place}/{name}")
            case list() if value and all(isinstance(each, Mapping) for each in value):
                for number, each in enumerate(value):
                    yield from walk(each, f"{place}/{_key(each, number)}")
            case _ if name != LINEAGE:
                yield Found(place, name, value, of)


def _key(row: Mapping[str, Any], number: int) -> str:
    return str(row.get("region") or row.get("code") or number)
