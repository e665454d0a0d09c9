"""The inspection regions of a fiscal year and their provinces, from ``inspection-regions.csv`` beside this file."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from shared.thai.errors import ThaiConventionError
from shared.thai.text import normalise

CENTRAL = "CTR"
"""The central region, Bangkok; in the file its number is 0."""

CODES = (CENTRAL, *(f"R{number:02}" for number in range(1, 19)))
"""All 19 regions in the order of their numbers."""

YEARS = (2560, 2563)
"""The fiscal years (B.E.) whose list is known; none is borrowed for another year."""

DOUBTFUL = frozenset({"R02", "R06", "R08", "R09"})
"""Regions whose provinces rest on weaker evidence than the others': see docs/inspection-regions.md."""

DOUBT_TH = "รายชื่อจังหวัดของเขตนี้มีหลักฐานอ้างอิงน้อยกว่าเขตอื่น"
DOUBT_EN = "The provinces of this region rest on weaker evidence than those of the others."


class NoListForYear(ThaiConventionError):
    """A fiscal year whose list of regions is not known (``region.no_list_for_year``)."""

    def __init__(self, year: int) -> None:
        super().__init__(
            "region.no_list_for_year",
            f"ยังไม่มีรายชื่อเขตตรวจราชการของปีงบประมาณ พ.ศ. {year}",
            f"There is no list of inspection regions for fiscal year {year} (B.E.).",
        )


class UnknownRegion(ThaiConventionError):
    """A code that names no inspection region (``region.unknown``)."""

    def __init__(self, code: str) -> None:
        super().__init__(
            "region.unknown",
            f"ไม่มีเขตตรวจราชการรหัส “{code}”",
            f"There is no inspection region “{code}”: it is CTR or R01 to R18.",
        )


class UnknownProvince(ThaiConventionError):
    """A name or code that is no province's (``province.unknown``)."""

    def __init__(self, name: str) -> None:
        super().__init__("province.unknown", f"ไม่มีจังหวัด “{name}”", f"There is no province “{name}”.")


@dataclass(frozen=True, slots=True)
class Province:
    """A province: ISO 3166-2 code, names, id of its shape on the map, number of its primary education service areas."""

    iso: str
    name_th: str
    name_en: str
    map_id: str
    primary_areas: int


@dataclass(frozen=True, slots=True)
class Region:
    """An inspection region in one fiscal year's list; ``number`` is 0 for the central one."""

    code: str
    number: int
    provinces: tuple[Province, ...]

    @property
    def name_th(self) -> str:
        """เขตตรวจราชการที่ 7, in Arabic digits."""
        return f"เขตตรวจราชการที่ {self.number}" if self.number else "ส่วนกลาง กรุงเทพมหานคร"

    @property
    def name_en(self) -> str:
        """Inspection Region 7."""
        return f"Inspection Region {self.number}" if self.number else "Central, Bangkok"

    @property
    def doubtful(self) -> bool:
        """Whether its list of provinces must be shown with the doubt about it."""
        return self.code in DOUBTFUL

    @property
    def primary_areas(self) -> int:
        """How many primary education service areas it has."""
        return sum(province.primary_areas for province in self.provinces)


@dataclass(frozen=True, slots=True)
class RegionList:
    """The inspection regions of one fiscal year (B.E.), in the order of their numbers."""

    year: int
    regions: tuple[Region, ...]

    def __iter__(self) -> Iterator[Region]:
        return iter(self.regions)

    def __len__(self) -> int:
        return len(self.regions)

    def region(self, code: str) -> Region:
        """The region of that code. Raises :class:`UnknownRegion`."""
        for region in self.regions:
            if region.code == code:
                return region
        raise UnknownRegion(code)

    def region_of(self, province: str) -> Region:
        """The region of a province, named by ISO code, in Thai or in English; case and blanks do not matter.

        Raises :class:`UnknownProvince`.
        """
        code = _region_of_province(self.year).get(_lookup_key(province))
        if code is None:
            raise UnknownProvince(province)
        return self.region(code)


@cache
def region_list(year: int) -> RegionList:
    """The list of fiscal year ``year`` (B.E.). Raises :class:`NoListForYear` for a year whose list is not known."""
    if year not in YEARS:
        raise NoListForYear(year)
    members: defaultdict[int, list[Province]] = defaultdict(list)
    for row in _rows():
        members[int(row[f"region_fy{year}"])].append(_province(row))
    return RegionList(year, tuple(Region(code, number, tuple(members[number])) for number, code in enumerate(CODES)))


@cache
def _region_of_province(year: int) -> Mapping[str, str]:
    """Region code by every name of a province."""
    return {
        _lookup_key(name): region.code
        for region in region_list(year)
        for province in region.provinces
        for name in (province.iso, province.name_th, province.name_en)
    }


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files("shared.thai").joinpath("inspection-regions.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _province(row: Mapping[str, str]) -> Province:
    return Province(row["iso"], row["name_th"], row["name_en"], row["map_id"], int(row["primary_areas"]))


def _lookup_key(name: str) -> str:
    return "".join(normalise(name).casefold().split())
