"""Thai and Arabic digits, one into the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.thai.digits import to_arabic, to_thai

without_thai_digits = st.text().filter(lambda text: not set(text) & set("๐๑๒๓๔๕๖๗๘๙"))


def test_each_digit_has_its_twin() -> None:
    assert to_thai("ที่ 1234567890/2560") == "ที่ ๑๒๓๔๕๖๗๘๙๐/๒๕๖๐"
    assert to_arabic("ที่ ๑๒๓๔๕๖๗๘๙๐/๒๕๖๐") == "ที่ 1234567890/2560"


@given(without_thai_digits)
def test_arabic_digits_come_back_from_thai(text: str) -> None:
    assert to_arabic(to_thai(text)) == text


@given(st.text())
def test_nothing_but_digits_changes(text: str) -> None:
    changed = [(a, b) for a, b in zip(text, to_arabic(text), strict=True) if a != b]
    assert all(a in "๐๑๒๓๔๕๖๗๘๙" and b in "0123456789" for a, b in changed)
