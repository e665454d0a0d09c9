"""A publisher is judged by its own rhythm."""

from datetime import UTC, datetime, timedelta

from services.reporting.monitor.silence import Heard, allowed, judged

NOW = datetime(2017, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def heard(ago: timedelta, usual_pause: timedelta | None = None, hours: int = 40, **more: bool) -> Heard:
    """A publisher that was heard last so long ago."""
    return Heard("e-meeting", NOW - 100 * DAY, NOW - ago, hours, 500, usual_pause, **more)


def test_who_sends_all_day_is_silent_after_the_minimum() -> None:
    assert judged(heard(timedelta(hours=23)), NOW, DAY) == "ok"
    assert judged(heard(timedelta(hours=25)), NOW, DAY) == "silent"


def test_who_sends_once_a_week_may_be_quiet_for_five_weeks() -> None:
    assert allowed(heard(DAY, 7 * DAY), DAY) == 35 * DAY
    assert judged(heard(34 * DAY, 7 * DAY), NOW, DAY) == "ok"
    assert judged(heard(36 * DAY, 7 * DAY), NOW, DAY) == "silent"


def test_who_was_never_heard_or_too_seldom_has_no_rhythm() -> None:
    assert judged(Heard("fiscal"), NOW, DAY) == "unknown"
    assert judged(heard(90 * DAY, hours=2), NOW, DAY) == "unknown"


def test_nothing_is_expected_of_who_is_suspended() -> None:
    assert judged(heard(90 * DAY, suspended=True), NOW, DAY) == "suspended"
