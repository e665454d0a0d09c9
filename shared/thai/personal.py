"""Finds what names a person in running text, or is a contact: neither belongs into an event (PDPA B.E. 2562).

Names are found by what stands before them; posts that begin with the same letters (นายอำเภอ, นายกรัฐมนตรี) and places
(นางรอง) are not names. A name without a title is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.thai.digits import to_arabic

_TITLES = ("นางสาว", "นาง", "นาย", "เด็กชาย", "เด็กหญิง", "หม่อมราชวงศ์", "หม่อมหลวง", "ว่าที่ร้อยตรี", "ว่าที่ร้อยโท")
_ABBREVIATED = (
    *("น.ส.", "ด.ช.", "ด.ญ.", "ม.ร.ว.", "ม.ล.", "ดร.", "ผศ.", "รศ.", "ศ.", "ว่าที่ ร.ต.", "จ.ส.อ."),
    *("พล.อ.", "พล.ท.", "พล.ต.", "พ.อ.", "พ.ท.", "พ.ต.", "พ.ต.อ.", "พ.ต.ท.", "ร.อ.", "ร.ท.", "ร.ต.", "ร.ต.อ."),
)
_POSTS = (
    *("กรัฐมนตรี", "กองค์การ", "กเทศมนตรี", "กสมาคม", "กสภา", "กเมือง", "กอบจ", "กอบต", "อำเภอ", "ทะเบียน", "แพทย์"),
    *("ตรวจ", "จ้าง", "ช่าง", "ด่าน", "ประกัน", "หน้า", "ทหาร", "ตำรวจ", "สถานี", "ท่า", "พล", "รอง", "เลิ้ง", "ฟ้า"),
    *("พยาบาล", "แบบ"),
)
_LETTER = "[ก-ฮะ-ูเ-์]"


def _any(words: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_THAI = re.compile(
    rf"(?:{_any(_TITLES)}|(?<![ก-๙.])(?:{_any(_ABBREVIATED)}))\s?"
    rf"(?!{'|'.join(_POSTS)}){_LETTER}{{2,400}}+\s+{_LETTER}{{3,}}"  # not to the end of the text from every title
)
_LATIN = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)*")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}\.[A-Za-z]{2,}")
# Digits between hexadecimal ones are part of an id.
_TELEPHONE = re.compile(
    r"(?<![\da-fA-F/.-])(?:\+66[ -]?|0)(?:[2-7][ -]?\d{3}[ -]?\d{4}|[689]\d[ -]?\d{3}[ -]?\d{4})(?![\da-fA-F/-])"
)
_CITIZEN = re.compile(r"(?<![\da-fA-F-])[1-8][ -]?\d{4}[ -]?\d{5}[ -]?\d{2}[ -]?\d(?![\da-fA-F-])")
_LINE = re.compile(r"(?:LINE\s*ID|ไลน์(?:\s*ไอดี)?|ID\s*Line)\s*[:：]\s*[@A-Za-z0-9._-]{3,}", re.IGNORECASE)


# Whatever is found has one of these; most text has none, and is looked through once instead of six times.
_MAYBE = re.compile(
    rf"{_any(_TITLES)}|{_any(_ABBREVIATED)}|Mr|Ms|Miss|Dr|Prof|@|[0-9][0-9 -]|ไลน์|(?i:LINE)|(?i:ID ?Line)"
)
KNOWN, LONGEST_KNOWN = 4096, 100
"""How many texts that hold nothing personal are remembered, and how long they are at most: offices, places, units."""
_clean: set[str] = set()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something personal, by its kind and place; never the text itself."""

    kind: str
    start: int
    end: int


def personal_data(text: str) -> list[Finding]:
    """What in ``text`` names a person or is a contact.

    Kinds: ``name``, ``email``, ``telephone``, ``citizen_id``, ``line_id``.
    """
    if text in _clean:
        return []
    plain = to_arabic(text)
    found = _everything(plain) if _MAYBE.search(plain) else []
    if not found and len(text) <= LONGEST_KNOWN:
        if len(_clean) >= KNOWN:
            _clean.clear()
        _clean.add(text)
    return found


def _everything(plain: str) -> list[Finding]:
    found = [
        *_found("name", _THAI, plain),
        *_found("name", _LATIN, plain),
        *_found("email", _EMAIL, plain),
        *_found("telephone", _TELEPHONE, plain),
        *_found("line_id", _LINE, plain),
        *(each for each in _found("citizen_id", _CITIZEN, plain) if _checks(plain[each.start : each.end])),
    ]
    return sorted(found, key=lambda each: each.start)


def in_json(value: Any, pointer: str = "") -> Iterator[tuple[str, Finding]]:
    """What is personal in any text of a JSON value, with its JSON pointer."""
    match value:
        case str():
            for finding in personal_data(value):
                yield pointer, finding
        case dict():
            for name, each in value.items():
                yield from in_json(each, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
        case list():
            for index, each in enumerate(value):
                yield from in_json(each, f"{pointer}/{index}")


def _found(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        yield Finding(kind, match.start(), match.end())


def _checks(text: str) -> bool:
    """Whether the last digit of a citizen id is the one that the others make."""
    digits = [int(each) for each in text if each.isdigit()]
    total = sum(digit * weight for digit, weight in zip(digits, range(13, 1, -1), strict=False))
    return len(digits) == 13 and (11 - total % 11) % 10 == digits[12]
