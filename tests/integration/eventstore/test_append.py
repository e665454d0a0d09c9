"""What an append promises: positions without gaps, versions, claims, one answer for an id, bytes as given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
from structlog.testing import capture_logs

from shared.clock import ClockMode, SimulatedClock
from shared.contracts import Claim, Rejected
from shared.eventstore.append import LARGEST_EVENT, ClaimChange, OtherContent, Stale, shard_of
from shared.eventstore.store import EventStore, WrongStore, statement
from tests.appends import NOON, decision, new_event
from tests.conftest import NewDatabase
from tests.eventually import eventually
from tests.stack import Database

ACTIVE = Claim("active-committee", "2560-cluster/R07")


@pytest.fixture
async def empty(database: NewDatabase) -> Database:
    return await database("committee")


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
async def store(request: pytest.FixtureRequest, empty: Database) -> AsyncIterator[EventStore]:
    opened = await EventStore.open(empty.app_dsn, "committee", shards=request.param)
    yield opened
    await opened.close()


async def positions(store: EventStore) -> dict[int, list[int]]:
    rows = await store.pool.fetch("SELECT shard, array_agg(position ORDER BY position) p FROM events GROUP BY shard")
    return {row["shard"]: row["p"] for row in rows}


async def test_concurrent_appends_leave_no_gap_in_any_shard(store: EventStore) -> None:
    async def client(number: int) -> None:
        for version in range(10):
            await store.append(decision(f"committee:{number}", version))

    await asyncio.gather(*(client(number) for number in range(40)))
    found = await positions(store)
    assert sum(len(each) for each in found.values()) == 400
    assert all(each == list(range(1, len(each) + 1)) for each in found.values())


async def test_recorded_time_rises_with_position(store: EventStore) -> None:
    await asyncio.gather(*(store.append(decision(f"committee:{number}", 0, events=3)) for number in range(50)))
    rows = await store.pool.fetch(
        "SELECT recorded_at > lag(recorded_at) OVER (PARTITION BY shard ORDER BY position) AS rises FROM events"
    )
    assert {row["rises"] for row in rows} <= {True, None}


async def test_an_event_that_had_to_wait_for_the_lock_is_recorded_when_it_got_it(empty: Database) -> None:
    """A head that was announced meanwhile says that nothing else was recorded by then."""
    store = await EventStore.open(empty.app_dsn, "committee")
    holder = await asyncpg.connect(empty.app_dsn)
    try:
        await holder.execute("SELECT pg_advisory_lock(71001, 0)")
        waiting = asyncio.create_task(store.append(decision("committee:a", 0)))
        await eventually(lambda: _somebody_waits(holder))
        still_held = await holder.fetchval("SELECT clock_timestamp()")
        await holder.execute("SELECT pg_advisory_unlock(71001, 0)")
        assert (await waiting).recorded_at > still_held
    finally:
        await holder.close()
        await store.close()


async def test_two_processes_that_waited_for_the_lock_both_append_at_their_first_try(empty: Database) -> None:
    """What a decision is held against is read when the lock is held, not while somebody else holds it."""
    stores = [await EventStore.open(empty.app_dsn, "committee") for _ in range(2)]
    holder = await asyncpg.connect(empty.app_dsn)
    try:
        await holder.execute("SELECT pg_advisory_lock(71001, 0)")
        with capture_logs() as logged:
            waiting = [asyncio.create_task(each.append(decision(f"committee:{n}", 0))) for n, each in enumerate(stores)]
            await eventually(lambda: _somebody_waits(holder, 2))
            await holder.execute("SELECT pg_advisory_unlock(71001, 0)")
            assert {(await each).position for each in waiting} == {1, 2}
        assert logged == []
    finally:
        await holder.close()
        for each in stores:
            await each.close()


async def _somebody_waits(connection: asyncpg.Connection, number: int = 1) -> bool:
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
    return bool(await connection.fetchval(count) == number)


async def test_two_processes_that_append_at_once_leave_no_gap(empty: Database) -> None:
    stores = [await EventStore.open(empty.app_dsn, "committee") for _ in range(2)]
    try:
        for version in range(15):
            appends = [each.append(decision(f"committee:{n}", version)) for n, each in enumerate(stores)]
            await asyncio.gather(*appends)
        assert await positions(stores[0]) == {0: list(range(1, 31))}
    finally:
        for each in stores:
            await each.close()


async def test_a_stale_version_refuses_that_append_alone(store: EventStore) -> None:
    await store.append(decision("committee:a", 0))
    answers = await asyncio.gather(
        store.append(decision("committee:a", 0)),
        store.append(decision("committee:b", 0)),
        return_exceptions=True,
    )
    assert isinstance(answers[0], Stale)
    assert (answers[0].stream, answers[0].actual, answers[0].expected) == ("committee:a", 1, 0)
    assert not isinstance(answers[1], BaseException)


async def test_a_refusal_at_the_head_of_a_group_leaves_the_group_together(empty: Database) -> None:
    store = await EventStore.open(empty.app_dsn, "committee")
    try:
        await store.append(decision("committee:a", 0))
        stale, *rest = [decision("committee:a", 0), decision("committee:b", 0), decision("committee:c", 0)]
        answers = await asyncio.gather(*(store.append(each) for each in [stale, *rest]), return_exceptions=True)
        assert [isinstance(each, Stale) for each in answers] == [True, False, False]
        transactions = "SELECT count(DISTINCT xmin::text) FROM events WHERE stream <> 'committee:a'"
        assert await store.pool.fetchval(transactions) == 1
    finally:
        await store.close()


async def test_a_stream_that_was_only_read_guards_the_decision(store: EventStore) -> None:
    await store.append(decision("mandate:1", 0))
    with pytest.raises(Stale, match="mandate:1 is at version 1, not 0"):
        await store.append(decision("committee:a", 0, reads={"mandate:1": 0}))
    await store.append(decision("committee:a", 0, reads={"mandate:1": 1}))


async def test_of_two_that_read_what_the_other_writes_one_is_refused(store: EventStore) -> None:
    answers = await asyncio.gather(
        store.append(decision("mandate:1", 0, reads={"committee:a": 0})),
        store.append(decision("committee:a", 0, reads={"mandate:1": 0})),
        return_exceptions=True,
    )
    assert [isinstance(each, Stale) for each in answers].count(True) == 1


async def test_many_that_read_the_same_stream_are_committed_together(store: EventStore) -> None:
    await store.append(decision("programme:1", 0))
    commits = 0

    def count() -> None:
        nonlocal commits
        commits += 1

    store.on_commit(count)
    await asyncio.gather(*(store.append(decision(f"committee:{n}", 0, reads={"programme:1": 1})) for n in range(40)))
    assert commits <= 3 * len(store._writers)


async def test_a_claim_is_held_by_one_stream_until_released(store: EventStore) -> None:
    await store.append(decision("committee:1", 0, claims=[ClaimChange(ACTIVE, "committee:1", True)]))
    with pytest.raises(Rejected, match=r"claim\.taken"):
        await store.append(decision("committee:2", 0, claims=[ClaimChange(ACTIVE, "committee:2", True)]))
    assert await store.holder(ACTIVE) == "committee:1"
    await store.append(decision("committee:1", 1, claims=[ClaimChange(ACTIVE, "committee:1", False)]))
    assert await store.holder(ACTIVE) is None
    await store.append(decision("committee:2", 0, claims=[ClaimChange(ACTIVE, "committee:2", True)]))


async def test_of_many_that_want_a_claim_at_once_one_gets_it(store: EventStore) -> None:
    answers = await asyncio.gather(
        *(
            store.append(decision(f"committee:{n}", 0, claims=[ClaimChange(ACTIVE, f"committee:{n}", True)]))
            for n in range(30)
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(each, BaseException) for each in answers) == 1


async def test_a_known_id_gets_its_first_answer_whatever_version_it_expects(store: EventStore) -> None:
    first = await store.append(decision("committee:a", 0, id="k", events=2))
    await store.append(decision("committee:a", 2))
    again = await store.append(decision("committee:a", 0, id="k"))
    assert again.repeated
    assert (again.version, again.position, again.events) == (first.version, first.position, first.events)
    assert sum(len(each) for each in (await positions(store)).values()) == 3


async def test_the_same_id_at_once_is_appended_once(store: EventStore) -> None:
    answers = await asyncio.gather(*(store.append(decision("committee:a", 0, id="k")) for _ in range(20)))
    assert len({str(each.events) for each in answers}) == 1
    assert sum(not each.repeated for each in answers) == 1


async def test_the_same_id_on_different_streams_at_once_is_appended_once(store: EventStore) -> None:
    """A creation sent twice finds two names; the ids meet in the inbox, not in a stream."""
    other = await EventStore.open(store.dsn, "committee", shards=store.shards)
    try:
        answers = await asyncio.gather(
            *((store, other)[n % 2].append(decision(f"meeting:{n}", 0, id="k")) for n in range(20))
        )
    finally:
        await other.close()
    assert len({str(each.events) for each in answers}) == 1


async def test_a_known_id_with_other_content_is_a_conflict(store: EventStore) -> None:
    await store.append(decision("committee:a", 0, id="k"))
    with pytest.raises(OtherContent):
        await store.append(decision("committee:a", 1, id="k", digest=b"two"))


async def test_an_answer_without_events_is_stored_too(store: EventStore) -> None:
    await store.append(decision("committee:a", 0))
    first = await store.append(decision("committee:a", 1, id="k", events=0))
    assert (first.version, first.events) == (1, [])
    await store.append(decision("committee:a", 1))
    again = await store.append(decision("committee:a", 1, id="k", events=0))
    assert again.repeated
    assert again.version == 1


async def test_one_bad_command_does_not_take_its_group_with_it(store: EventStore) -> None:
    """An event id that exists already is an error of the whole statement; the others are appended all the same."""
    taken = decision("committee:a", 0)
    await store.append(taken)
    bad = decision("committee:bad", 0)
    bad = bad._replace(events=[replace(bad.events[0], id=taken.events[0].id)])
    answers = await asyncio.gather(
        *(store.append(each) for each in [decision("committee:b", 0), bad, decision("committee:c", 0)]),
        return_exceptions=True,
    )
    assert [isinstance(each, asyncpg.UniqueViolationError) for each in answers] == [False, True, False]
    assert len(await store.history("committee:b")) == len(await store.history("committee:c")) == 1


async def test_data_is_kept_byte_for_byte(store: EventStore) -> None:
    text = '{"programme":"2560-cluster", "region":"R07","dissolved_on":"2017-01-12","reason":"1.0e2 \\u0e01 ำ"}'
    append = decision("committee:a", 0)._replace(events=[new_event("committee:a", data=text)])
    await store.append(append)
    assert await store.pool.fetchval("SELECT data FROM events") == text


def test_an_event_larger_than_256_kib_is_refused() -> None:
    with pytest.raises(Rejected, match=r"event\.too_large"):
        new_event("committee:a", data="ก" * (LARGEST_EVENT // 3 + 1))


async def test_the_role_that_runs_cannot_change_the_log(store: EventStore) -> None:
    await store.append(decision("committee:a", 0))
    for change in (
        "UPDATE events SET data = '{}'",
        "DELETE FROM events",
        "DELETE FROM inbox",
        "UPDATE claims SET held = false",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await store.pool.execute(change)


async def test_a_store_opens_only_as_what_it_was_made(empty: Database) -> None:
    await (await EventStore.open(empty.app_dsn, "committee", shards=3)).close()
    for arguments, code in (
        ({"name": "activity", "shards": 3}, "store.other_name"),
        ({"name": "committee", "shards": 1}, "store.other_shards"),
        ({"name": "committee", "shards": 3, "clock": ClockMode.SIMULATED}, "store.other_clock"),
    ):
        with pytest.raises(WrongStore) as refusal:
            await EventStore.open(empty.app_dsn, **arguments)  # type: ignore[arg-type]
        assert refusal.value.code == code


async def test_a_simulated_clock_stamps_what_is_appended_and_moves_forward_only(empty: Database) -> None:
    store = await EventStore.open(empty.app_dsn, "committee", clock=ClockMode.SIMULATED)
    try:
        assert isinstance(store.clock, SimulatedClock)
        await store.clock.set(NOON)
        assert (await store.append(decision("committee:a", 0))).recorded_at == NOON
        with pytest.raises(Rejected, match=r"clock\.backwards"):
            await store.clock.set(NOON.replace(year=2016))
        assert await store.clock.now() == NOON
    finally:
        await store.close()


async def test_a_stream_is_found_in_order_of_version_by_its_index_alone(store: EventStore) -> None:
    async with store.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = await connection.fetch("EXPLAIN " + statement("streams_of"), ["committee:7"])
    text = "\n".join(row[0] for row in plan)
    assert "events_stream_stream_version_key" in text
    assert "Sort" not in text


def test_a_stream_lives_in_the_same_shard_for_ever() -> None:
    """Fixed by the name: another hash would tear every stream that exists."""
    assert [shard_of(f"committee:2560-cluster:R{n:02}:1", 3) for n in range(1, 7)] == [0, 2, 1, 1, 1, 1]
