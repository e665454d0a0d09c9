"""Names and contacts are found in running text; offices, places and numbers of documents are not taken for them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import REGISTRY
from shared.contracts.document import event_example
from shared.thai.digits import to_arabic
from shared.thai.personal import _everything, in_json, personal_data

ROOT = Path(__file__).parents[3]
CITIZEN = "1101700230708"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("มอบให้นายสมชาย ใจดี ติดตาม", "name"),
        ("นางสาวสมหญิง รักเรียน", "name"),
        ("น.ส. สมหญิง รักเรียน", "name"),
        ("ดร.สมชาย ใจดี", "name"),
        ("พล.ต.สมชาย ใจดี", "name"),
        ("ว่าที่ร้อยตรีสมชาย ใจดี", "name"),
        ("Mr. Somchai Jaidee", "name"),
        ("Dr Somying", "name"),
        ("ติดต่อ somchai.j@obec.go.th", "email"),
        ("โทร 02-288-5511", "telephone"),
        ("โทร. ๐๘๑ ๒๓๔ ๕๖๗๘", "telephone"),
        ("+66 81 234 5678", "telephone"),
        (f"เลขประจำตัว {CITIZEN}", "citizen_id"),
        ("1-1017-00230-70-8", "citizen_id"),
        ("ไลน์ไอดี: somchai99", "line_id"),
        ("LINE ID: @somchai", "line_id"),
    ],
)
def test_what_is_personal_is_found(text: str, kind: str) -> None:
    assert [each.kind for each in personal_data(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "นายกรัฐมนตรี เป็นประธาน",
        "นายกองค์การบริหารส่วนตำบล ร่วมประชุม",
        "นายอำเภอ เมืองเชียงใหม่",
        "นายทะเบียน รับเรื่อง",
        "นายแพทย์สาธารณสุขจังหวัด ลำพูน",
        "อำเภอนางรอง จังหวัดบุรีรัมย์",
        "นางเลิ้ง กรุงเทพมหานคร",
        "ศึกษาธิการภาค 7",
        "ที่ 118/2560 ลงวันที่ 12 มกราคม 2560",
        "ที่ ศธ 04009/123",
        "ขบ 0123456789/2560",
        "1,250,000.00 บาท",
        "เลขที่ 1101700230709",  # a checksum that is none
        "2017-01-12T09:00:00+07:00",
        "018f4e9a-7c1e-7b1c-9d3e-0a1b2c3d4e5f",
        "",
    ],
)
def test_what_is_not_personal_is_left_alone(text: str) -> None:
    assert personal_data(text) == []


@pytest.mark.parametrize(
    "file", [*ROOT.glob("programmes/*.toml"), *ROOT.glob("programmes/source/*"), *ROOT.glob("demo/*.py")], ids=str
)
def test_nothing_personal_is_in_the_programme_or_the_demonstration(file: Path) -> None:
    assert personal_data(file.read_text("utf-8")) == []


def test_nothing_personal_is_in_the_examples_of_events() -> None:
    for event in REGISTRY:
        assert list(in_json(event_example(event))) == [], event.spec.name


def test_the_place_of_what_is_found_is_named() -> None:
    sent: Any = {"reason": "แทนนายสมชาย ใจดี", "members": [{"office": "a@b.go.th"}], "a/b": {"~": "นางสมหญิง ใจดี"}}
    assert [pointer for pointer, _ in in_json(sent)] == ["/reason", "/members/0/office", "/a~1b/~0"]


FULL_OF_DIGITS = st.from_regex(r"[0-9a-f]{8}-[0-9]{4}-4[0-9]{3}-8[0-9]{3}-[0-9]{12}", fullmatch=True)


@given(st.uuids().map(str) | FULL_OF_DIGITS)
def test_no_person_id_is_taken_for_a_contact(text: str) -> None:
    assert personal_data(text) == []


TITLES = ("นาย", "นางสาว", "ดร.", "ผศ.", "Mr", "Prof.", "Miss", "LINE ID:", "line id: ", "ไลน์ ", "ID line: ")
PIECES = ("สมชาย", "ใจดี", "Somchai", "a@b.go.th", "+66 2", "02", "081", "-", " ", "234", "5678", "๐๘๑", "อำเภอ")
WORDS = st.sampled_from([*TITLES, *PIECES, "1 2345 67890 12 1"])


@given(st.lists(WORDS, max_size=8).map("".join))
def test_what_is_looked_through_at_first_glance_misses_nothing(text: str) -> None:
    assert personal_data(text) == sorted(_everything(to_arabic(text)), key=lambda each: each.start)


@given(st.text())
def test_whatever_is_written_is_looked_through(text: str) -> None:
    for each in personal_data(text):
        assert 0 <= each.start < each.end <= len(text)


def test_titles_without_end_are_looked_through_in_a_moment() -> None:
    begun = time.process_time()
    assert personal_data("นาย" * 20_000) == []
    assert time.process_time() - begun < 3
