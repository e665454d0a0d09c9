"""Plan of one activity of the programme: planned, started, completed with its outputs, or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.activity.rules import bangkok_day, definition_of, reads_programme, require_activity
from shared.contracts import Aggregate, Command, Context, Event, Read, Rejected, require
from shared.contracts.activity import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityPlanned,
    ActivityStarted,
    DeadlineExtended,
    Outputs,
)
from shared.contracts.types import ActivityCode, Day, ProgrammeId, Prose


class PlanActivity(Command, effective="planned_on"):
    """Put an activity of the programme on the plan; ``planned_on`` None: today in Bangkok."""

    programme: ProgrammeId
    code: ActivityCode
    opens: Day
    closes: Day
    deadline: Day
    planned_on: Day | None = None

    def stream(self) -> str:
        """An activity of a programme has one plan."""
        return stream_of(self.programme, self.code)


class StartActivity(Command, effective="started_on"):
    """Say that work on it began."""

    started_on: Day


class CompleteActivity(Command, effective="completed_on"):
    """Say that it is done, and what came out of it."""

    completed_on: Day
    outputs: Outputs


class CancelActivity(Command, effective="cancelled_on"):
    """Say that it will not be done."""

    cancelled_on: Day
    reason: Prose


class ExtendDeadline(Command):
    """Give it more time."""

    deadline: Day
    reason: Prose


class Status(StrEnum):
    """How far an activity has got."""

    NONE = "none"
    PLANNED = "planned"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity as its events tell it."""

    status: Status = Status.NONE
    programme: str = ""
    code: str = ""
    opens: date | None = None
    closes: date | None = None
    planned_by: date | None = None
    """Deadline of the plan, before any extension."""
    planned_on: date | None = None
    deadline: date | None = None
    started_on: date | None = None
    completed_on: date | None = None
    outputs: tuple[str, ...] = ()
    cancelled_on: date | None = None
    reason: str = ""
    broken: str = ""
    """Code of the rule that the first event which did not fit would break; empty in every stream as stored."""


Known = ActivityPlanned | ActivityStarted | ActivityCompleted | ActivityCancelled | DeadlineExtended

_OPEN = frozenset({Status.PLANNED, Status.STARTED})
_FITS: dict[type[Known], frozenset[Status]] = {
    ActivityPlanned: frozenset({Status.NONE}),
    ActivityStarted: frozenset({Status.PLANNED}),
    ActivityCompleted: frozenset({Status.STARTED}),
    ActivityCancelled: _OPEN,
    DeadlineExtended: _OPEN | {Status.COMPLETED},  # of what turns out to have been done by then, it is harmless
}
_MISFITS = {
    Status.NONE: "activity.not_planned",
    Status.PLANNED: "activity.not_started",
    Status.STARTED: "activity.already_started",
    Status.COMPLETED: "activity.already_completed",
    Status.CANCELLED: "activity.cancelled",
}


def stream_of(programme: str, code: str) -> str:
    """Stream of an activity."""
    return f"activity:{programme}:{code}"


def _require_fit(activity: Activity, event: Known) -> None:
    """Rejected unless the event can follow on what has happened."""
    if activity.status not in _FITS[type(event)]:
        again = isinstance(event, ActivityPlanned) and activity.status in _OPEN
        raise Rejected("activity.already_planned" if again else _MISFITS[activity.status], activity=event.code)
    if isinstance(event, DeadlineExtended) and activity.deadline:
        require(event.deadline > activity.deadline, "activity.deadline_not_later", pointer="/deadline")


def evolve(activity: Activity, event: Event) -> Activity:
    """The activity after one more event."""
    if not isinstance(event, Known):
        return activity
    try:
        _require_fit(activity, event)
    except Rejected as misfit:
        return replace(activity, broken=activity.broken or misfit.code)
    match event:
        case ActivityPlanned():
            return replace(
                activity,
                status=Status.PLANNED,
                programme=event.programme,
                code=event.code,
                opens=event.opens,
                closes=event.closes,
                planned_by=event.deadline,
                planned_on=event.planned_on,
                deadline=event.deadline,
            )
        case ActivityStarted(started_on=day):
            return replace(activity, status=Status.STARTED, started_on=day)
        case ActivityCompleted(completed_on=day, outputs=outputs):
            return replace(activity, status=Status.COMPLETED, completed_on=day, outputs=outputs)
        case ActivityCancelled(cancelled_on=day, reason=reason):
            return replace(activity, status=Status.CANCELLED, cancelled_on=day, reason=reason)
        case DeadlineExtended(deadline=deadline):
            return replace(activity, deadline=deadline)


def invariant(activity: Activity) -> None:
    """Rejected when an event did not fit on those before it."""
    require(not activity.broken, activity.broken, activity=activity.code)


def reads(command: Command, _activity: Activity) -> Sequence[Read]:
    """Planning asks the programme which activities it has."""
    return [reads_programme(command.programme)] if isinstance(command, PlanActivity) else []


def decide(command: Command, activity: Activity, context: Context) -> list[Event]:
    """Events that the command makes; codes ``activity.*``, ``programme.not_known``."""
    if isinstance(command, PlanActivity):
        return _plan(command, activity, context)
    require(activity.status is not Status.NONE, "activity.not_planned", activity=context.stream)
    programme, code = activity.programme, activity.code
    match command:
        case StartActivity(started_on=day):
            if activity.started_on == day:
                return []  # told twice: nothing new
            return _fitting(activity, ActivityStarted(programme=programme, code=code, started_on=day))
        case CompleteActivity(completed_on=day, outputs=outputs):
            if (activity.completed_on, activity.outputs) == (day, outputs):
                return []
            done = ActivityCompleted(programme=programme, code=code, completed_on=day, outputs=outputs)
            return _fitting(activity, done)
        case CancelActivity(cancelled_on=day, reason=reason):
            if (activity.cancelled_on, activity.reason) == (day, reason):
                return []
            off = ActivityCancelled(programme=programme, code=code, cancelled_on=day, reason=reason)
            return _fitting(activity, off)
        case ExtendDeadline(deadline=deadline, reason=reason):
            if activity.deadline == deadline:
                return []
            require(activity.status is not Status.COMPLETED, "activity.already_completed", activity=code)
            more = DeadlineExtended(programme=programme, code=code, deadline=deadline, reason=reason)
            return _fitting(activity, more)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of an activity")


def _plan(command: PlanActivity, activity: Activity, context: Context) -> list[Event]:
    if (activity.opens, activity.closes, activity.planned_by) == (command.opens, command.closes, command.deadline):
        return []
    require_activity(definition_of(context, command.programme), command.code, "/code")
    in_order = command.opens <= command.closes <= command.deadline
    require(in_order, "activity.dates_out_of_order", pointer="/deadline")
    planned = ActivityPlanned(
        programme=command.programme,
        code=command.code,
        opens=command.opens,
        closes=command.closes,
        deadline=command.deadline,
        planned_on=command.planned_on or bangkok_day(context.now),
    )
    return _fitting(activity, planned)


def _fitting(activity: Activity, event: Known) -> list[Event]:
    _require_fit(activity, event)
    return [event]


ACTIVITY = Aggregate("activity", Activity(), evolve, decide, invariant, reads)
