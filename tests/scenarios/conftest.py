"""The product runs once for all tests of this folder, and lives through its years once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.product import Product, running_product
from tests.scenarios.second import Lived as LivedSecond
from tests.scenarios.second import live_second
from tests.scenarios.year import Lived, live
from tests.servers import Servers

HERE = Path(__file__).parent
SECONDS = 600.0
"""For the first test, which waits until processes have started and lived a year, on a machine that has other work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first of them waits for the product and its years."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(SECONDS))


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
