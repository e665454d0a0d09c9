"""The product that lives through its years once, for all tests that only look at it or go on from there."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.scenarios.product import Product, running_product
from tests.scenarios.second import Lived as LivedSecond
from tests.scenarios.second import live_second
from tests.scenarios.year import Lived, live
from tests.servers import Servers


@pytest.fixture(scope="session")
def product(servers: Servers) -> Iterator[Product]:
    """The running product. What a test appends, another may find: totals are asked for as of a time."""
    with running_product(servers, "scenarios") as running:
        yield running


@pytest.fixture(scope="session")
def year(product: Product) -> Lived:
    """Fiscal year 2560, lived through."""
    return asyncio.run(live(product))


@pytest.fixture(scope="session")
def second(product: Product, year: Lived) -> LivedSecond:
    """The programme of fiscal year 2563, lived through beside it."""
    return asyncio.run(live_second(product))
