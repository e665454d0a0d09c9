"""What people write made what is stored, where a schema says that it is safe: years in B.E. and Thai digits.

Only values whose schema makes them a date, an instant, a number or a code are touched; running text never is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from shared.thai.digits import to_arabic
from shared.thai.fiscal import FIRST_BE_YEAR, to_ce

Change = Callable[[Any], Any]

NO_DATE = "?"
"""Stands for what is no date: pydantic would take any number for seconds since 1970."""

_DATE = re.compile(r"([0-9]{4})(-[0-9]{2}-[0-9]{2}(?:[Tt ].*)?)")


def to_ce_date(text: str) -> str:
    """A date or instant in ISO 8601 with its year in C.E. and Arabic digits; what is none becomes unreadable."""
    match = _DATE.fullmatch(to_arabic(text.strip()))
    if match is None:
        return NO_DATE
    year = int(match[1])
    return f"{to_ce(year) if year >= FIRST_BE_YEAR else year:04}{match[2]}"


def door_of(model: type[BaseModel]) -> Change:
    """What a body (read from JSON) must go through before it is given to ``model``; it is not changed in place."""
    schema = model.model_json_schema(mode="validation")
    return _change(schema, schema.get("$defs", {}), {}) or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _change(schema: Mapping[str, Any], defs: Mapping[str, Any], known: dict[str, Change | None]) -> Change | None:
    """What values of a schema go through; None when they stay as they are."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in known:
            known[name] = None  # a schema that contains itself ends here; none of ours does
            known[name] = _change(defs[name], defs, known)
        return known[name]
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    if branches:
        return _of_branches(branches, defs, known)
    match schema.get("type"):
        case "object":
            return _object(schema, defs, known)
        case "array":
            return _array(schema, defs, known)
        case "string" if schema.get("format") in ("date", "date-time"):
            return _of_date
        case "integer" | "number":
            return _of_text(to_arabic)
        case "string" if "pattern" in schema:
            return _of_text(to_arabic)
        case _:
            return None


def _of_branches(
    branches: Sequence[Mapping[str, Any]], defs: Mapping[str, Any], known: dict[str, Change | None]
) -> Change | None:
    changes = [_change(each, defs, known) for each in branches]
    text = any(each.get("type") == "string" and change is None for each, change in zip(branches, changes, strict=True))
    # What may be any text as well as a date is left alone.
    found = [change for change in changes if change is not None and not (text and change is _of_date)]
    return _in_turn(found) if found else None


def _of_text(change: Callable[[str], str]) -> Change:
    return lambda value: change(value) if isinstance(value, str) else value


def _of_date(value: Any) -> Any:
    if isinstance(value, str):
        return to_ce_date(value)
    return NO_DATE if isinstance(value, int | float) else value


def _in_turn(changes: list[Change]) -> Change:
    def change(value: Any) -> Any:
        for each in changes:
            value = each(value)
        return value

    return change


def _object(schema: Mapping[str, Any], defs: Mapping[str, Any], known: dict[str, Change | None]) -> Change | None:
    changes = {name: _change(each, defs, known) for name, each in schema.get("properties", {}).items()}
    wanted = {name: change for name, change in changes.items() if change is not None}
    if not wanted:
        return None

    def change(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: wanted[name](each) if name in wanted else each for name, each in value.items()}

    return change


def _array(schema: Mapping[str, Any], defs: Mapping[str, Any], known: dict[str, Change | None]) -> Change | None:
    places = [_change(each, defs, known) for each in schema.get("prefixItems", ())]
    others = _change(schema["items"], defs, known) if isinstance(schema.get("items"), dict) else None
    if others is None and not any(places):
        return None

    def change(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        changes = [*places, *[others] * (len(value) - len(places))][: len(value)]
        return [each(item) if each else item for each, item in zip(changes, value, strict=True)]

    return change
