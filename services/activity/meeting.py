"""A meeting: scheduled, called, held with a quorum or adjourned without one, minuted; one number is one meeting.

Whether it had a quorum is judged once, when it is told that it was held, by the committee's membership at its start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.activity.roll import judge, require_resolutions
from services.activity.roster import Roster, Sitting, roster_stream
from services.activity.rules import (
    bangkok_day,
    definition_of,
    known_programme,
    reads_programme,
    require_activity,
    require_past,
    require_region,
    said,
    told,
)
from shared.contracts import Aggregate, Claim, Command, Context, Event, Read, Rejected, require
from shared.contracts.activity import (
    Agenda,
    AttendanceList,
    MeetingAdjourned,
    MeetingCancelled,
    MeetingHeld,
    MeetingNoticeIssued,
    MeetingNumber,
    MeetingRecordCorrected,
    MeetingRescheduled,
    MeetingScheduled,
    MinutesApproved,
    Resolution,
    Resolutions,
)
from shared.contracts.types import ActivityCode, Day, Evidence, Instant, Line, ProgrammeId, Prose, RegionCode


class _Numbered(Command):
    """A command that names the meeting by its natural key; ``region`` None is the centre."""

    programme: ProgrammeId
    region: RegionCode | None = None
    number: MeetingNumber

    @property
    def key(self) -> str:
        """What tells meetings apart, such as ``2560-cluster/R07/1/2560``."""
        return key_of(self.programme, self.region, self.number)


class ScheduleMeeting(_Numbered, effective="scheduled_on"):
    """Put a meeting in the calendar; ``scheduled_on`` None: now."""

    activity: ActivityCode
    starts_at: Instant
    place: Line
    scheduled_on: Day | None = None


class IssueNotice(Command, effective="issued_on"):
    """Call the members to it."""

    issued_on: Day
    agenda: Agenda


class RescheduleMeeting(Command):
    """Move it to another time or place."""

    starts_at: Instant
    place: Line
    reason: Prose


class CancelMeeting(Command):
    """Call it off."""

    reason: Prose


class HoldMeeting(_Numbered, effective="started_at"):
    """Tell that it was held: who came and what was resolved. Quorum is judged here, not by who tells."""

    activity: ActivityCode
    started_at: Instant
    ended_at: Instant
    attendance: AttendanceList
    resolutions: Resolutions = ()


class ApproveMinutes(Command, effective="approved_on"):
    """Approve its minutes."""

    approved_on: Day
    evidence: Evidence


class CorrectMeetingRecord(Command):
    """Set the record of a held meeting right; how its quorum was judged stays."""

    ended_at: Instant
    resolutions: Resolutions
    reason: Prose


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting as its events tell it."""

    programme: str = ""
    key: str = ""
    scheduled: MeetingScheduled | None = None
    """As it was first put in the calendar."""
    starts_at: datetime | None = None
    """After any rescheduling; a cancelled meeting keeps the time it had."""
    place: str = ""
    notices: tuple[MeetingNoticeIssued, ...] = ()
    cancelled: MeetingCancelled | None = None
    held: MeetingHeld | MeetingAdjourned | None = None
    """As it was first told."""
    ended_at: datetime | None = None
    """Of a meeting held with a quorum, after any correction; so are the resolutions."""
    resolutions: tuple[Resolution, ...] = ()
    minutes: MinutesApproved | None = None
    broken: str = ""
    """Code of the rule that the first event which did not fit would break; empty in every stream as stored."""


def key_of(programme: str, region: str | None, number: str) -> str:
    """Natural key of a meeting; the centre is TH."""
    return f"{programme}/{region or 'TH'}/{number}"


def number_claim(key: str) -> Claim:
    """What a meeting holds so that its number is no other meeting's."""
    return Claim("meeting", key)


Known = (
    MeetingScheduled
    | MeetingNoticeIssued
    | MeetingRescheduled
    | MeetingCancelled
    | MeetingHeld
    | MeetingAdjourned
    | MinutesApproved
    | MeetingRecordCorrected
)


_UNSAID = ("ended_at", "resolutions")
"""What is not kept of a meeting without a quorum."""


