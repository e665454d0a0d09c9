"""Folding a stream: living events in order, into the rows that the stream gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from services.reporting.projections.activities import ActivityFold
from services.reporting.projections.briefings import BriefingFold
from services.reporting.projections.committees import CommitteeFold
from services.reporting.projections.fact import VOIDED, Fact
from services.reporting.projections.indicators import IndicatorsFold
from services.reporting.projections.measurements import MeasurementFold
from services.reporting.projections.meetings import MeetingFold
from services.reporting.projections.programmes import ProgrammeFold
from services.reporting.projections.supervision import RecommendationFold, VisitFold
from services.reporting.projections.tables import Given, Row


class Fold(Protocol):
    """State of one stream, made for its name; it is stepped through the stream's living events in order."""

    tables: ClassVar[tuple[str, ...]]
    """Where its rows stand; each such table has a column ``stream``."""

    def __init__(self, stream: str) -> None: ...

    def step(self, fact: Fact) -> None:
        """Take in one more event; one that does not fit changes nothing. Raises KeyError, ValueError, TypeError."""

    def give(self, rows: Given) -> None:
        """Add to ``rows`` what changed since it was asked last: all rows of a table, of an appended one new ones."""


FOLDS: Mapping[str, type[Fold]] = {
    "programme": ProgrammeFold,
    "committee": CommitteeFold,
    "meeting": MeetingFold,
    "activity": ActivityFold,
    "briefing": BriefingFold,
    "indicators": IndicatorsFold,
    "measurement": MeasurementFold,
    "supervision": VisitFold,
    "recommendation": RecommendationFold,
}
"""How streams are folded, by the first part of their names; others give no rows of their own."""

APPENDED = frozenset({"score"})
"""Tables of which a fold gives each row once."""


@dataclass(slots=True)
class Folded:
    """A stream's fold and how far it has come."""

    fold: Fold
    last: datetime | None
    """``occurred_at`` of the last event in order; None before the first."""
    voids: bool
    """Whether a voiding is in the stream; then every further event folds it anew."""

    def follows(self, facts: Iterable[Fact]) -> bool:
        """Whether these, in order of position, stand behind everything so far and void nothing."""
        last = self.last
        for fact in facts:
            if fact.name == VOIDED or (last is not None and fact.occurred_at < last):
                return False
            last = fact.occurred_at
        return not self.voids

    def step(self, facts: Iterable[Fact]) -> None:
        """Take in events that follow; one that was redacted has no effect."""
        for fact in facts:
            if fact.body:
                self.fold.step(fact)
            self.last = fact.occurred_at


def kind_of(stream: str) -> str:
    """First part of a stream's name."""
    return stream.partition(":")[0]


def living(facts: Iterable[Fact]) -> list[Fact]:
    """What is left when voided facts and the voidings themselves are taken out, in order (occurred_at, position)."""
    kept = list(facts)
    gone = {fact.voids for fact in kept if fact.name == VOIDED}
    left = [fact for fact in kept if fact.event_id not in gone and fact.name != VOIDED] if gone else kept
    return sorted(left, key=_order)


def folded(kind: type[Fold], stream: str, facts: Sequence[Fact]) -> Folded:
    """The fold of a whole stream."""
    done = Folded(kind(stream), None, False)
    if len(facts) > 1:
        done.voids = any(fact.name == VOIDED for fact in facts)
        facts = living(facts)
    done.step(facts)
    return done


def voided(facts: Sequence[Fact]) -> list[Row]:
    """Rows of ``voided`` that a stream gives: what its voidings name, and what was said of a measurement so named."""
    known = {fact.event_id: fact for fact in facts}
    by: dict[str, str] = {}
    for fact in sorted(facts, key=_position):
        target = known.get(fact.voids) if fact.voids else None
        if target is not None and target.name != VOIDED:
            for event_id in (target.event_id, *_said_of(target, facts)):
                by.setdefault(event_id, fact.event_id)
    stream = facts[0].stream if facts else ""
    return [(event_id, stream, voided_by) for event_id, voided_by in sorted(by.items())]


def newly_voided(facts: Sequence[Fact], voidings: Iterable[Fact]) -> list[Fact]:
    """The events that ``voidings``, and none before them, void; ``facts`` holds them and all voidings of the stream."""
    known = {fact.event_id: fact for fact in facts}
    first: dict[str, Fact] = {}
    for fact in sorted(facts, key=_position):
        if fact.voids:
            first.setdefault(fact.voids, fact)
    now = {fact.event_id for fact in voidings}
    return [
        known[target]
        for target, voiding in first.items()
        if voiding.event_id in now and target in known and known[target].name != VOIDED
    ]


def _said_of(measurement: Fact, facts: Iterable[Fact]) -> list[str]:
    if measurement.name != "IndicatorMeasured":
        return []
    said = ("MeasurementVerified", "MeasurementReturned")
    return [fact.event_id for fact in facts if fact.name in said and fact.body.get("measured") == measurement.event_id]


def _order(fact: Fact) -> tuple[datetime, int]:
    return fact.occurred_at, fact.position


def _position(fact: Fact) -> int:
    return fact.position
