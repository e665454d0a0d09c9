"""A browser, and pages of it that nobody may complain about: no error, nothing that the security policy refused."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from pytest_asyncio import is_async_test

from tests.browser.chromium import MISSING, opened_browser, program
from tests.browser.visitor import Visitor, Visitors, visitor
from tests.scenarios.product import Product
from tests.scenarios.year import Lived

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them share one browser, which lives in one event loop."""
    for item in items:
        if item.path.is_relative_to(HERE) and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests."""
    if program() is None:
        pytest.fail(MISSING, pytrace=False)
    async with opened_browser() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def visitors(browser: Browser, product: Product, year: Lived) -> AsyncIterator[Visitors]:
    """Opens the product's pages as fresh visitors: ``reader = await visitors(lang="en", width=360)``.

    In the end none of them may have seen an error in its console, a page that broke or a file that was not there.
    """
    assert year
    async with AsyncExitStack() as opened:
        seen: list[Visitor] = []

        async def visit(*, lang: str = "th", width: int = 1440, script: bool = True) -> Visitor:
            address = product.addresses["reporting"]
            window = visitor(browser, address, lang=lang, width=width, script=script)
            seen.append(await opened.enter_async_context(window))
            return seen[-1]

        yield visit
        assert [complaint for each in seen for complaint in each.complaints] == []
