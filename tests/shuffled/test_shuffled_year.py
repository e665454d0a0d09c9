"""The year's facts in another order, twice, while what takes them is killed: it ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
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
PAUSE = 0.5, 2.5
"""Seconds between two kills: now and then a process lives long enough to do something."""
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

    with running_product(servers, "in-order") as product:
        return asyncio.run(lived(product))


@pytest.fixture
def product(servers: Servers) -> Iterator[Product]:
    with running_product(servers, "shuffled") as made:
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


async def waves(publishing: Publishers, facts: Sequence[Story]) -> None:
    """Send facts wave by wave, each once the one before it stands."""
    for wave in sorted({fact.wave for fact in facts}):
        now = [fact for fact in facts if fact.wave == wave]
        await publishing.send(now)
        await publishing.until_all_are("accepted", now)


async def killing(product: Product, chance: Random, stop: asyncio.Event) -> int:
    """Kill what takes and consumes, again and again, until ``stop``; the supervisor starts it anew."""
    kills = 0
    while not stop.is_set():
        pids = {state.name: state.pid for state in product.supervisor.states() if state.pid}
        victim = chance.choice(KILLED)
        with contextlib.suppress(ProcessLookupError):  # it may be on its way up again
            if victim in pids:
                os.kill(int(pids[victim] or 0), signal.SIGKILL)
                kills += 1
        await asyncio.sleep(chance.uniform(*PAUSE))
    return kills


async def test_shuffled_doubled_and_killed_the_year_ends_with_the_same_views(
    product: Product, in_order: Mapping[str, Counter[str]], chance: Random
) -> None:
    facts = year()
    sent = [*facts, *facts]
    chance.shuffle(sent)
    async with begun(product) as publishing:
        stop = asyncio.Event()
        breaking = asyncio.create_task(killing(product, chance, stop))
        try:
            await waves(publishing, sent)
        finally:
            stop.set()
            kills = await breaking
        await product.at_rest()
        told = await publishing.outcomes()
    assert kills > 3
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
