"""A store that does not say whether it committed, is given something it cannot keep, or comes back from a backup."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random
from uuid import UUID

import asyncpg

from shared.eventstore.restore import restore
from shared.eventstore.store import EventStore
from tests.appends import decision
from tests.eventually import eventually
from tests.faults.office import REGIONS
from tests.faults.proxy import Proxy
from tests.faults.stage import SERVICE, SHARDED, Stage
from tests.servers import Servers, psql
from tests.stack import Database

COMMANDS = 120
HELD = """
SELECT scope, key, stream
FROM (SELECT DISTINCT ON (scope, key) * FROM claims ORDER BY scope, key, serial DESC) AS newest
WHERE held
ORDER BY scope, key
"""


@SHARDED
async def test_a_command_is_done_once_though_the_database_never_said_that_it_committed(
    stage: Stage, chance: Random
) -> None:
    """The connection is cut behind COMMIT, before its answer; and then before the question has come through at all.

    Who sent the command sees nothing of it.
    """
    async with Proxy(stage.store.app_dsn, marked=b"append_group(") as proxy:
        api = stage.api(OBEC_COMMITTEE_DSN=proxy.dsn)
        await api.start()
        async with stage.office() as office, stage.projecting(), stage.witness():
            await office.open()
            working = asyncio.create_task(office.work(COMMANDS, REGIONS))
            for _ in range(3):
                await office.has_answered(chance.randrange(2, 12))
                proxy.swallow_answer = 1
                await eventually(lambda: proxy.swallow_answer == 0)
                proxy.refuse_question = 1
                await eventually(lambda: proxy.refuse_question == 0)
            await working
            assert office.sent_again == 0
            await stage.nothing_unasked(office)
            await stage.check(office)
        api.kill()


async def test_a_group_survives_a_command_that_the_database_refuses(stage: Stage) -> None:
    """One of its events has the id of another that is stored already: an error of the group's whole statement."""
    async with stage.opened() as store, stage.desk_at(store) as office, stage.projecting(), stage.witness():
        await office.open()
        working = asyncio.create_task(office.work(COMMANDS, REGIONS))
        taken = UUID(office.event_ids[0])
        refused = [await one_refused(store, taken, number) async for number in while_under_way(working)]
        assert len(refused) > 3
        assert all(refused)
        await stage.nothing_unasked(office)
        await stage.check(office)


async def one_refused(store: EventStore, taken: UUID, number: int) -> bool:
    """Whether an append with an id that is taken is refused, and as what it is."""
    bad = decision(f"committee:bad:{number}", 0)
    try:
        await store.append(bad._replace(events=[replace(bad.events[0], id=taken)]))
    except asyncpg.UniqueViolationError:
        return True
    return False


async def while_under_way(task: asyncio.Task[None]) -> AsyncIterator[int]:
    """Counts, until a task has ended; raises what it raised."""
    number = 0
    while not task.done():
        yield number
        number += 1
        await asyncio.wait([task], timeout=0.02)
    await task


@SHARDED
async def test_acknowledged_commands_survive_a_store_that_was_restored_to_an_earlier_position(
    stage: Stage, servers: Servers, chance: Random
) -> None:
    async with stage.desk() as office:
        await office.open()
        await office.work(chance.randrange(30, 60), REGIONS)
    original, backup = stage.store, backup_of(stage, servers)
    async with stage.desk() as later, stage.projecting(), stage.witness():
        later.carry_on(office)
        await later.work(COMMANDS, REGIONS)
        await stage.settled()
    stage.stores[SERVICE] = backup
    lacking = await stage.stored_in(original) - await stage.stored()
    assert lacking > 0
    await relays_refuse(stage)
    restored = await restore(backup.owner_dsn, stage.broker, stage.topics)
    assert sum(each.events for each in restored) == lacking
    assert await stage.ask(backup.app_dsn, HELD) == await stage.ask(original.app_dsn, HELD)
    async with stage.desk() as again, stage.projecting(), stage.witness():
        again.carry_on(later)
        await again.work(COMMANDS // 3, REGIONS)
        await stage.nothing_unasked(again)
        await stage.check(again)


def backup_of(stage: Stage, servers: Servers) -> Database:
    """The store's database as it is now, under another name; it is dropped with the original."""
    name = f"{stage.store.name}_backup"
    psql(
        servers.admin_dsn,
        "clone.sql",
        database=name,
        template=stage.store.name,
        owner=f"obec_{SERVICE}_owner",
        app=f"obec_{SERVICE}_app",
    )
    owner, app = (servers.dsn(name, SERVICE, role) for role in ("owner", "app"))
    return Database(SERVICE, name, owner, app, servers.admin_dsn)


async def relays_refuse(stage: Stage) -> None:
    """The topic is ahead of the store."""
    async with stage.opened() as store, stage.relaying(store) as relays:
        await eventually(lambda: any(each.state.error == "relay.topic_ahead" for each in relays))
        assert all(each.state.error in ("", "relay.topic_ahead") for each in relays)
