"""The calendar: days in Bangkok, fiscal years in B.E., periods and their last days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from shared.contracts.types import BANGKOK, Frequency, bangkok_midnight

PER_YEAR = {Frequency.MONTHLY: 12, Frequency.QUARTERLY: 4, Frequency.HALF_YEARLY: 2, Frequency.YEARLY: 1}
LETTER = {"M": Frequency.MONTHLY, "Q": Frequency.QUARTERLY, "H": Frequency.HALF_YEARLY, "Y": Frequency.YEARLY}


def day_of(moment: datetime) -> date:
    """The day that it is in Bangkok."""
    return moment.astimezone(BANGKOK).date()


def over_at(day: date) -> datetime:
    """The instant at which a day is over: the next midnight in Bangkok, no longer part of it."""
    return bangkok_midnight(day + timedelta(days=1))


def last_instant(day: date) -> datetime:
    """The last microsecond of a day in Bangkok."""
    return over_at(day) - timedelta(microseconds=1)


def is_past(day: date, at: datetime) -> bool:
    """Whether a due day is over at an instant."""
    return over_at(day) <= at


def fiscal_year(day: date) -> int:
    """The fiscal year (B.E.) of a day: named by the year it ends in, which October begins."""
    return day.year + 543 + (1 if day.month >= 10 else 0)


def periods(year: int, frequency: Frequency) -> list[str]:
    """The periods of a fiscal year (B.E.), in order."""
    numbers = range(1, PER_YEAR[frequency] + 1)
    match frequency:
        case Frequency.MONTHLY:
            return [f"{year}-M{number:02}" for number in numbers]
        case Frequency.QUARTERLY:
            return [f"{year}-Q{number}" for number in numbers]
        case Frequency.HALF_YEARLY:
            return [f"{year}-H{number}" for number in numbers]
        case Frequency.YEARLY:
            return [f"{year}-Y"]


def last_day(period: str) -> date:
    """The last day of a period such as 2560-Q1."""
    year, letter, number = int(period[:4]) - 543, period[5], int(period[6:] or 1)
    months = 12 // PER_YEAR[LETTER[letter]] * number
    # The fiscal year begins in October of the year before: 9 months after that year's January.
    ends = year * 12 - 12 + 9 + months
    return date(ends // 12, ends % 12 + 1, 1) - timedelta(days=1)
