"""What was written is kept for a while where it is not what is stored: sealed, for its sender alone, then gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import orjson
import pytest
from cryptography.exceptions import InvalidTag

from services.committee.programme import RegisterProgramme
from services.committee.publishers import RegisterPublisher, SuspendPublisher
from shared.contracts import Rejected
from shared.contracts.committee import PublisherRights
from shared.eventstore.append import Answer, OtherContent
from shared.ingress.handler import FactHandler
from shared.ingress.originals import Originals
from shared.ingress.register import Register
from tests.conftest import NewDatabase
from tests.integration.ingress.desk import PERSONNEL, SOURCE, Desk, appointed, desk, event, incoming, proposed
from tests.unit.committee.examples import definition

DAMAGED, WHOLE = "สํานักงานคณะกรรมการ", "สำนักงานคณะกรรมการ"


@pytest.fixture
async def on(database: NewDatabase) -> AsyncIterator[Desk]:
    async with desk(await database("committee")) as made:
        await made.command("programmes", RegisterProgramme(definition=definition()))
        yield made


@pytest.fixture
def originals(on: Desk) -> Originals:
    return on.facts.originals


async def test_what_was_repaired_is_kept_as_it_was_written(on: Desk, originals: Originals) -> None:
    sent = proposed(proposed_by=DAMAGED)
    assert (await on.send(sent)).outcome == "accepted"
    data = await on.store.pool.fetchval("SELECT data FROM events ORDER BY position DESC LIMIT 1")
    assert orjson.loads(data)["proposed_by"] == WHOLE
    kept = await originals.of("personnel", SOURCE, "p-1")
    assert kept is not None
    assert (kept.kind, orjson.loads(kept.body)) == ("repaired", sent["data"])


async def test_what_was_written_whole_needs_no_original(on: Desk, originals: Originals) -> None:
    await on.send(proposed())
    assert await originals.of("personnel", SOURCE, "p-1") is None


async def test_neither_a_dry_run_nor_a_refusal_keeps_anything(on: Desk, originals: Originals) -> None:
    await on.send(proposed(proposed_by=DAMAGED), dry_run=True)
    assert (await on.send(proposed("p-2", "R99", proposed_by=DAMAGED))).outcome == "rejected"
    assert await originals.of("personnel", SOURCE, "p-1") is None
    assert await originals.of("personnel", SOURCE, "p-2") is None


async def test_nobody_but_its_sender_is_given_it(on: Desk, originals: Originals) -> None:
    await on.send(proposed(proposed_by=DAMAGED))
    assert await originals.of("stranger", SOURCE, "p-1") is None


async def test_it_is_sealed_where_it_is_kept_and_says_nothing_without_its_key(on: Desk, originals: Originals) -> None:
    await on.send(proposed(proposed_by=DAMAGED))
    sealed = await on.store.pool.fetchval("SELECT sealed FROM originals")
    assert DAMAGED.encode() not in sealed
    await on.store.pool.execute("DELETE FROM original_keys")
    assert await originals.of("personnel", SOURCE, "p-1") is None


async def test_one_changed_byte_of_it_is_noticed(on: Desk, originals: Originals) -> None:
    await on.send(proposed(proposed_by=DAMAGED))
    row = await on.store.pool.fetchrow("SELECT sealed FROM originals")
    assert row is not None
    forged = row["sealed"][:-1] + bytes([row["sealed"][-1] ^ 1])
    await on.store.pool.execute("DELETE FROM originals")
    keep = "INSERT INTO originals VALUES ($1, $2, 'personnel', 'repaired', $3, now() + interval '1 day')"
    await on.store.pool.execute(keep, SOURCE, "p-1", forged)
    with pytest.raises(InvalidTag):
        await originals.of("personnel", SOURCE, "p-1")


async def test_after_its_time_it_is_given_to_nobody_and_deleted_with_its_key(on: Desk, originals: Originals) -> None:
    await originals.keep("personnel", SOURCE, "old", "unreadable", b"x")
    await originals.keep("personnel", SOURCE, "new", "unreadable", b"y")
    await _age(on, "old")
    assert await originals.of("personnel", SOURCE, "old") is None
    await originals.drop()
    for table in ("originals", "original_keys"):
        assert [row["id"] for row in await on.store.pool.fetch(f"SELECT id FROM {table}")] == ["new"]


async def test_a_fact_sent_in_place_of_a_refused_one_refers_to_it(on: Desk) -> None:
    await on.send(proposed("wrong", "R99"))
    answer = await on.send({**proposed("right"), "corrects": f"{SOURCE} wrong"})
    assert answer.outcome == "accepted"
    rows = await on.store.pool.fetch("SELECT source, id, by_source, by_id FROM corrections")
    assert [tuple(row) for row in rows] == [(SOURCE, "wrong", SOURCE, "right")]


@pytest.mark.parametrize("place", [f"{SOURCE} unheard-of", f"{SOURCE} stands", "nonsense", "/ext/other/x wrong"])
async def test_what_refers_to_nothing_refused_is_refused_and_uses_no_id(on: Desk, place: str) -> None:
    await on.send(proposed("stands", "R08"))
    await on.send(proposed("wrong", "R99"))
    with pytest.raises(Rejected, match=r"fact\.corrects_nothing"):
        await on.send({**proposed("right"), "corrects": place})
    assert (await on.send(proposed("right"))).outcome == "accepted"


async def test_another_s_refused_fact_is_not_referred_to(on: Desk) -> None:
    await on.send(proposed("wrong", "R99"))
    stranger = replace(PERSONNEL, name="stranger")
    with pytest.raises(Rejected, match=r"fact\.corrects_nothing"):
        await on.send({**proposed("right"), "corrects": f"{SOURCE} wrong"}, stranger)


async def test_rights_that_were_taken_while_a_fact_waited_hold_when_it_is_decided_again(on: Desk) -> None:
    register = RegisterPublisher(publisher="personnel", office="ก.ค.ศ.", rights=_rights())
    await on.command("publishers", register)
    facts = FactHandler(on.handler, on.facts.facts, Register(on.store))
    assert (await facts.take(incoming(appointed()), PERSONNEL)).outcome == "waiting"
    await on.command("publishers", SuspendPublisher(reason="ตรวจสอบ"), "suspend", "publisher:personnel")
    answer = await _again(on, facts)
    assert answer.reason is not None
    assert (answer.outcome, answer.reason["code"]) == ("rejected", "publisher.not_admitted")


async def test_a_waiting_type_that_is_taken_no_longer_is_refused_and_holds_nothing_up(on: Desk) -> None:
    await on.send(appointed())
    for kind, code in (("MeetingHeld", "event.other_service"), ("Nonsense", "event.unknown_type")):
        await on.store.pool.execute("UPDATE waiting SET type = $1", f"th.go.obec.cluster.{kind}.v1")
        [row] = await on.store.pool.fetch("SELECT * FROM waiting")
        with pytest.raises(Rejected, match=code.replace(".", r"\.")):
            await on.facts._present(incoming(event(kind, "a-1", {})), "personnel")
    answer = await on.facts.take_again(row)
    assert answer.reason is not None
    assert (answer.outcome, answer.reason["code"]) == ("rejected", "event.unknown_type")


async def _again(on: Desk, facts: FactHandler) -> Answer:
    [row] = await on.store.pool.fetch("SELECT * FROM waiting")
    return await facts.take_again(row)


async def _age(on: Desk, fact_id: str) -> None:
    """Let the time of one original be over."""
    row = await on.store.pool.fetchrow("DELETE FROM originals WHERE id = $1 RETURNING *", fact_id)
    assert row is not None
    again = "INSERT INTO originals VALUES ($1, $2, $3, $4, $5, now() - interval '1 second')"
    await on.store.pool.execute(again, *list(row.values())[:5])


def _rights() -> PublisherRights:
    assert PERSONNEL.rights is not None
    types = tuple(each for each in PERSONNEL.rights.types if each != "FactVoided")
    return PERSONNEL.rights.model_copy(update={"types": types})


async def test_what_was_forgotten_of_a_fact_does_not_come_back_when_it_is_sent_again(
    on: Desk, originals: Originals
) -> None:
    await on.send(proposed(proposed_by=DAMAGED))
    await on.store.pool.execute("DELETE FROM originals")
    await on.store.pool.execute("DELETE FROM original_keys")
    assert (await on.send(proposed(proposed_by=DAMAGED))).repeated
    assert await originals.of("personnel", SOURCE, "p-1") is None


async def test_another_content_under_the_same_id_is_not_told_as_what_was_sent(on: Desk, originals: Originals) -> None:
    await on.send(proposed())
    with pytest.raises(OtherContent):
        await on.send(proposed(proposed_by=DAMAGED))
    assert await originals.of("personnel", SOURCE, "p-1") is None
