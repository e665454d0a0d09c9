"""Reading an envelope: what is no event of this programme is refused with a code, and parked by the runner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.reporting.projections.fact import from_envelope
from services.reporting.projections.folding import FOLDS, folded
from shared.streams.projection import Unappliable
from tests.unit.reporting.log import Log

PREFIX = "th.go.obec.cluster."


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": f"{PREFIX}MeetingDreamt.v1"}, "event.unknown_type"),
        ({"type": "com.example.MeetingHeld.v1"}, "event.unknown_type"),
        ({"type": f"{PREFIX}CommitteeProposed.v9"}, "event.newer_version"),
        ({"data": b"{"}, "event.not_json"),
        ({"data": b"[]"}, "projection.unreadable"),
    ],
)
def test_what_cannot_be_read_says_why(change: dict[str, str | bytes], code: str) -> None:
    envelope = Log().propose("R07", "2016-11-01")._replace(**change)  # type: ignore[arg-type]

    with pytest.raises(Unappliable) as refusal:
        from_envelope(envelope)

    assert refusal.value.code == code


def test_a_redacted_event_has_no_effect() -> None:
    log = Log()
    log.propose("R07", "2016-11-01")
    log.appoint("R07", "2017-01-10")
    log.measure("QN3:R07:2560-Q1", "42")
    log.pay(100, "2017-01-12")
    for number in (1, 2, 3):
        log.sent[number] = log.sent[number]._replace(data=b"")

    assert [row["state"] for row in log.rows("committee")] == ["proposed"]
    assert [log.rows(table) for table in ("measurement", "budget")] == [[], []]


def test_a_fold_is_carried_on_only_by_what_follows_in_time_and_voids_nothing() -> None:
    log = Log()
    first = log.measure("QN3:R07:2560-Q1", "42")
    log.verify(first)
    log.void(first)
    begun, verified, void = log.facts()
    done = folded(FOLDS["measurement"], first.stream, [begun])

    assert done.follows([verified])
    assert not done.follows([void])
    assert not done.follows([replace(verified, occurred_at=begun.occurred_at.replace(year=2000))])
    assert not folded(FOLDS["measurement"], first.stream, [begun, void]).follows([verified])
