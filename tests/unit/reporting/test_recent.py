"""What was used lately is remembered, and never more than there is room for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.projections.recent import Recent

KEYS = st.text("abcdefghij", min_size=1, max_size=1)


@settings(deadline=None)
@given(most=st.integers(4, 12), steps=st.lists(st.tuples(st.booleans(), KEYS), max_size=80))
def test_the_last_used_half_is_remembered_and_there_is_never_more_than_all(
    most: int, steps: list[tuple[bool, str]]
) -> None:
    recent: Recent[str] = Recent(most)
    used: list[str] = []
    for keep, key in steps:
        if keep:
            recent.keep({key: key.upper()})
        found = recent.get(key)
        if keep or found is not None:
            assert found == key.upper()
            used = [each for each in used if each != key] + [key]
        assert len(recent) <= most
        assert all(recent.get(each) == each.upper() for each in used[-(most // 2) :])


def test_what_is_used_again_and_again_outlives_what_passes_by() -> None:
    recent: Recent[int] = Recent(10)
    recent.keep({"kept": 1})
    for number in range(100):
        recent.keep({f"passing-{number}": number})
        assert recent.get("kept") == 1

    assert recent.get("passing-50") is None


def test_everything_can_be_forgotten() -> None:
    recent: Recent[int] = Recent(10)
    recent.keep({str(number): number for number in range(9)})
    recent.clear()

    assert (len(recent), recent.get("1")) == (0, None)
