"""Thai dictionary order: lists in the order in which a Thai dictionary or index has them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.thai.collation import sort_key

LEADING_VOWELS = ["กบ", "กา", "กาแฟ", "กำ", "กิน", "กุ้ง", "เกลือ", "เกาะ", "แก", "แกะ", "โกรธ", "ใกล้", "ไก่", "ขวด", "เขา"]
TONE_MARKS = ["ปา", "ป่า", "ป้า", "ป๊า", "ป๋า", "ปาก", "ป่าน"]
MAI_TAI_KHU_AND_THANTHAKHAT = ["เกง", "เก็ง", "เก่ง", "เก้ง", "จัน", "จันทร", "จันทร์", "จันทรา", "เจน", "เจ็บ"]
RARE_LETTERS = ["รวย", "ไร", "ฤกษ์", "ฤๅดี", "ฤาษี", "ลม", "ไหล", "อา", "ฮา"]
PALI_SIGNS = ["กํ", "กะ", "กา", "กู", "ไก", "กฺ"]
BLANKS_AND_SIGNS = ["กรุง", "กรุงเทพ", "กรุงเทพฯ", "กรุงเทพมหานคร", "กรุง ไทย", "ต่าง", "ต่างๆ", "ต่างหาก"]
DIGITS_AND_LATIN = ["7 เขต", "๘ เขต", "cluster", "CLUSTER 2", "โครงการ"]
PROVINCES = [
    "กระบี่", "กรุงเทพมหานคร", "กาญจนบุรี", "กาฬสินธุ์", "กำแพงเพชร", "ขอนแก่น", "จันทบุรี", "ฉะเชิงเทรา", "ชลบุรี",
    "ชัยนาท", "ชัยภูมิ", "ชุมพร", "เชียงราย", "เชียงใหม่", "ตรัง", "ตราด", "ตาก", "นครนายก", "นครปฐม", "นครพนม",
    "นครราชสีมา", "นครศรีธรรมราช", "นครสวรรค์", "นนทบุรี", "นราธิวาส", "น่าน", "บึงกาฬ", "บุรีรัมย์", "ปทุมธานี",
    "ประจวบคีรีขันธ์", "ปราจีนบุรี", "ปัตตานี", "พระนครศรีอยุธยา", "พะเยา", "พังงา", "พัทลุง", "พิจิตร", "พิษณุโลก",
    "เพชรบุรี", "เพชรบูรณ์", "แพร่", "ภูเก็ต", "มหาสารคาม", "มุกดาหาร", "แม่ฮ่องสอน", "ยโสธร", "ยะลา", "ร้อยเอ็ด",
    "ระนอง", "ระยอง", "ราชบุรี", "ลพบุรี", "ลำปาง", "ลำพูน", "เลย", "ศรีสะเกษ", "สกลนคร", "สงขลา", "สตูล",
    "สมุทรปราการ", "สมุทรสงคราม", "สมุทรสาคร", "สระแก้ว", "สระบุรี", "สิงห์บุรี", "สุโขทัย", "สุพรรณบุรี",
    "สุราษฎร์ธานี", "สุรินทร์", "หนองคาย", "หนองบัวลำภู", "อ่างทอง", "อำนาจเจริญ", "อุดรธานี", "อุตรดิตถ์", "อุทัยธานี",
    "อุบลราชธานี",
]  # fmt: skip

LEADING_OR_SILENT = "เแโใไฯๆ "
thai_text = st.text(alphabet="กขคงนมสหอเแโใไะัาำิีุู่้๊๋็์ฯๆ ๗7aA")


@pytest.mark.parametrize(
    "ordered",
    [
        LEADING_VOWELS,
        TONE_MARKS,
        MAI_TAI_KHU_AND_THANTHAKHAT,
        RARE_LETTERS,
        PALI_SIGNS,
        BLANKS_AND_SIGNS,
        DIGITS_AND_LATIN,
        PROVINCES,
    ],
)
def test_words_sort_as_a_dictionary_has_them(ordered: list[str]) -> None:
    shuffled = random.Random(2560).sample(ordered, len(ordered))
    assert sorted(shuffled, key=sort_key) == ordered


def test_plain_code_point_order_would_be_wrong() -> None:
    assert sorted(PROVINCES) != PROVINCES


def test_a_tone_mark_matters_less_than_any_later_letter() -> None:
    assert sort_key("นา") < sort_key("น้า") < sort_key("นาน") < sort_key("น่าน") < sort_key("นานา")


def test_digits_of_both_scripts_sort_together() -> None:
    assert sorted(["๘", "7", "๗", "8"], key=sort_key) == ["7", "๗", "8", "๘"]


@given(thai_text, thai_text)
def test_two_texts_never_share_a_key(a: str, b: str) -> None:
    assert (sort_key(a) == sort_key(b)) == (a == b)


@given(thai_text, thai_text)
def test_a_word_sorts_before_what_begins_with_it(word: str, rest: str) -> None:
    beginning = word.rstrip(LEADING_OR_SILENT)
    assert sort_key(beginning) < sort_key(word + "ก" + rest)
