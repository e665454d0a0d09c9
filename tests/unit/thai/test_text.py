"""The form in which text is stored."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.thai.text import TextRefused, normalise


def test_marks_come_into_canonical_order() -> None:
    tone_before_vowel, vowel_before_tone = "ก\u0e48\u0e38", "ก\u0e38\u0e48"
    assert normalise(tone_before_vowel) == vowel_before_tone


def test_sara_am_is_not_split() -> None:
    assert normalise("สำนักงาน") == "สำนักงาน"


@pytest.mark.parametrize(
    ("text", "code"), [("ก\x00ข", "text.null_character"), ("ก\ud83d", "text.lone_surrogate")]
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_by_code(text: str, code: str) -> None:
    with pytest.raises(TextRefused) as refused:
        normalise(text)
    assert refused.value.code == code


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_normalised_text_is_nfc_and_stays_as_it_is(text: str) -> None:
    once = normalise(text)
    assert unicodedata.is_normalized("NFC", once)
    assert normalise(once) == once
