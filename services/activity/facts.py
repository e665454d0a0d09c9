"""What other systems may tell the activity service, and how meetings, budgets and plans are found by their keys."""

from __future__ import annotations

from typing import Any

from services.activity.briefing import BRIEFING, AcknowledgePolicy, BriefPolicy
from services.activity.budget import BUDGET, AllocateBudget, DisburseFunds, ReverseDisbursement, TransferBudget
from services.activity.http import new_briefing, new_workshop, of_that_number
from services.activity.meeting import (
    MEETING,
    ApproveMinutes,
    CancelMeeting,
    CorrectMeetingRecord,
    HoldMeeting,
    IssueNotice,
    RescheduleMeeting,
    ScheduleMeeting,
    key_of,
    number_claim,
)
from services.activity.plan import (
    ACTIVITY,
    CancelActivity,
    CompleteActivity,
    ExtendDeadline,
    PlanActivity,
    StartActivity,
)
from services.activity.plan import stream_of as plan_stream
from services.activity.workshop import WORKSHOP, HoldWorkshop, SummariseWorkshop
from shared.contracts import Claim, Command, Event
from shared.contracts.activity import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityPlanned,
    ActivityStarted,
    BudgetAllocated,
    BudgetTransferred,
    DeadlineExtended,
    DisbursementReversed,
    FundsDisbursed,
    MeetingCancelled,
    MeetingHeld,
    MeetingNoticeIssued,
    MeetingNumber,
    MeetingRecordCorrected,
    MeetingRescheduled,
    MeetingScheduled,
    MinutesApproved,
    PolicyAcknowledged,
    PolicyBriefed,
    WorkshopHeld,
    WorkshopSummarised,
)
from shared.contracts.types import ActivityCode, ProgrammeId, RegionCode
from shared.eventstore.commands import CommandHandler
from shared.ingress.facts import Fact, Facts, Sent, by_own_name, by_subject, or_claim, voiding

OF_NUMBER: dict[str, Any] = {
    "programme": (ProgrammeId, ...),
    "region": (RegionCode | None, None),
    "number": (MeetingNumber, ...),
}
OF_CODE: dict[str, Any] = {"programme": (ProgrammeId, ...), "code": (ActivityCode, ...)}
NO_PROGRAMME = frozenset({"programme.not_known"})
NO_MEETING = frozenset({"meeting.not_scheduled", "meeting.not_held"})
NO_ROLL = NO_PROGRAMME | {"meeting.roll_not_known"}
"""The programme, or the committee whose members are the roll, has not been learned yet."""


async def meeting_of_that_number(sent: Sent, handler: CommandHandler) -> str:
    """The meeting that holds the number, or a new one."""
    return await of_that_number(sent.data, handler)


def _meeting_claim(data: Any) -> Claim:
    return number_claim(key_of(data.programme, data.region, data.number))


async def a_new_workshop(sent: Sent, handler: CommandHandler) -> str:
    """A workshop has no number: each is a new one."""
    return await new_workshop(sent.data, handler)


async def a_new_briefing(sent: Sent, handler: CommandHandler) -> str:
    """A briefing has no number: each is a new one."""
    return await new_briefing(sent.data, handler)


async def plan_of_that_code(sent: Sent, _handler: CommandHandler) -> str:
    """The plan of the activity."""
    return plan_stream(sent.data.programme, sent.data.code)


def _of_meeting(event: type[Event], command: type[Command]) -> Fact:
    return Fact(event, MEETING, command, or_claim(_meeting_claim), OF_NUMBER, NO_MEETING)


def _of_plan(event: type[Event], command: type[Command]) -> Fact:
    waits = frozenset({"activity.not_planned", "activity.not_started"})
    return Fact(event, ACTIVITY, command, plan_of_that_code, OF_CODE, waits)


def _of_budget(event: type[Event], command: type[Command], *waits: str) -> Fact:
    return Fact(event, BUDGET, command, by_own_name, waits=NO_PROGRAMME | set(waits))


FACTS = Facts(
    (
        Fact(MeetingScheduled, MEETING, ScheduleMeeting, meeting_of_that_number, waits=NO_PROGRAMME),
        _of_meeting(MeetingNoticeIssued, IssueNotice),
        _of_meeting(MeetingRescheduled, RescheduleMeeting),
        _of_meeting(MeetingCancelled, CancelMeeting),
        Fact(MeetingHeld, MEETING, HoldMeeting, meeting_of_that_number, waits=NO_ROLL),
        _of_meeting(MinutesApproved, ApproveMinutes),
        _of_meeting(MeetingRecordCorrected, CorrectMeetingRecord),
        Fact(WorkshopHeld, WORKSHOP, HoldWorkshop, a_new_workshop, waits=NO_PROGRAMME, alone=True),
        Fact(WorkshopSummarised, WORKSHOP, SummariseWorkshop, by_subject("workshop")),
        Fact(PolicyBriefed, BRIEFING, BriefPolicy, a_new_briefing, waits=NO_PROGRAMME, alone=True),
        Fact(PolicyAcknowledged, BRIEFING, AcknowledgePolicy, by_subject("briefing")),
        Fact(ActivityPlanned, ACTIVITY, PlanActivity, by_own_name, waits=NO_PROGRAMME),
        _of_plan(ActivityStarted, StartActivity),
        _of_plan(ActivityCompleted, CompleteActivity),
        _of_plan(ActivityCancelled, CancelActivity),
        _of_plan(DeadlineExtended, ExtendDeadline),
        _of_budget(BudgetAllocated, AllocateBudget),
        _of_budget(BudgetTransferred, TransferBudget),
        _of_budget(FundsDisbursed, DisburseFunds),
        _of_budget(DisbursementReversed, ReverseDisbursement, "budget.voucher_not_known"),
        voiding(MEETING),
    )
)
