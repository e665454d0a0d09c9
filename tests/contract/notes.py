"""A small aggregate for tests of HTTP: a note that is begun and revised, with every kind of value in its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

import uuid_utils.compat

from shared.contracts import Aggregate, Claim, Command, Context, Event, require
from shared.contracts.activity import ActivityStarted, DeadlineExtended
from shared.contracts.types import ActivityCode, Day, Line, OrderNumber, ProgrammeId
from shared.web.collection import APPROVER, Collection, Lookup

NOTE = "note:2560-cluster:1.2"
BEGIN = {"programme": "2560-cluster", "code": "1.2", "started_on": "2017-01-12"}
REVISE = {"until": "2017-02-01", "text": "เลื่อนไปก่อน"}
OTHER = {"until": "2017-03-01", "text": "เลื่อนอีกครั้ง"}


class BeginNote(Command, effective="started_on"):
    """Begin a note."""

    programme: ProgrammeId
    code: ActivityCode
    started_on: Day

    def stream(self) -> str:
        """One note for each activity."""
        return f"note:{self.programme}:{self.code}"


class ReviseNote(Command):
    """Say something else."""

    until: Day
    text: Line


class SignNote(Command):
    """Sign it; an approver's business."""


class Status(StrEnum):
    """How far a note has got."""

    NONE = "none"
    BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Note:
    """A note."""

    status: Status = Status.NONE
    begun_on: date | None = None
    text: str = ""
    weight: Decimal = Decimal("12.50")
    words: frozenset[str] = frozenset()
    days: Mapping[date, int] = field(default_factory=dict)
    order: OrderNumber | None = None


def evolve(note: Note, event: Event) -> Note:
    """The note after one more event."""
    match event:
        case ActivityStarted(started_on=day):
            order = OrderNumber(unit="สพฐ.", number=1, year=2560)
            return replace(note, status=Status.BEGUN, begun_on=day, order=order)
        case DeadlineExtended(deadline=day, reason=text):
            return replace(note, text=text, words=frozenset(["ข", "ก", text]), days={**note.days, day: 1})
        case _:
            return note


def decide(command: Command, note: Note, context: Context) -> list[Event]:
    """What a command makes."""
    match command:
        case BeginNote(programme=programme, code=code, started_on=day):
            if note.begun_on == day:
                return []
            require(note.status is Status.NONE, "activity.already_planned", activity=context.stream)
            return [ActivityStarted(programme=programme, code=code, started_on=day)]
        case ReviseNote(until=until, text=text):
            if note.text == text:
                return []
            require(note.status is Status.BEGUN, "activity.not_planned", activity=context.stream)
            require(text != "ห้าม", "activity.dates_out_of_order", pointer="/text")
            return [DeadlineExtended(programme="2560-cluster", code="1.2", deadline=until, reason=text)]
        case _:
            return []


def invariant(note: Note) -> None:
    """What was said needs a beginning."""
    require(not note.text or note.status is Status.BEGUN, "activity.not_planned", activity="note")


AGGREGATE = Aggregate("note", Note(), evolve, decide, invariant)
BOOK = Claim("order", "book")


async def anywhere(_command: BeginNote, _lookup: Lookup) -> str:
    """A new stream each time."""
    return f"note:{uuid_utils.compat.uuid7()}"


COLLECTIONS = (
    Collection("notes", AGGREGATE, BeginNote, {"revise": ReviseNote, "sign": SignNote}, roles={"sign": APPROVER}),
    Collection("loose-notes", AGGREGATE, BeginNote, locate=anywhere),
)
