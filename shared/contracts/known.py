"""The programme's definition as every service learns it from committee's events."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.committee import ProgrammeAmended, ProgrammeRegistered
from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.recorded import Learned, Recorded
from shared.contracts.rejection import Rejected


@dataclass(frozen=True, slots=True)
class KnownProgramme:
    """The newest definition that was learned, and its version; none yet: version 0."""

    version: int = 0
    definition: ProgrammeDefinition | None = None

    def required(self, programme: str) -> ProgrammeDefinition:
        """The definition; Rejected ``programme.not_known`` when it has not been learned."""
        if self.definition is None:
            raise Rejected("programme.not_known", programme=programme)
        return self.definition


def _evolve(known: KnownProgramme, recorded: Recorded) -> KnownProgramme:
    match recorded.event:
        case (
            ProgrammeRegistered(version=version, definition=definition)
            | ProgrammeAmended(version=version, definition=definition)
        ):
            return KnownProgramme(version, definition)
        case _:
            return known


KNOWN_PROGRAMME = Learned(KnownProgramme, KnownProgramme(), _evolve)
