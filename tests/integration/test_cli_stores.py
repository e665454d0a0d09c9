"""`obec verify` and `obec restore` on stores that are given."""

import asyncio
import re

import asyncpg
import pytest

from shared.eventstore.store import EventStore
from shared.streams.broker import Broker
from tests.appends import decision
from tests.cli import Settings, obec
from tests.conftest import NewDatabase, NewTopics
from tests.stack import Database


@pytest.fixture
async def given(settings: Settings, database: NewDatabase, kafka: Broker) -> tuple[Settings, Database]:
    """A store of three events, and the environment that names it."""
    made = await database("committee")
    store = await EventStore.open(made.app_dsn, "committee")
    for version in range(3):
        await store.append(decision("committee:1", version))
    await store.close()
    addresses = {"OBEC_COMMITTEE_DSN": made.app_dsn, "OBEC_COMMITTEE_OWNER_DSN": made.owner_dsn}
    return {**settings, **addresses, **kafka.environment()}, made


async def test_verify_says_that_an_untouched_store_is_whole(given: tuple[Settings, Database]) -> None:
    run = await asyncio.to_thread(obec, "verify", "committee", settings=given[0])
    assert run.returncode == 0
    assert re.search(r"committee *│ 0 *│ 3 *│ whole", run.stdout)


async def test_verify_names_the_first_bad_position_and_fails(given: tuple[Settings, Database]) -> None:
    owner = await asyncpg.connect(given[1].owner_dsn)
    await owner.execute("UPDATE events SET stream = 'committee:2' WHERE position = 2")
    await owner.close()
    run = await asyncio.to_thread(obec, "verify", "committee", settings=given[0])
    assert run.returncode == 1
    assert "position 2: " in run.stdout


async def test_restore_has_nothing_to_do_for_a_store_that_lacks_nothing(
    given: tuple[Settings, Database], topics: NewTopics
) -> None:
    prefix = (await topics()).prefix
    run = await asyncio.to_thread(obec, "restore", "committee", settings={**given[0], "OBEC_TOPIC_PREFIX": prefix})
    assert run.returncode == 0, run.stderr
    assert re.search(r"committee *│ 0 *│ 0 *│ 3 ", run.stdout)


async def test_an_unknown_service_is_said_in_one_line(settings: Settings) -> None:
    run = await asyncio.to_thread(obec, "verify", "treasury", settings=settings)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "no service is called 'treasury'" in run.stderr


async def test_a_stack_that_never_ran_has_no_store_to_verify(settings: Settings) -> None:
    run = await asyncio.to_thread(obec, "verify", settings=settings)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "run `obec up` first" in run.stderr
