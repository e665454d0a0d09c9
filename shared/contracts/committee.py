"""Events of the committee service: programmes, mandates, committees with their members, publishers."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.event import REGISTRY, Event, Payload
from shared.contracts.types import (
    Contract,
    Day,
    Line,
    Office,
    OrderNumber,
    PersonId,
    ProgrammeId,
    Prose,
    RegionCode,
    Sha256,
    Version,
)


class Seat(StrEnum):
    """What a member is on a committee."""

    CHAIR = "chair"
    VICE_CHAIR = "vice_chair"
    MEMBER = "member"
    SECRETARY = "secretary"
    ASSISTANT_SECRETARY = "assistant_secretary"


class Member(Contract):
    """One seat: held by a registered person, or ex officio by whoever holds an office."""

    person_id: PersonId | None = Field(default=None, description="None: the seat belongs to the office.")
    office: Office = Field(description="Office the member holds; of an ex-officio seat, the office it belongs to.")
    seat: Seat
    voting: bool = Field(default=True, description="Whether the member counts for quorum and votes.")

    @property
    def holder(self) -> str:
        """What tells members apart: the person, or the office of an ex-officio seat."""
        return f"person:{self.person_id}" if self.person_id else f"office:{self.office}"


class Holder(Contract):
    """Who is meant: a registered person, or an office that holds an ex-officio seat; exactly one of the two."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"person_id": "1f0c0d3a-3f57-4b39-9a53-0d6f2f0f6c11"}]})

    person_id: PersonId | None = None
    office: Office | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.person_id is None) == (self.office is None):
            raise ValueError("a holder is a person or an office, not both and not neither")
        return self

    @property
    def key(self) -> str:
        """The same key as ``Member.holder``."""
        return f"person:{self.person_id}" if self.person_id else f"office:{self.office}"


class MandateText(Contract):
    """The five things that a mandate fixes (activity 1.1)."""

    form: Prose = Field(description="รูปแบบ")
    composition: Prose = Field(description="องค์ประกอบ")
    scope: Prose = Field(description="ขอบข่าย")
    duties: Prose = Field(description="ภาระหน้าที่ความรับผิดชอบ")
    mission_frame: Prose = Field(description="กรอบภารกิจ")

    def digest(self) -> str:
        """SHA-256 (hex) over the text as JSON with sorted keys, UTF-8, no blanks."""
        canonical = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


class ProgrammeRegistered(Event, owner="committee", aggregate="programme"):
    """A programme begins; carries its whole definition."""

    programme: ProgrammeId
    version: Version
    definition: ProgrammeDefinition
    digest: Sha256 = Field(description="Of the definition, see ProgrammeDefinition.digest.")


class ProgrammeAmended(Event, owner="committee", aggregate="programme"):
    """The definition changed; carries the whole of the new one."""

    programme: ProgrammeId
    version: Version
    definition: ProgrammeDefinition
    digest: Sha256 = Field(description="Of the definition, see ProgrammeDefinition.digest.")
    reason: Prose


class MandateDrafted(Event, owner="committee", aggregate="mandate", occurred="drafted_on"):
    """A version of the mandate was written down; drafting again replaces the text while it is a draft."""

    programme: ProgrammeId
    version: Version
    text: MandateText
    drafted_on: Day | None = Field(default=None, description="Day it was drafted; None: when it was recorded.")


class MandateAdopted(Event, owner="committee", aggregate="mandate", occurred="adopted_on"):
    """A meeting resolved on the mandate; from now on its text cannot change."""

    programme: ProgrammeId
    version: Version
    adopted_on: Day
    resolution: Line = Field(description="The resolution that adopted it.", examples=["มติที่ประชุมครั้งที่ 1/2560 ข้อ 3"])
    digest: Sha256 = Field(description="Of the text that was adopted, see MandateText.digest.")


class MandateSuperseded(Event, owner="committee", aggregate="mandate", occurred="superseded_on"):
    """A later version was adopted in its place."""

    programme: ProgrammeId
    version: Version
    superseded_on: Day
    by_version: Version


Members = Annotated[tuple[Member, ...], Field(min_length=1, max_length=200)]


class CommitteeProposed(Event, owner="committee", aggregate="committee", occurred="proposed_on"):
    """A region's committee was proposed for appointment (activity 1.2)."""

    programme: ProgrammeId
    region: RegionCode
    ordinal: Version = Field(description="How many-th committee of that region.")
    proposed_on: Day
    proposed_by: Office
    members: Members


class CommitteeAppointed(Event, owner="committee", aggregate="committee", occurred="effective_from"):
    """An order appointed the committee (activity 1.2, indicator QN1)."""

    programme: ProgrammeId
    region: RegionCode
    order: OrderNumber
    order_date: Day
    signatory_office: Office = Field(description="Office of who signed, never the name.")
    effective_from: Day
    mandate_version: Version
    members: Members


class CommitteeReconstituted(Event, owner="committee", aggregate="committee", occurred="effective_from"):
    """A new order replaced the whole membership."""

    programme: ProgrammeId
    region: RegionCode
    order: OrderNumber
    order_date: Day
    signatory_office: Office
    effective_from: Day
    mandate_version: Version
    members: Members


class CommitteeDissolved(Event, owner="committee", aggregate="committee", occurred="dissolved_on"):
    """The committee ended; nothing happens to it afterwards."""

    programme: ProgrammeId
    region: RegionCode
    dissolved_on: Day
    reason: Prose


