"""Cells of a report's tables: one value each, and how it is shown in the Thai and in the English edition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from shared.thai.digits import to_thai
from shared.thai.fiscal import BANGKOK, Period, to_be

LANGUAGES = ("th", "en")
SATANG = Decimal("0.01")
MOST_PLACES = 4
"""To how many decimals a figure is shown."""

MONTHS_TH = (
    *("มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน"),
    *("กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม"),
)
MONTHS_SHORT_TH = ("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.")
MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NAME_OR_NUMBER = re.compile(r"[0-9_-]*[A-Za-z][A-Za-z0-9_-]*|[0-9]+")


@dataclass(frozen=True, slots=True)
class Words:
    """The same said in both languages; the Thai in Thai digits already."""

    th: str
    en: str

    def shown(self, language: str) -> str:
        """What stands in the edition of that language."""
        return self.th if language == "th" else self.en


@dataclass(frozen=True, slots=True)
class Cell:
    """What is shown, and the value that a workbook holds: a number or a day; None: the words are all there is.

    ``format`` is how a workbook is to show the value; ``why`` says that the cell is empty and the words are the reason.
    """

    words: Words
    value: Decimal | date | None = None
    format: str = ""
    why: bool = False

    def shown(self, language: str) -> str:
        """What stands in the edition of that language."""
        return self.words.shown(language)


def thai_digits(text: str) -> str:
    """Numbers in Thai digits; what has Latin letters in it, such as QN1 or R07, stays as it is."""
    return _NAME_OR_NUMBER.sub(lambda found: to_thai(found[0]) if found[0].isdecimal() else found[0], text)


def said(th: str, en: str) -> Cell:
    """Words of the product itself, in both languages."""
    return Cell(Words(thai_digits(th), en))


def named(text: Mapping[str, str]) -> Cell:
    """A text that is kept in both languages, ``{"th": …, "en": …}``."""
    return said(text["th"], text["en"])


def told(text: str) -> Cell:
    """A text that is kept in one language, as somebody wrote it."""
    return said(text, text)


def count(number: int) -> Cell:
    """A whole number."""
    return _number(Decimal(number), f"{number:,}", "#,##0")


def figure(text: str) -> Cell:
    """A decimal figure, at most four decimals half-up, without needless noughts."""
    rounded = Decimal(text).quantize(Decimal(1).scaleb(-MOST_PLACES), ROUND_HALF_UP)
    shown = f"{rounded:,f}".rstrip("0").removesuffix(".") if rounded else "0"
    return _number(Decimal(shown.replace(",", "")), shown, "#,##0.####" if "." in shown else "#,##0")


def score(text: str) -> Cell:
    """A score or a total, two decimals."""
    rounded = Decimal(text).quantize(SATANG, ROUND_HALF_UP)
    return _number(rounded, f"{rounded:f}", "0.00")


def percent(ratio: str) -> Cell:
    """A ratio 0…1 as a percentage of two decimals."""
    rounded = Decimal(ratio).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return _number(rounded, f"{rounded * 100:.2f}%", "0.00%")


def baht(satang: int) -> Cell:
    """Satang, shown in baht."""
    value = Decimal(satang).scaleb(-2).quantize(SATANG)
    return _number(value, f"{value:,.2f}", "#,##0.00")


def day(iso: str) -> Cell:
    """A day (ISO, C.E.), its year in B.E. for Thai and in C.E. for English."""
    value = date.fromisoformat(iso)
    th = to_thai(f"{value.day} {MONTHS_SHORT_TH[value.month - 1]} {to_be(value.year)}")
    return Cell(Words(th, f"{value.day} {MONTHS_EN[value.month - 1][:3]} {value.year}"), value, "yyyy-mm-dd")


def moment(iso: str) -> Cell:
    """An instant, to the second by Bangkok's time."""
    at = datetime.fromisoformat(iso).astimezone(BANGKOK)
    clock = f"{at:%H:%M:%S}"
    th = to_thai(f"{at.day} {MONTHS_TH[at.month - 1]} พ.ศ. {to_be(at.year)} เวลา {clock} น.")
    return Cell(Words(th, f"{at.day} {MONTHS_EN[at.month - 1]} {at.year}, {clock} (Bangkok)"))


def period(name: str) -> Cell:
    """A period such as ``2560-Q1``."""
    each = Period.parse(name)
    month, year = each.start.month - 1, each.start.year
    th, en = {
        "M": (f"{MONTHS_SHORT_TH[month]} {to_be(year)}", f"{MONTHS_EN[month][:3]} {year}"),
        "Q": (f"ไตรมาส {each.number}", f"Quarter {each.number}"),
        "H": (f"ครึ่งปีที่ {each.number}", f"Half {each.number}"),
        "Y": ("ทั้งปี", "Year"),
    }[each.kind]
    return said(th, en)


def why(reason: Words) -> Cell:
    """An empty cell, with the reason."""
    return Cell(reason, why=True)


def _number(value: Decimal, shown: str, form: str) -> Cell:
    return Cell(Words(to_thai(shown), shown), value, form)
