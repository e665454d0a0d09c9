"""The Thai fiscal calendar: years in B.E., periods and their due dates, and the day's edges in Bangkok."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NoReturn, Self
from zoneinfo import ZoneInfo

from shared.thai.digits import to_arabic
from shared.thai.errors import ThaiConventionError

BANGKOK = ZoneInfo("Asia/Bangkok")

BE_OFFSET = 543
"""B.E. year minus C.E. year, for days since 1 January B.E. 2484, when the civil year began to start in January."""

FIRST_BE_YEAR = 2400
"""A year from here on is B.E., a year before it C.E."""

LAST_BE_YEAR = FIRST_BE_YEAR - 1 + BE_OFFSET
"""The B.E. name of the last year that can be written in C.E. too."""

FISCAL_YEARS = range(FIRST_BE_YEAR, LAST_BE_YEAR + 2)
"""The fiscal years (B.E.) in which some day that can be written lies."""

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_PERIOD = re.compile(r"([0-9]{4})-(?:(Q)([1-4])|(H)([12])|(Y)|(M)(0[1-9]|1[0-2]))")


class DateUnreadable(ThaiConventionError):
    """Something that is no date of the calendar, or lies outside the years that can be told apart."""


class PeriodUnreadable(ThaiConventionError):
    """Something that is no fiscal year, period or frequency."""


def to_be(ce_year: int) -> int:
    """The B.E. name of a C.E. year."""
    return ce_year + BE_OFFSET


def to_ce(be_year: int) -> int:
    """The C.E. name of a B.E. year."""
    return be_year - BE_OFFSET


def parse_date(text: str) -> date:
    """The day (C.E.) that ``text`` names as YYYY-MM-DD, the year in C.E. or, from 2400 on, in B.E.; Thai digits too.

    Raises :class:`DateUnreadable` (``date.unreadable``); C.E. years before 1857 are refused, being B.E. ones mistyped.
    """
    match = _DATE.fullmatch(to_arabic(text.strip()))
    if match is None:
        _date_unreadable(text)
    year, month, day = (int(part) for part in match.groups())
    ce_year = to_ce(year) if year >= FIRST_BE_YEAR else year
    if not FIRST_BE_YEAR <= to_be(ce_year) <= LAST_BE_YEAR:
        _date_unreadable(text)
    try:
        return date(ce_year, month, day)
    except ValueError:
        _date_unreadable(text)


def bangkok_day(moment: date | datetime) -> date:
    """The day that it is in Bangkok at ``moment``; a plain date is that day already.

    Raises :class:`DateUnreadable` (``date.without_zone``) for a datetime without a time zone.
    """
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise DateUnreadable(
            "date.without_zone",
            "วันเวลาต้องระบุเขตเวลา",
            "A date with a time must carry its time zone.",
        )
    return moment.astimezone(BANGKOK).date()


def bangkok_midnight(day: date) -> datetime:
    """The UTC instant at which ``day`` begins in Bangkok."""
    return datetime.combine(bangkok_day(day), time(), BANGKOK).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The UTC instant at which ``day`` is over in Bangkok: the next midnight, itself no longer in the day."""
    return bangkok_midnight(bangkok_day(day) + timedelta(days=1))


def fiscal_year_of(moment: date | datetime) -> int:
    """The fiscal year (B.E.) in which ``moment`` lies by Bangkok's calendar: October already belongs to the next."""
    day = bangkok_day(moment)
    return to_be(day.year) + (day.month >= 10)


class PeriodKind(StrEnum):
    """The letter by which a period is written."""

    MONTH = "M"
    QUARTER = "Q"
    HALF = "H"
    YEAR = "Y"

    @property
    def months(self) -> int:
        """How many months one period of this kind has."""
        return _MONTHS[self]

    @property
    def per_year(self) -> int:
        """How many periods of this kind a year has."""
        return 12 // self.months


_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.HALF: 6, PeriodKind.YEAR: 12}

