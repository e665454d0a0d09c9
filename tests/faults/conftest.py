"""What the fault tests ask for: a stage with one shard or three, an issuer, the moment at which something breaks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from shared.streams.topics import Topics
from tests.conftest import NewDatabase, NewTopics
from tests.faults.issuer import RunningIssuer, running_issuer
from tests.faults.stage import Stage


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIssuer]:
    """An issuer of tokens for all processes."""
    with running_issuer(tmp_path_factory.mktemp("issuer")) as made:
        yield made


@pytest.fixture
def shards() -> int:
    """How many shards the stage's store has; a test that wants others parametrizes this."""
    return 1


@pytest.fixture
async def stage(
    database: NewDatabase, topics: NewTopics, shards: int, issuer: RunningIssuer, tmp_path: Path
) -> AsyncIterator[Stage]:
    """A fresh stage; what runs on it is ended with the test."""
    names = await topics(shards=shards)
    made = Stage(
        {"committee": await database("committee")},
        await database("reporting"),
        names,
        Topics(names.prefix),
        shards,
        issuer,
        tmp_path,
    )
    try:
        yield made
    finally:
        made.end()
