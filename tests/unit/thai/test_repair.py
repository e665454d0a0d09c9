"""Damaged Thai text is repaired; undamaged text comes out as it went in."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.thai.repair import repair

PROGRAMMES = Path(__file__).parents[3] / "programmes"
DAMAGED = (PROGRAMMES / "source" / "2560-cluster-extracted.txt").read_text("utf-8")
REPAIRED = (PROGRAMMES / "source" / "2560-cluster.md").read_text("utf-8")
THAI = re.compile(r"[\u0e00-\u0e7f]+")
GLOSSARY = (
    *("ชุดโครงการ", "ปีงบประมาณ", "เขตตรวจราชการ", "คณะกรรมการ", "แต่งตั้ง", "ประชุมปฏิบัติการ", "ประชุมชี้แจง"),
    *("ตัวชี้วัด", "ติดตาม", "ข้อเสนอแนะ", "รายงานผล", "ดำเนินการ", "กระจายอำนาจ", "จำนวน", "ประจำ", "กำหนด", "กำกับ"),
    *("จัดทำ", "อำนาจ", "ขั้นพื้นฐาน", "เพื่อ", "เชื่อมโยง", "หลักธรรมาภิบาล", "กรอบภารกิจ", "ภาระหน้าที่ความรับผิดชอบ"),
    *("องค์ประกอบ", "ขอบข่าย", "รูปแบบ", "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน"),
    "สำนักพัฒนาระบบบริหารงานบุคคลและนิติการ",
    "คณะกรรมการส่งเสริมประสิทธิภาพการบริหารการศึกษาขั้นพื้นฐาน",
)


def bare(text: str) -> str:
    """Text without blanks and line ends, which the page has inside words."""
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("term", GLOSSARY)
def test_the_damaged_page_has_every_term_once_it_is_repaired(term: str) -> None:
    assert term in bare(repair(DAMAGED))


def test_the_page_s_damage_is_all_repaired() -> None:
    assert len(re.findall(" า", DAMAGED)) == 35
    repaired = repair(DAMAGED)
    assert " า" not in repaired
    assert not re.search("[่้๊๋][ัิีึืุู]", repaired)


def test_the_repaired_page_is_left_as_it_is() -> None:
    assert repair(REPAIRED) == REPAIRED


@pytest.mark.parametrize("file", sorted(PROGRAMMES.glob("*.toml")), ids=lambda file: file.name)
def test_definitions_are_left_as_they_are(file: Path) -> None:
    text = file.read_text("utf-8")
    assert repair(text) == text


@pytest.mark.parametrize(
    ("damaged", "right"),
    [
        ("ส านักงาน", "สำนักงาน"),
        ("ประจ าปี", "ประจำปี"),
        ("จังหวัดล าปาง", "จังหวัดลำปาง"),
        ("ขั้นต ่า", "ขั้นต ่า"),  # not the damage that is known
        ("ก่อนน้ าหนัก", "ก่อนน้ำหนัก"),
        ("ข้ันพ้ืนฐาน", "ขั้นพื้นฐาน"),
        ("ดํารง", "ดำรง"),
        ("นํ้า", "น้ำ"),
        ("เเผน", "แผน"),
        ("ข าขัน", "ข าขัน"),  # no word that is known: left as it is
    ],
)
def test_damage_is_repaired_in_known_words_alone(damaged: str, right: str) -> None:
    assert repair(damaged) == right


@given(st.text(alphabet=st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B) | st.sampled_from(" \n-7a")))
def test_what_was_repaired_is_not_repaired_again_into_something_else(text: str) -> None:
    once = repair(repair(text))
    assert repair(once) == once


@given(st.text(alphabet=st.characters(max_codepoint=0x0DFF, exclude_characters="\x00")))
def test_what_is_not_thai_is_left_alone(text: str) -> None:
    assert repair(text) == unicodedata.normalize("NFC", text)


@given(st.lists(st.sampled_from(sorted(set(THAI.findall(REPAIRED)))), min_size=1))
def test_undamaged_words_are_left_alone(words: list[str]) -> None:
    text = "/".join(words)
    assert repair(text) == text
