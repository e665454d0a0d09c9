"""Events of the activity service: plan, meetings, workshops, briefings, budget."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.contracts.committee import Holder, Member
from shared.contracts.event import Event
from shared.contracts.types import (
    ActivityCode,
    Contract,
    Day,
    Evidence,
    Instant,
    Line,
    Office,
    PersonId,
    PositiveSatang,
    ProgrammeId,
    Prose,
    RegionCode,
    Version,
)

Outputs = Annotated[tuple[Line, ...], Field(min_length=1, max_length=50, description="What came out of it.")]
Agenda = Annotated[tuple[Line, ...], Field(min_length=1, max_length=100)]


class ActivityPlanned(Event, owner="activity", aggregate="activity", occurred="planned_on"):
    """An activity of the programme was put on the plan."""

    programme: ProgrammeId
    code: ActivityCode
    opens: Day = Field(description="First day of the window.")
    closes: Day = Field(description="Last day of the window.")
    deadline: Day
    planned_on: Day | None = Field(default=None, description="Day the plan was made; None: when it was recorded.")


class ActivityStarted(Event, owner="activity", aggregate="activity", occurred="started_on"):
    """Work on it began."""

    programme: ProgrammeId
    code: ActivityCode
    started_on: Day


class ActivityCompleted(Event, owner="activity", aggregate="activity", occurred="completed_on"):
    """It is done; says what came out of it."""

    programme: ProgrammeId
    code: ActivityCode
    completed_on: Day
    outputs: Outputs


class ActivityCancelled(Event, owner="activity", aggregate="activity", occurred="cancelled_on"):
    """It will not be done."""

    programme: ProgrammeId
    code: ActivityCode
    cancelled_on: Day
    reason: Prose


class DeadlineExtended(Event, owner="activity", aggregate="activity"):
    """It may be completed later than planned."""

    programme: ProgrammeId
    code: ActivityCode
    deadline: Day
    reason: Prose


MeetingNumber = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{0,3}/2[45][0-9]{2}$",
        description="Number within the body and B.E. year.",
        examples=["1/2560"],
    ),
]


class Attendance(StrEnum):
    """Whether somebody on the roll came."""

    PRESENT = "present"
    APOLOGY = "apology"
    ABSENT = "absent"
    SUBSTITUTE = "substitute"


class Attendee(Contract):
    """One line of the attendance list: a person, or the office of an ex-officio seat."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"person_id": "1f0c0d3a-3f57-4b39-9a53-0d6f2f0f6c11", "attendance": "present"}]}
    )

    person_id: PersonId | None = None
    office: Office | None = None
    attendance: Attendance
    substitute_for: Holder | None = Field(default=None, description="Whom a substitute sits for.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.person_id is None) == (self.office is None):
            raise ValueError("an attendee is a person or an office, not both and not neither")
        if (self.attendance is Attendance.SUBSTITUTE) != (self.substitute_for is not None):
            raise ValueError("a substitute, and nobody else, says for whom")
        return self

    @property
    def key(self) -> str:
        """The same key as ``Member.holder``."""
        return f"person:{self.person_id}" if self.person_id else f"office:{self.office}"


Votes = Annotated[int, Field(ge=0, le=1000, json_schema_extra={"unit": "votes"})]


class Resolution(Contract):
    """What the meeting resolved, with the votes where there was a vote."""

    number: int = Field(ge=1, le=999)
    text: Prose
    votes_for: Votes = 0
    votes_against: Votes = 0
    abstentions: Votes = 0
    dissents: tuple[Prose, ...] = Field(default=(), description="Opinions that members asked to have minuted.")


AttendanceList = Annotated[tuple[Attendee, ...], Field(min_length=1, max_length=500)]
Resolutions = Annotated[tuple[Resolution, ...], Field(max_length=200)]


class Roll(Contract):
    """The membership that a meeting was judged by: that at its start, as known when it was judged."""

    committee: Line | None = Field(
        default=None,
        description="Stream of the committee; None for a meeting of the centre, whose roll is its attendance.",
    )
    committee_version: int = Field(
        ge=0, description="Version of the newest fact of the committee's stream that shaped it; 0 for the centre."
    )
    programme_version: Version = Field(description="Version of the programme whose quorum rule it was judged by.")
    members: tuple[Member, ...] = Field(description="Of a committee; none for the centre, where attendance says it.")
    voting: int = Field(ge=0, description="Members with a vote.", json_schema_extra={"unit": "members"})
    present: int = Field(
        ge=0,
        description="Members with a vote who were there, in person or by substitute.",
        json_schema_extra={"unit": "members"},
    )
    quorate: bool


class MeetingScheduled(Event, owner="activity", aggregate="meeting", occurred="scheduled_on"):
    """A meeting was put in the calendar."""

    programme: ProgrammeId
    region: RegionCode | None = Field(default=None, description="None: a meeting of the centre.")
    activity: ActivityCode
    number: MeetingNumber
    starts_at: Instant
    place: Line
    scheduled_on: Day | None = Field(
        default=None, description="Day it was put in the calendar; None: when it was recorded."
    )


class MeetingNoticeIssued(Event, owner="activity", aggregate="meeting", occurred="issued_on"):
    """Members were called to it."""

    programme: ProgrammeId
    issued_on: Day
    agenda: Agenda


class MeetingRescheduled(Event, owner="activity", aggregate="meeting"):
    """It was moved to another time or place before it was held."""

    programme: ProgrammeId
    starts_at: Instant
    place: Line
    reason: Prose


class MeetingCancelled(Event, owner="activity", aggregate="meeting"):
    """It will not be held; it keeps the time it had."""

    programme: ProgrammeId
    reason: Prose


class MeetingHeld(Event, owner="activity", aggregate="meeting", occurred="started_at"):
    """It was held with a quorum; who came, what was resolved, by which roll that was judged."""

    programme: ProgrammeId
    region: RegionCode | None = None
    activity: ActivityCode
    number: MeetingNumber
    started_at: Instant
    ended_at: Instant
    attendance: AttendanceList
    resolutions: Resolutions = ()
    roll: Roll


class MeetingAdjourned(Event, owner="activity", aggregate="meeting", occurred="started_at"):
    """Too few came for a quorum; nothing was resolved."""

    programme: ProgrammeId
    region: RegionCode | None = None
    activity: ActivityCode
    number: MeetingNumber
    started_at: Instant
    attendance: AttendanceList
    roll: Roll


class MinutesApproved(Event, owner="activity", aggregate="meeting", occurred="approved_on"):
    """The minutes were approved after the meeting."""

    programme: ProgrammeId
    approved_on: Day
    evidence: Evidence


class MeetingRecordCorrected(Event, owner="activity", aggregate="meeting"):
    """The record of a held meeting was wrong in its text; the judgement of its quorum stays."""

    programme: ProgrammeId
    ended_at: Instant
    resolutions: Resolutions
    reason: Prose


Participants = Annotated[int, Field(ge=1, le=100_000, json_schema_extra={"unit": "persons"})]


class WorkshopHeld(Event, owner="activity", aggregate="workshop", occurred="started_on"):
    """A workshop took place (activity 1.3)."""

    programme: ProgrammeId
    activity: ActivityCode
    title: Line
    started_on: Day
    ended_on: Day
    place: Line
    regions: tuple[RegionCode, ...] = Field(description="Regions that took part.")
    participants: Participants


class WorkshopSummarised(Event, owner="activity", aggregate="workshop", occurred="summarised_on"):
    """Its four papers were made (activity 1.3)."""

    programme: ProgrammeId
    activity: ActivityCode
    summarised_on: Day
    proposal: Evidence = Field(description="ข้อเสนอ")
    guideline: Evidence = Field(description="แนวทาง")
    form: Evidence = Field(description="รูปแบบ")
    results_report: Evidence = Field(description="รายงานผล")


CalledRegions = Annotated[tuple[RegionCode, ...], Field(min_length=1)]


class PolicyBriefed(Event, owner="activity", aggregate="briefing", occurred="briefed_on"):
    """The policy was explained and handed over (activity 2)."""

    programme: ProgrammeId
    activity: ActivityCode
    title: Line
    briefed_on: Day
    regions: CalledRegions = Field(description="Regions whose committees were called.")
    policy: Evidence


class PolicyAcknowledged(Event, owner="activity", aggregate="briefing", occurred="acknowledged_on"):
    """A committee acknowledged the policy; each does so once."""

    programme: ProgrammeId
    activity: ActivityCode
    region: RegionCode
    committee: Line = Field(description="Stream of the committee.")
    acknowledged_on: Day


class Voucher(Contract):
    """Paper by which money was paid out."""

    number: Line = Field(examples=["ขบ 118/2560"])
    unit: Office
    date: Day


class BudgetAllocated(Event, owner="activity", aggregate="budget", occurred="allocated_on"):
    """Money was given to an activity of the programme."""

    programme: ProgrammeId
    activity: ActivityCode
    amount_satang: PositiveSatang
    allocated_on: Day
    document: Line = Field(description="The allocation's document.")


class BudgetTransferred(Event, owner="activity", aggregate="budget", occurred="transferred_on"):
    """Money was moved between activities."""

    programme: ProgrammeId
    from_activity: ActivityCode
    to_activity: ActivityCode
    amount_satang: PositiveSatang
    transferred_on: Day
    document: Line


class FundsDisbursed(Event, owner="activity", aggregate="budget", occurred="paid_on"):
    """Money was paid out for an activity."""

    programme: ProgrammeId
    activity: ActivityCode
    region: RegionCode | None = Field(default=None, description="None: spent by the centre.")
    amount_satang: PositiveSatang
    paid_on: Day
    voucher: Voucher
    carried_over: bool = Field(default=False, description="Paid after the fiscal year out of money carried over.")


class DisbursementReversed(Event, owner="activity", aggregate="budget", occurred="reversed_on"):
    """A payment came back, whole or in part."""

    programme: ProgrammeId
    activity: ActivityCode
    region: RegionCode | None = None
    voucher: Voucher = Field(description="Of the payment that came back.")
    amount_satang: PositiveSatang
    reversed_on: Day
    reason: Prose
