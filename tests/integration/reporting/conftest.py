"""What the tests of reporting ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import NewDatabase
from tests.integration.reporting.site import Site, open_site


@pytest.fixture
async def site(database: NewDatabase) -> AsyncIterator[Site]:
    """A fresh reporting database with its projection and API."""
    async with open_site(database) as opened:
        yield opened
