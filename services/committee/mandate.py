"""A mandate (activity 1.1), one stream a version: drafted, adopted by a resolution, superseded by the next version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.committee import programme as programmes
from services.committee.programme import Programme
from shared.contracts import Aggregate, Command, Context, Event, On, Read, Rejected, require
from shared.contracts.committee import MandateAdopted, MandateDrafted, MandateSuperseded, MandateText
from shared.contracts.types import Day, Line, ProgrammeId, Version


def stream_of(programme: str, version: int) -> str:
    """Name of the stream of one version of a programme's mandate."""
    return f"mandate:{programme}:{version}"


class DraftMandate(Command, effective="drafted_on"):
    """Write down a version of the mandate; told again with another text, that replaces the draft."""

    programme: ProgrammeId
    version: Version
    text: MandateText
    drafted_on: Day | None = None

    def stream(self) -> str:
        """The stream of this version."""
        return stream_of(self.programme, self.version)


class AdoptMandate(Command, effective="adopted_on"):
    """Say that a meeting resolved on the mandate; it takes the place of the version before."""

    adopted_on: Day
    resolution: Line


class Status(StrEnum):
    """How far a version of the mandate has come."""

    NONE = "none"
    DRAFTED = "drafted"
    ADOPTED = "adopted"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Mandate:
    """One version of a programme's mandate."""

    status: Status = Status.NONE
    programme: str = ""
    version: int = 0
    text: MandateText | None = None
    adopted_on: date | None = None
    resolution: str = ""
    superseded_on: date | None = None
    broken: str = ""
    """Code of the rule that the first event which did not fit would break; empty in every stream as stored."""

    def adopted_by(self, day: date) -> bool:
        """Whether it had been adopted by that day."""
        return self.adopted_on is not None and self.adopted_on <= day

    def superseded_before(self, day: date) -> bool:
        """Whether another version had taken its place before that day."""
        return self.superseded_on is not None and self.superseded_on < day


def _require_fit(mandate: Mandate, event: Event) -> None:
    """Rejected unless ``event`` can follow on what has happened."""
    match event:
        case MandateDrafted():
            require(mandate.status in (Status.NONE, Status.DRAFTED), "mandate.immutable")
        case MandateAdopted(digest=digest):
            require(mandate.status is not Status.NONE, "mandate.not_drafted")
            require(mandate.status is Status.DRAFTED, "mandate.already_adopted")
            require(mandate.text is not None and mandate.text.digest() == digest, "mandate.other_text")
        case MandateSuperseded():
            require(mandate.status is Status.ADOPTED, "mandate.not_adopted", version=event.version)
        case _:
            pass


def evolve(mandate: Mandate, event: Event) -> Mandate:
    """The mandate after ``event``."""
    try:
        _require_fit(mandate, event)
    except Rejected as misfit:
        return replace(mandate, broken=mandate.broken or misfit.code)
    match event:
        case MandateDrafted(programme=programme, version=version, text=text):
            return replace(mandate, status=Status.DRAFTED, programme=programme, version=version, text=text)
        case MandateAdopted(adopted_on=day, resolution=resolution):
            return replace(mandate, status=Status.ADOPTED, adopted_on=day, resolution=resolution)
        case MandateSuperseded(superseded_on=day):
            return replace(mandate, status=Status.SUPERSEDED, superseded_on=day)
        case _:
            return mandate


def invariant(mandate: Mandate) -> None:
    """Rejected when an event did not fit on those before it."""
    require(not mandate.broken, mandate.broken)


def reads(command: DraftMandate | AdoptMandate, mandate: Mandate) -> Sequence[Read]:
    """A draft reads the programme, and both the version before."""
    match command:
        case DraftMandate(programme=programme, version=version):
            known = Read(Programme, programmes.stream_of(programme))
            return [known, *_read_previous(programme, version)]
        case AdoptMandate():
            return _read_previous(mandate.programme, mandate.version)


def _read_previous(programme: str, version: int) -> list[Read]:
    return [Read(Mandate, stream_of(programme, version - 1))] if version > 1 else []


def decide(command: DraftMandate | AdoptMandate, mandate: Mandate, context: Context) -> Sequence[Event | On]:
    """What drafting or adopting makes; an adoption supersedes the version before, on that version's stream."""
    match command:
        case DraftMandate():
            return _draft(command, mandate, context)
        case AdoptMandate():
            return _adopt(command, mandate, context)


def _draft(command: DraftMandate, mandate: Mandate, context: Context) -> list[Event]:
    if mandate.text == command.text:
        return []
    event = MandateDrafted.of(command)
    _require_fit(mandate, event)
    context.state(Programme, programmes.stream_of(command.programme)).required(command.programme)
    if command.version > 1:
        before = context.state(Mandate, stream_of(command.programme, command.version - 1))
        require(before.adopted_on is not None, "mandate.not_adopted", version=command.version - 1)
    return [event]


def _adopt(command: AdoptMandate, mandate: Mandate, context: Context) -> list[Event | On]:
    if (mandate.adopted_on, mandate.resolution) == (command.adopted_on, command.resolution):
        return []
    if mandate.text is None:
        raise Rejected("mandate.not_drafted")
    event = MandateAdopted(
        programme=mandate.programme, version=mandate.version, digest=mandate.text.digest(), **dict(command)
    )
    _require_fit(mandate, event)
    if mandate.version == 1:
        return [event]
    return [event, _supersede(mandate, command.adopted_on, context)]


def _supersede(mandate: Mandate, day: date, context: Context) -> On:
    """The end of the version before, which was adopted on an earlier day."""
    number = mandate.version - 1
    stream = stream_of(mandate.programme, number)
    before = context.state(Mandate, stream)
    event = MandateSuperseded(
        programme=mandate.programme, version=number, superseded_on=day, by_version=mandate.version
    )
    _require_fit(before, event)
    require(
        before.adopted_on is not None and before.adopted_on < day,
        "mandate.before_previous",
        pointer="/adopted_on",
        version=number,
    )
    return On(stream, event)


MANDATE = Aggregate("mandate", Mandate(), evolve, decide, invariant, reads)
