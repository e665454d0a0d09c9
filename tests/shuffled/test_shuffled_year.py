"""The year's facts in another order, twice, while what takes them is killed: it ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from random import Random

import pytest

from demo.client import Offices
from demo.example import PROGRAMME, REGIONS
from demo.year import definition
from tests.scenarios.product import Product, running_product
from tests.servers import Servers
from tests.shuffled.model import Model
from tests.shuffled.publishing import Publishers, publishers
from tests.shuffled.rows import differences, rows
from tests.shuffled.story import AT_THE_END, THE_FIRST_DAY, Story, plans, rivals, year

KILLED = (
    *("committee-api", "activity-api", "evaluation-api"),
    *("activity-reactions", "evaluation-reactions", "reporting-projector"),
)
"""What takes facts, and what consumes events."""
KILLS = 8
UNASKED = ("reporting-api",)
"""The views are read where they are stored."""
FEW = ("R01", "R02", "R07")

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def in_order(servers: Servers) -> Mapping[str, Counter[str]]:
    """The rows of the views when the facts came once, in order, and nothing was killed."""

    async def lived(product: Product) -> Mapping[str, Counter[str]]:
        async with begun(product) as publishing:
            await waves(publishing, year())
            await product.at_rest()
        return await rows(product.reporting_dsn)

    with running_product(servers, "in-order", without=UNASKED) as product:
        return asyncio.run(lived(product))


@pytest.fixture
def product(servers: Servers) -> Iterator[Product]:
    with running_product(servers, "shuffled", without=UNASKED) as made:
        yield made


@asynccontextmanager
async def begun(product: Product) -> AsyncIterator[Publishers]:
    """The programme and its indicators stand, the publishers are admitted, and it is the end of the year."""
    async with Offices(product.addresses) as offices:
        await offices.set_clock(THE_FIRST_DAY)
        await offices.send("committee", "programmes", {"definition": definition()})
        await offices.send("evaluation", "indicators", {"programme": PROGRAMME})
        for plan in plans():
            await offices.send("activity", "activities", plan)
        await offices.set_clock(AT_THE_END)
        async with publishers(product, offices) as publishing:
            yield publishing


async def waves(publishing: Publishers, facts: Sequence[Story], sent: Callable[[int], None] | None = None) -> None:
    """Send facts wave by wave, each once the one before it stands. ``sent`` is told how many were sent more."""
    for wave in sorted({fact.wave for fact in facts}):
        now = [fact for fact in facts if fact.wave == wave]
        await publishing.send(now, sent)
        await publishing.until_all_are("accepted", now)


class Killing:
    """Kills what takes and consumes whenever so many facts were sent; the supervisor starts it anew.

    The moments are places among the facts, not times: a fast machine is broken as often as a slow one.
    """

    def __init__(self, product: Product, chance: Random, facts: int) -> None:
        self._product, self._chance = product, chance
        self._moments = sorted(chance.sample(range(1, facts + 1), KILLS))
        self._sent = 0

    @property
    def left(self) -> int:
        """How many kills have not been made yet."""
        return len(self._moments)

    def sent(self, facts: int) -> None:
        """So many facts more were sent."""
        self._sent += facts
        while self._moments and self._moments[0] <= self._sent and self._kill():
            self._moments.pop(0)

    def _kill(self) -> bool:
        """Kill one that is up. False: none is, the next fact brings another chance."""
        living = [state for state in self._product.supervisor.states() if state.pid and state.name in KILLED]
        self._chance.shuffle(living)
        for state in living:
            with contextlib.suppress(ProcessLookupError):  # it may be on its way up again
                os.kill(int(state.pid or 0), signal.SIGKILL)
                return True
        return False


async def test_shuffled_doubled_and_killed_the_year_ends_with_the_same_views(
    product: Product, in_order: Mapping[str, Counter[str]], chance: Random
) -> None:
    facts = year()
    sent = [*facts, *facts]
    chance.shuffle(sent)
    async with begun(product) as publishing:
        killing = Killing(product, chance, len(sent))
        await waves(publishing, sent, killing.sent)
        await product.at_rest()
        told = await publishing.outcomes()
    assert killing.left == 0
    assert Counter(told[fact.id][0] for fact in facts) == {"accepted": len(facts)}
    assert differences(in_order, await rows(product.reporting_dsn)) == []
    assert await product.faults() == []


async def test_shuffled_freely_every_fact_comes_to_its_outcome_and_the_views_are_the_fold_of_what_stands(
    product: Product, chance: Random
) -> None:
    facts = [*year(FEW), *rivals("R01"), *rivals("R07")]
    chance.shuffle(facts)
    model = Model({fact.id: fact for fact in facts})
    async with begun(product) as publishing:
        for fact in facts:
            await publishing.send_one(fact)
            await product.at_rest()
            model.come(fact)
            told = await publishing.outcomes()
            assert {each: told[each][0] for each in told} == model.outcomes, fact
        for fact in facts:
            outcome, code = told[fact.id]
            assert outcome != "rejected" or code == fact.refusal, fact
    assert await product.faults() == []


def test_the_story_has_every_region_and_facts_that_wait_and_need() -> None:
    facts = year()
    assert len(facts) > 300
    assert {fact.data.get("region") for fact in facts} >= set(REGIONS)
    assert all(any(getattr(fact, what) for fact in facts) for what in ("waits", "needs"))
