"""The inspection regions: which province lies in which region in which year."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.thai.regions import (
    CODES,
    YEARS,
    NoListForYear,
    UnknownProvince,
    UnknownRegion,
    region_list,
)


@pytest.mark.parametrize("year", YEARS)
def test_77_provinces_lie_in_exactly_one_of_19_regions_each(year: int) -> None:
    places = Counter(province.iso for region in region_list(year) for province in region.provinces)
    assert len(region_list(year)) == 19
    assert len(places) == 77
    assert set(places.values()) == {1}


@pytest.mark.parametrize("year", YEARS)
def test_the_regions_are_ctr_and_r01_to_r18_in_order_and_none_is_empty(year: int) -> None:
    regions = list(region_list(year))
    assert [region.code for region in regions] == list(CODES)
    assert CODES[:2] + CODES[-1:] == ("CTR", "R01", "R18")
    assert [region.number for region in regions] == list(range(19))
    assert all(region.provinces for region in regions)


@pytest.mark.parametrize("year", YEARS)
def test_there_are_183_primary_areas_in_all(year: int) -> None:
    assert sum(region.primary_areas for region in region_list(year)) == 183


def test_43_provinces_have_another_region_in_2563_than_in_2560() -> None:
    older, newer = region_list(2560), region_list(2563)
    provinces = [province.iso for region in older for province in region.provinces]
    moved = [iso for iso in provinces if older.region_of(iso).code != newer.region_of(iso).code]
    assert len(moved) == 43


def test_regions_13_and_14_changed_places() -> None:
    older, newer = region_list(2560), region_list(2563)
    assert set(older.region("R13").provinces) == set(newer.region("R14").provinces)
    assert set(older.region("R14").provinces) == set(newer.region("R13").provinces)


@pytest.mark.parametrize("year", [2559, 2561, 2562, 2564, 2017])
def test_no_list_is_borrowed_for_another_year(year: int) -> None:
    with pytest.raises(NoListForYear) as refused:
        region_list(year)
    assert refused.value.code == "region.no_list_for_year"
    assert str(year) in refused.value.thai
    assert str(year) in refused.value.english


def test_a_province_is_found_by_code_and_by_either_name() -> None:
    regions = region_list(2560)
    for name in ("TH-83", "th-83", "ภูเก็ต", "Phuket", "PHUKET"):
        assert regions.region_of(name).code == "R07"
    assert regions.region_of("Chonburi") == regions.region_of("ชลบุรี") == regions.region("R09")


@pytest.mark.parametrize("year", YEARS)
def test_every_province_is_found_in_its_own_region_by_every_name(year: int) -> None:
    for region in region_list(year):
        for province in region.provinces:
            for name in (province.iso, province.name_th, province.name_en):
                assert region_list(year).region_of(name) == region


def test_bangkok_is_the_central_region() -> None:
    central = region_list(2560).region("CTR")
    assert [province.name_en for province in central.provinces] == ["Bangkok"]
    assert (central.name_th, central.name_en) == ("ส่วนกลาง กรุงเทพมหานคร", "Central, Bangkok")


def test_a_region_is_named_by_its_number() -> None:
    region = region_list(2560).region("R07")
    assert (region.name_th, region.name_en) == ("เขตตรวจราชการที่ 7", "Inspection Region 7")


@pytest.mark.parametrize("year", YEARS)
def test_regions_2_6_8_and_9_are_doubtful(year: int) -> None:
    assert [region.code for region in region_list(year) if region.doubtful] == ["R02", "R06", "R08", "R09"]


def test_an_unknown_region_or_province_is_refused_by_code() -> None:
    with pytest.raises(UnknownRegion) as region:
        region_list(2560).region("R19")
    with pytest.raises(UnknownProvince) as province:
        region_list(2560).region_of("Atlantis")
    assert (region.value.code, province.value.code) == ("region.unknown", "province.unknown")
