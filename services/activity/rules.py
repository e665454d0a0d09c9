"""What every aggregate here asks of the programme's definition and of the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from shared.contracts import Command, Context, Event, KnownProgramme, ProgrammeDefinition, Read, require
from shared.contracts.types import BANGKOK, bangkok_midnight

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clock of who reports an end may run before ours."""


def programme_stream(programme: str) -> str:
    """The stream that a programme's definition is learned from."""
    return f"programme:{programme}"


def reads_programme(programme: str) -> Read:
    """The newest definition of the programme, as a stream to read."""
    return Read(KnownProgramme, programme_stream(programme))


def known_programme(context: Context, programme: str) -> KnownProgramme:
    """What was read of the programme; its version is 0 when nothing is known yet."""
    return context.state(KnownProgramme, programme_stream(programme))


def definition_of(context: Context, programme: str) -> ProgrammeDefinition:
    """The definition that was read; Rejected ``programme.not_known``."""
    return known_programme(context, programme).required(programme)


def require_activity(definition: ProgrammeDefinition, code: str, pointer: str = "/activity") -> None:
    """Rejected ``activity.unknown`` unless the programme has an activity of that code."""
    require(definition.activity(code) is not None, "activity.unknown", pointer=pointer, activity=code)


def require_regions(definition: ProgrammeDefinition, regions: Sequence[str], pointer: str = "/regions") -> None:
    """Each is a region of the programme and named once; Rejected ``activity.unknown_region``, ``….region_twice``."""
    for index, region in enumerate(regions):
        require_region(definition, region, f"{pointer}/{index}")
        require(region not in regions[:index], "activity.region_twice", pointer=f"{pointer}/{index}", region=region)


def require_region(definition: ProgrammeDefinition, region: str | None, pointer: str = "/region") -> None:
    """Rejected ``activity.unknown_region`` unless the programme has the region; None, the centre, always passes."""
    known = region is None or region in definition.regions
    require(known, "activity.unknown_region", pointer=pointer, region=region)


def require_past(end: datetime, now: datetime, pointer: str) -> None:
    """Rejected ``effective.in_future`` for an end that is still to come."""
    require(end <= now + CLOCK_SKEW, "effective.in_future", pointer=pointer, when=end.isoformat())


def bangkok_day(moment: datetime) -> date:
    """The day that it is in Bangkok at an instant."""
    return moment.astimezone(BANGKOK).date()


def last_instant(day: date) -> datetime:
    """The last microsecond of a day in Bangkok, in UTC."""
    return bangkok_midnight(day + timedelta(days=1)) - timedelta(microseconds=1)


def said(command: Command, without: Sequence[str] = ()) -> dict[str, Any]:
    """What a command says, field by field."""
    return {name: getattr(command, name) for name in type(command).model_fields if name not in without}


def told(event: Event | None, command: Command, without: Sequence[str] = ()) -> bool:
    """Whether an event says all that the command says; None says nothing."""
    if event is None:
        return False
    missing = object()
    return all(getattr(event, name, missing) == value for name, value in said(command, without).items())
