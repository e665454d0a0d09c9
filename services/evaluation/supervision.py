"""A visit to a region to supervise and follow up: what was found, or explicitly nothing (activity 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.evaluation.streams import programme_stream
from shared.contracts import Aggregate, Command, Context, Event, KnownProgramme, Read, require
from shared.contracts.evaluation import Evidences, Findings, SupervisionVisited
from shared.contracts.types import Day, Office, ProgrammeId, RegionCode


class RecordSupervisionVisit(Command, effective="visited_on"):
    """Say that a region was visited, and what was found; ``no_findings`` says explicitly that nothing was."""

    programme: ProgrammeId
    region: RegionCode
    visited_on: Day
    visited_by: Office
    findings: Findings = ()
    no_findings: bool = False
    evidence: Evidences = ()


@dataclass(frozen=True, slots=True)
class Supervision:
    """A visit as it was recorded; more than one on a stream may not be."""

    visits: tuple[SupervisionVisited, ...] = ()

    @property
    def visit(self) -> SupervisionVisited | None:
        """The visit; None when there was none."""
        return self.visits[-1] if self.visits else None


def evolve(supervision: Supervision, event: Event) -> Supervision:
    """The visit after one more event."""
    match event:
        case SupervisionVisited():
            return Supervision((*supervision.visits, event))
        case _:
            return supervision


def invariant(supervision: Supervision) -> None:
    """A stream holds one visit. Raises Rejected."""
    require(len(supervision.visits) <= 1, "supervision.recorded_already")


def reads(command: Command, _supervision: Supervision) -> Sequence[Read]:
    """The programme says which regions there are."""
    if isinstance(command, RecordSupervisionVisit):
        return [Read(KnownProgramme, programme_stream(command.programme))]
    return []


def decide(command: Command, supervision: Supervision, context: Context) -> list[Event]:
    """Events that the command makes; codes ``supervision.*``, ``programme.not_known``."""
    match command:
        case RecordSupervisionVisit():
            return _record(command, supervision, context)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of a supervision visit")


def _record(command: RecordSupervisionVisit, supervision: Supervision, context: Context) -> list[Event]:
    stated = bool(command.findings) != command.no_findings
    require(stated, "supervision.findings_or_none", pointer="/findings")
    visited = SupervisionVisited.of(command)
    if supervision.visit is not None and dict(supervision.visit) == dict(visited):
        return []  # told twice: nothing new
    require(supervision.visit is None, "supervision.recorded_already")
    known = context.state(KnownProgramme, programme_stream(command.programme)).required(command.programme)
    require(command.region in known.regions, "supervision.unknown_region", pointer="/region", region=command.region)
    return [visited]


SUPERVISION = Aggregate("supervision", Supervision(), evolve, decide, invariant, reads)
