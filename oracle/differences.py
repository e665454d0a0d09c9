"""Compares rows that were found with those that the oracle makes, in words a person can read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.contracts.envelope import wire_time

Row = Mapping[str, Any]


def row_differences(view: str, key: Sequence[str], expected: Iterable[Row], found: Iterable[Row]) -> list[str]:
    """Rows that are missing, too many or stand twice, and columns that differ; one line each."""
    wanted, repeated = _by_key(key, expected)
    if repeated:
        raise ValueError(f"{view}: the oracle itself makes two rows of {repeated}")
    there, repeated = _by_key(key, found)
    lines = [f"{view} {_shown(each)}: stands twice" for each in repeated]
    for place in sorted(wanted.keys() | there.keys(), key=repr):
        if place not in there:
            lines.append(f"{view} {_shown(place)}: is missing; expected {_brief(wanted[place])}")
        elif place not in wanted:
            lines.append(f"{view} {_shown(place)}: is one too many; found {_brief(there[place])}")
        else:
            lines += _column_differences(f"{view} {_shown(place)}", wanted[place], there[place])
    return lines


def plain(value: Any) -> Any:
    """A value as it is compared: ids as text, numbers as numbers, instants in UTC, JSON down to its leaves."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return wire_time(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def same(expected: Any, found: Any) -> bool:
    """Whether two values are the same, to the last digit; True is no 1."""
    expected, found = plain(expected), plain(found)
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(same(expected[name], found[name]) for name in expected)
    return bool(expected == found)


def _column_differences(place: str, expected: Row, found: Row) -> list[str]:
    lines = [f"{place} {name}: is no column" for name in sorted(expected.keys() - found.keys())]
    lines += [f"{place} {name}: a column nobody expects" for name in sorted(found.keys() - expected.keys())]
    for name in sorted(expected.keys() & found.keys()):
        if not same(expected[name], found[name]):
            lines.append(f"{place} {name}: expected {_brief(expected[name])}, found {_brief(found[name])}")
    return lines


def _by_key(key: Sequence[str], rows: Iterable[Row]) -> tuple[dict[tuple[Any, ...], Row], list[tuple[Any, ...]]]:
    chosen: dict[tuple[Any, ...], Row] = {}
    repeated = []
    for row in rows:
        place = tuple(plain(row[name]) for name in key)
        if place in chosen:
            repeated.append(place)
        chosen[place] = row
    return chosen, repeated


def _shown(place: tuple[Any, ...]) -> str:
    return "(" + ", ".join(str(part) for part in place) + ")"


def _brief(value: Any) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, default=_text)
    return text if len(text) <= 400 else f"{text[:400]}…"


def _text(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)
