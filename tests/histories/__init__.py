"""Random histories of all kinds of streams, told straight from the contracts, without services.

Mostly what services would record: back-dated and told late, returned, restated, revised, voided. Now and then something
that fits nothing, as a view has to bear it. ``history(random, 200)`` gives the envelopes of 200 events in the order in
which they were recorded; the same random numbers give the same history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

from shared.contracts.envelope import Envelope
from tests.histories import activities, committees, evaluation, meetings, others
from tests.histories.teller import Teller

ACTIONS: Sequence[tuple[int, Callable[[Teller], None]]] = (
    *committees.ACTIONS,
    *meetings.ACTIONS,
    *activities.ACTIONS,
    *evaluation.ACTIONS,
    *others.ACTIONS,
)
"""What may happen next, and how often as against the others."""

YEAR = timedelta(days=400)
"""About so long every history takes."""


def history(random: Random, events: int, *, shards: int = 1) -> list[Envelope]:
    """At least so many events of two programmes, as stores with so many shards would hold them."""
    teller = Teller(random, shards, pace=YEAR / max(events, 50))
    begin(teller)
    weights = [weight for weight, _ in ACTIONS]
    while len(teller.envelopes) < events:
        teller.wait()
        (action,) = random.choices([action for _, action in ACTIONS], weights)
        action(teller)
    return teller.envelopes


def begin(teller: Teller) -> None:
    """Programmes and their indicators; now and then somebody is faster than that."""
    if teller.chance(0.1):
        committees.change_committee(teller)
    for programme in teller.programmes:
        committees.register(teller, programme)
        if teller.chance(0.9):
            evaluation.define_all(teller, programme)
