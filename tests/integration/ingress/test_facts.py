"""Facts of other systems: each is decided like a command, answered once, and waits for what comes before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from services.committee.mandate import AdoptMandate, DraftMandate
from services.committee.programme import RegisterProgramme
from shared.contracts import ContractError, Rejected
from shared.contracts.committee import PublisherRights
from shared.eventstore.append import Answer, Append, OtherContent, Verdict
from shared.eventstore.commands import Ready
from shared.ingress import handler as handler_module
from shared.ingress import receipts
from shared.ingress.drain import due
from shared.ingress.facts import Fact, Facts
from shared.ingress.handler import HistoryUnreadable, NotOurs
from shared.ingress.register import Publisher
from tests.conftest import NewDatabase
from tests.integration.ingress.desk import PERSONNEL, SOURCE, Desk, appointed, desk, event, incoming, members, proposed
from tests.unit.committee.examples import PROGRAMME_ID, definition, mandate_text


async def opened(on: Desk) -> None:
    """The programme is registered and its mandate adopted."""
    await on.command("programmes", RegisterProgramme(definition=definition()))
    await mandated(on)


async def mandated(on: Desk) -> None:
    drafted = DraftMandate.model_validate(
        {"programme": PROGRAMME_ID, "version": 1, "text": mandate_text(), "drafted_on": "2016-10-10"}
    )
    await on.command("mandates", drafted)
    adopted = AdoptMandate.model_validate({"adopted_on": "2016-12-01", "resolution": "มติ 1/2560"})
    await on.command("mandates", adopted, stream=f"mandate:{PROGRAMME_ID}:1")


@pytest.fixture(params=[1, 3], ids=["1 shard", "3 shards"])
async def empty(database: NewDatabase, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with desk(await database("committee"), shards=request.param) as made:
        yield made


@pytest.fixture
async def on(database: NewDatabase) -> AsyncIterator[Desk]:
    async with desk(await database("committee")) as made:
        await opened(made)
        yield made


async def test_a_fact_is_accepted_and_stands_in_its_stream(on: Desk) -> None:
    answer = await on.send(proposed())
    assert (answer.outcome, answer.stream, answer.version) == ("accepted", f"committee:{PROGRAMME_ID}:R07:1", 1)
    answer = await on.send(appointed())
    assert (answer.outcome, answer.version) == ("accepted", 2)
    (recorded,) = (await on.store.history(answer.stream))[1:]
    assert (recorded.actor, recorded.event.spec.name) == ("publisher:personnel", "CommitteeAppointed")


async def test_a_fact_that_is_sent_again_gets_its_first_answer(on: Desk) -> None:
    first = await on.send(proposed())
    again = await on.send(proposed())
    assert again.repeated
    assert again._replace(repeated=False) == first
    assert await on.outcomes() == [("p-1", "accepted")]


async def test_the_same_id_with_another_content_is_a_conflict(on: Desk) -> None:
    await on.send(proposed())
    with pytest.raises(OtherContent):
        await on.send(proposed(region="R08"))
    await on.send(appointed("a-2", "R09"))
    with pytest.raises(OtherContent):
        await on.send(appointed("a-2", "R10"))


async def test_the_same_fact_sent_at_once_is_accepted_once(on: Desk) -> None:
    answers = await asyncio.gather(*(on.send(proposed()) for _ in range(8)))
    assert {answer.version for answer in answers} == {1}
    assert sum(not answer.repeated for answer in answers) == 1


async def test_what_a_rule_refuses_is_rejected_for_good_with_its_place(on: Desk) -> None:
    await on.send(proposed())
    nobody_writes = [each for each in appointed()["data"]["members"] if each["seat"] != "secretary"]
    answer = await on.send(appointed(members=nobody_writes))
    assert (answer.outcome, list(answer.events)) == ("rejected", [])
    assert answer.reason is not None
    assert (answer.reason["code"], answer.reason["pointer"]) == ("committee.no_secretary", "/data/members")
    again = await on.send(appointed(members=nobody_writes))
    assert (again.outcome, again.repeated, again.reason) == ("rejected", True, answer.reason)
    assert (await on.send(appointed("a-2"))).outcome == "accepted"


async def test_data_that_does_not_fit_is_rejected_with_every_place(on: Desk) -> None:
    answer = await on.send(proposed(region="R99", proposed_on="soon"))
    assert answer.reason is not None
    assert answer.reason["code"] == "fact.invalid"
    assert {each["pointer"] for each in answer.reason["errors"]} == {"/data/region", "/data/proposed_on"}
    odd: Any
    for odd in (None, [], "text", 7):
        told = await on.send({**proposed(f"odd-{odd}"), "data": odd})
        assert told.reason is not None
        assert (told.outcome, told.reason["pointer"]) == ("rejected", "/data")


async def test_a_fact_waits_for_what_comes_before_it(on: Desk) -> None:
    waiting = await on.send(appointed())
    assert (waiting.outcome, waiting.events) == ("waiting", ())
    assert waiting.reason is not None
    assert waiting.reason["code"] == "committee.not_proposed"
    again = await on.send(appointed())
    assert (again.outcome, again.repeated) == ("waiting", True)
    await on.drainer.drain()
    assert await on.outcomes() == [("a-1", "waiting")]

    await on.send(proposed())
    assert await on.drainer.drain() == 1
    assert await on.outcomes() == [("a-1", "waiting"), ("p-1", "accepted"), ("a-1", "accepted")]
    settled = await on.send(appointed())
    assert (settled.outcome, settled.repeated, settled.version) == ("accepted", True, 2)


async def test_facts_that_wait_for_each_other_move_in_the_order_in_which_they_took_effect(empty: Desk) -> None:
    """Everything is told in reverse; even the programme comes last."""
    ended = event(
        "MemberEnded",
        "e-1",
        {
            "programme": PROGRAMME_ID,
            "region": "R07",
            "holder": {"person_id": proposed()["data"]["members"][1]["person_id"]},
            "ended_on": "2017-03-01",
            "reason": "เกษียณอายุราชการ",
        },
    )
    for each in (ended, appointed(), proposed()):
        assert (await empty.send(each)).outcome == "waiting"
    await empty.drainer.drain()
    await empty.command("programmes", RegisterProgramme(definition=definition()))
    assert await empty.drainer.drain() == 1  # the proposal; the mandate is still missing
    await mandated(empty)
    assert await empty.drainer.drain() == 2
    names = ["CommitteeProposed", "CommitteeAppointed", "MemberEnded"]
    history = await empty.store.history(f"committee:{PROGRAMME_ID}:R07:1")
    assert [each.event.spec.name for each in history] == names


async def test_what_is_told_late_is_of_the_committee_that_was_in_office_then(on: Desk) -> None:
    """The first is dissolved before its last facts come, and another is proposed already."""
    region = {"programme": PROGRAMME_ID, "region": "R07"}
    first = (await on.send(proposed())).stream
    assert (await on.send(appointed())).outcome == "accepted"
    ended = event("CommitteeDissolved", "d-1", {**region, "dissolved_on": "2017-03-01", "reason": "ครบวาระ"})
    assert (await on.send(ended)).outcome == "accepted"
    left = {"holder": {"person_id": members()[1]["person_id"]}, "reason": "ย้าย"}
    late = await on.send(event("MemberEnded", "m-1", {**region, **left, "ended_on": "2017-02-01"}))
    assert (late.outcome, late.stream) == ("accepted", first)
    second = (await on.send(proposed("p-2", proposed_on="2017-02-15"))).stream
    later = event("MemberRoleChanged", "c-1", {
        **region, "holder": {"person_id": members()[0]["person_id"]}, "seat": "chair", "voting": False,
        "effective_from": "2017-02-10",
    })  # fmt: skip
    assert (await on.send(later)).stream == first
    again = await on.send(event("MemberEnded", "m-2", {**region, **left, "ended_on": "2017-03-05"}))
    assert (again.outcome, again.stream) == ("waiting", second)


async def test_a_command_of_an_officer_wakes_what_waits_for_it(on: Desk) -> None:
    await on.send(appointed())
    await on.drainer.drain()
    answer = await on.send(proposed("other"))
    assert answer.outcome == "accepted"
    assert await on.drainer.drain() == 1


async def test_what_waits_is_decided_again_only_when_something_came(on: Desk) -> None:
    await on.send(appointed())
    await on.drainer.drain()
    await on.send(proposed(region="R08"))
    looked_at = "SELECT count(*) FROM waiting WHERE woken > looked_at"
    assert await on.store.pool.fetchval(looked_at) == 0
    await on.send(proposed("p-2"))
    assert await on.store.pool.fetchval(looked_at) == 1


async def test_what_has_waited_too_long_is_rejected_and_says_for_what(on: Desk) -> None:
    await on.send(appointed())
    await on.store.pool.execute("UPDATE waiting SET expires_at = business_now()")
    assert await on.drainer.drain() == 1
    answer = await on.send(appointed())
    assert answer.reason is not None
    assert (answer.outcome, answer.reason["code"]) == ("rejected", "fact.waited_too_long")
    assert answer.reason["params"] == {"waited_for": "committee.not_proposed"}


async def test_what_another_service_takes_is_named(on: Desk) -> None:
    with pytest.raises(NotOurs) as elsewhere:
        await on.send(event("MeetingHeld", "m-1", {}))
    assert elsewhere.value.owner == "activity"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("ProgrammeRegistered.v1", "publisher.not_sendable"),
        ("MandateSuperseded.v1", "publisher.not_sendable"),
        ("ReportPublished.v1", "publisher.not_sendable"),
        ("Nonsense.v1", "event.unknown_type"),
        ("CommitteeProposed.v2", "event.unknown_type"),
        ("CommitteeProposed.v0", "event.unknown_type"),
    ],
)
async def test_what_no_service_takes_is_refused_and_not_sent_elsewhere(on: Desk, kind: str, code: str) -> None:
    with pytest.raises(ContractError) as refused:
        await on.send({**proposed(), "type": f"th.go.obec.cluster.{kind}"})
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("change", "sent", "code"),
    [
        ({"types": ("MeetingHeld",)}, proposed(), "publisher.type_not_allowed"),
        ({"regions": ("R01",)}, proposed(), "publisher.region_not_allowed"),
        ({"regions": ("R07",)}, proposed(regions=["R07", "เชียงใหม่"]), "publisher.region_not_allowed"),
    ],
)
async def test_a_publisher_sends_what_it_may_and_nothing_else(
    on: Desk, change: dict[str, Any], sent: dict[str, Any], code: str
) -> None:
    assert PERSONNEL.rights is not None
    limited = replace(PERSONNEL, rights=PERSONNEL.rights.model_copy(update=change))
    answer = await on.send(sent, limited)
    assert answer.reason is not None
    assert (answer.outcome, answer.reason["code"]) == ("rejected", code)


@pytest.mark.parametrize("together", [False, True], ids=["alone", "together"])
async def test_who_may_speak_of_one_region_voids_nothing_of_another(on: Desk, together: bool) -> None:
    """The fact itself names no region; its stream is of one."""
    assert PERSONNEL.rights is not None
    limited = replace(PERSONNEL, rights=PERSONNEL.rights.model_copy(update={"regions": ("R07",)}))
    told = {region: await on.send(proposed(f"p-{region}", region)) for region in ("R07", "R08")}
    voided = [
        event("FactVoided", region, {"event_id": stood.events[0]["id"], "reason": "วันผิด"}, subject=stood.stream)
        for region, stood in told.items()
    ]
    if together:
        answers = await on.facts.take_plain([incoming(each) for each in voided], limited)
        assert [answer and answer.outcome for answer in answers] == ["accepted", None]
    else:
        own, other = [await on.send(each, limited) for each in voided]
        assert own.outcome == "accepted"
        assert other.reason is not None
        assert (other.reason["code"], other.reason["pointer"]) == ("publisher.region_not_allowed", "/subject")


@pytest.mark.parametrize("source", ["/ext/fiscal/gfmis", "/callers/usr-officer", "/reactions/activity.progress"])
async def test_an_id_under_another_s_source_is_neither_used_nor_told_of(on: Desk, source: str) -> None:
    stranger = Publisher("stranger", "อื่น", PERSONNEL.rights)
    assert PERSONNEL.rights is not None
    owner = Publisher("owner", "เจ้าของ", PERSONNEL.rights.model_copy(update={"sources": (source,)}))
    for sent in ({**proposed(), "source": source}, {**proposed(region="R08"), "source": source}):
        with pytest.raises(Rejected, match=r"publisher\.source_not_allowed"):
            await on.send(sent, stranger)
    assert await on.outcomes() == []
    sent = {**proposed(), "source": source}
    assert (await on.send(sent, owner)).outcome == "accepted"
    with pytest.raises(Rejected, match=r"publisher\.source_not_allowed"):
        await on.send(sent, stranger)


@pytest.mark.parametrize(
    "error", [asyncpg.InterfaceError("gone"), asyncpg.LockNotAvailableError("busy"), OSError("cut")]
)
async def test_a_database_that_fails_while_a_fact_is_decided_is_not_taken_for_a_rule_that_does(
    on: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def failing(_request: object, *, new: bool = False) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(on.handler, "ready", failing)
        with pytest.raises(type(error)):
            await on.send(proposed())
    assert await on.outcomes() == []
    assert (await on.send(proposed())).outcome == "accepted"


async def test_nothing_is_kept_of_a_suspended_publisher(on: Desk) -> None:
    with pytest.raises(Rejected, match=r"publisher\.not_admitted"):
        await on.send(proposed(), replace(PERSONNEL, suspended=True))
    assert await on.outcomes() == []
    assert (await on.send(proposed())).outcome == "accepted"


async def test_a_dry_run_decides_and_appends_nothing(on: Desk) -> None:
    assert (await on.send(proposed(), dry_run=True)).version == 1
    assert (await on.send(appointed(), dry_run=True)).outcome == "waiting"
    assert (await on.send(proposed(region="R99"), dry_run=True)).outcome == "rejected"
    with pytest.raises(Rejected, match=r"fact\.corrects_nothing"):
        await on.send({**proposed(), "corrects": f"{SOURCE} unheard-of"}, dry_run=True)
    assert await on.outcomes() == []
    assert "CommitteeProposed" not in await on.events()


async def test_a_fact_is_voided_by_who_sent_it_and_nobody_else(on: Desk) -> None:
    answer = await on.send(proposed())
    voiding = {"event_id": answer.events[0]["id"], "reason": "ส่งผิดเขต"}
    stranger = Publisher("other", "อื่น", PERSONNEL.rights)
    sent = event("FactVoided", "v-1", voiding, subject=answer.stream)
    refused = await on.send(sent, stranger)
    assert refused.reason is not None
    assert refused.reason["code"] == "fact.not_yours"
    assert (await on.send({**sent, "id": "v-2"})).outcome == "accepted"
    assert (await on.send(proposed("p-2"))).outcome == "accepted"


async def test_a_rule_that_fails_keeps_the_fact_and_says_so(database: NewDatabase) -> None:
    def broken(*_: object) -> list[Any]:
        raise RuntimeError("a defect")

    from services.committee.facts import FACTS

    failing = Facts(
        replace(each, aggregate=replace(each.aggregate, decide=broken)) if each.name == "CommitteeProposed" else each
        for each in FACTS
    )
    async with desk(await database("committee"), failing) as on:
        await opened(on)
        answer = await on.send(proposed())
        assert answer.reason is not None
        assert (answer.outcome, answer.reason["code"]) == ("quarantined", "fact.rule_failed")
        assert await on.outcomes() == [("p-1", "quarantined")]


async def test_receipts_tell_each_outcome_in_order_and_the_last_one_holds(on: Desk) -> None:
    await on.send(appointed())
    await on.send(proposed())
    await on.drainer.drain()
    told = await receipts.receipts(on.store, "personnel", 0, 10)
    assert [(each["id"], each["outcome"]) for each in told] == [
        ("a-1", "waiting"), ("p-1", "accepted"), ("a-1", "accepted")
    ]  # fmt: skip
    assert [each["serial"] for each in told] == [1, 2, 3]
    last = await receipts.receipt(on.store, "personnel", SOURCE, "a-1")
    assert last is not None
    assert (last["outcome"], last["version"]) == ("accepted", 2)
    assert await receipts.receipt(on.store, "somebody-else", SOURCE, "a-1") is None


def test_every_code_that_is_waited_for_exists() -> None:
    from services.activity.facts import FACTS as ACTIVITY
    from services.committee.facts import FACTS as COMMITTEE
    from services.evaluation.facts import FACTS as EVALUATION
    from shared.contracts.rejection import codes

    every: list[Fact] = [*COMMITTEE, *ACTIVITY, *EVALUATION]
    assert {code for fact in every for code in fact.waits} <= set(codes())


async def test_a_region_is_taken_by_any_sure_name_and_refused_with_a_suggestion(on: Desk) -> None:
    for number, name in enumerate(("เขตตรวจราชการที่ ๑๕", "เชียงใหม่", "TH-50"), 1):
        answer = await on.send(proposed(f"n-{number}", name))
        assert answer.outcome in ("accepted", "rejected"), answer
        assert "fact.invalid" not in str(answer.reason), answer
    refused = await on.send(proposed("odd", "เชียงใหม"))
    assert refused.reason is not None
    (place,) = refused.reason["errors"]
    assert (place["pointer"], place["code"]) == ("/data/region", "region.unreadable")
    assert "เชียงใหม่" in place["th"]


async def test_damaged_text_is_stored_repaired(on: Desk) -> None:
    answer = await on.send(proposed(proposed_by="ส านักงานคณะกรรมการการศึกษาข้ันพ้ืนฐาน"))
    (recorded,) = await on.store.history(answer.stream)
    assert recorded.event.model_dump()["proposed_by"] == "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน"


async def test_what_names_a_person_is_refused_with_its_place(on: Desk) -> None:
    members = [{**each, "office": "นายสมชาย ใจดี"} for each in proposed()["data"]["members"][:1]]
    answer = await on.send(proposed(members=members))
    assert answer.reason is not None
    assert [(each["pointer"], each["code"]) for each in answer.reason["errors"]] == [
        ("/data/members/0/office", "text.personal_data")
    ]
    kept = await on.store.pool.fetch("SELECT reason FROM inbox WHERE reason IS NOT NULL")
    assert "สมชาย" not in str([dict(each) for each in kept])


async def test_of_many_together_what_stands_as_it_came_is_answered_and_the_rest_is_left(on: Desk) -> None:
    await on.send(proposed("known", "R01"))
    await on.send(proposed("other", "R02"))
    many = {
        "plain": proposed("plain", "R03"),
        "known": proposed("known", "R01"),
        "other content": proposed("other", "R04"),
        "refused": proposed("refused", "R01", proposed_on="2016-12-16"),
        "waits": appointed("waits", "R05"),
        "unfit": proposed("unfit", "R99"),
        "repaired": proposed("repaired", "R06", proposed_by="ส านักงาน"),
        "not its source": {**proposed("source", "R07"), "source": "/ext/e-meeting/central"},
        "not ours": event("MeetingHeld", "theirs", {}),
        "nobody's": event("Nonsense", "nobody", {}),
        "corrects nothing": {**proposed("corrects", "R08"), "corrects": f"{SOURCE} nothing"},
    }
    answers = await on.facts.take_plain([incoming(each) for each in many.values()], PERSONNEL)
    told = {what: answer for what, answer in zip(many, answers, strict=True) if answer is not None}
    assert {what: (answer.outcome, answer.repeated) for what, answer in told.items()} == {
        "plain": ("accepted", False), "known": ("accepted", True)
    }  # fmt: skip
    assert [each for each, _ in await on.outcomes()] == ["known", "other", "plain"]


async def test_of_many_together_what_the_publisher_may_not_send_is_left(on: Desk) -> None:
    narrow = replace(
        PERSONNEL, rights=PublisherRights(sources=(SOURCE,), types=("CommitteeProposed",), regions=("R09",))
    )
    many = [proposed("p-1", "R09"), proposed("p-2", "R10"), appointed("a-1", "R09")]
    answers = await on.facts.take_plain([incoming(each) for each in many], narrow)
    assert [answer and answer.outcome for answer in answers] == ["accepted", None, None]


async def test_of_two_together_on_one_stream_the_second_is_left_to_be_decided_on_what_the_first_did(on: Desk) -> None:
    first, second = proposed("p-1"), proposed("p-2", proposed_on="2016-12-16")
    accepted, left = await on.facts.take_plain([incoming(first), incoming(second)], PERSONNEL)
    assert accepted is not None
    assert (accepted.version, left) == (1, None)
    assert (await on.send(second)).outcome == "rejected"


async def test_a_rule_that_fails_on_one_leaves_all_to_be_taken_alone(on: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    decided = on.handler.decided

    def failing(ready: Ready, verdict: Verdict | None = None) -> Append:
        if ready.request.id == "p-2":
            raise RuntimeError("a defect")
        return decided(ready, verdict)

    monkeypatch.setattr(on.handler, "decided", failing)
    many = [proposed("p-1", "R01"), proposed("p-2", "R02"), proposed("p-3", "R03")]
    assert await on.facts.take_plain([incoming(each) for each in many], PERSONNEL) == [None] * 3
    assert [(await on.send(each)).outcome for each in many] == ["accepted", "quarantined", "accepted"]


@pytest.mark.parametrize("subject", ["", "nothing:1", "publisher:personnel", "report:x", "mandate"])
async def test_a_voiding_of_what_is_nobody_s_is_refused_and_not_sent_elsewhere(on: Desk, subject: str) -> None:
    voiding = {"event_id": "018f4e9a-7c1e-7b1c-9d3e-0a1b2c3d4e5f", "reason": "ส่งผิดเขต"}
    answer = await on.send(event("FactVoided", "v-1", voiding, subject=subject))
    assert answer.reason is not None
    assert (answer.outcome, answer.reason["code"], answer.reason["pointer"]) == (
        "rejected", "fact.no_subject", "/subject"
    )  # fmt: skip


async def test_what_the_store_cannot_read_says_nothing_of_the_fact(on: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(_request: object, *, new: bool = False) -> None:
        raise ContractError("event.unknown_type", "of a newer version")

    with monkeypatch.context() as broken:
        broken.setattr(on.handler, "ready", failing)
        with pytest.raises(HistoryUnreadable):
            await on.send(proposed())
    assert await on.outcomes() == []
    assert (await on.send(proposed())).outcome == "accepted"


async def test_one_that_fails_while_it_waits_does_not_keep_the_others(
    on: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on.send(appointed("a-1", "R01"))
    await on.send(appointed("a-2", "R02", 13))
    await on.send(proposed("p-1", "R01"))
    await on.send(proposed("p-2", "R02"))
    take_again = on.facts.take_again

    async def failing(waiting: Any) -> Answer:
        if waiting["id"] == "a-1":
            raise HistoryUnreadable("event.unknown_type")
        return await take_again(waiting)

    with monkeypatch.context() as broken:
        broken.setattr(on.facts, "take_again", failing)
        assert await on.drainer.drain() == 1
    assert await on.drainer.drain() == 1


async def test_what_comes_while_a_fact_turns_to_wait_for_something_else_wakes_it(
    on: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on.send(appointed())
    await on.drainer.drain()
    await on.store.pool.execute("UPDATE waiting SET woken = woken + 1")
    (row,) = await due(on.store)
    monkeypatch.setattr(handler_module, "_names", lambda _ready: ("learned:another",))
    assert (await on.facts.take_again(row)).outcome == "waiting"
    assert [each["id"] for each in await due(on.store)] == ["a-1"]
    await on.drainer.drain()
    assert await due(on.store) == []


async def test_a_fact_whose_new_stream_has_another_name_every_time_comes_to_rest(
    on: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on.send(appointed())
    await on.drainer.drain()
    asked, number = handler_module.FactHandler._asked, iter(range(100))

    def renamed(self: Any, case: Any, fact: Any, _stream: str, command: Any) -> Any:
        return asked(self, case, fact, f"committee:{PROGRAMME_ID}:R07:9{next(number)}", command)

    monkeypatch.setattr(handler_module.FactHandler, "_asked", renamed)
    for _ in range(2):
        await on.store.pool.execute("UPDATE waiting SET woken = woken + 1")
        assert [each["id"] for each in await due(on.store)] == ["a-1"]
        await on.drainer.drain()
        assert await due(on.store) == []
    assert next(number) == 2  # once for each time that something came
