"""The periods that figures are of: which a frequency has, when they begin and end."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from shared.contracts.types import Frequency, bangkok_midnight
from shared.thai.fiscal import KIND_OF_FREQUENCY, Period, end_of_day
from shared.thai.fiscal import periods as periods_of


def year_of(code: str) -> int:
    """Fiscal year (B.E.) with which the code of a period or of a programme begins."""
    return int(code[:4])


def whole_year(year: int) -> str:
    """The period that is the whole of a fiscal year (B.E.)."""
    return f"{year}-Y"


def of_year(year: int, frequency: Frequency) -> tuple[str, ...]:
    """The periods of a fiscal year (B.E.), in order."""
    return tuple(str(period) for period in periods_of(year, frequency))


def fits(period: str, frequency: Frequency) -> bool:
    """Whether an indicator of that frequency is measured in periods of this kind."""
    return Period.parse(period).kind is KIND_OF_FREQUENCY[frequency]


def begins(period: str) -> datetime:
    """The instant at which the period begins in Bangkok."""
    return bangkok_midnight(Period.parse(period).start)


def last_day(period: str) -> date:
    """The last day that belongs to the period."""
    return Period.parse(period).end


def ends(period: str) -> datetime:
    """The last microsecond of the period."""
    return end_of_day(last_day(period)) - timedelta(microseconds=1)
