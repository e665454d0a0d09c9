"""Regions as senders write them: read when they are sure, refused with a suggestion when they are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.thai.errors import ThaiConventionError
from shared.thai.places import UnreadableRegion, region_code
from shared.thai.regions import CODES, YEARS, region_list


@pytest.mark.parametrize("year", YEARS)
def test_every_region_and_province_is_read_by_all_its_names(year: int) -> None:
    for region in region_list(year):
        for name in (region.code, region.code.lower(), region.name_th, region.name_en):
            assert region_code(name, year) == region.code, name
        for province in region.provinces:
            for name in (province.iso, province.name_th, f"จังหวัด{province.name_th}", f"จ.{province.name_th}"):
                assert region_code(name, year) == region.code, name
            for name in (province.name_en, province.name_en.upper(), f"{province.name_en} Province"):
                assert region_code(name, year) == region.code, name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("R7", "R07"),
        ("เขต ๗", "R07"),
        ("เขตตรวจราชการที่ ๑๒", "R12"),
        ("เขตตรวจราชการที่ 7 ", "R07"),
        ("Inspection Region 7", "R07"),
        ("ส่วนกลาง", "CTR"),
        ("Central", "CTR"),
    ],
)
def test_a_region_is_read_by_its_number(text: str, code: str) -> None:
    assert region_code(text, 2560) == code


def test_a_province_is_read_through_its_damage() -> None:
    assert region_code("ล าปาง", 2560) == region_code("ลำปาง", 2560)
    assert region_code("จ. อ านาจเจริญ", 2560) == region_code("อำนาจเจริญ", 2560)


def test_a_province_is_where_the_list_of_the_year_has_it() -> None:
    moved = [
        province
        for region in region_list(2560)
        for province in region.provinces
        if region_code(province.iso, 2563) != region.code
    ]
    assert len(moved) == 43


@pytest.mark.parametrize("text", ["", "7", "R00", "R19", "เขต 19", "เชียงใหม", "Chiang Mia", "ภาคเหนือ", "R07 R08"])
def test_what_is_not_sure_is_refused(text: str) -> None:
    with pytest.raises(UnreadableRegion) as refusal:
        region_code(text, 2560)
    assert refusal.value.code == "region.unreadable"


def test_what_is_nearly_a_name_is_suggested_and_not_taken() -> None:
    for text, meant in (("เชียงใหม", "เชียงใหม่"), ("Chiang Mia", "Chiang Mai")):
        with pytest.raises(UnreadableRegion) as refusal:
            region_code(text, 2560)
        assert refusal.value.suggestions[0] == meant
        assert meant in refusal.value.thai
        assert meant in refusal.value.english


@given(st.text())
def test_whatever_is_written_is_a_region_or_refused(text: str) -> None:
    try:
        found = region_code(text, 2560)
    except ThaiConventionError:
        found = CODES[0]
    assert found in CODES
