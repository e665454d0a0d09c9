"""Facts that come one a request: those that come meanwhile are decided together next, and nobody waits for more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from services.evaluation.facts import FACTS
from shared.eventstore.append import Answer, StoreUnavailable
from shared.ingress.cloudevents import Incoming
from shared.ingress.gathering import Gathering
from shared.ingress.handler import FactHandler
from shared.ingress.lanes import AT_ONCE
from shared.ingress.register import Publisher

SENDER = Publisher("area-offices")


class Decides:
    """Stands for the handler: notes who is decided together, and answers once it is let."""

    facts = FACTS

    def __init__(self) -> None:
        self.groups: list[tuple[Publisher, list[str]]] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def take_plain(self, many: Sequence[Incoming], publisher: Publisher) -> list[Answer | None]:
        """Nothing is to be said of an id that begins with x."""
        self.groups.append((publisher, [each.id for each in many]))
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return [None if each.id.startswith("x") else cast("Answer", each.id) for each in many]


def visit(fact_id: str) -> Incoming:
    """A fact that begins a stream of its own."""
    event_type = "th.go.obec.cluster.SupervisionVisited.v1"
    return Incoming(fact_id, "/ext/area-offices/all", event_type, "", None, {}, {})


def measured(fact_id: str, scope: str) -> Incoming:
    """A fact of a region's figures."""
    event_type, data = "th.go.obec.cluster.IndicatorMeasured.v1", {"programme": "2560-cluster", "scope": scope}
    return Incoming(fact_id, "/ext/area-offices/all", event_type, "", None, data, {})


class Desk:
    """A gathering over the stand-in, and what was sent to it."""

    def __init__(self) -> None:
        self.decides = Decides()
        self._gathering = Gathering(cast("FactHandler", self.decides))

    def send(self, *facts: Incoming, publisher: Publisher = SENDER) -> list[asyncio.Task[Any]]:
        """Each as a request of its own."""
        return [asyncio.create_task(self._gathering.take_plain(each, publisher)) for each in facts]

    @property
    def together(self) -> list[list[str]]:
        """Ids by group, in order."""
        return [ids for _, ids in self.decides.groups]


async def settled() -> None:
    """Let everybody go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_comes_at_once_is_decided_together_and_each_gets_its_own_answer() -> None:
    desk = Desk()
    desk.decides.gate.set()
    assert await asyncio.gather(*desk.send(visit("1"), visit("x2"), visit("3"))) == ["1", None, "3"]
    assert desk.together == [["1", "x2", "3"]]


async def test_what_comes_while_others_are_decided_is_decided_together_next() -> None:
    desk = Desk()
    first: list[asyncio.Task[Any]] = []
    for n in range(AT_ONCE):
        first += desk.send(visit(str(n)))
        await settled()
    later = desk.send(visit("a"), visit("b"))
    await settled()
    assert desk.together == [[str(n)] for n in range(AT_ONCE)]
    desk.decides.gate.set()
    assert await asyncio.gather(*first, *later) == [*map(str, range(AT_ONCE)), "a", "b"]
    assert desk.together[AT_ONCE:] == [["a", "b"]]


async def test_what_may_concern_the_stream_of_another_is_not_decided_with_it_nor_waits_for_it() -> None:
    desk = Desk()
    one, two, three = desk.send(measured("1", "R01"), measured("2", "R01"), measured("3", "R02"))
    await settled()
    assert desk.together == [["1", "3"]]
    assert (one.done(), await two) == (False, None)
    desk.decides.gate.set()
    assert (await one, await three) == ("1", "3")


async def test_what_came_twice_is_not_decided_together() -> None:
    desk = Desk()
    desk.decides.gate.set()
    assert await asyncio.gather(*desk.send(measured("1", "R01"), measured("1", "R02"))) == ["1", None]
    assert desk.together == [["1"]]


async def test_each_publisher_s_are_decided_by_its_own_rights() -> None:
    desk = Desk()
    desk.decides.gate.set()
    changed = replace(SENDER, suspended=True)
    await asyncio.gather(*desk.send(visit("1")), *desk.send(visit("2"), publisher=changed), *desk.send(visit("3")))
    assert desk.decides.groups == [(SENDER, ["1", "3"]), (changed, ["2"])]


async def test_publishers_do_not_wait_for_each_other() -> None:
    desk = Desk()
    sent = [*desk.send(visit("1"), visit("2")), *desk.send(visit("3"), visit("4"), publisher=Publisher("e-meeting"))]
    await settled()
    assert desk.together == [["1", "2"], ["3", "4"]]
    desk.decides.gate.set()
    assert await asyncio.gather(*sent) == ["1", "2", "3", "4"]


async def test_who_hangs_up_leaves_the_others_their_answer() -> None:
    desk = Desk()
    gone, stays = desk.send(visit("1"), visit("2"))
    await settled()
    gone.cancel()
    desk.decides.gate.set()
    assert await stays == "2"


async def test_a_database_that_does_not_answer_is_told_to_everybody_and_what_comes_later_is_decided() -> None:
    desk = Desk()
    desk.decides.error = StoreUnavailable("cut")
    desk.decides.gate.set()
    for sent in desk.send(visit("1"), visit("2")):
        with pytest.raises(StoreUnavailable, match="cut"):
            await sent
    desk.decides.error = None
    assert await asyncio.gather(*desk.send(visit("3"), visit("4"))) == ["3", "4"]
