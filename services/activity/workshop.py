"""A workshop: held, and summarised once in its four papers (activity 1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.activity.rules import (
    definition_of,
    reads_programme,
    require_activity,
    require_past,
    require_regions,
    said,
    told,
)
from shared.contracts import Aggregate, Command, Context, Event, Read, Rejected, require
from shared.contracts.activity import Participants, WorkshopHeld, WorkshopSummarised
from shared.contracts.types import ActivityCode, Day, Evidence, Line, ProgrammeId, RegionCode, bangkok_midnight


class HoldWorkshop(Command, effective="started_on"):
    """Tell that a workshop took place."""

    programme: ProgrammeId
    activity: ActivityCode
    title: Line
    started_on: Day
    ended_on: Day
    place: Line
    regions: tuple[RegionCode, ...]
    participants: Participants


class SummariseWorkshop(Command, effective="summarised_on"):
    """Hand in what came out of it: proposal, guideline, form and results report."""

    summarised_on: Day
    proposal: Evidence
    guideline: Evidence
    form: Evidence
    results_report: Evidence


@dataclass(frozen=True, slots=True)
class Workshop:
    """A workshop as its events tell it."""

    held: WorkshopHeld | None = None
    summarised: WorkshopSummarised | None = None
    broken: str = ""
    """Code of the rule that the first event which did not fit would break; empty in every stream as stored."""


Known = WorkshopHeld | WorkshopSummarised


def _require_fit(workshop: Workshop, event: Known) -> None:
    """Rejected unless the event can follow on what has happened."""
    match event:
        case WorkshopHeld():
            require(workshop.held is None, "workshop.already_held")
        case WorkshopSummarised(summarised_on=day):
            held = _require_held(workshop)
            require(workshop.summarised is None, "workshop.already_summarised")
            require(day >= held.ended_on, "workshop.summarised_before_end", pointer="/summarised_on")


def _require_held(workshop: Workshop) -> WorkshopHeld:
    if workshop.held is None:
        raise Rejected("workshop.not_held")
    return workshop.held


def evolve(workshop: Workshop, event: Event) -> Workshop:
    """The workshop after one more event."""
    if not isinstance(event, Known):
        return workshop
    try:
        _require_fit(workshop, event)
    except Rejected as misfit:
        return replace(workshop, broken=workshop.broken or misfit.code)
    match event:
        case WorkshopHeld():
            return replace(workshop, held=event)
        case WorkshopSummarised():
            return replace(workshop, summarised=event)


def invariant(workshop: Workshop) -> None:
    """Rejected when an event did not fit on those before it."""
    require(not workshop.broken, workshop.broken)


def reads(command: Command, _workshop: Workshop) -> Sequence[Read]:
    """Holding asks the programme for its activities and regions."""
    return [reads_programme(command.programme)] if isinstance(command, HoldWorkshop) else []


def decide(command: Command, workshop: Workshop, context: Context) -> list[Event]:
    """Events that the command makes; codes ``workshop.*``, ``activity.*``, ``programme.not_known``."""
    match command:
        case HoldWorkshop():
            if told(workshop.held, command):
                return []  # told twice: nothing new
            _require_sound(command, context)
            return _fitting(workshop, WorkshopHeld(**said(command)))
        case SummariseWorkshop():
            if told(workshop.summarised, command):
                return []
            held = _require_held(workshop)
            papers = WorkshopSummarised(programme=held.programme, activity=held.activity, **said(command))
            return _fitting(workshop, papers)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of a workshop")


def _require_sound(command: HoldWorkshop, context: Context) -> None:
    definition = definition_of(context, command.programme)
    require_activity(definition, command.activity)
    require_regions(definition, command.regions)
    require(command.ended_on >= command.started_on, "workshop.ends_before_start", pointer="/ended_on")
    require_past(bangkok_midnight(command.ended_on), context.now, "/ended_on")


def _fitting(workshop: Workshop, event: Known) -> list[Event]:
    _require_fit(workshop, event)
    return [event]


WORKSHOP = Aggregate("workshop", Workshop(), evolve, decide, invariant, reads)
