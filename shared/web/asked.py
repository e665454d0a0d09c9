"""What a query's parameters ask for: instants, days and numbers. What cannot be read is ``query.unreadable``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from shared.contracts import Rejected
from shared.thai.digits import to_arabic
from shared.thai.errors import ThaiConventionError
from shared.thai.fiscal import FIRST_BE_YEAR, LAST_BE_YEAR, bangkok_day, end_of_day, parse_date, to_be
from shared.web.door import to_ce_date

_LAST = timedelta(microseconds=1)
_BLANK_FOR_PLUS = re.compile(r"(T.*) ")
"""In a query a plus sign that was not escaped arrives as a blank."""


def moment(name: str, text: str | None) -> datetime | None:
    """The instant (UTC) that a parameter names: one with its offset, or a day (C.E. or B.E.), its end in Bangkok.

    Either lies in a year in which a day can be told. None when it is not given. Raises Rejected ``query.unreadable``.
    """
    if text is None:
        return None
    try:
        return last_of(parse_date(text))
    except ThaiConventionError:
        pass
    try:
        read = datetime.fromisoformat(_BLANK_FOR_PLUS.sub(r"\1+", to_ce_date(text)))
        # Farther off there are times that Bangkok's calendar has no day for.
        if read.tzinfo is not None and FIRST_BE_YEAR <= to_be(bangkok_day(read).year) <= LAST_BE_YEAR:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _unreadable(name, text)


def last_of(day: date) -> datetime:
    """The instant (UTC) that a day means: its last microsecond in Bangkok."""
    return end_of_day(day) - _LAST


def whole(name: str, text: str | None, least: int, most: int) -> int | None:
    """The whole number that a parameter names, from ``least`` to ``most``; None when it is not given."""
    if text is None:
        return None
    number = to_arabic(text.strip())
    if not number.isdecimal() or len(number) > 12 or not least <= int(number) <= most:
        raise _unreadable(name, text)
    return int(number)


def at_most_one(**given: object) -> None:
    """Refuse parameters that say different things about the same."""
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise _unreadable(named[1], f"{named[0]} & {named[1]}")


def _unreadable(name: str, text: str) -> Rejected:
    return Rejected("query.unreadable", name=name, value=text[:100])
