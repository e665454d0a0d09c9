"""Erasing a person: the register forgets, what was kept and names them is deleted, and every place is shown."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.committee.persons import PersonRegister
from shared.ingress.originals import Originals
from shared.operating.forgetting import MOST_NAMES
from tests.conftest import NewDatabase
from tests.integration.committee.house import NAME, OTHER, REASON, House, open_house

LINE = """INSERT INTO operator_audit (at, actor, seconded_by, action, target, reason, outcome)
          VALUES (now() - $1 * interval '1 minute', 'usr-one', $2, 'erase', 'x', 'x', 'x') RETURNING id"""


@pytest.fixture(params=[False])
async def house(database: NewDatabase, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    async with open_house(database, two_person=request.param) as made:
        yield made


def places(certificate: Mapping[str, Any]) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    return {(each["service"], place["place"]): place for each in certificate["services"] for place in each["places"]}


async def test_an_erased_person_is_named_nowhere_and_the_certificate_lists_every_place(house: House) -> None:
    certificate = await house.erase()
    assert certificate["complete"]
    assert certificate["erased"]
    found = places(certificate)
    kept = "kept originals and quarantine"
    for service in ("committee", "activity"):
        assert {name: found[service, kept][name] for name in ("checked", "removed", "found")} == {
            "checked": 2, "removed": 1, "found": 0
        }  # fmt: skip
        assert await house.kept(service) == 1
    assert found["committee", "person register"]["found"] == 0
    for service, lines in (
        ("committee", [("erase", house.person), ("forget", kept)]),
        ("activity", [("forget", kept)]),
    ):
        audited = await house.stores[service].pool.fetch(
            "SELECT action, target, reason FROM operator_audit ORDER BY id"
        )
        assert [tuple(line) for line in audited] == [(*line, REASON["reason"]) for line in lines]
    assert NAME not in str(certificate)


async def test_a_kept_body_is_found_however_its_sender_wrote_the_name(house: House) -> None:
    """It is kept as it came: escaped as most libraries write JSON, in Thailand's old encoding, or damaged."""
    escaped, whole, damaged = json.dumps(NAME), "สำรวย ใจงาม", "ส\u0e4d\u0e32รวย ใจงาม"
    capitals = re.sub("u0e..", lambda found: "u" + found[0][1:].upper(), escaped)
    originals = Originals(house.stores["activity"])
    for number, body in enumerate((escaped.encode(), capitals.encode(), NAME.encode("cp874"), damaged.encode())):
        await originals.keep("hr", "/ext/hr/x", str(number), "unreadable", body)
    park = """INSERT INTO parked (consumer, topic, shard, record, store, code, message, headers, value)
              VALUES ('x', 't', 0, 1, 'committee', 'c', 'm', '[]', $1)"""
    await house.stores["activity"].pool.execute(park, escaped.encode())
    found = places(await house.erase(names=[whole]))
    kept = found["activity", "kept originals and quarantine"]
    assert (kept["checked"], kept["removed"]) == (6, 5)
    assert found["activity", "parked records"]["found"] == 1


async def test_as_many_names_are_searched_for_as_may_be_given(house: House) -> None:
    many = [f"{OTHER} {number}" for number in range(MOST_NAMES)]
    assert (await house.erase(names=many))["silent"] == []


async def test_a_name_that_still_stands_somewhere_is_found_and_the_certificate_is_not_complete(house: House) -> None:
    park = """INSERT INTO parked (consumer, topic, shard, record, store, code, message, headers, value)
              VALUES ('x', 't', 0, 1, 'committee', 'c', 'm', '[]', $1)"""
    await house.stores["activity"].pool.execute(park, f"ประธาน {NAME}".encode())
    certificate = await house.erase()
    assert not certificate["complete"]
    assert places(certificate)["activity", "parked records"]["found"] == 1


async def test_who_was_erased_before_is_searched_for_by_the_names_that_are_given(house: House) -> None:
    await house.erase()
    again = await house.erase()
    assert (again["audit"], again["searched"], again["complete"]) == (None, False, False)
    again = await house.erase(names=[OTHER])
    assert again["complete"]
    assert await house.kept("activity") == 0