class CommitteeProposalWithdrawn(Event, owner="committee", aggregate="committee", occurred="withdrawn_on"):
    """The proposal was taken back before an order was made."""

    programme: ProgrammeId
    region: RegionCode
    withdrawn_on: Day
    reason: Prose


class MemberAppointed(Event, owner="committee", aggregate="committee", occurred="effective_from"):
    """One more member, or a vacancy filled."""

    programme: ProgrammeId
    region: RegionCode
    member: Member
    effective_from: Day
    order: OrderNumber | None = None


class MemberRoleChanged(Event, owner="committee", aggregate="committee", occurred="effective_from"):
    """A member took another seat or another right to vote."""

    programme: ProgrammeId
    region: RegionCode
    holder: Holder
    seat: Seat
    voting: bool
    effective_from: Day


class MemberEnded(Event, owner="committee", aggregate="committee", occurred="ended_on"):
    """A membership ended; the seat is vacant until filled."""

    programme: ProgrammeId
    region: RegionCode
    holder: Holder
    ended_on: Day
    reason: Prose


class AppointmentOrderCorrected(Event, owner="committee", aggregate="committee", occurred="effective_from"):
    """An order was recorded wrongly; its number, date or signatory's office are set right from its first day on."""

    programme: ProgrammeId
    region: RegionCode
    effective_from: Day = Field(
        description="Day from which the corrected order has effect; tells which order is meant."
    )
    order: OrderNumber
    order_date: Day
    signatory_office: Office
    reason: Prose


PublisherName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9-]{1,30}$", description="Another system that sends events.", examples=["e-meeting"]),
]


_Sources = Annotated[
    tuple[Line, ...],
    Field(min_length=1, description="CloudEvents sources it may use.", examples=[["/ext/e-meeting/central"]]),
]
_Types = Annotated[
    tuple[Line, ...], Field(min_length=1, description="Names of the events it may send.", examples=[["MeetingHeld"]])
]
_Regions = Annotated[tuple[RegionCode, ...] | None, Field(description="Regions it may speak of; None: all.")]
_PerMinute = Annotated[int, Field(ge=1, le=1_000_000, json_schema_extra={"unit": "events per minute"})]


class PublisherLimits(Contract):
    """How much a publisher may send."""

    events_per_minute: _PerMinute = 600
    batch_events: int = Field(default=1000, ge=1, le=1000, description="Events of one batch at most.")


class PublisherRights(Contract):
    """What a publisher may send, and how much."""

    sources: _Sources
    types: _Types
    regions: _Regions = None
    limits: PublisherLimits = Field(default_factory=PublisherLimits)


class PublisherRightsV1(Contract):
    """What a publisher may send, as it was written in version 1: the pace was its only limit."""

    model_config = ConfigDict(title="PublisherRights")

    sources: _Sources
    types: _Types
    regions: _Regions = None
    events_per_minute: _PerMinute = 600


class PublisherRegisteredV1(
    Event,
    owner="committee",
    aggregate="publisher",
    name="PublisherRegistered",
    deprecated="2026-11-26: version 2 has limits in place of events_per_minute",
):
    """Another system was admitted as a publisher."""

    publisher: PublisherName
    office: Office = Field(description="Who answers for it.")
    rights: PublisherRightsV1


class PublisherChangedV1(
    Event,
    owner="committee",
    aggregate="publisher",
    name="PublisherChanged",
    deprecated="2026-11-26: version 2 has limits in place of events_per_minute",
):
    """Its rights or its office changed."""

    publisher: PublisherName
    office: Office
    rights: PublisherRightsV1
    reason: Prose


class PublisherRegistered(Event, owner="committee", aggregate="publisher", version=2):
    """Another system was admitted as a publisher."""

    publisher: PublisherName
    office: Office = Field(description="Who answers for it.")
    rights: PublisherRights


class PublisherChanged(Event, owner="committee", aggregate="publisher", version=2):
    """Its rights or its office changed."""

    publisher: PublisherName
    office: Office
    rights: PublisherRights
    reason: Prose


@REGISTRY.upcaster("PublisherRegistered", 1)
@REGISTRY.upcaster("PublisherChanged", 1)
def _with_limits(payload: Payload) -> Payload:
    """The pace of version 1 is one of the limits of version 2."""
    rights = dict(payload["rights"])
    pace = rights.pop("events_per_minute", None)
    limits = {} if pace is None else {"events_per_minute": pace}
    return {**payload, "rights": {**rights, "limits": limits}}


class CredentialIssued(Event, owner="committee", aggregate="publisher"):
    """It was given a credential; only its fingerprint is kept."""

    publisher: PublisherName
    credential: Line = Field(description="Id of the credential, not the secret.")
    kind: Literal["api_key", "oauth2_client", "scram"]
    fingerprint: Sha256 = Field(description="SHA-256 of the secret or of its key.")
    expires_on: Day | None = None


class CredentialRevoked(Event, owner="committee", aggregate="publisher"):
    """A credential is valid no longer."""

    publisher: PublisherName
    credential: Line
    reason: Prose


class PublisherSuspended(Event, owner="committee", aggregate="publisher"):
    """Nothing more is taken from it until its rights are set anew."""

    publisher: PublisherName
    reason: Prose