KIND_OF_FREQUENCY = {
    "monthly": PeriodKind.MONTH,
    "quarterly": PeriodKind.QUARTER,
    "half_yearly": PeriodKind.HALF,
    "yearly": PeriodKind.YEAR,
}


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the fiscal year ``year`` (B.E.): the ``number``-th (from 1) of its kind; M01 is October.

    Raises :class:`PeriodUnreadable` (``period.unreadable``) when there is no such part.
    """

    year: int
    kind: PeriodKind
    number: int = 1

    def __post_init__(self) -> None:
        if not (self.year in FISCAL_YEARS and 1 <= self.number <= self.kind.per_year):
            _period_unreadable(f"{self.year}-{self.kind}{self.number}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The period written as ``2560-Q1``, ``2560-H2``, ``2560-Y`` or ``2560-M01``, the year in B.E.

        Raises :class:`PeriodUnreadable` (``period.unreadable``).
        """
        match = _PERIOD.fullmatch(text)
        if match is None:
            _period_unreadable(text)
        year, kind, *number = filter(None, match.groups())
        return cls(int(year), PeriodKind(kind), int(number[0]) if number else 1)

    def __str__(self) -> str:
        number = {PeriodKind.MONTH: f"{self.number:02}", PeriodKind.YEAR: ""}.get(self.kind, str(self.number))
        return f"{self.year}-{self.kind}{number}"

    @property
    def start(self) -> date:
        """The first day."""
        return _month_of(self.year, (self.number - 1) * self.kind.months)

    @property
    def end(self) -> date:
        """The last day, which belongs to the period."""
        last = _month_of(self.year, self.number * self.kind.months - 1)
        return last.replace(day=calendar.monthrange(last.year, last.month)[1])

    def contains(self, moment: date | datetime) -> bool:
        """Whether ``moment`` lies in the period by Bangkok's calendar."""
        return self.start <= bangkok_day(moment) <= self.end

    def due(self, due_days: int) -> date:
        """The day by whose end the period's figures are due: ``due_days`` days after the last one."""
        return self.end + timedelta(days=due_days)


def periods(year: int, frequency: str) -> tuple[Period, ...]:
    """The periods of a fiscal year (B.E.) in order; ``frequency`` is monthly, quarterly, half_yearly or yearly.

    Raises :class:`PeriodUnreadable`: ``period.unreadable`` for the year, ``period.frequency_unknown``.
    """
    kind = _kind_of(frequency)
    return tuple(Period(year, kind, number) for number in range(1, kind.per_year + 1))


def period_of(moment: date | datetime, frequency: str) -> Period:
    """The period of that frequency in which ``moment`` lies by Bangkok's calendar.

    Raises :class:`PeriodUnreadable` (``period.frequency_unknown``).
    """
    day, kind = bangkok_day(moment), _kind_of(frequency)
    return Period(fiscal_year_of(day), kind, (day.month - 10) % 12 // kind.months + 1)


def _month_of(year: int, months_after_october: int) -> date:
    """The first day of a month of the fiscal year ``year``."""
    calendar_year, month = divmod(to_ce(year) * 12 - 3 + months_after_october, 12)
    return date(calendar_year, month + 1, 1)


def _kind_of(frequency: str) -> PeriodKind:
    kind = KIND_OF_FREQUENCY.get(frequency)
    if kind is None:
        raise PeriodUnreadable(
            "period.frequency_unknown",
            f"ไม่รู้จักความถี่ “{frequency}”",
            f"“{frequency}” is no frequency: it is one of {', '.join(KIND_OF_FREQUENCY)}.",
        )
    return kind


def _date_unreadable(text: str) -> NoReturn:
    raise DateUnreadable(
        "date.unreadable",
        f"อ่านวันที่ “{text}” ไม่ได้ ให้เขียนเป็น ปปปป-ดด-วว (ค.ศ. หรือ พ.ศ.)",
        f"“{text}” is no date: write YYYY-MM-DD, the year in C.E. or B.E.",
    )


def _period_unreadable(text: str) -> NoReturn:
    raise PeriodUnreadable(
        "period.unreadable",
        f"อ่านงวด “{text}” ไม่ได้ ให้เขียนเช่น 2560-Q1, 2560-H1, 2560-Y หรือ 2560-M01",
        f"“{text}” is no period: write 2560-Q1, 2560-H1, 2560-Y or 2560-M01, the year in B.E.",
    )