async def test_a_service_that_is_silent_is_named(house: House) -> None:
    await house.stores["activity"].pool.close()
    certificate = await house.erase()
    assert certificate["silent"] == ["activity"]
    assert not certificate["complete"]


async def test_what_is_wrong_is_told_and_nobody_is_erased(house: House) -> None:
    for body, status, code in (
        ({"reason": ""}, 422, "ops.reason_missing"),
        ({"typed": "x"}, 422, "ops.not_confirmed"),
        ({"names": ["ก"]}, 422, "ops.name_too_short"),
        ({"more": 1}, 422, "request.invalid"),
        ({"role": "officer"}, 403, "auth.forbidden"),
        ({"person": str(uuid4())}, 404, "person.not_found"),
        ({"person": "nobody"}, 400, "query.unreadable"),
    ):
        assert (await house.erase(status=status, **body))["code"] == code, body
    register = PersonRegister(house.stores["committee"].pool)
    assert NAME in ((await register.called(UUID(house.person))) or ())


@pytest.mark.parametrize("house", [True], indirect=True)
async def test_where_two_persons_decide_the_second_has_done_what_was_proposed(house: House) -> None:
    proposed = await house.erase(status=202, names=[OTHER])
    assert await house.kept("activity") == 2
    assert OTHER not in await house.proposals()
    listed = await house.client.get("/v1/ops/proposals", headers=house.issuer.bearer("operator", subject="usr-three"))
    assert [each["request"] for each in listed.json()] == [{"person_id": house.person}], "operators may see no names"

    for names, by, code in (
        ([], "usr-two", "person.other_names"),
        ([NAME], "usr-two", "person.other_names"),
        ([OTHER, NAME], "usr-two", "person.other_names"),
        ([OTHER], "usr-one", "ops.same_operator"),
    ):
        assert (await house.second(proposed["proposal"], names, by))["code"] == code, names
    assert await house.kept("activity") == 2
    done = await house.second(proposed["proposal"], [f" {OTHER} "], "usr-two")
    assert (done["status"], done["certificate"]["complete"]) == ("done", True), done
    assert [await house.kept(each) for each in ("committee", "activity")] == [0, 0]
    assert await house.proposals() == "{}"
    lines = await house.stores["committee"].pool.fetch("SELECT * FROM operator_audit ORDER BY id")
    assert [(each["action"], each["actor"], each["seconded_by"]) for each in lines] == [
        ("erase", "usr-one", "usr-two"),
        ("forget", "usr-two", None),
    ]
    assert not any(name in str(lines) + str(done) for name in (NAME, OTHER))


@pytest.mark.parametrize("house", [True], indirect=True)
async def test_where_two_persons_decide_no_service_forgets_anybody_without_their_order(house: House) -> None:
    """An order is a line of committee's audit, which a second operator stands in and which was written just now."""
    assert await house.forget() == (403, "ops.not_ordered")
    proposed = await house.erase(status=202)
    assert await house.forget(order=1) == (403, "ops.not_ordered")
    done = await house.second(proposed["proposal"], [], "usr-two")
    assert done["certificate"]["complete"], done
    assert await house.forget(order=done["audit"]) == (200, None)
    assert await house.forget(order=done["audit"] + 1) == (403, "ops.not_ordered"), "that line is no erasure"
    audit = house.stores["committee"].pool
    for minutes, second, status in ((11, "usr-two", 403), (0, None, 403), (0, "usr-two", 200)):
        line = await audit.fetchval(LINE, minutes, second)
        assert (await house.forget(order=line))[0] == status, (minutes, second)
    assert (await house.erase(status=202, names=[OTHER]))["status"] == "proposed", "who was erased before, too"
    await audit.close()
    assert await house.forget(order=done["audit"]) == (503, "ops.order_unknown")
    assert await house.kept("activity") == 1
