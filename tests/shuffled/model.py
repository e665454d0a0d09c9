"""What must become of facts that come in any order, by what each waits for, needs and is spoiled by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.shuffled.story import Story


@dataclass
class Model:
    """Facts that came, and how each stands."""

    facts: Mapping[str, Story]
    outcomes: dict[str, str] = field(default_factory=dict)
    waiting: list[Story] = field(default_factory=list)

    def come(self, fact: Story) -> str:
        """A fact comes; its outcome once everything that it brings has moved."""
        self._decide(fact)
        while moved := next((each for each in self._in_order() if self._outcome(each) != "waiting"), None):
            self.waiting.remove(moved)
            self.outcomes[moved.id] = self._outcome(moved)
        return self.outcomes[fact.id]

    def _decide(self, fact: Story) -> None:
        self.outcomes[fact.id] = self._outcome(fact)
        if self.outcomes[fact.id] == "waiting":
            self.waiting.append(fact)

    def _outcome(self, fact: Story) -> str:
        if self._any(fact.spoiled_by):
            return "rejected"
        if not self._all(fact.waits):
            return "waiting"
        return "accepted" if self._all(fact.needs) else "rejected"

    def _in_order(self) -> list[Story]:
        """Those that wait, in order of when they took effect and came."""
        return sorted(self.waiting, key=lambda each: each.day)

    def _all(self, ids: Iterable[str]) -> bool:
        return all(self.outcomes.get(each) == "accepted" for each in ids if each in self.facts)

    def _any(self, ids: Iterable[str]) -> bool:
        return any(self.outcomes.get(each) == "accepted" for each in ids)
