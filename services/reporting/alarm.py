"""An alarm: raised when a condition holds, acknowledged or silenced by an operator, cleared when it holds no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.contracts import Aggregate, Command, Context, Event, require
from shared.contracts.reporting import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmKind,
    AlarmProgramme,
    AlarmRaised,
    AlarmSilenced,
    AlarmSubject,
    Occurrence,
)
from shared.contracts.types import Bilingual, Instant, Prose

SYSTEM = "system"
"""Stands in a stream's name where an alarm is of no programme."""


class RaiseAlarm(Command):
    """Raise it for the ``occurrence``-th time."""

    programme: AlarmProgramme = None
    kind: AlarmKind
    what: AlarmSubject
    occurrence: Occurrence
    message: Bilingual

    def stream(self) -> str:
        """Stream of the alarm."""
        return alarm_stream(self.programme, self.kind, self.what)


class AcknowledgeAlarm(Command):
    """Say that somebody sees to it."""

    reason: Prose


class SilenceAlarm(Command):
    """Have nobody told of it until then."""

    until: Instant
    reason: Prose


class ClearAlarm(Command):
    """The condition of its ``occurrence``-th time holds no more."""

    occurrence: Occurrence


class Status(StrEnum):
    """Where an alarm stands; a silence is beside it, as it outlasts what was raised."""

    NONE = "none"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm with what was said of it last."""

    steps: tuple[Status, ...] = ()
    """Of the present occurrence."""
    raised: AlarmRaised | None = None
    acknowledged: AlarmAcknowledged | None = None
    silenced: AlarmSilenced | None = None

    @property
    def status(self) -> Status:
        """Where it stands."""
        return self.steps[-1] if self.steps else Status.NONE

    @property
    def occurrence(self) -> int:
        """How often it was raised."""
        return self.raised.occurrence if self.raised else 0

    @property
    def is_open(self) -> bool:
        """Whether its condition holds, as far as was told."""
        return self.status in (Status.RAISED, Status.ACKNOWLEDGED)

    def is_silent(self, now: datetime) -> bool:
        """Whether nobody is told of it at that time, by the machines' clock."""
        return self.silenced is not None and now < self.silenced.until


FOLLOWS: Mapping[Status, frozenset[Status]] = {
    Status.RAISED: frozenset({Status.NONE}),
    Status.ACKNOWLEDGED: frozenset({Status.RAISED, Status.ACKNOWLEDGED}),
    Status.CLEARED: frozenset({Status.RAISED, Status.ACKNOWLEDGED}),
}
"""What each may come after, within one occurrence."""


def alarm_stream(programme: str | None, kind: str, what: str) -> str:
    """Stream of an alarm, such as ``alarm:2560-cluster:committee.without_chair:R07``."""
    return f"alarm:{programme or SYSTEM}:{kind}:{what}"


def evolve(alarm: Alarm, event: Event) -> Alarm:
    """The alarm after one more event."""
    match event:
        case AlarmRaised():
            return replace(alarm, steps=(Status.RAISED,), raised=event, acknowledged=None)
        case AlarmAcknowledged():
            return replace(alarm, steps=(*alarm.steps, Status.ACKNOWLEDGED), acknowledged=event)
        case AlarmSilenced():
            return replace(alarm, silenced=event)
        case AlarmCleared():
            return replace(alarm, steps=(*alarm.steps, Status.CLEARED))
        case _:
            return alarm


def invariant(alarm: Alarm) -> None:
    """Every step follows from the one before it. Raises Rejected ``alarm.not_open``."""
    before = Status.NONE
    for step in alarm.steps:
        require(before in FOLLOWS[step], "alarm.not_open")
        before = step


def decide(command: Command, alarm: Alarm, context: Context) -> list[Event]:
    """Events that the command makes; codes ``alarm.*``."""
    match command:
        case RaiseAlarm():
            told_before = alarm.is_open or command.occurrence <= alarm.occurrence
            return [] if told_before else [AlarmRaised(**dict(command))]
        case ClearAlarm():
            raised = _open(alarm)
            return [AlarmCleared(**_named(raised))] if command.occurrence == raised.occurrence else []
        case AcknowledgeAlarm():
            return _acknowledge(command, alarm, context)
        case SilenceAlarm():
            return _silence(command, alarm, context)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of an alarm")


def _acknowledge(command: AcknowledgeAlarm, alarm: Alarm, context: Context) -> list[Event]:
    said = AlarmAcknowledged(**_named(_open(alarm)), reason=command.reason, operator=context.actor)
    return [] if _same(alarm.acknowledged, said) else [said]


def _silence(command: SilenceAlarm, alarm: Alarm, context: Context) -> list[Event]:
    """An alarm may be silenced while it is cleared: it is known that it will be raised again."""
    require(alarm.raised is not None, "alarm.not_found")
    assert alarm.raised is not None
    said = AlarmSilenced(**_named(alarm.raised), until=command.until, reason=command.reason, operator=context.actor)
    return [] if _same(alarm.silenced, said) else [said]


def _open(alarm: Alarm) -> AlarmRaised:
    require(alarm.raised is not None, "alarm.not_found")
    require(alarm.is_open, "alarm.not_open")
    assert alarm.raised is not None
    return alarm.raised


def _named(raised: AlarmRaised) -> dict[str, object]:
    return {name: getattr(raised, name) for name in ("programme", "kind", "what", "occurrence")}


def _same(known: Event | None, said: Event) -> bool:
    return known is not None and dict(known) == dict(said)


ALARM = Aggregate("alarm", Alarm(), evolve, decide, invariant)
