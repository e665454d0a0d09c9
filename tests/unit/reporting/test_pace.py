"""How fast a rebuild is, and how long it will take."""

from services.reporting.rebuilding.pace import Pace
from services.reporting.rebuilding.standing import is_behind


def test_nothing_is_said_before_there_are_two_looks() -> None:
    pace = Pace()
    assert (pace.per_second, pace.seconds_left(100)) == (None, None)
    pace.note(1.0, 50)
    assert (pace.per_second, pace.seconds_left(100)) == (None, None)


def test_the_rest_takes_as_long_as_the_last_seconds_were_fast() -> None:
    pace = Pace(window=10)
    for second, records in enumerate([0, 1_000, 2_000, 3_000]):
        pace.note(float(second), records)
    assert (pace.per_second, pace.seconds_left(8_000)) == (1_000, 5.0)


def test_what_was_longer_ago_than_the_window_counts_no_more() -> None:
    pace = Pace(window=10)
    for second in range(30):
        pace.note(float(second), 1_000 * second if second < 15 else 15_000 + 100 * (second - 15))
    assert pace.per_second == 100


def test_what_is_done_takes_no_time_and_what_stands_still_nobody_knows_how_long() -> None:
    pace = Pace()
    pace.note(0.0, 70)
    pace.note(1.0, 70)
    assert (pace.seconds_left(70), pace.seconds_left(60), pace.seconds_left(71)) == (0.0, 0.0, None)


def test_one_who_has_not_read_a_shard_is_behind_one_who_has() -> None:
    here = {("committee", 0): 5}
    assert not is_behind(here, {("committee", 0): 5})
    assert not is_behind({**here, ("activity", 0): 1}, here)
    assert is_behind(here, {("committee", 0): 6})
    assert is_behind(here, {**here, ("activity", 0): 1})
