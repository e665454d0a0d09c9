"""Verdicts come from whether a reader moves and what is left to read over a window, never from a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest

from shared.operating.verdicts import (
    GONE_SECONDS,
    SILENT_SECONDS,
    STALLED_SECONDS,
    STARTING_SECONDS,
    Beat,
    Life,
    Sample,
    Verdict,
    best_life,
    life,
    of_consumer,
    of_relay,
    of_role,
    present,
    worst,
)

EVERY = 2.0


def watched(*places: tuple[int, int | None]) -> list[Sample]:
    """Samples every two seconds: how far it was, how far there was to go."""
    return [Sample(n * EVERY, reached, end) for n, (reached, end) in zip(count(), places, strict=False)]


def verdict(samples: Sequence[Sample], lives: Life = "lives", *, paused: bool = False, halted: bool = False) -> Verdict:
    return of_consumer(samples, lives=lives, paused=paused, halted=halted)


def test_a_consumer_at_the_end_is_ok_however_long_it_does_not_move() -> None:
    assert verdict(watched(*[(100, 100)] * 30)) == "ok"


def test_a_large_backlog_that_shrinks_is_ok() -> None:
    assert verdict(watched(*[(n * 1000, 1_000_000 + n * 10) for n in range(30)])) == "ok"


def test_a_small_backlog_that_stays_while_offsets_move_is_ok() -> None:
    assert verdict(watched(*[(n, n + 5) for n in range(30)])) == "ok"


def test_a_backlog_that_grows_over_the_whole_window_while_offsets_move_is_lagging() -> None:
    assert verdict(watched(*[(10 + n, 20 + 3 * n) for n in range(30)])) == "lagging"


def test_batches_that_come_in_leaps_do_not_hide_that_a_backlog_grows() -> None:
    places = [(n // 4 * 40, 100 + n * 30) for n in range(30)]
    assert verdict(watched(*places)) == "lagging"


def test_a_backlog_that_was_gone_once_within_the_window_does_not_grow() -> None:
    places = [(10 + n, 20 + 3 * n) for n in range(30)]
    places[20] = (80, 80)
    assert verdict(watched(*places[:25])) == "ok"


def test_a_backlog_that_only_began_is_ok() -> None:
    assert verdict(watched((100, 100), (100, 140), (101, 200))) == "ok"


def test_offsets_that_do_not_move_for_ten_seconds_with_something_to_read_are_stalled() -> None:
    before = watched((100, 100), (100, 101), (100, 101), (100, 101), (100, 101), (100, 101))
    assert before[-1].at - before[1].at < STALLED_SECONDS
    assert verdict(before) == "ok"
    assert verdict(watched((100, 100), *[(100, 101)] * 6)) == "stalled"


def test_a_stall_is_counted_from_when_there_was_something_to_read() -> None:
    """It had not moved for a minute before, because there was nothing."""
    assert verdict(watched(*[(100, 100)] * 30, (100, 101), (100, 101))) == "ok"


def test_a_broker_that_could_not_be_asked_in_between_does_not_hide_a_stall() -> None:
    places = [(100, 101), (100, None), (100, 101), (100, None), (100, 101), (100, 101)]
    assert verdict(watched(*places)) == "stalled"


def test_an_offset_that_goes_back_is_a_move() -> None:
    """Everything is read again from the beginning."""
    assert verdict(watched(*[(100, 101)] * 6, (0, 101))) == "ok"


def test_a_consumer_of_which_no_process_lives_is_stopped_even_with_nothing_to_read() -> None:
    assert verdict(watched((100, 100)), "gone") == "stopped"
    assert verdict(watched((100, None)), "gone") == "stopped"


def test_a_consumer_whose_process_stands_still_is_stalled_even_with_nothing_to_read() -> None:
    assert verdict(watched((100, 100)), "silent") == "stalled"


def test_a_halted_partition_is_stalled_at_once() -> None:
    assert verdict(watched((100, 101)), halted=True) == "stalled"


def test_a_paused_consumer_is_paused_unless_it_has_stopped() -> None:
    assert verdict(watched(*[(100, 101)] * 10), paused=True) == "paused"
    assert verdict(watched(*[(100, 101)] * 10), "gone", paused=True) == "stopped"


def test_of_a_broker_that_cannot_be_asked_nothing_is_known() -> None:
    assert verdict(watched((100, 101), (100, None))) == "unknown"
    assert verdict([]) == "unknown"


def led(*leading: bool, position: int = 5, head: int = 5) -> Verdict:
    return of_relay(watched(*[(position, head)] * len(leading)), led=leading)


def test_a_shard_that_is_led_and_sent_is_ok() -> None:
    assert led(*[True] * 10) == "ok"


def test_a_shard_that_nobody_leads_is_stopped_after_a_while() -> None:
    assert led(True, False, False) == "ok"
    assert led(True, *[False] * 4) == "stopped"


def test_of_a_shard_that_was_not_watched_for_long_nothing_is_known() -> None:
    assert led(False, False) == "unknown"
    assert of_relay([], led=[]) == "unknown"


def test_a_relay_that_leads_and_sends_nothing_is_stalled() -> None:
    assert led(*[True] * 6, position=5, head=9) == "stalled"


def test_a_relay_whose_leader_changes_all_the_time_and_sends_nothing_is_stalled() -> None:
    """As while the broker is away: whoever leads fails and tries again."""
    assert led(*[True, False] * 4, position=5, head=9) == "stalled"


def test_a_paused_relay_is_paused() -> None:
    assert of_relay(watched((5, 9)), led=[False], paused=True) == "paused"


def beat(
    process: str = "p",
    instance: str = "a",
    *,
    age: float = 0.5,
    since_start: float = 100.0,
    connected: bool = True,
    ready: bool = True,
    ended: bool = False,
) -> Beat:
    return Beat(process, instance, age, since_start, connected, ready, ended)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (beat(), "ok"),
        (beat(age=SILENT_SECONDS), "stalled"),
        (beat(age=GONE_SECONDS, connected=False), "stopped"),
        (beat(age=GONE_SECONDS - 1, connected=False), "ok"),
        (beat(ready=False, since_start=STARTING_SECONDS - 1), "ok"),
        (beat(ready=False, since_start=STARTING_SECONDS), "stalled"),
        (beat(ended=True, connected=False, ready=False), "stopped"),
    ],
)
def test_a_process_is_judged_by_its_heart(said: Beat, expected: Verdict) -> None:
    assert of_role(said) == expected


def test_an_instance_that_ended_as_it_was_told_is_not_missed_while_another_lives() -> None:
    one, other = beat(instance="a", ended=True, connected=False), beat(instance="b")
    assert present([one, other]) == [other]


def test_an_instance_that_died_is_missed_until_another_has_started_in_its_place() -> None:
    dead = beat(instance="a", age=50.0, connected=False)
    assert present([dead, beat(instance="b", since_start=100.0)]) == [dead, beat(instance="b", since_start=100.0)]
    successor = beat(instance="c", since_start=40.0)
    assert present([dead, successor]) == [successor]


def test_of_a_process_that_nobody_is_any_more_the_last_one_is_shown() -> None:
    older, newer = beat(instance="a", age=500.0, connected=False), beat(instance="b", age=50.0, connected=False)
    assert present([older, newer]) == [newer]


def test_work_is_done_while_one_of_those_who_do_it_lives() -> None:
    dead, still = beat(age=50.0, connected=False), beat(age=50.0)
    assert best_life([dead, still]) == "silent"
    assert best_life([dead, still, beat()]) == "lives"
    assert best_life([]) == "gone"
    assert life(still) == "silent"


def test_the_worst_counts() -> None:
    assert worst([]) == "ok"
    assert worst(["ok", "paused", "lagging"]) == "lagging"
    assert worst(["unknown", "stopped", "stalled"]) == "stopped"
