"""A relay that dies or stands still: everything reaches the topic, in order, and somebody leads again."""

from __future__ import annotations

import asyncio
import signal
from random import Random

import pytest

from tests.eventually import eventually
from tests.faults.office import COMMANDS, Office
from tests.faults.stage import SERVICE, SHARDED, Stage
from tests.oracle_check import read_topic

TAKEN_OVER_SECONDS = 8.0
"""Three for the session of the one that stands still, one until the other asks again, the rest for a busy machine."""


async def two_apis(stage: Stage) -> tuple[str, str]:
    """Two processes of one service, each with relays; the first that is named leads the first shard."""
    await asyncio.gather(*(stage.api(name).start() for name in ("one", "two")))
    await eventually(lambda: every_shard_is_led(stage), 30)
    relays = await stage.relays("one")
    return ("one", "two") if relays[0]["leading"] else ("two", "one")


async def every_shard_is_led(stage: Stage) -> bool:
    found = [await stage.relays(api) for api in ("one", "two")]
    return all(sum(each["leading"] for each in of_shard) == 1 for of_shard in zip(*found, strict=True))


async def leads_all(stage: Stage, api: str) -> bool:
    relays = await stage.relays(api)
    return len(relays) == stage.shards and all(each["leading"] for each in relays)


async def sent(stage: Stage) -> int:
    """How many records the topic holds."""
    return len(await read_topic(stage.broker, stage.topics.events(SERVICE), stage.shards))


async def working(office: Office, fewest: int) -> asyncio.Task[None]:
    """Load, so far under way that ``fewest`` of its commands were answered."""
    task = asyncio.create_task(office.work(COMMANDS))
    await office.has_answered(fewest)
    return task


@pytest.mark.parametrize(
    ("point", "shards"),
    [("relay.after_read", 1), ("relay.after_send", 3), ("relay.after_ack", 1)],
    ids=["after read", "after send, 3 shards", "after acknowledgement"],
)
async def test_events_and_their_order_survive_a_relay_that_is_killed(stage: Stage, point: str, chance: Random) -> None:
    leader, other = await two_apis(stage)
    async with stage.office(leader, other) as office, stage.projecting(), stage.witness():
        await office.open()
        load = await working(office, chance.randrange(10, COMMANDS // 2))
        stage.running(leader).arm(point, "KILL")
        await stage.running(leader).killed()
        await load
        await eventually(lambda: leads_all(stage, other), TAKEN_OVER_SECONDS)
        await stage.nothing_unasked(office)
        await stage.check(office)
    if point == "relay.after_ack":
        assert await sent(stage) > await stage.stored(), "what was acknowledged and not noted is sent once more"


async def test_of_two_relays_one_sends_and_the_other_takes_over(stage: Stage, chance: Random) -> None:
    leader, other = await two_apis(stage)
    async with stage.office(other) as office, stage.projecting(), stage.witness():
        await office.open()
        await office.work(COMMANDS // 3)
        await stage.settled()
        assert await sent(stage) == await stage.stored()
        load = await working(office, chance.randrange(5, COMMANDS // 2))
        stage.running(leader).kill()
        await eventually(lambda: leads_all(stage, other), TAKEN_OVER_SECONDS)
        async with stage.console(other) as console:
            await console.sees("role", "committee-api", "stopped", instance=leader)
            await console.sees("relay", 0, "ok", leading=True)
        await load
        await stage.check(office)


@SHARDED
async def test_order_survives_a_leader_that_stands_still_and_wakes_up_when_another_leads(
    stage: Stage, chance: Random
) -> None:
    """It wakes up with a batch in hand that the other has sent long since."""
    leader, other = await two_apis(stage)
    async with stage.office(other) as office, stage.projecting(), stage.witness():
        await office.open()
        load = await working(office, chance.randrange(5, COMMANDS // 2))
        stage.running(leader).arm("relay.after_read", "STOP")
        await stage.running(leader).stopped()
        await eventually(lambda: leads_all(stage, other), TAKEN_OVER_SECONDS)
        await load
        await stage.settled()
        async with stage.console(other) as console:
            await console.sees("role", "committee-api", "stalled", instance=leader)
        stage.running(leader).signal(signal.SIGCONT)
        await eventually(lambda: leads_nothing(stage, leader))
        await office.work(COMMANDS // 3)
        await stage.check(office)


async def leads_nothing(stage: Stage, api: str) -> bool:
    relays = await stage.relays(api)
    return len(relays) == stage.shards and not any(each["leading"] for each in relays)


async def test_an_event_is_sent_whose_api_died_before_it_could_tell_the_relay(stage: Stage) -> None:
    """Nobody is notified: the leader finds it because it looks."""
    api = stage.api()
    async with stage.desk() as desk, stage.projecting(), stage.witness():
        await asyncio.gather(api.start(), desk.open())
        await stage.settled()
        api.arm("append.after_commit", "KILL")
        async with stage.office() as office:
            told = asyncio.create_task(office.work(1, ["R01"]))
            await api.killed()
            await stage.settled()
            assert await stage.stored() == len(desk.event_ids) + 1
            office.addresses = desk.addresses
            told.cancel()
        await stage.check(desk)


async def test_the_cursor_does_not_move_before_the_broker_has_acknowledged(stage: Stage) -> None:
    """The relay dies between the two; the next one sends again what it finds behind the cursor."""
    api = stage.api()
    await api.start()
    async with (
        stage.opened() as store,
        stage.desk_at(store, relaying=False) as desk,
        stage.projecting(),
        stage.watching(SERVICE) as console,
    ):
        await desk.open()
        await stage.settled()
        before = await cursor(stage)
        api.arm("relay.after_send", "KILL")
        await desk.work(1, ["R01"])
        await api.killed()
        assert await cursor(stage) == before
        await console.sees("relay", 0, "stopped", leading=False, backlog_events=1)
        await api.start()
        await asyncio.gather(stage.check(desk), console.falls_silent())


async def cursor(stage: Stage) -> int:
    """Up to where the first shard was sent."""
    rows = await stage.ask(stage.store.app_dsn, "SELECT position FROM relay_cursor WHERE shard = 0")
    return int(rows[0]["position"])


async def test_a_relay_whose_cursor_another_has_moved_starts_again_there_and_views_survive_what_comes_twice(
    stage: Stage,
) -> None:
    async with stage.desk() as desk, stage.projecting(), stage.witness():
        await desk.open()
        await desk.work(20)
        await stage.settled()
        assert await sent(stage) == await stage.stored()
        back = "UPDATE relay_cursor SET position = 1 WHERE shard = 0 RETURNING position"
        await stage.ask(stage.store.app_dsn, back)
        await desk.work(20)
        await stage.settled()
        await eventually(lambda: sent_again(stage))
        await stage.check(desk)


async def sent_again(stage: Stage) -> bool:
    return await sent(stage) > await stage.stored() + 10
