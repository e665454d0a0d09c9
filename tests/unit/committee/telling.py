"""One stream that generated tests tell commands to, back-dated ones and voidings too, as the pipeline would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import pytest

from shared.contracts import Aggregate, Command, Context, Rejected
from shared.contracts.common import FactVoided
from shared.contracts.recorded import Recorded
from shared.contracts.rejection import codes
from shared.eventstore.history import Decided, decide, fold, living, void
from tests.given import BEGIN, Outcome, event_id

S = TypeVar("S")
OFFICER = "usr-officer"


class Told(Generic[S]):
    """A stream of one aggregate with what was told to it so far; every telling comes a day after the one before."""

    def __init__(
        self, aggregate: Aggregate[S], stream: str, states: Callable[[], Mapping[str, Any]] = dict, begin: int = 20
    ) -> None:
        """``begin``: days after the programme's first that telling begins."""
        self.aggregate = aggregate
        self.stream = stream
        self.history: list[Recorded] = []
        self.elsewhere: list[Decided] = []
        self.now = BEGIN + timedelta(days=begin)
        self._states = states

    @property
    def state(self) -> S:
        """What everything told so far comes to."""
        return fold(self.aggregate, self.history)

    @property
    def facts(self) -> list[Recorded]:
        """What was told and not voided."""
        return living(self.history)

    def tell(self, command: Command) -> list[Decided] | None:
        """Decide a command and keep what it made; None: refused, with a code that has both its sentences."""
        try:
            decided = decide(self.aggregate, command, self.history, self._context())
        except Rejected as refusal:
            sentences(refusal)
            return None
        self._keep(decided)
        assert decide(self.aggregate, command, self.history, self._context()) == [], "told twice: nothing new"
        return decided

    def void(self, event: UUID) -> bool:
        """Void a fact; False: refused."""
        try:
            decided = void(self.aggregate, FactVoided(event_id=event, reason="บันทึกผิด"), self.history, self._context())
        except Rejected as refusal:
            sentences(refusal)
            return False
        self._keep(decided)
        return True

    def check(self) -> None:
        """The state holds after each fact, in order of effect; called after every telling, so as known then too."""
        state = self.aggregate.initial
        for each in self.facts:
            state = self.aggregate.evolve(state, each.event)
            self.aggregate.invariant(state)

    def _context(self) -> Context:
        return Context(self.now, OFFICER, frozenset({"officer"}), self.stream, self._states())

    def _keep(self, decided: list[Decided]) -> None:
        self.now += timedelta(days=1)
        for each in decided:
            if each.stream == self.stream:
                self.history.append(self._recorded(each, self.now))
            else:
                self.elsewhere.append(each)

    def _recorded(self, decided: Decided, at: datetime) -> Recorded:
        place = len(self.history) + 1
        known = event_id(place)
        return Recorded(
            decided.event.identified(known), known, self.stream, place, 0, place, decided.occurred_at, at, at, OFFICER
        )


def sentences(refusal: Rejected) -> tuple[str, str]:
    """What is said of a refusal in Thai and in English; KeyError when a blank is not filled."""
    code = codes()[refusal.code]
    return code.th.format_map(refusal.params), code.en.format_map(refusal.params)


def refused(outcome: Outcome, code: str, status: int = 422) -> None:
    """Expect a refusal with ``code`` and its HTTP status, and that both its sentences can be said."""
    with pytest.raises(Rejected) as refusal:
        outcome.decided()
    assert refusal.value.code == code, str(refusal.value)
    assert codes()[code].status == status
    assert all(sentences(refusal.value))
