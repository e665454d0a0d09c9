"""What the activity service serves: its collections, and how a meeting is found by its number."""

from __future__ import annotations

from typing import Any

import uuid_utils.compat

from services.activity.briefing import BRIEFING, AcknowledgePolicy, BriefPolicy
from services.activity.budget import BUDGET, AllocateBudget, DisburseFunds, ReverseDisbursement, TransferBudget
from services.activity.meeting import (
    MEETING,
    ApproveMinutes,
    CancelMeeting,
    CorrectMeetingRecord,
    HoldMeeting,
    IssueNotice,
    RescheduleMeeting,
    ScheduleMeeting,
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
from services.activity.roster import ROSTER
from services.activity.workshop import WORKSHOP, HoldWorkshop, SummariseWorkshop
from shared.contracts import KNOWN_PROGRAMME, Learned
from shared.web.collection import APPROVER, Collection, Lookup


async def of_that_number(command: ScheduleMeeting | HoldMeeting, lookup: Lookup) -> str:
    """The stream of the meeting that holds the number, or else a new one."""
    return await lookup.holder(number_claim(command.key)) or _new("meeting")


async def new_workshop(_command: HoldWorkshop, _lookup: Lookup) -> str:
    """A new stream: a workshop has no number."""
    return _new("workshop")


async def new_briefing(_command: BriefPolicy, _lookup: Lookup) -> str:
    """A new stream: a briefing has no number."""
    return _new("briefing")


def _new(kind: str) -> str:
    return f"{kind}:{uuid_utils.compat.uuid7()}"


COLLECTIONS: tuple[Collection, ...] = (
    Collection(
        "activities",
        ACTIVITY,
        PlanActivity,
        {
            "start": StartActivity,
            "complete": CompleteActivity,
            "cancel": CancelActivity,
            "extend-deadline": ExtendDeadline,
        },
    ),
    Collection(
        "meetings",
        MEETING,
        ScheduleMeeting,
        {
            "issue-notice": IssueNotice,
            "reschedule": RescheduleMeeting,
            "cancel": CancelMeeting,
            "hold": HoldMeeting,
            "approve-minutes": ApproveMinutes,
            "correct-record": CorrectMeetingRecord,
        },
        locate=of_that_number,
        roles={"approve-minutes": APPROVER},
    ),
    # Records of meetings come by number from systems that know no stream, and of meetings that nobody scheduled here.
    Collection("meeting-records", MEETING, HoldMeeting, locate=of_that_number),
    Collection("workshops", WORKSHOP, HoldWorkshop, {"summarise": SummariseWorkshop}, locate=new_workshop),
    Collection("briefings", BRIEFING, BriefPolicy, {"acknowledge": AcknowledgePolicy}, locate=new_briefing),
    Collection(
        "budgets",
        BUDGET,
        AllocateBudget,
        {
            "allocate": AllocateBudget,
            "transfer": TransferBudget,
            "disburse": DisburseFunds,
            "reverse": ReverseDisbursement,
        },
    ),
)

LEARNED: tuple[Learned[Any], ...] = (KNOWN_PROGRAMME, ROSTER)
