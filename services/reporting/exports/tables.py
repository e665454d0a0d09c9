"""An answer as flat tables: one for every list in it, and one row for every object that stands alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.web.jsonable import dump

Cell = None | bool | int | float | Decimal | str | date | datetime
"""What a cell holds. Money is integer satang, an instant is in UTC, a list is its JSON."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under the names of their columns, in the answer's order; every row has every column."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def tables_of(answer: Mapping[str, Any]) -> list[Table]:
    """The tables of an answer (without its ``meta``), named as its parts are.

    A part that is an object is a table of one row; objects within a row are columns ``outer.inner``, lists within a
    row are JSON.
    """
    return [_table(name, part) for name, part in answer.items() if name != "meta"]


def meta_row(meta: Mapping[str, Any]) -> dict[str, Cell]:
    """What an answer says of itself, flat: what was asked, of which positions, how fresh and how complete it is."""
    return dict(_flat(meta))


def _table(name: str, part: Any) -> Table:
    rows = [dict(_flat(each)) for each in _objects(part)]
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    return Table(name, columns, [tuple(row.get(column) for column in columns) for row in rows])


def _objects(part: Any) -> Iterator[Mapping[str, Any]]:
    match part:
        case Mapping():
            yield part
        case list() | tuple():
            for each in part:
                yield each if isinstance(each, Mapping) else {"value": each}
        case None:
            return
        case _:
            yield {"value": part}


def _flat(row: Mapping[str, Any], outer: str = "") -> Iterator[tuple[str, Cell]]:
    for name, value in row.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{outer}{name}.")
        else:
            yield f"{outer}{name}", _cell(value)


def _cell(value: Any) -> Cell:
    match value:
        case None | bool() | int() | float() | Decimal() | str() | date():
            return value
        case UUID():
            return str(value)
        case _:
            return dump(value).decode()
