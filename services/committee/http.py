"""What the committee service serves: its collections, and how a region's committee is found."""

from __future__ import annotations

from typing import Any

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
    active,
    ordinal_of,
    place,
    stream_of,
    streams_of,
)
from services.committee.mandate import MANDATE, AdoptMandate, DraftMandate
from services.committee.programme import PROGRAMME, AmendProgramme, RegisterProgramme
from services.committee.publishers import (
    PUBLISHER,
    ChangePublisher,
    IssueCredential,
    RegisterPublisher,
    RevokeCredential,
    SuspendPublisher,
)
from shared.contracts import Learned
from shared.web.collection import Collection, Lookup


async def of_the_region(command: ProposeCommittee, lookup: Lookup) -> str:
    """The stream of the region's committee that has not ended, or else of its next one.

    A stream whose proposal was voided counts as not used.
    """
    programme, region = command.programme, command.region
    present = await lookup.holder(active(programme, region))
    if present is not None:
        return present
    known = await lookup.streams(streams_of(programme, region))
    newest = max(map(ordinal_of, known), default=1)
    used = await lookup.holder(place(programme, region, newest))
    return stream_of(programme, region, newest + 1 if used else newest)


COLLECTIONS: tuple[Collection, ...] = (
    Collection("programmes", PROGRAMME, RegisterProgramme, {"amend": AmendProgramme}),
    Collection("mandates", MANDATE, DraftMandate, {"adopt": AdoptMandate}),
    Collection(
        "committees",
        COMMITTEE,
        ProposeCommittee,
        {
            "appoint": AppointCommittee,
            "reconstitute": ReconstituteCommittee,
            "dissolve": DissolveCommittee,
            "withdraw": WithdrawCommitteeProposal,
            "appoint-member": AppointMember,
            "change-role": ChangeMemberRole,
            "end-member": EndMember,
            "correct-order": CorrectAppointmentOrder,
        },
        locate=of_the_region,
    ),
    Collection(
        "publishers",
        PUBLISHER,
        RegisterPublisher,
        {
            "change": ChangePublisher,
            "suspend": SuspendPublisher,
            "issue-credential": IssueCredential,
            "revoke-credential": RevokeCredential,
        },
    ),
)

LEARNED: tuple[Learned[Any], ...] = ()
