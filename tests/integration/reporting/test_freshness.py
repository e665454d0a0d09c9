"""How fresh an answer is: heads tell "nothing happened" from "stuck", parked events keep an answer from being final."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from services.reporting.projections.heads import apply_heads
from services.reporting.projections.projection import STORES
from shared.contracts.envelope import wire_time
from shared.streams.heads import Head
from tests.integration.reporting.site import Site
from tests.unit.reporting.log import Log


async def announce(site: Site, *heads: Head) -> None:
    async with site.pool.acquire() as connection, connection.transaction():
        await apply_heads(connection, heads)


def heads_of(log: Log, at: datetime) -> list[Head]:
    """Where every store stands."""
    newest = {store: max((each.position for each in log.sent if each.store == store), default=0) for store in STORES}
    return [Head(store, 0, position, at) for store, position in newest.items()]


async def meta(site: Site, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await site.get("national", **query))["meta"]
    return found


async def known(site: Site) -> Log:
    log = Log()
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    await site.project(log)
    return log


async def test_without_heads_nobody_knows_how_complete_it_is(site: Site) -> None:
    log = await known(site)

    found = await meta(site)

    assert found["complete_up_to"] is None
    assert found["newest_recorded_at"] == wire_time(log.now).replace(".000000", "")


async def test_it_is_complete_up_to_the_oldest_head_that_was_passed(site: Site) -> None:
    log = await known(site)
    heads = heads_of(log, log.now + timedelta(minutes=5))
    early = Head("activity", 0, 0, log.now + timedelta(minutes=2))
    await announce(site, *[head for head in heads if head.store != "activity"], early)

    assert (await meta(site))["complete_up_to"] == wire_time(early.time).replace(".000000", "")


async def test_a_store_that_was_never_heard_of_makes_it_unknown(site: Site) -> None:
    log = await known(site)
    await announce(site, *[head for head in heads_of(log, log.now) if head.store != "activity"])

    assert (await meta(site))["complete_up_to"] is None


async def test_a_head_that_is_ahead_of_what_was_applied_does_not_count_yet(site: Site) -> None:
    log = await known(site)
    passed = log.now + timedelta(minutes=5)
    await announce(site, *heads_of(log, passed))
    log.at("2016-11-20").propose("R08", "2016-11-01")
    await announce(site, *heads_of(log, log.now))
    assert (await meta(site))["complete_up_to"] == wire_time(passed).replace(".000000", "")

    await site.project(log)
    await announce(site, *[head for head in heads_of(log, log.now) if head.store != "committee"])
    assert (await meta(site))["complete_up_to"] == wire_time(log.now).replace(".000000", "")


async def test_only_the_newest_head_that_was_passed_is_kept(site: Site) -> None:
    log = await known(site)
    for minutes in range(5):
        await announce(site, *heads_of(log, log.now + timedelta(minutes=minutes)))
    log.propose("R08", "2016-11-01")
    await site.project(log)
    await announce(site, *heads_of(log, log.now))

    assert await site.pool.fetchval("SELECT count(*) FROM heads WHERE store = 'committee'") == 1


async def test_an_answer_is_final_once_every_head_has_passed_it(site: Site) -> None:
    log = await known(site)
    await announce(site, *heads_of(log, log.now + timedelta(minutes=5)))
    site.clock.moment = log.now + timedelta(hours=1)

    passed = await meta(site, as_of=(log.now + timedelta(minutes=5)).isoformat())
    not_yet = await meta(site, as_of=(log.now + timedelta(minutes=6)).isoformat())

    assert (passed["final"], not_yet["final"]) == (True, False)
    assert (await meta(site))["final"] is False


async def park(site: Site, log: Log, position: int) -> None:
    """What the runner writes when it has seen an event and could not apply it."""
    await site.pool.execute(
        """INSERT INTO parked (consumer, topic, shard, record, store, position, stream, code, message, headers)
           VALUES ('reporting', 'committee', 0, 9, 'committee', $1, 'committee:x', 'test', 'test', '[]')""",
        position,
    )
    await site.pool.execute(
        """INSERT INTO consumer_offsets (consumer, store, shard, next_offset, position)
           VALUES ('reporting', 'committee', 0, 10, $1)""",
        position,
    )


async def test_what_is_parked_and_undecided_holds_completeness_back_and_a_skip_lets_it_go(site: Site) -> None:
    log = await known(site)
    await announce(site, *heads_of(log, log.now))
    later = log.now + timedelta(minutes=9)
    seen = 1 + max(each.position for each in log.sent if each.store == "committee")
    await park(site, log, seen)
    await announce(site, *[head for head in heads_of(log, later) if head.store != "committee"])
    await announce(site, Head("committee", 0, seen, later))
    site.clock.moment = later + timedelta(hours=1)

    held = await meta(site, as_of=log.now.isoformat())
    assert (held["parked"], held["final"]) == (1, False)
    assert held["complete_up_to"] == wire_time(log.now).replace(".000000", "")

    await site.pool.execute(
        """INSERT INTO skips (store, shard, record, reason, decided_by)
           VALUES ('committee', 0, 9, 'ทดสอบ', 'usr-operator')"""
    )
    freed = await meta(site, as_of=log.now.isoformat())
    assert (freed["parked"], freed["final"]) == (0, True)
    assert freed["complete_up_to"] == wire_time(later).replace(".000000", "")


async def test_a_position_that_was_applied_is_answered_at_once(site: Site) -> None:
    log = await known(site)
    last = log.sent[-1]

    assert (await meta(site, after=f"{last.store}:{last.shard}:{last.position}"))["stale"] is False


async def test_an_answer_waits_for_the_position_it_must_contain(site: Site) -> None:
    log = await known(site)
    mine = log.propose("R08", "2016-11-01")
    asked = asyncio.create_task(site.get("regions/R08", after=f"{mine.store}:{mine.shard}:{mine.position}"))
    await asyncio.sleep(0)
    await site.project(log)

    answer = await asked
    assert (answer["meta"]["stale"], answer["committee"]["state"]) == (False, "proposed")


async def test_a_position_that_does_not_come_makes_the_answer_stale_and_no_failure(site: Site) -> None:
    await known(site)

    assert (await meta(site, after="committee:0:999"))["stale"] is True


async def test_every_answer_counts_what_was_submitted_verified_and_expected(site: Site) -> None:
    log = await known(site)
    log.at("2017-01-10")
    log.verify(log.measure("QN3:R07:2560-Q1", "42"))
    log.measure("QN3:R08:2560-Q1", "40")
    log.at("2017-02-01")
    await site.project(log)

    for path in ("national", "regions", "budget", "meetings", "recommendations", "activities", "lineage"):
        query: dict[str, Any] = {"figure": "committees"} if path == "lineage" else {}
        answer = await site.get(path, **query)
        assert answer["meta"]["completeness"] == {"submitted": 2, "verified": 1, "expected": 57}