def _require_fit(meeting: Meeting, event: Known) -> None:
    """Rejected unless the event can follow on what has happened."""
    match event:
        case MeetingScheduled():
            _require_same(meeting, key_of(event.programme, event.region, event.number))
            require(meeting.scheduled is None, "meeting.already_scheduled", meeting=meeting.key)
        case MeetingNoticeIssued() | MeetingRescheduled() | MeetingCancelled():
            _require_open(meeting)
            require(meeting.scheduled is not None, "meeting.not_scheduled", meeting=meeting.key)
        case MeetingHeld() | MeetingAdjourned():
            _require_same(meeting, key_of(event.programme, event.region, event.number))
            _require_open(meeting)
        case MinutesApproved(approved_on=day):
            ended = _require_held(meeting)
            require(meeting.minutes is None, "meeting.minutes_already_approved", meeting=meeting.key)
            require(day >= bangkok_day(ended), "meeting.minutes_before_end", pointer="/approved_on")
        case MeetingRecordCorrected(ended_at=ended):
            _require_held(meeting)
            approved = meeting.minutes.approved_on if meeting.minutes else None
            in_order = approved is None or approved >= bangkok_day(ended)
            require(in_order, "meeting.minutes_before_end", pointer="/ended_at")


def _require_same(meeting: Meeting, key: str) -> None:
    require(meeting.key in ("", key), "meeting.other_number", pointer="/number", meeting=meeting.key)


def _require_open(meeting: Meeting) -> None:
    require(meeting.cancelled is None, "meeting.cancelled", meeting=meeting.key)
    require(meeting.held is None, "meeting.already_held", meeting=meeting.key)


def _require_held(meeting: Meeting) -> datetime:
    """When the meeting ended; Rejected ``meeting.not_held`` when it had no quorum, or was not told to be held."""
    if meeting.ended_at is None:
        raise Rejected("meeting.not_held", meeting=meeting.key)
    return meeting.ended_at


def evolve(meeting: Meeting, event: Event) -> Meeting:
    """The meeting after one more event."""
    if not isinstance(event, Known):
        return meeting
    try:
        _require_fit(meeting, event)
    except Rejected as misfit:
        return replace(meeting, broken=meeting.broken or misfit.code)
    match event:
        case MeetingScheduled(starts_at=starts_at, place=place):
            return replace(_named(meeting, event), scheduled=event, starts_at=starts_at, place=place)
        case MeetingNoticeIssued():
            return replace(meeting, notices=(*meeting.notices, event))
        case MeetingRescheduled(starts_at=starts_at, place=place):
            return replace(meeting, starts_at=starts_at, place=place)
        case MeetingCancelled():
            return replace(meeting, cancelled=event)
        case MeetingHeld(ended_at=ended_at, resolutions=resolutions):
            return replace(_named(meeting, event), held=event, ended_at=ended_at, resolutions=resolutions)
        case MeetingAdjourned():
            return replace(_named(meeting, event), held=event)
        case MinutesApproved():
            return replace(meeting, minutes=event)
        case MeetingRecordCorrected(ended_at=ended_at, resolutions=resolutions):
            return replace(meeting, ended_at=ended_at, resolutions=resolutions)


def _named(meeting: Meeting, event: MeetingScheduled | MeetingHeld | MeetingAdjourned) -> Meeting:
    return replace(meeting, programme=event.programme, key=key_of(event.programme, event.region, event.number))


def invariant(meeting: Meeting) -> None:
    """Rejected when an event did not fit on those before it."""
    require(not meeting.broken, meeting.broken, meeting=meeting.key)


def claims(meeting: Meeting) -> frozenset[Claim]:
    """Its number, for good: that of a cancelled meeting is not given to another."""
    return frozenset({number_claim(meeting.key)}) if meeting.key else frozenset()


def reads(command: Command, _meeting: Meeting) -> Sequence[Read]:
    """The programme and, for a committee's meeting, the roster as it was when the meeting started."""
    match command:
        case HoldMeeting(programme=programme, region=str(region), started_at=started_at):
            return [reads_programme(programme), Roster.at(programme, region, started_at)]
        case ScheduleMeeting(programme=programme) | HoldMeeting(programme=programme):
            return [reads_programme(programme)]
        case _:
            return []


def decide(command: Command, meeting: Meeting, context: Context) -> list[Event]:
    """Events that the command makes; codes ``meeting.*``, ``activity.unknown…``, ``programme.not_known``."""
    match command:
        case ScheduleMeeting():
            return _schedule(command, meeting, context)
        case HoldMeeting():
            return _hold(command, meeting, context)
        case ApproveMinutes() | CorrectMeetingRecord():
            return _record(command, meeting, context)
        case IssueNotice() | RescheduleMeeting() | CancelMeeting():
            return _arrange(command, meeting)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of a meeting")


