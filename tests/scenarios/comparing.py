"""Holds rows of an answer against the oracle's: as JSON tells both, numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from oracle.differences import row_differences
from oracle.numbers.every import NUMBERS, expected_rows
from oracle.numbers.subject import Subject
from shared.web.jsonable import dump

Row = Mapping[str, Any]


def answer_differences(number: str, subject: Subject, found: Iterable[Row], **only: str) -> list[str]:
    """Where rows of an answer are not the oracle's rows of a number, of those with these values only."""
    known = NUMBERS[number]
    expected = [row for row in expected_rows(known, subject) if all(row[name] == value for name, value in only.items())]
    columns = (*known.key, *known.columns)
    return row_differences(number, known.key, plain_rows(expected, columns), plain_rows(found, columns))


def plain_rows(rows: Iterable[Row], columns: Sequence[str]) -> list[Row]:
    """These columns of rows; the centre is '' as a region."""
    parsed = orjson.loads(dump(list(rows)))
    return [{name: _plain(name, row[name]) for name in columns} for row in parsed]


def _plain(name: str, value: Any) -> Any:
    if name == "region":
        return value or ""
    if isinstance(value, str):
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    return value
