"""The played year is one stack for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.scenarios.played import Played, played_year


@pytest.fixture(scope="session")
def year() -> Iterator[Played]:
    """Fiscal year 2560, lived through."""
    with played_year() as played:
        yield played
