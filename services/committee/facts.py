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
    WithdrawCommitteeProposal,
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
from shared.contracts.types import ProgrammeId, RegionCode, Version
from shared.eventstore.commands import CommandHandler
from shared.ingress.facts import Fact, Facts, Sent, by_own_name, voiding

OF_REGION = {"programme": (ProgrammeId, ...), "region": (RegionCode, ...)}
OF_VERSION = {"programme": (ProgrammeId, ...), "version": (Version, ...)}
NOT_YET = frozenset({"committee.not_proposed", "committee.not_appointed", "committee.mandate_not_adopted"})
"""The proposal, the order or the adopted mandate has not come yet."""
NO_PROGRAMME = frozenset({"programme.not_known"})


async def region_s_committee(sent: Sent, handler: CommandHandler) -> str:
    """The region's committee that has not ended, or where its next one will stand."""
    return await of_the_region(sent.data, handler)


async def version_s_mandate(sent: Sent, _handler: CommandHandler) -> str:
    """The mandate of that version."""
    return mandate_stream(sent.data.programme, sent.data.version)


def _of_region(event: type[Event], command: type[Command]) -> Fact:
    return Fact(event, COMMITTEE, command, region_s_committee, OF_REGION, NOT_YET)


FACTS = Facts(
    (
        Fact(CommitteeProposed, COMMITTEE, ProposeCommittee, region_s_committee, waits=NO_PROGRAMME),
        _of_region(CommitteeAppointed, AppointCommittee),
        _of_region(CommitteeReconstituted, ReconstituteCommittee),
        _of_region(CommitteeDissolved, DissolveCommittee),
        _of_region(CommitteeProposalWithdrawn, WithdrawCommitteeProposal),
        _of_region(MemberAppointed, AppointMember),
        _of_region(MemberRoleChanged, ChangeMemberRole),
        _of_region(MemberEnded, EndMember),
        _of_region(AppointmentOrderCorrected, CorrectAppointmentOrder),
        Fact(MandateDrafted, MANDATE, DraftMandate, by_own_name, waits=NO_PROGRAMME),
        Fact(MandateAdopted, MANDATE, AdoptMandate, version_s_mandate, OF_VERSION, frozenset({"mandate.not_drafted"})),
        voiding(COMMITTEE),
    )
)
