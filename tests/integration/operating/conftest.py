"""An office of operators for each test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import NewDatabase
from tests.integration.operating.office import Office, open_office


@pytest.fixture
async def office(database: NewDatabase) -> AsyncIterator[Office]:
    """One operator is enough here."""
    async with open_office(await database("activity")) as made:
        yield made
