"""After the year: every row, every figure and every guarantee, recounted from the events by the oracle."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from tests.oracle_check import check_guarantees, consumer_faults, view_differences
from tests.oracle_figures import figure_differences
from tests.scenarios.product import Product
from tests.scenarios.year import Lived

PAIRS = 5
"""Of the lived year; tests/integration/oracle asks at fifty times of a shorter history."""
INSTANT = timedelta(microseconds=1)


async def test_every_row_of_every_view_is_the_fold_of_all_events(year: Lived) -> None:
    await year.product.at_rest()
    told = await year.product.told()
    assert len(told) > 1_400
    assert await view_differences(year.product.reporting_dsn, [each.envelope for each in told]) == []


async def test_every_figure_is_computed_from_all_events(year: Lived) -> None:
    await year.product.at_rest()
    told, now = await year.product.told(), await year.product.now()
    async with year.product.views() as pool:
        assert await figure_differences(pool, told, now) == []


async def test_at_random_times_every_figure_is_computed_from_what_was_known(year: Lived, chance: Random) -> None:
    await year.product.at_rest()
    told, now = await year.product.told(), await year.product.now()
    async with year.product.views() as pool:
        for _ in range(PAIRS):
            as_of = chance.choice(told).envelope.recorded_at - chance.choice((timedelta(0), INSTANT))
            effective_at = chance.choice((None, chance.choice(told).envelope.occurred_at))
            found = await figure_differences(pool, told, now, as_of=as_of, effective_at=effective_at)
            assert found == [], (as_of, effective_at)


async def test_every_guarantee_holds(year: Lived) -> None:
    product = year.product
    await product.at_rest()
    faults = await check_guarantees(
        product.dsns,
        product.names.broker,
        product.topics,
        reporting_dsn=product.reporting_dsn,
        settled_at=await product.now(),
    )
    assert faults == []


async def test_offsets_of_the_views_are_where_their_effects_are(year: Lived) -> None:
    await year.product.at_rest()
    assert await consumer_faults(year.product.reporting_dsn, "reporting") == []


async def test_nothing_was_parked_by_anybody(year: Lived) -> None:
    for service in ("activity", "evaluation", "reporting"):
        assert await parked(year.product, service) == 0, service


async def parked(product: Product, service: str) -> int:
    """How many records the consumers of a database have set aside."""
    return int(await product.value(service, "SELECT count(*) FROM parked"))
