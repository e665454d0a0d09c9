"""How the demonstration's tables put figures and Thai text."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from demo.tables import baht, clusters, number, shortened, thai_day, thai_moment

NAME = "เสนอแต่งตั้งคณะกรรมการส่งเสริมประสิทธิภาพการบริหารการศึกษาขั้นพื้นฐาน (ตัวอย่าง)"


def test_text_that_fits_is_left_as_it_is() -> None:
    assert shortened(NAME, cell_len(NAME)) == NAME


@pytest.mark.parametrize("width", range(2, cell_len(NAME)))
def test_shortened_text_fits_and_tears_no_letter_from_its_marks(width: int) -> None:
    short = shortened(NAME, width)
    assert cell_len(short) <= width
    assert short.endswith("…")
    whole = clusters(NAME)
    assert clusters(short[:-1]) == whole[: len(clusters(short[:-1]))]


def test_shortened_text_ends_with_no_vowel_that_waits_for_its_consonant() -> None:
    assert [shortened("การเ รียน", width) for width in (4, 5)] == ["การ…", "การ…"]


def test_shortened_text_opens_no_parenthesis() -> None:
    assert shortened("สะสม (ตัวอย่าง)", 9) == "สะสม…"


def test_days_are_of_the_buddhist_era_and_moments_of_bangkok() -> None:
    assert thai_day("2017-01-24") == "24/01/2560"
    assert thai_moment("2017-10-31T17:30:00Z") == "01/11/2560 00:30"
    assert (thai_day(None), thai_moment(None)) == ("", "–")


def test_money_is_in_baht_and_numbers_have_no_needless_digits() -> None:
    assert baht(210_100_050) == "2,101,000.50"
    assert [number(text) for text in ("20", "0.8267", "5.00", None)] == ["20", "0.827", "5", "–"]
