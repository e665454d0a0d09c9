"""A consumer's offset is claimed, and moved only by who claimed it last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from shared.contracts.envelope import GENESIS
from shared.streams.batch import Batch, Claimed
from shared.streams.offsets import Offsets, Superseded
from tests.conftest import NewDatabase

READ = Batch(next_offset=7, position=5, hash="ab" * 32)
"""What seven records with five events came to."""


@pytest.fixture
async def connection(database: NewDatabase) -> AsyncIterator[Any]:
    connected = await asyncpg.connect((await database("activity")).app_dsn)
    yield connected
    await connected.close()


async def test_a_new_consumer_begins_at_the_beginning(connection: Any) -> None:
    claimed = await Offsets("reader").claim(connection, "committee", 0)
    assert replace(claimed, epoch=0) == Claimed("committee", 0, 0, 0, 0, GENESIS)


async def test_a_claim_goes_on_where_the_last_batch_ended(connection: Any) -> None:
    offsets = Offsets("reader")
    moved = await offsets.advance(connection, await offsets.claim(connection, "committee", 0), READ)
    again = await offsets.claim(connection, "committee", 0)
    assert replace(again, epoch=moved.epoch) == moved == Claimed("committee", 0, 7, moved.epoch, 5, READ.hash)


async def test_a_batch_of_an_earlier_claim_moves_nothing(connection: Any) -> None:
    """Who was thought dead has the same offset in hand; what tells the two apart is the claim."""
    offsets = Offsets("reader")
    earlier = await offsets.claim(connection, "committee", 0)
    await offsets.claim(connection, "committee", 0)
    with pytest.raises(Superseded):
        await offsets.advance(connection, earlier, READ)


async def test_a_batch_that_was_applied_already_moves_nothing(connection: Any) -> None:
    offsets = Offsets("reader")
    claimed = await offsets.claim(connection, "committee", 0)
    await offsets.advance(connection, claimed, READ)
    with pytest.raises(Superseded):
        await offsets.advance(connection, claimed, READ)


async def test_consumers_stores_and_shards_have_offsets_of_their_own(connection: Any) -> None:
    offsets = Offsets("reader")
    await offsets.advance(connection, await offsets.claim(connection, "committee", 0), READ)
    others = [
        await offsets.claim(connection, "committee", 1),
        await offsets.claim(connection, "activity", 0),
        await Offsets("writer").claim(connection, "committee", 0),
    ]
    assert [each.next_offset for each in others] == [0, 0, 0]
