"""Folding a stream at (effective time, known position), and deciding commands on it, back-dated ones too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from shared.contracts import Aggregate, Command, Context, Event, On, Rejected, require
from shared.contracts.common import FactVoided
from shared.contracts.event import Redacted
from shared.contracts.recorded import Learned, Recorded
from shared.contracts.types import BANGKOK, bangkok_midnight

S = TypeVar("S")

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may run before ours."""


class Decided(NamedTuple):
    """An event that was decided, with the stream it goes to and the instant it takes effect."""

    stream: str
    event: Event
    occurred_at: datetime


def living(history: Iterable[Recorded]) -> list[Recorded]:
    """What is left without voided facts, voidings and what was redacted, in order (occurred_at, position)."""
    kept = list(history)
    if not kept:
        return kept
    voided = {each.event.event_id for each in kept if isinstance(each.event, FactVoided)}
    facts = [each for each in kept if each.id not in voided and not isinstance(each.event, FactVoided | Redacted)]
    return sorted(facts, key=lambda each: (each.occurred_at, each.position))


def fold(
    aggregate: Aggregate[S],
    history: Iterable[Recorded],
    *,
    effective_at: datetime | None = None,
    position: int | None = None,
) -> S:
    """State of a stream as known at ``position`` of what was in effect at ``effective_at``; None: all of it."""
    known = (each for each in history if position is None or each.position <= position)
    state = aggregate.initial
    for each in living(known):
        if effective_at is None or each.occurred_at <= effective_at:
            state = aggregate.evolve(state, each.event)
    return state


def fold_learned(learned: Learned[S], history: Iterable[Recorded], *, effective_at: datetime | None = None) -> S:
    """What a service makes of another's events that were in effect at ``effective_at``; None: all of them."""
    state = learned.initial
    for each in living(history):
        if effective_at is None or each.occurred_at <= effective_at:
            state = learned.evolve(state, each)
    return state


def takes_effect(moment: date | datetime | None, now: datetime, history: Sequence[Recorded]) -> datetime:
    """The instant at which something takes effect on a stream.

    An instant is itself and None is now. A day is its midnight in Bangkok, but not before what the stream already
    holds of that day: within a day that nobody gave an hour for, things took effect in the order they were told.
    """
    if moment is None:
        return now
    if isinstance(moment, datetime):
        return moment
    begins = bangkok_midnight(moment)
    same_day = (each.occurred_at for each in history if each.occurred_at.astimezone(BANGKOK).date() == moment)
    return max([begins, *same_day])


def decide(aggregate: Aggregate[S], command: Command, history: Sequence[Recorded], context: Context) -> list[Decided]:
    """Decide a command on the state at its effective time, then see that what came later still holds.

    Raises Rejected: what the aggregate refuses, ``effective.in_future``, ``effective.contradicts_later``.
    """
    facts = living(history)
    at = effective_time(command, facts, context.now)
    before = [each for each in facts if each.occurred_at <= at]
    state = fold(aggregate, before)
    decided = [_place(each, context, at) for each in aggregate.decide(command, state, context)]
    _require_consistent(
        aggregate, state, [each for each in decided if each.stream == context.stream], facts[len(before) :]
    )
    return decided


def effective_time(command: Command, facts: Sequence[Recorded], now: datetime) -> datetime:
    """When a command takes effect; Rejected ``effective.in_future`` when it may not lie ahead and does."""
    at = takes_effect(command.moment(), now, facts)
    if at > now + AHEAD and not command.may_be_future:
        raise Rejected("effective.in_future", when=at.isoformat())
    return at


def void(aggregate: Aggregate[Any], fact: FactVoided, history: Sequence[Recorded], context: Context) -> list[Decided]:
    """Take one fact out of later folds, if what remains still holds; by its sender or an officer."""
    found = next((each for each in history if each.id == fact.event_id), None)
    if found is None:
        raise Rejected("fact.not_found", event_id=fact.event_id)
    require(not isinstance(found.event, FactVoided), "fact.not_voidable")
    require(context.actor == found.actor or "officer" in context.roles, "fact.not_yours")
    facts = living(history)
    require(any(each.id == fact.event_id for each in facts), "fact.already_voided", event_id=fact.event_id)
    aggregate.voidable(fold(aggregate, facts), fact, context)
    last = facts[-1]
    if aggregate.steps and last.id != fact.event_id:
        raise Rejected("effective.contradicts_later", broken=type(last.event).__name__)
    _require_consistent(aggregate, aggregate.initial, [], [each for each in facts if each.id != fact.event_id])
    return [Decided(context.stream, fact, context.now)]


def _place(decided: Event | On, context: Context, at: datetime) -> Decided:
    if isinstance(decided, On):
        return Decided(decided.stream, decided.event, at)
    return Decided(context.stream, decided, at)


def _require_consistent(aggregate: Aggregate[S], state: S, own: Sequence[Decided], later: Sequence[Recorded]) -> None:
    for decided in own:
        state = aggregate.evolve(state, decided.event)
    if own:
        aggregate.invariant(state)
    for each in later:
        state = aggregate.evolve(state, each.event)
        try:
            aggregate.invariant(state)
        except Rejected as broken:
            raise Rejected("effective.contradicts_later", broken=broken.code) from broken
