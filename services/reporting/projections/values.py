"""JSON values as the database wants them; a value that is absent stays None."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any

import orjson

TO_28_DIGITS = Context(prec=28)
"""Of its own, so that no setting of the process changes a figure."""


def day(value: str | None) -> date | None:
    """A day, from ISO 8601."""
    return None if value is None else date.fromisoformat(value)


def instant(value: str | None) -> datetime | None:
    """An instant in UTC, from ISO 8601 with an offset."""
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


def number(value: Any) -> Decimal | None:
    """An exact number, from the string that it is sent as."""
    return None if value is None else Decimal(str(value))


def json(value: Any) -> str:
    """The text of a JSON column."""
    return orjson.dumps(value).decode()
