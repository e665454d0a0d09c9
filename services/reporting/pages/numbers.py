"""Numbers as people read them, and the very value that the programming interface gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson

from shared.web.jsonable import dump

MOST_DECIMALS = 4
"""Decimal places at most: a ratio of whole numbers may have 28 digits."""
_SHORT, _CENT = Decimal(1).scaleb(-MOST_DECIMALS), Decimal("0.01")
"""Rounded half-up, as reports are: a page and a report never show a figure differently."""


def exact(value: Any) -> str:
    """The value as the programming interface writes it, without quotes."""
    text = dump(value).decode()
    return str(orjson.loads(text)) if text.startswith('"') else text


def count(value: Any) -> str:
    """1,234."""
    return f"{value:,}"


def number(value: Any) -> str:
    """A number without needless zeros, of at most MOST_DECIMALS places: 0.8, 1,234.5, 0.6667."""
    short = Decimal(value).quantize(_SHORT, ROUND_HALF_UP)
    return f"{short.normalize():,f}" if short else "0"


def score(value: Any) -> str:
    """A score, with both of its decimals: 3.85."""
    return f"{Decimal(value).quantize(_CENT, ROUND_HALF_UP):f}"


def percent(value: Any) -> str:
    """A share of one in percent: 0.875 is 87.5%."""
    return f"{number(Decimal(value).scaleb(2))}%"


def baht(satang: Any) -> str:
    """Satang in baht: 123450 is 1,234.50."""
    return f"{Decimal(satang).scaleb(-2):,.2f}"


FORMS: Mapping[str, Callable[[Any], str]] = {
    "count": count,
    "number": number,
    "score": score,
    "percent": percent,
    "baht": baht,
    "text": str,
}
"""How a figure may be shown, besides as a day or a moment."""
