"""What may be stored as it was written, and what may not: found at once, and the same as when it is put right."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.web.text import LONGEST_KNOWN, personal, repaired, stands
from shared.web.validation import Invalid

TEXTS = st.one_of(
    st.text(),
    st.text("กขคงนายสมหญิง าำเแ่้ํ๐๑๒0123456789-@.", max_size=20),
    st.sampled_from(["นายสมชาย ใจดี", "โทร 0812345678", "ส านักงาน", "2017-06-12", "a\x00b", "\ud800"]),
)
JSON = st.recursive(
    TEXTS | st.integers() | st.none() | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(JSON)
@settings(deadline=None)
def test_what_stands_is_what_needs_no_repair_and_names_nobody(value: Any) -> None:
    try:
        needs_nothing = repaired(value) == value and not personal(value)
    except Invalid:
        needs_nothing = False
    assert stands(value) == stands(value) == needs_nothing  # asked again it is remembered


@pytest.mark.parametrize("damaged", ["ส านักงาน", "นายสมชาย ใจดี", "a\x00"])
def test_one_text_far_inside_is_enough_for_it_not_to_stand(damaged: str) -> None:
    assert stands({"a": [{"b": "ดี"}, 1]})
    assert not stands({"a": [{"b": damaged}, 1]})


def test_a_long_text_stands_though_it_is_not_remembered() -> None:
    long = "ผลการดำเนินงาน " * LONGEST_KNOWN
    assert stands(long)
    assert not stands(long + "นายสมชาย ใจดี")
