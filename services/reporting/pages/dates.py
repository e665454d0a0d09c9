"""Days, times and periods as people read them: B.E. in Thai, C.E. in English, always Arabic digits."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import get_month_names

from shared.thai.fiscal import BANGKOK, Period, PeriodKind, to_be
from shared.web.problems import Language

_PERIODS = {
    PeriodKind.QUARTER: ("ไตรมาส {number}/{year}", "Quarter {number}, B.E. {year}"),
    PeriodKind.HALF: ("ครึ่งปีที่ {number}/{year}", "Half {number}, B.E. {year}"),
    PeriodKind.YEAR: ("ปีงบประมาณ {year}", "Fiscal year B.E. {year}"),
}


def day_in(language: Language, day: date) -> str:
    """12 ม.ค. 2560, or 12 Jan 2017."""
    return f"{day.day} {_month(language, day)} {to_be(day.year) if language == 'th' else day.year}"


def moment_in(language: Language, moment: datetime) -> str:
    """A moment by Bangkok's clock: 12 ม.ค. 2560 16:00 น., or 12 Jan 2017, 16:00."""
    there = moment.astimezone(BANGKOK)
    time = f"{there:%H:%M}"
    return f"{day_in(language, there)} {time} น." if language == "th" else f"{day_in(language, there)}, {time}"


def period_in(language: Language, code: str) -> str:
    """A period such as ``2560-Q1``: ไตรมาส 1/2560, or Quarter 1, B.E. 2560; a month by its name and its own year.

    Raises PeriodUnreadable.
    """
    period = Period.parse(code)
    if period.kind is PeriodKind.MONTH:
        return day_in(language, period.start).partition(" ")[2]
    return _PERIODS[period.kind][language == "en"].format(number=period.number, year=period.year)


def short_period_in(language: Language, code: str) -> str:
    """A period for the head of a column, where the year is known: ไตรมาส 1, or Q1. Raises PeriodUnreadable."""
    period = Period.parse(code)
    match period.kind:
        case PeriodKind.MONTH:
            return _month(language, period.start)
        case PeriodKind.QUARTER:
            return f"ไตรมาส {period.number}" if language == "th" else f"Q{period.number}"
        case PeriodKind.HALF:
            return f"ครึ่งปีที่ {period.number}" if language == "th" else f"Half {period.number}"
        case PeriodKind.YEAR:
            return "ทั้งปี" if language == "th" else "Year"


def day_of(moment: date | datetime) -> date:
    """The day in Bangkok."""
    return moment.astimezone(BANGKOK).date() if isinstance(moment, datetime) else moment


def _month(language: Language, day: date) -> str:
    return str(get_month_names("abbreviated", locale=language)[day.month])
