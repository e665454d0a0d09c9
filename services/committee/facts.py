"""What other systems may tell the committee service, and how the region's committee is found."""

from __future__ import annotations

from services.committee.committee import (
    COMMITTEE,
    AppointCommittee,
    AppointMember,
    ChangeMemberRole,
    CorrectAppointmentOrder,
    DissolveCommittee,
    EndMember,
    ProposeCommittee,
    ReconstituteCommittee,
    Status,
    WithdrawCommitteeProposal,
    ordinal_of,
    stream_of,
)
from services.committee.http import of_the_region
from services.committee.mandate import MANDATE, AdoptMandate, DraftMandate
from services.committee.mandate import stream_of as mandate_stream
from shared.contracts import Command, Event
from shared.contracts.committee import (
    AppointmentOrderCorrected,
    CommitteeAppointed,
    CommitteeDissolved,
    CommitteeProposalWithdrawn,
    CommitteeProposed,
    CommitteeReconstituted,
    MandateAdopted,
    MandateDrafted,
    MemberAppointed,
    MemberEnded,
    MemberRoleChanged,
)
from shared.contracts.types import ProgrammeId, RegionCode, Version, instant
from shared.eventstore.commands import CommandHandler
from shared.eventstore.history import fold
from shared.ingress.facts import Fact, Facts, Locate, Sent, by_own_name, voiding

OF_REGION = {"programme": (ProgrammeId, ...), "region": (RegionCode, ...)}
OF_VERSION = {"programme": (ProgrammeId, ...), "version": (Version, ...)}
NOT_YET = frozenset({"committee.not_proposed", "committee.not_appointed", "committee.mandate_not_adopted"})
"""The proposal, the order or the adopted mandate has not come yet."""
NO_PROGRAMME = frozenset({"programme.not_known"})


async def region_s_committee(sent: Sent, handler: CommandHandler) -> str:
    """The region's committee that has not ended, or where its next one will stand."""
    return await of_the_region(sent.data, handler)


async def committee_of_that_day(sent: Sent, handler: CommandHandler) -> str:
    """The region's committee that was in office when the fact took effect; none: as ``region_s_committee``.

    What was told late, or ends later, is of the committee before, though its place is free or another's already.
    """
    where, at = await region_s_committee(sent, handler), instant(sent.data.moment())
    before = ordinal_of(where) - 1
    if before < 1:
        return where
    known = stream_of(sent.data.programme, sent.data.region, before)
    then = fold(COMMITTEE, await handler.store.history(known), effective_at=at)
    return known if then.status is Status.APPOINTED else where


async def version_s_mandate(sent: Sent, _handler: CommandHandler) -> str:
    """The mandate of that version."""
    return mandate_stream(sent.data.programme, sent.data.version)


def _of_region(event: type[Event], command: type[Command], locate: Locate = committee_of_that_day) -> Fact:
    return Fact(event, COMMITTEE, command, locate, OF_REGION, NOT_YET)


FACTS = Facts(
    (
        Fact(CommitteeProposed, COMMITTEE, ProposeCommittee, region_s_committee, waits=NO_PROGRAMME),
        _of_region(CommitteeAppointed, AppointCommittee, region_s_committee),
        _of_region(CommitteeReconstituted, ReconstituteCommittee),
        _of_region(CommitteeDissolved, DissolveCommittee),
        _of_region(CommitteeProposalWithdrawn, WithdrawCommitteeProposal, region_s_committee),
        _of_region(MemberAppointed, AppointMember),
        _of_region(MemberRoleChanged, ChangeMemberRole),
        _of_region(MemberEnded, EndMember),
        _of_region(AppointmentOrderCorrected, CorrectAppointmentOrder),
        Fact(MandateDrafted, MANDATE, DraftMandate, by_own_name, waits=NO_PROGRAMME),
        Fact(MandateAdopted, MANDATE, AdoptMandate, version_s_mandate, OF_VERSION, frozenset({"mandate.not_drafted"})),
        voiding(COMMITTEE),
    )
)
