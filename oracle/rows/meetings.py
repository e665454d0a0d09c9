"""Rows of ``meeting``: what became of each meeting, judged as it was judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from oracle.asked import World
from oracle.told import Told
from shared.contracts.activity import (
    Attendance,
    MeetingAdjourned,
    MeetingCancelled,
    MeetingHeld,
    MeetingNoticeIssued,
    MeetingRecordCorrected,
    MeetingRescheduled,
    MeetingScheduled,
    MinutesApproved,
)
from shared.contracts.event import Event

Row = dict[str, Any]

KINDS = (
    MeetingScheduled,
    MeetingNoticeIssued,
    MeetingRescheduled,
    MeetingCancelled,
    MeetingHeld,
    MeetingAdjourned,
    MinutesApproved,
    MeetingRecordCorrected,
)


def meeting(world: World) -> Iterable[Row]:
    """One row a meeting."""
    for stream, facts in world.of(*KINDS).items():
        yield {"stream": stream, **_named(facts), **_timed(facts), **_judged(facts), **_recorded(facts)}


def state_of(facts: Sequence[Told]) -> str | None:
    """What a meeting's events, in order, make of it."""
    state: str | None = None
    for told in facts:
        state = _next(state, told.event)
    return state


def _next(state: str | None, event: Event) -> str | None:
    match event:
        case MeetingHeld():
            return "held"
        case MeetingScheduled() if state is None:
            return "scheduled"
        case MeetingRescheduled() if state not in ("held", "cancelled"):
            return "scheduled"
        case MeetingCancelled() if state != "held":
            return "cancelled"
        case MeetingAdjourned() if state not in ("held", "cancelled"):
            return "adjourned"
        case _:
            return state


def _last(facts: Sequence[Told], *kinds: type) -> Told | None:
    return next((told for told in reversed(facts) if isinstance(told.event, kinds)), None)


def _named(facts: Sequence[Told]) -> Row:
    naming = _last(facts, MeetingScheduled, MeetingHeld, MeetingAdjourned)
    sent = naming.payload if naming else facts[-1].payload
    names = {name: sent.get(name) for name in ("programme", "region", "activity", "number")}
    return {**names, "state": state_of(facts)}


def _timed(facts: Sequence[Told]) -> Row:
    timed = _last(facts, MeetingScheduled, MeetingRescheduled)
    notice = _last(facts, MeetingNoticeIssued)
    minutes = _last(facts, MinutesApproved)
    return {
        "scheduled_at": _field(timed, "starts_at"),
        "place": _field(timed, "place"),
        "rescheduled": sum(isinstance(told.event, MeetingRescheduled) for told in facts),
        "notice_on": _field(notice, "issued_on"),
        "minutes_on": _field(minutes, "approved_on"),
    }


def _judged(facts: Sequence[Told]) -> Row:
    sat = _last(facts, MeetingHeld, MeetingAdjourned)
    judged: Row = dict.fromkeys(("committee", "committee_version", "voting", "present", "quorate", "started_at"))
    attended: list[str] = []
    if sat is not None and isinstance(sat.event, MeetingHeld | MeetingAdjourned):
        roll = sat.event.roll
        judged = {
            "started_at": sat.event.started_at,
            "committee": roll.committee,
            "committee_version": roll.committee_version,
            "voting": roll.voting,
            "present": roll.present,
            "quorate": roll.quorate,
        }
        attended = there(sat.event)
    adjourned = sum(isinstance(told.event, MeetingAdjourned) for told in facts)
    return {**judged, "attended": attended, "adjourned": adjourned}


def there(event: MeetingHeld | MeetingAdjourned) -> list[str]:
    """The holders who were there, in person or by a substitute, in the order of the attendance list."""
    holders = []
    for line in event.attendance:
        if line.attendance is Attendance.PRESENT:
            holders.append(_holder(line.person_id, line.office))
        elif line.attendance is Attendance.SUBSTITUTE and line.substitute_for is not None:
            holders.append(_holder(line.substitute_for.person_id, line.substitute_for.office))
    return holders


def _holder(person_id: object, office: str | None) -> str:
    return f"person:{person_id}" if person_id else f"office:{office}"


def _recorded(facts: Sequence[Told]) -> Row:
    record = _last(facts, MeetingHeld, MeetingRecordCorrected)
    resolutions = list(record.payload.get("resolutions", [])) if record else []
    return {
        "ended_at": _field(record, "ended_at"),
        "resolutions": len(resolutions),
        "resolution_list": resolutions,
        "corrected": any(isinstance(told.event, MeetingRecordCorrected) for told in facts),
    }


def _field(told: Told | None, name: str) -> Any:
    return getattr(told.event, name) if told else None
