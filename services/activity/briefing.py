"""A briefing: the policy is explained and handed over, and each committee acknowledges it once (activity 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.activity.roster import Roster, Sitting, roster_stream
from services.activity.rules import (
    definition_of,
    last_instant,
    reads_programme,
    require_activity,
    require_regions,
    said,
    told,
)
from shared.contracts import Aggregate, Command, Context, Event, Read, Rejected, require
from shared.contracts.activity import CalledRegions, PolicyAcknowledged, PolicyBriefed
from shared.contracts.types import ActivityCode, Day, Evidence, Line, ProgrammeId, RegionCode


class BriefPolicy(Command, effective="briefed_on"):
    """Tell that the policy was explained to the committees of these regions."""

    programme: ProgrammeId
    activity: ActivityCode
    title: Line
    briefed_on: Day
    regions: CalledRegions
    policy: Evidence


class AcknowledgePolicy(Command, effective="acknowledged_on"):
    """Tell that the region's committee, the one in office that day, acknowledged the policy."""

    region: RegionCode
    acknowledged_on: Day


@dataclass(frozen=True, slots=True)
class Briefing:
    """A briefing as its events tell it; who acknowledged it, by the committee's stream."""

    briefed: PolicyBriefed | None = None
    acknowledged: Mapping[str, PolicyAcknowledged] = field(default_factory=dict)
    broken: str = ""
    """Code of the rule that the first event which did not fit would break; empty in every stream as stored."""


Known = PolicyBriefed | PolicyAcknowledged


def _require_fit(briefing: Briefing, event: Known) -> None:
    """Rejected unless the event can follow on what has happened."""
    match event:
        case PolicyBriefed():
            require(briefing.briefed is None, "briefing.already_held")
        case PolicyAcknowledged(region=region, committee=committee):
            _require_called(briefing, region)
            new = committee not in briefing.acknowledged
            require(new, "briefing.already_acknowledged", pointer="/region", region=region)


def _require_called(briefing: Briefing, region: str) -> PolicyBriefed:
    if briefing.briefed is None:
        raise Rejected("briefing.not_held")
    called = region in briefing.briefed.regions
    require(called, "briefing.region_not_called", pointer="/region", region=region)
    return briefing.briefed


def evolve(briefing: Briefing, event: Event) -> Briefing:
    """The briefing after one more event."""
    if not isinstance(event, Known):
        return briefing
    try:
        _require_fit(briefing, event)
    except Rejected as misfit:
        return replace(briefing, broken=briefing.broken or misfit.code)
    match event:
        case PolicyBriefed():
            return replace(briefing, briefed=event)
        case PolicyAcknowledged(committee=committee):
            return replace(briefing, acknowledged={**briefing.acknowledged, committee: event})


def invariant(briefing: Briefing) -> None:
    """Rejected when an event did not fit on those before it."""
    require(not briefing.broken, briefing.broken)


def reads(command: Command, briefing: Briefing) -> Sequence[Read]:
    """Briefing asks the programme; acknowledging asks who was in office at the end of that day."""
    match command:
        case BriefPolicy(programme=programme):
            return [reads_programme(programme)]
        case AcknowledgePolicy(region=region, acknowledged_on=day) if briefing.briefed is not None:
            return [Roster.at(briefing.briefed.programme, region, last_instant(day))]
        case _:
            return []


def decide(command: Command, briefing: Briefing, context: Context) -> list[Event]:
    """Events that the command makes; codes ``briefing.*``, ``activity.*``, ``programme.not_known``."""
    match command:
        case BriefPolicy():
            if told(briefing.briefed, command):
                return []  # told twice: nothing new
            definition = definition_of(context, command.programme)
            require_activity(definition, command.activity)
            require_regions(definition, command.regions)
            return _fitting(briefing, PolicyBriefed(**said(command)))
        case AcknowledgePolicy(region=region):
            briefed = _require_called(briefing, region)
            sitting = _sitting(briefed.programme, region, context)
            if told(briefing.acknowledged.get(sitting.committee), command):
                return []
            acknowledged = PolicyAcknowledged(
                programme=briefed.programme, activity=briefed.activity, committee=sitting.committee, **said(command)
            )
            return _fitting(briefing, acknowledged)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of a briefing")


def _sitting(programme: str, region: str, context: Context) -> Sitting:
    """The region's committee in office; Rejected ``briefing.no_committee`` when none is known."""
    sitting = context.state(Roster, roster_stream(programme, region)).active()
    if sitting is None:
        raise Rejected("briefing.no_committee", pointer="/region", region=region)
    return sitting


def _fitting(briefing: Briefing, event: Known) -> list[Event]:
    _require_fit(briefing, event)
    return [event]


BRIEFING = Aggregate("briefing", Briefing(), evolve, decide, invariant, reads)
