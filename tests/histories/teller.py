"""A journal that tells itself, by random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from shared.contracts.common import FactVoided
from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.envelope import Envelope
from shared.contracts.event import REGISTRY, Event
from shared.contracts.types import BANGKOK
from tests.histories.programmes import PROGRAMMES
from tests.journal import Journal

T = TypeVar("T")
Fields = dict[str, Any]

WORDS = ("ตามมติที่ประชุม", "ขยายเวลา", "ผิดพลาด", "as agreed", 'with "quotes" and \\', "ครบวาระ 🎓", "a\nb")
PERSONS = tuple(str(UUID(int=number, version=4)) for number in range(1, 13))
OFFICES = ("ศึกษาธิการภาค", "ผู้อำนวยการ", "สำนักงาน ก", "clerk")


class Teller(Journal):
    """Tells random events; every choice comes from ``random``."""

    def __init__(self, random: Random, shards: int = 1, pace: timedelta = timedelta(hours=12)) -> None:
        super().__init__(shards)
        self.random = random
        self.pace = pace
        self.programmes: Sequence[ProgrammeDefinition] = PROGRAMMES
        self._read: dict[str, Event] = {}

    # Chance.

    def chance(self, part: float) -> bool:
        """True in that part of all cases."""
        return self.random.random() < part

    def pick(self, among: Sequence[T]) -> T:
        """One of these."""
        return self.random.choice(among)

    def words(self) -> str:
        """Some text."""
        return self.pick(WORDS)

    def number(self, least: int, most: int) -> int:
        """A number, both ends included."""
        return self.random.randint(least, most)

    def programme(self) -> ProgrammeDefinition:
        """Mostly the first programme."""
        return self.programmes[0 if self.chance(0.8) else 1]

    # Time.

    def wait(self) -> None:
        """Let no time, a moment, or some more go by."""
        self.now += self.pick((timedelta(), timedelta(minutes=7), self.pace / 2, 4 * self.pace))

    @property
    def today(self) -> date:
        """The day in Bangkok."""
        return self.now.astimezone(BANGKOK).date()

    def day(self, back: int = 40, ahead: int = 0) -> str:
        """A day of late, or so many ahead; often today."""
        if self.chance(0.3):
            return self.today.isoformat()
        return (self.today + timedelta(days=self.number(-back, ahead))).isoformat()

    def hour(self, back: int = 40, ahead: int = 0) -> datetime:
        """An instant of late, or so many days ahead, on the whole hour; some of them on Bangkok's midnight."""
        whole = self.now.replace(minute=0, second=0, microsecond=0)
        moment = whole + timedelta(days=self.number(-back, ahead), hours=self.number(-5, 5))
        return moment.replace(hour=17) if self.chance(0.1) else moment

    # Telling.

    def say(self, stream: str, name: str, **fields: Any) -> Envelope:
        """Tell an event by name; some of them were received long before they were recorded."""
        late = timedelta(days=self.number(1, 20)) if self.chance(0.1) else timedelta()
        return self.say_received(self.now - late, stream, name, fields)

    def say_received(self, at: datetime, stream: str, name: str, fields: Fields) -> Envelope:
        """Tell an event that was received at an instant."""
        event = REGISTRY.newest()[name].model_validate(fields)
        envelope = self.tell(stream, event, received_at=at, command=str(len(self.envelopes)))
        self._read[envelope.event_id] = event
        return envelope

    # What was told.

    def event(self, envelope: Envelope) -> Event:
        """The content of what was told."""
        return self._read[envelope.event_id]

    def begun(self, aggregate: str) -> list[str]:
        """Streams of that kind that have events."""
        return [stream for stream, told in self.streams.items() if told and stream.startswith(f"{aggregate}:")]

    def stream(self, aggregate: str, programme: str, most: int = 6) -> str:
        """One of some streams of that kind that are of a programme; the more of them the more was told."""
        return f"{aggregate}:{programme[:4]}-{self.number(1, most + len(self.envelopes) // 30)}"

    def living(self, stream: str, *names: str) -> list[Envelope]:
        """What holds of a stream, in order (occurred_at, position); of these names only."""
        told = self.streams.get(stream, [])
        voided = {str(event.event_id) for each in told if isinstance(event := self.event(each), FactVoided)}
        kept = [
            each
            for each in told
            if each.event_id not in voided
            and self.event(each).spec.name != "FactVoided"
            and (not names or self.event(each).spec.name in names)
        ]
        return sorted(kept, key=lambda each: (each.occurred_at, each.position))

    def last(self, stream: str, *names: str) -> Envelope | None:
        """The last of those."""
        living = self.living(stream, *names)
        return living[-1] if living else None

    def names(self, stream: str) -> list[str]:
        """Names of what holds of a stream, in order."""
        return [self.event(each).spec.name for each in self.living(stream)]
