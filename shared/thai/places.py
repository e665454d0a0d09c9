"""Reads what a sender wrote for a region: its code, its name, or a province in it; what is not sure is not guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

from shared.thai.digits import to_arabic
from shared.thai.errors import ThaiConventionError
from shared.thai.regions import CODES, region_list
from shared.thai.repair import repair

NATION = "TH"
_NUMBERED = re.compile(
    r"(?:สำนักงาน)?(?:ศึกษาธิการ)?(?:เขตตรวจราชการ(?:ที่|กระทรวง(?:ศึกษาธิการ)?ที่)?|เขต(?:ที่)?|inspectionregion|region|r)([0-9]{1,2})"
)
_CENTRAL = frozenset({"ctr", "ส่วนกลาง", "ส่วนกลางกรุงเทพมหานคร", "central", "central,bangkok"})
_PROVINCE = re.compile(r"^(จังหวัด|จ\.)|(province)$")


class UnreadableRegion(ThaiConventionError):
    """Nothing that is a region for sure (``region.unreadable``); ``suggestions`` are the nearest known names."""

    def __init__(self, text: str, suggestions: tuple[str, ...]) -> None:
        self.suggestions = suggestions
        meant = " / ".join(suggestions)
        super().__init__(
            "region.unreadable",
            f"อ่านเขตตรวจราชการจาก “{text[:60]}” ไม่ได้" + (f" หมายถึง {meant} หรือไม่" if meant else ""),
            f"“{text[:60]}” names no inspection region for sure" + (f"; did you mean {meant}?" if meant else ""),
        )


def region_code(text: str, year: int) -> str:
    """The code of the region that ``text`` names in the list of fiscal year ``year`` (B.E.).

    A code in any case; a Thai or English name with its number, in Thai or Arabic digits; a province by ISO code, Thai
    or English name. Raises UnreadableRegion, NoListForYear, TextRefused.
    """
    key = _key(text)
    if key in _CENTRAL:
        return CODES[0]
    numbered = _NUMBERED.fullmatch(key)
    if numbered is not None and 1 <= int(numbered[1]) <= 18:
        return CODES[int(numbered[1])]
    known = _provinces(year)
    found = known.get(_PROVINCE.sub("", key)) or known.get(key)
    if found is None:
        raise UnreadableRegion(text, _nearest(key, year))
    return found


def _key(text: str) -> str:
    return "".join(to_arabic(repair(text)).casefold().split())


@cache
def _provinces(year: int) -> Mapping[str, str]:
    return {
        _key(name): region.code
        for region in region_list(year)
        for province in region.provinces
        for name in (province.iso, province.name_th, province.name_en)
    }


@cache
def _names(year: int) -> Mapping[str, str]:
    """What is suggested, by its key."""
    regions = {_key(region.name_th): region.name_th for region in region_list(year)}
    provinces = {
        _key(name): name
        for region in region_list(year)
        for province in region.provinces
        for name in (province.name_th, province.name_en)
    }
    return {**regions, **provinces}


def _nearest(key: str, year: int) -> tuple[str, ...]:
    names = _names(year)
    return tuple(names[found] for found in get_close_matches(_PROVINCE.sub("", key), names, n=2, cutoff=0.6))
