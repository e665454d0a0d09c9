"""What is remembered of a reader: a window, and of a pause nothing but its end."""

from __future__ import annotations

from shared.operating.past import Past
from shared.operating.verdicts import STALLED_SECONDS, WINDOW_SECONDS, Sample, of_consumer, of_relay

LOOKS = range(0, int(STALLED_SECONDS) * 3, 2)


def verdict(past: Past, *, paused: bool = False) -> str:
    return of_consumer(list(past.samples), lives="lives", paused=paused)


def test_samples_older_than_the_window_are_forgotten() -> None:
    past = Past()
    for at in (0.0, 1.0, WINDOW_SECONDS + 1.0):
        past.add(Sample(at, 5, 5))
    assert [sample.at for sample in past.samples] == [1.0, WINDOW_SECONDS + 1.0]
    assert len(past.led) == 2


def test_who_goes_on_after_a_pause_is_not_stalled_for_having_stood_still() -> None:
    past = Past()
    for at in LOOKS:
        past.add(Sample(float(at), 5, 9), paused=True)
    assert verdict(past, paused=True) == "paused"
    past.add(Sample(LOOKS.stop + 0.5, 5, 9))
    assert verdict(past) == "ok"


def test_who_does_not_go_on_after_a_pause_is_stalled_in_time() -> None:
    past = Past()
    past.add(Sample(0.0, 5, 9), paused=True)
    for at in LOOKS:
        past.add(Sample(float(at), 5, 9))
    assert verdict(past) == "stalled"


def test_a_relay_that_led_through_a_pause_leads_after_it() -> None:
    past = Past()
    for at in LOOKS:
        past.add(Sample(float(at), 5, 9), led=True, paused=True)
    past.add(Sample(float(LOOKS.stop), 6, 9), led=True)
    assert of_relay(list(past.samples), led=list(past.led)) == "ok"


def test_when_it_was_last_at_the_end_is_remembered_through_a_pause() -> None:
    past = Past()
    past.add(Sample(0.0, 5, 5))
    past.add(Sample(2.0, 5, 9), paused=True)
    assert past.at_end == 0.0