def _schedule(command: ScheduleMeeting, meeting: Meeting, context: Context) -> list[Event]:
    if told(meeting.scheduled, command):
        return []  # told twice: nothing new
    definition = definition_of(context, command.programme)
    require_activity(definition, command.activity)
    require_region(definition, command.region)
    _require_open(meeting)
    return _fitting(meeting, MeetingScheduled(**said(command)))


def _arrange(command: IssueNotice | RescheduleMeeting | CancelMeeting, meeting: Meeting) -> list[Event]:
    about = {"programme": meeting.programme, **said(command)}
    match command:
        case IssueNotice():
            if any(told(each, command) for each in meeting.notices):
                return []
            require(meeting.key, "meeting.not_scheduled", meeting=meeting.key)
            return _fitting(meeting, MeetingNoticeIssued(**about))
        case RescheduleMeeting(starts_at=starts_at, place=place):
            if (meeting.starts_at, meeting.place) == (starts_at, place):
                return []
            require(meeting.key, "meeting.not_scheduled", meeting=meeting.key)
            return _fitting(meeting, MeetingRescheduled(**about))
        case CancelMeeting():
            if told(meeting.cancelled, command):
                return []
            require(meeting.key, "meeting.not_scheduled", meeting=meeting.key)
            return _fitting(meeting, MeetingCancelled(**about))


def _hold(command: HoldMeeting, meeting: Meeting, context: Context) -> list[Event]:
    if _told_held(meeting, command):
        return []
    _require_same(meeting, command.key)
    _require_open(meeting)
    known = known_programme(context, command.programme)
    definition = known.required(command.programme)
    require_activity(definition, command.activity)
    require_region(definition, command.region)
    require(command.ended_at > command.started_at, "meeting.ends_before_start", pointer="/ended_at")
    require_past(command.ended_at, context.now, "/ended_at")
    roll = judge(command.attendance, _sitting(command, context), definition, known.version)
    if roll.quorate:
        require_resolutions(command.resolutions, roll.present)
        return [MeetingHeld(**said(command), roll=roll)]
    require(not command.resolutions, "meeting.no_quorum_no_resolution", present=roll.present, voting=roll.voting)
    return [MeetingAdjourned(**said(command, without=_UNSAID), roll=roll)]


def _told_held(meeting: Meeting, command: HoldMeeting) -> bool:
    """Whether this very meeting was told; one without a quorum resolved nothing, and nobody asks when it ended."""
    if isinstance(meeting.held, MeetingAdjourned):
        return not command.resolutions and told(meeting.held, command, without=_UNSAID)
    return told(meeting.held, command)


def _sitting(command: HoldMeeting, context: Context) -> Sitting | None:
    """The committee in office when the meeting started; None for the centre."""
    if command.region is None:
        return None
    stream = roster_stream(command.programme, command.region)
    sitting = context.state(Roster, stream).active()
    if sitting is None:
        raise Rejected("meeting.roll_not_known", region=command.region, at=command.started_at.isoformat())
    return sitting


def _record(command: ApproveMinutes | CorrectMeetingRecord, meeting: Meeting, context: Context) -> list[Event]:
    about = {"programme": meeting.programme, **said(command)}
    match command:
        case ApproveMinutes():
            if told(meeting.minutes, command):
                return []
            _require_held(meeting)
            return _fitting(meeting, MinutesApproved(**about))
        case CorrectMeetingRecord(ended_at=ended_at, resolutions=resolutions):
            if (meeting.ended_at, meeting.resolutions) == (ended_at, resolutions):
                return []
            _require_held(meeting)
            assert meeting.held is not None
            require(ended_at > meeting.held.started_at, "meeting.ends_before_start", pointer="/ended_at")
            require_past(ended_at, context.now, "/ended_at")
            require_resolutions(resolutions, meeting.held.roll.present)
            return _fitting(meeting, MeetingRecordCorrected(**about))


def _fitting(meeting: Meeting, event: Known) -> list[Event]:
    _require_fit(meeting, event)
    return [event]


MEETING = Aggregate("meeting", Meeting(), evolve, decide, invariant, reads, claims)
