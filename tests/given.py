"""Given/when/then over the real fold and decide: what a test of a rule reads like.

    given(proposed).on("committee:2560-cluster:R07:1", AGGREGATE).when(appoint()).then(appointed)
    given(proposed).on(...).when(appoint(members=[chair, chair])).then_rejected("committee.one_chair")

Events are given in the order they were recorded, one minute apart; a type that names its time of effect brings it, all
others took effect when they were recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from shared.contracts import Aggregate, Command, Context, Event, On, Rejected
from shared.contracts.common import FactVoided
from shared.contracts.recorded import Recorded
from shared.contracts.rejection import codes
from shared.eventstore.history import Decided, decide, fold, takes_effect, void

BEGIN = datetime(2016, 10, 3, 2, 0, tzinfo=UTC)
SPACE = UUID("7b0b7d0e-2f0b-4a57-9c0a-5d1c8f7d3a10")


def event_id(index: int) -> UUID:
    """Id that the ``index``-th given event (from 0) has."""
    return uuid5(SPACE, str(index))


def record(
    events: Sequence[Event], stream: str = "test:1", *, begin: datetime = BEGIN, actor: str = "usr-officer"
) -> list[Recorded]:
    """Events as a store would hold them: gapless, a minute apart, each in effect when its type says."""
    history: list[Recorded] = []
    for index, event in enumerate(events):
        at = begin + timedelta(minutes=index)
        occurred = takes_effect(event.moment(), at, history)
        known = event.identified(event_id(index))
        history.append(Recorded(known, event_id(index), stream, index + 1, 0, index + 1, occurred, at, at, actor))
    return history


@dataclass(frozen=True)
class Scenario:
    """Given events on a stream, the states of other streams, a clock and an actor."""

    events: tuple[Event, ...]
    aggregate: Aggregate[Any] | None = None
    stream: str = "test:1"
    begin: datetime = BEGIN
    now: datetime = datetime(2017, 6, 1, 3, 0, tzinfo=UTC)
    actor: str = "usr-officer"
    roles: frozenset[str] = frozenset({"officer"})
    states: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)

    def on(self, stream: str, aggregate: Aggregate[Any]) -> Scenario:
        """The stream the events stand on, and what kind it is."""
        return replace(self, stream=stream, aggregate=aggregate)

    def told_from(self, begin: datetime) -> Scenario:
        """When the first of the events was recorded."""
        return replace(self, begin=begin)

    def at(self, now: datetime) -> Scenario:
        """Business clock at the time of the command."""
        return replace(self, now=now)

    def by(self, actor: str, *roles: str) -> Scenario:
        """Who commands."""
        return replace(self, actor=actor, roles=frozenset(roles))

    def where(self, stream: str, state: Any, version: int = 1) -> Scenario:
        """State of another stream that the decision reads."""
        return replace(self, states={**self.states, stream: state}, versions={**self.versions, stream: version})

    @property
    def history(self) -> list[Recorded]:
        """The given events as recorded."""
        return record(self.events, self.stream, begin=self.begin)

    def state(self, effective_at: datetime | None = None) -> Any:
        """What the given events fold to."""
        assert self.aggregate is not None
        return fold(self.aggregate, self.history, effective_at=effective_at)

    def when(self, command: Command | FactVoided) -> Outcome:
        """Decide the command."""
        return Outcome(self, command)


@dataclass(frozen=True)
class Outcome:
    """What is expected of a decision."""

    scenario: Scenario
    command: Command | FactVoided

    def decided(self) -> list[Decided]:
        """What was decided; raises Rejected."""
        given, aggregate = self.scenario, self.scenario.aggregate
        assert aggregate is not None, "say .on(stream, aggregate)"
        context = Context(given.now, given.actor, given.roles, given.stream, given.states, given.versions)
        if isinstance(self.command, FactVoided):
            return void(aggregate, self.command, given.history, context)
        declared = {read.stream for read in aggregate.reads(self.command, given.state())}
        assert declared <= set(given.states), f"say .where(...) for {declared - set(given.states)}"
        return decide(aggregate, self.command, given.history, context)

    def then(self, *expected: Event | On) -> None:
        """Exactly these events; none at all: told twice, nothing new."""
        stream = self.scenario.stream
        found = [each.event if each.stream == stream else On(each.stream, each.event) for each in self.decided()]
        assert found == list(expected)

    def then_rejected(self, code: str) -> None:
        """Refused with that code, whose sentences its params fill."""
        with pytest.raises(Rejected) as refusal:
            self.decided()
        assert refusal.value.code == code, str(refusal.value)
        for sentence in (codes()[code].th, codes()[code].en):
            assert sentence.format(**refusal.value.params)


def given(*events: Event) -> Scenario:
    """A stream with these events."""
    return Scenario(events)
