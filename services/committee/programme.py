"""A programme: its whole definition, registered once and amended by version; its regions hold for the fiscal year."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts import Aggregate, Command, Context, Event, ProgrammeDefinition, Rejected, require
from shared.contracts.committee import ProgrammeAmended, ProgrammeRegistered
from shared.contracts.regions import REGION_LISTS
from shared.contracts.types import Prose


def stream_of(programme: str) -> str:
    """Name of a programme's stream."""
    return f"programme:{programme}"


class RegisterProgramme(Command):
    """Begin a programme with its whole definition."""

    definition: ProgrammeDefinition

    def stream(self) -> str:
        """The programme's stream."""
        return stream_of(self.definition.programme)


class AmendProgramme(Command):
    """Replace the definition by another one of the same programme, and say why."""

    definition: ProgrammeDefinition
    reason: Prose


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme as its events make it; version 0 is one that was not registered."""

    version: int = 0
    definition: ProgrammeDefinition | None = None
    digest: str = ""
    broken: str = ""
    """Code of the rule that the first event which did not fit would break; empty in every stream as stored."""

    def required(self, programme: str) -> ProgrammeDefinition:
        """The definition; Rejected ``programme.not_known`` when there is none."""
        if self.definition is None:
            raise Rejected("programme.not_known", programme=programme)
        return self.definition


def _require_fit(programme: Programme, event: Event) -> None:
    """Rejected unless ``event`` can follow on what has happened."""
    match event:
        case ProgrammeRegistered():
            require(programme.definition is None, "programme.already_registered", programme=event.programme)
        case ProgrammeAmended(definition=definition):
            known = programme.required(event.programme)
            require(
                definition.programme == known.programme, "programme.other_programme", pointer="/definition/programme"
            )
            require(event.version == programme.version + 1, "programme.version_missing", version=programme.version + 1)
            _require_same_regions(known, definition)
        case _:
            pass


def _require_same_regions(known: ProgrammeDefinition, amended: ProgrammeDefinition) -> None:
    same = (known.region_list, set(known.regions)) == (amended.region_list, set(amended.regions))
    require(same, "programme.regions_fixed", pointer="/definition/regions", year=known.fiscal_year)


def evolve(programme: Programme, event: Event) -> Programme:
    """The programme after ``event``."""
    try:
        _require_fit(programme, event)
    except Rejected as misfit:
        return Programme(programme.version, programme.definition, programme.digest, programme.broken or misfit.code)
    match event:
        case ProgrammeRegistered() | ProgrammeAmended():
            return Programme(event.version, event.definition, event.digest, programme.broken)
        case _:
            return programme


def invariant(programme: Programme) -> None:
    """Rejected when an event did not fit on those before it."""
    require(not programme.broken, programme.broken)


def decide(command: RegisterProgramme | AmendProgramme, programme: Programme, _context: Context) -> list[Event]:
    """What registering or amending makes; nothing when the definition is the present one already."""
    definition = command.definition
    digest = definition.digest()
    if digest == programme.digest:
        return []
    event: ProgrammeRegistered | ProgrammeAmended
    match command:
        case RegisterProgramme():
            event = ProgrammeRegistered(programme=definition.programme, version=1, definition=definition, digest=digest)
        case AmendProgramme(reason=reason):
            event = ProgrammeAmended(
                programme=definition.programme,
                version=programme.version + 1,
                definition=definition,
                digest=digest,
                reason=reason,
            )
    _require_fit(programme, event)
    _require_listed_regions(definition)
    return [event]


def _require_listed_regions(definition: ProgrammeDefinition) -> None:
    year = definition.fiscal_year
    listed = REGION_LISTS.get(year)
    if listed is None:
        raise Rejected("region.no_list_for_year", pointer="/definition/fiscal_year", year=year)
    require(definition.region_list == year, "programme.borrowed_list", pointer="/definition/region_list", year=year)
    strangers = ", ".join(sorted(set(definition.regions) - set(listed)))
    require(not strangers, "programme.unlisted_region", pointer="/definition/regions", year=year, regions=strangers)


PROGRAMME = Aggregate("programme", Programme(), evolve, decide, invariant)
