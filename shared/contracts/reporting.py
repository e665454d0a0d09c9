"""Events of the reporting service: reports (activity 5) and alarms."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.contracts.event import REGISTRY, Event, Payload
from shared.contracts.types import ActorId, Bilingual, Contract, Instant, Line, ProgrammeId, Prose, Sha256, StreamName


class FrozenPosition(Contract):
    """How far one shard of one store had been read when a report was published."""

    store: Line
    shard: int = Field(ge=0)
    position: int = Field(ge=0)


class Digest(Contract):
    """Hash of something that a report was made from or with."""

    of: Line = Field(description="What was hashed.", examples=["programme"])
    sha256: Sha256


class PublishedFile(Contract):
    """A file that a report was published as."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9.-]{0,99}$", description="Name of the file.", examples=["report-th.pdf"]
    )
    media_type: Line = Field(description="What kind of file it is.", examples=["application/pdf"])
    sha256: Sha256
    size: int = Field(ge=0, description="How long it is.", json_schema_extra={"unit": "bytes"}, examples=[182_044])


Edition = Annotated[
    int, Field(ge=1, le=999, description="Which edition of the programme's report it is.", examples=[1])
]
Corrected = Annotated[int, Field(ge=1, description="Edition that this one corrects.", examples=[1])]
Changes = Annotated[Prose, Field(description="What a correction changes, and why.")]
Positions = Annotated[tuple[FrozenPosition, ...], Field(min_length=1)]
Digests = Annotated[tuple[Digest, ...], Field(min_length=1)]
Files = Annotated[tuple[PublishedFile, ...], Field(min_length=1)]


class ReportDrafted(Event, owner="reporting", aggregate="report"):
    """A report was begun or written anew."""

    programme: ProgrammeId
    edition: int = Field(ge=1)
    title: Line
    text: Prose
    drafter: ActorId
    corrects: Corrected | None = None
    changes: Changes | None = None


class ReportSubmitted(Event, owner="reporting", aggregate="report"):
    """The draft was handed in for approval."""

    programme: ProgrammeId
    edition: int = Field(ge=1)


class ReportReturned(Event, owner="reporting", aggregate="report"):
    """The draft was sent back."""

    programme: ProgrammeId
    edition: int = Field(ge=1)
    reason: Prose
    reviewer: ActorId


class ReportApproved(Event, owner="reporting", aggregate="report"):
    """Another than the drafter approved it."""

    programme: ProgrammeId
    edition: int = Field(ge=1)
    approver: ActorId


class ReportPublished(Event, owner="reporting", aggregate="report"):
    """It was published; names what it was made from, so that anybody can make it again."""

    programme: ProgrammeId
    edition: int = Field(ge=1)
    positions: Positions
    digests: Digests
    content_hash: Sha256
    at: Instant | None = Field(
        default=None, description="When what is due was judged; with the positions it gives the figures again."
    )
    files: tuple[PublishedFile, ...] = ()


class AlarmRaisedV1(
    Event,
    owner="reporting",
    aggregate="alarm",
    name="AlarmRaised",
    deprecated="2026-11-29: version 2 is of the system too, counts occurrences and speaks both languages",
):
    """Something in the programme needs somebody's attention."""

    programme: ProgrammeId
    code: Line = Field(examples=["committee.without_chair"])
    about: StreamName
    message: Prose


class AlarmClearedV1(
    Event,
    owner="reporting",
    aggregate="alarm",
    name="AlarmCleared",
    deprecated="2026-11-29: version 2 is of the system too, and counts occurrences",
):
    """It needs nobody's attention any more."""

    programme: ProgrammeId
    code: Line
    about: StreamName


AlarmProgramme = Annotated[ProgrammeId | None, Field(description="None: it is about the system.")]
AlarmKind = Annotated[Line, Field(description="Kind of alarm.", examples=["committee.without_chair"])]
AlarmSubject = Annotated[
    Line, Field(description="What it is about, among those of its kind: a region, a stream, a topic.", examples=["R07"])
]
Occurrence = Annotated[int, Field(ge=1, description="How many-th time it is raised.", examples=[1])]


class AlarmRaised(Event, owner="reporting", aggregate="alarm", version=2):
    """Something in the programme, or of the system, needs somebody's attention."""

    programme: AlarmProgramme = None
    kind: AlarmKind
    what: AlarmSubject
    occurrence: Occurrence
    message: Bilingual


class AlarmAcknowledged(Event, owner="reporting", aggregate="alarm"):
    """Somebody sees to it: it is not repeated any more."""

    programme: AlarmProgramme = None
    kind: AlarmKind
    what: AlarmSubject
    occurrence: Occurrence
    reason: Prose
    operator: ActorId


class AlarmSilenced(Event, owner="reporting", aggregate="alarm"):
    """Nobody is told of it until the silence ends, however often it is raised."""

    programme: AlarmProgramme = None
    kind: AlarmKind
    what: AlarmSubject
    occurrence: Occurrence
    until: Instant = Field(description="End of the silence, by the machines' clock.")
    reason: Prose
    operator: ActorId


class AlarmCleared(Event, owner="reporting", aggregate="alarm", version=2):
    """It needs nobody's attention any more."""

    programme: AlarmProgramme = None
    kind: AlarmKind
    what: AlarmSubject
    occurrence: Occurrence


@REGISTRY.upcaster("AlarmRaised", 1)
@REGISTRY.upcaster("AlarmCleared", 1)
def _with_occurrence(payload: Payload) -> Payload:
    """Version 1 spoke one language and did not count."""
    lifted = {"programme": payload["programme"], "kind": payload["code"], "what": payload["about"], "occurrence": 1}
    message = payload.get("message")
    return lifted if message is None else {**lifted, "message": {"th": message, "en": message}}
