"""One changed byte, wherever it is, is found and named; what was not changed is called whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from obec.backups import back_up, bring_back
from obec.proving import REPORTS, STORES, TOPICS, VIEWS
from services.reporting.proving import proofs
from shared.eventstore.checkpoint import new_key, places_of, public_key, read, sign, written
from shared.eventstore.finding import Finding
from shared.telemetry import VERIFIED
from tests.appends import decision
from tests.conftest import NewDatabase
from tests.eventually import eventually
from tests.integration.operating.proven import (
    REPORT,
    SERVICES,
    History,
    lived,
    opened,
    projected,
    proving,
    relayed,
    send,
)
from tests.servers import Servers
from tests.unit.reporting.log import PROGRAMME

Run = Callable[[Coroutine[Any, Any, Any]], Any]
KEPT = "CREATE TABLE kept AS SELECT * FROM events WHERE position {where}; DELETE FROM events WHERE position {where}"
BACK = "INSERT INTO events SELECT * FROM kept; DROP TABLE kept"


@pytest.fixture(scope="module")
def lives(servers: Servers) -> Iterator[tuple[History, Run]]:
    """The history, and what runs a test on it: it is lived once for all."""
    with asyncio.Runner() as runner:
        made = AsyncExitStack()
        try:
            yield runner.run(made.enter_async_context(lived(servers))), runner.run
        finally:
            runner.run(made.aclose())


def test_what_nobody_changed_is_whole(lives: tuple[History, Run]) -> None:
    history, run = lives
    found = run(history.findings())
    assert [each for each in found if not each.whole] == []
    heads = {f"{service}/0": run(history.head(service)) for service in SERVICES}
    assert {each.of: each.checked for each in found if each.part == STORES} == heads
    counted = {part: sum(each.checked for each in found if each.part == part) for part in (TOPICS, VIEWS, REPORTS)}
    assert counted[TOPICS] >= len(history.sent) + 4
    assert counted[VIEWS] > len(history.sent)
    assert counted[REPORTS] == 2


def test_one_byte_of_a_stored_row_is_named_by_its_position(lives: tuple[History, Run]) -> None:
    history, run = lives

    async def changed() -> list[tuple[str, str, str]]:
        change = "UPDATE events SET data = overlay(data PLACING '{}' FROM 20 FOR 1) WHERE position = 2"
        kept = "CREATE TABLE kept AS SELECT data FROM events WHERE position = 2;"
        back = "UPDATE events SET data = (SELECT data FROM kept) WHERE position = 2; DROP TABLE kept"
        async with history.changed("committee", kept + change.format("~"), back):
            return await history.differences()

    found = run(changed())
    topic = history.topics.events("committee")
    assert found == [
        (STORES, "committee/0 position 2", "its data is not what was recorded"),
        (TOPICS, f"{topic}/0 offset 1", "its data is not that of position 2"),
    ]


def test_a_deleted_row_is_named_by_its_position(lives: tuple[History, Run]) -> None:
    history, run = lives

    async def changed() -> list[tuple[str, str, str]]:
        async with history.changed("evaluation", KEPT.format(where="= 3"), BACK):
            return await history.differences()

    topic = history.topics.events("evaluation")
    assert run(changed()) == [
        (STORES, "evaluation/0 position 3", "position 3 is missing"),
        (TOPICS, f"{topic}/0 offset 2", "position 3 is not in the store"),
    ]


def test_a_database_that_does_not_call_itself_a_store_any_more_is_not_passed_over(lives: tuple[History, Run]) -> None:
    history, run = lives

    async def changed() -> list[tuple[str, str, str]]:
        kept = "CREATE TABLE kept AS SELECT * FROM store; DELETE FROM store"
        async with history.changed("evaluation", kept, "INSERT INTO store SELECT * FROM kept; DROP TABLE kept"):
            return await history.differences([STORES, TOPICS])

    async def unread() -> list[tuple[str, str, str]]:
        kept = "CREATE TABLE kept AS SELECT * FROM consumer_offsets; DELETE FROM consumer_offsets"
        back = "INSERT INTO consumer_offsets SELECT * FROM kept; DROP TABLE kept"
        async with history.changed("reporting", kept, back):
            return await history.differences([VIEWS])

    assert "is one too many" in run(unread())[0][2], "nor are views that are said to have read nothing"
    assert run(changed()) == [
        (STORES, "evaluation", "it holds events, and does not say what store it is"),
        (TOPICS, history.topics.events("evaluation"), "holds records, and the database is no store"),
    ]


def test_a_tail_that_was_cut_off_is_named_by_the_topic(lives: tuple[History, Run]) -> None:
    history, run = lives
    last = history.last("activity").position

    async def changed() -> list[tuple[str, str, str]]:
        async with history.changed("activity", KEPT.format(where=f">= {last}"), BACK):
            return await history.differences()

    topic = history.topics.events("activity")
    message = f"shard 0 was announced up to position {last}, the store ends at {last - 1}"
    [first, second] = run(changed())
    assert first == (TOPICS, f"{topic}/0 offset {last - 1}", f"position {last} is not in the store")
    assert (second[0], second[2]) == (TOPICS, message)


def test_a_tail_that_was_cut_off_and_chained_anew_is_named_by_a_checkpoint_and_not_without(
    lives: tuple[History, Run],
) -> None:
    history, run = lives
    true = history.last("activity")
    forged = true._replace(data=true.data.replace(b"1", b"2"))
    key = new_key()

    async def changed() -> tuple[list[Any], list[Any]]:
        places = await places_of(history.databases["activity"].app_dsn)
        checkpoints = read(written(sign(places, key)), public_key(key))
        cut = KEPT.format(where=f"= {true.position}")
        async with history.changed(
            "activity", cut, "DELETE FROM events WHERE position = (SELECT position FROM kept);" + BACK
        ):
            await history.run(
                "activity",
                "INSERT INTO events SELECT shard, position, stream, stream_version, event_id, type, schema_version,"
                " occurred_at, recorded_at, received_at, metadata, $1, salt, sha256(salt || convert_to($1, 'UTF8')), $2"
                " FROM kept",
                forged.data.decode(),
                bytes.fromhex(forged.computed_hash()),
            )
            return await history.differences([STORES]), await history.differences([STORES], checkpoints)

    without, beside = run(changed())
    assert without == []
    [(part, place, message)] = beside
    assert (part, place) == ("checkpoints", f"activity/0 position {true.position}")
    assert "its hash is not the signed one" in message


def test_a_message_inserted_in_a_topic_is_named_by_its_offset_until_an_operator_leaves_it_out(
    lives: tuple[History, Run],
) -> None:
    history, run = lives
    head = run(history.head("reporting"))
    forged = history.last("evaluation")._replace(store="reporting", position=head + 1)

    async def changed() -> tuple[int, list[Any], list[Any]]:
        offset = await send(history, [forged._replace(hash=forged.computed_hash())])
        found = await history.differences()
        skip = "INSERT INTO skips (store, shard, record, reason, decided_by) VALUES ('reporting', 0, $1, 'forged', '')"
        await history.run("reporting", skip, offset)
        return offset, found, await history.differences()

    offset, found, decided = run(changed())
    topic = history.topics.events("reporting")
    message = f"position {head + 1} is not in the store"
    assert found == [(TOPICS, f"{topic}/0 offset {offset}", message)]
    assert decided == []


def test_an_edited_row_of_a_view_is_named_by_table_key_and_column(lives: tuple[History, Run]) -> None:
    history, run = lives
    edit = "UPDATE reporting.committee SET voting = voting {} 1 WHERE region = 'R07'"

    async def changed() -> list[tuple[str, str, str]]:
        async with history.changed("reporting", edit.format("+"), edit.format("-")):
            return await history.differences()

    [(part, place, message)] = run(changed())
    assert part == VIEWS
    assert place.startswith(f"committee (committee:{PROGRAMME}:R07:1, ")
    assert place.endswith(" voting")
    assert message == "expected 3, found 4"


@pytest.mark.parametrize(
    ("table", "column", "file"),
    [("report_file", "bytes", "report-th.pdf"), ("report_content", "content", "content.json")],
)
def test_a_changed_file_of_a_published_report_is_named(
    lives: tuple[History, Run], table: str, column: str, file: str
) -> None:
    history, run = lives
    change = f"UPDATE public.{table} SET {column} = set_byte({column}, 0, get_byte({column}, 0) # 1)"

    async def changed() -> list[tuple[str, str, str]]:
        async with history.changed("reporting", change, change):
            return await history.differences()

    [(part, place, message)] = run(changed())
    assert (part, place) == (REPORTS, f"{REPORT} {file}")
    assert "the event names" in message


def test_a_published_report_whose_event_cannot_be_read_is_named_beside_whatever_else_differs(
    lives: tuple[History, Run],
) -> None:
    history, run = lives
    of = "type LIKE '%.ReportPublished.v%'"
    change = (
        f"CREATE TABLE kept AS SELECT data FROM events WHERE {of}; UPDATE events SET data = left(data, -1) WHERE {of}"
    )
    back = f"UPDATE events SET data = (SELECT data FROM kept) WHERE {of}; DROP TABLE kept"

    async def changed() -> list[tuple[str, str, str]]:
        async with history.changed("reporting", change, back):
            return await history.differences([STORES, REPORTS])

    (stores, _, _), (reports, place, message) = run(changed())
    assert (stores, reports, place) == (STORES, REPORTS, REPORT)
    assert message.startswith("its event cannot be read: ")


def test_views_that_were_restored_behind_their_topics_read_on(lives: tuple[History, Run], tmp_path: Path) -> None:
    history, run = lives
    owner = {"reporting": history.databases["reporting"].owner_dsn}
    stream = f"committee:{PROGRAMME}:R07:1"

    async def restored() -> tuple[int, int, list[Any]]:
        made = await back_up(tmp_path / "backup", owner)
        async with opened(history, "committee") as [store]:
            version = len(await store.history(stream))
            await store.append(decision(stream, version))
            await relayed(history, [store])
        await projected(history)
        await bring_back(made, owner)
        behind = await history.applied("committee")
        await projected(history)
        return behind, await history.applied("committee"), await history.differences()

    behind, caught_up, differences = run(restored())
    assert caught_up == behind + 1
    assert differences == []


def test_the_prover_verifies_when_it_is_due_and_when_an_operator_asks(lives: tuple[History, Run]) -> None:
    history, run = lives

    async def asked() -> tuple[Any, Any]:
        async with proving(history) as operator:
            await eventually(lambda: operator.verdict_of("schedule", "whole"), 30)
            await operator.ask("", status=422, code="ops.reason_missing")
            change = "UPDATE reporting.committee SET voting = voting {} 1 WHERE region = 'R07'"
            async with history.changed("reporting", change.format("+"), change.format("-")):
                await operator.ask("ตรวจหลังแก้ไขตาราง")
                await eventually(lambda: operator.verdict_of("usr-operator", "different"), 30)
            told = await operator.told()
            return told, await history.ask("reporting", "SELECT actor, action, reason FROM operator_audit")

    told, audit = run(asked())
    [difference] = [each for each in told["last"] if not each["whole"]]
    assert difference["place"].startswith(f"committee (committee:{PROGRAMME}:R07:1, ")
    assert [tuple(line) for line in audit] == [("usr-operator", "verify", "ตรวจหลังแก้ไขตาราง")]
    assert VERIFIED.labels("reporting", "views")._value.get() == 0
    assert VERIFIED.labels("committee", "stores")._value.get() == 1


async def test_who_asked_before_is_answered_by_the_verification_that_came_for_all(database: NewDatabase) -> None:
    made = await database("reporting")
    connection = await asyncpg.connect(made.app_dsn)
    try:
        for asked_by in ("usr-one", "usr-two"):
            await proofs.ask(connection, asked_by, "x")
        number = await proofs.take(connection)
        assert number is not None
        await proofs.keep(
            connection, number, [Finding(STORES, "committee", "committee/0", 9, "events", "0:7", "other headers: \x00")]
        )
        await proofs.ask(connection, "usr-three", "x")
        runs = (await proofs.shown(connection))["runs"]
        assert [(each["asked_by"], each["verdict"], each["found"]) for each in runs] == [
            ("usr-three", "waiting", 0),
            ("usr-two", "different", 1),
            ("usr-one", "different", 1),
        ]
        number = await proofs.take(connection)
        assert number is not None
        await proofs.give_up(connection, number, "a stranger says \x00")
        newest = (await proofs.shown(connection))["runs"][0]
        assert (newest["verdict"], newest["found"]) == ("failed", 0)
    finally:
        await connection.close()
