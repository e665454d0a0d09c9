"""A stream that a generated test drives: it commands, back-dates and voids, and the laws are looked at after each step.

The laws: what is decided folds to a state that may be; deciding is deterministic; told twice is nothing new; at every
time in the past the state may be; a refusal carries a code of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid5

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared.contracts import Aggregate, Command, Context, Rejected
from shared.contracts.common import FactVoided
from shared.contracts.recorded import Recorded
from shared.contracts.rejection import codes
from shared.contracts.types import BANGKOK
from shared.eventstore.history import Decided, decide, fold, living, void
from tests.given import SPACE

AGO = st.integers(-1, 25)
"""How many days before today something happened; tomorrow too, which is refused."""

START = datetime(2017, 3, 10, 2, 0, tzinfo=UTC)


class Driven(RuleBasedStateMachine):
    """Base of the state machines; a subclass names its aggregate, its stream and what other streams say."""

    aggregate: ClassVar[Aggregate[Any]]
    stream: ClassVar[str]
    states: ClassVar[Mapping[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.history: list[Recorded] = []
        self.now = START

    @property
    def context(self) -> Context:
        """What a decision may know now."""
        versions = dict.fromkeys(self.states, 1)
        return Context(self.now, "usr-officer", frozenset({"officer"}), self.stream, self.states, versions)

    @property
    def state(self) -> Any:
        """The stream as it is known now."""
        return fold(self.aggregate, self.history)

    def days_ago(self, days: int) -> date:
        """A day in Bangkok before today; -1 is tomorrow."""
        return (self.now.astimezone(BANGKOK) - timedelta(days=days)).date()

    def tell(self, command: Command) -> bool:
        """Command it; whether it was accepted."""
        try:
            decided = decide(self.aggregate, command, self.history, self.context)
        except Rejected as refusal:
            self._look_up(refusal)
            return False
        again = decide(self.aggregate, command, self.history, self.context)
        assert decided == again, "deciding is not deterministic"
        self._append(decided)
        assert decide(self.aggregate, command, self.history, self.context) == [], "told twice made something new"
        return True

    def _append(self, decided: list[Decided]) -> None:
        for each in decided:
            self.now += timedelta(seconds=1)
            version = len(self.history) + 1
            known = uuid5(SPACE, f"driven {version}")
            event = each.event.identified(known)
            self.history.append(
                Recorded(
                    event, known, each.stream, version, 0, version, each.occurred_at, self.now, self.now, "usr-officer"
                )
            )

    def _look_up(self, refusal: Rejected) -> None:
        code = codes()[refusal.code]
        assert code.th.format(**refusal.params)
        assert code.en.format(**refusal.params)

    @rule(hours=st.integers(1, 24 * 9))
    def time_passes(self, hours: int) -> None:
        """Nothing happens for a while."""
        self.now += timedelta(hours=hours)

    @rule(choice=st.integers(0, 1000))
    def void_one(self, choice: int) -> None:
        """Somebody finds that one of the facts was wrong."""
        if not self.history:
            return
        target = self.history[choice % len(self.history)]
        fact = FactVoided(event_id=target.id, reason="ผิด")
        try:
            self._append(void(self.aggregate, fact, self.history, self.context))
        except Rejected as refusal:
            self._look_up(refusal)

    @invariant()
    def at_no_time_is_a_rule_broken(self) -> None:
        """The invariant holds after each living fact, in the order in which they took effect."""
        state = self.aggregate.initial
        for each in living(self.history):
            state = self.aggregate.evolve(state, each.event)
            self.aggregate.invariant(state)
