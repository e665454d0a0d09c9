"""Rows of committees: an interval for every time at which one changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from shared.contracts import Event
from shared.contracts.committee import (
    AppointmentOrderCorrected,
    CommitteeDissolved,
    CommitteeProposalWithdrawn,
    Holder,
    Member,
    MemberAppointed,
    MemberEnded,
    MemberRoleChanged,
    Seat,
)
from shared.contracts.types import OrderNumber, bangkok_midnight
from tests.unit.reporting.log import MEMBERS, PROGRAMME, Log, person

STREAM = f"committee:{PROGRAMME}:R07:1"
COMMON = {"programme": PROGRAMME, "region": "R07"}
TENTH, TWENTIETH = date(2017, 1, 10), date(2017, 1, 20)


def appointed() -> Log:
    """Proposed on 1 November, appointed on 10 January."""
    log = Log()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.at("2017-01-15").appoint("R07", "2017-01-10")
    return log


def last(log: Log) -> dict[str, Any]:
    """The interval that has not ended."""
    return next(row for row in log.rows("committee") if row["valid_to"] is None)


def offices(row: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(member["office"], member["seat"], member["voting"]) for member in orjson.loads(row["members"])]


def test_each_change_ends_one_interval_and_begins_the_next() -> None:
    proposed, in_office = appointed().rows("committee")

    assert (proposed["state"], in_office["state"]) == ("proposed", "appointed")
    assert proposed["valid_to"] == in_office["valid_from"] == bangkok_midnight(TENTH)
    assert in_office["valid_to"] is None


def test_a_back_dated_order_stands_where_it_took_effect() -> None:
    log = appointed()
    log.at("2017-06-01").tell(
        STREAM, MemberEnded(**COMMON, holder=Holder(person_id=person(4)), ended_on=date(2017, 3, 1), reason="ย้าย")
    )
    log.tell(STREAM, MemberEnded(**COMMON, holder=Holder(person_id=person(3)), ended_on=date(2017, 2, 1), reason="ย้าย"))

    assert [row["valid_from"] for row in log.rows("committee")[2:]] == [
        bangkok_midnight(date(2017, 2, 1)),
        bangkok_midnight(date(2017, 3, 1)),
    ]
    assert [(row["secretaries"], row["assistant_secretaries"]) for row in log.rows("committee")[2:]] == [(0, 1), (0, 0)]


def test_what_takes_effect_at_one_instant_makes_one_interval() -> None:
    log = appointed()
    for number in (3, 4):
        ended = MemberEnded(**COMMON, holder=Holder(person_id=person(number)), ended_on=TWENTIETH, reason="ย้าย")
        log.tell(STREAM, ended)

    assert len(log.rows("committee")) == 3
    assert last(log)["voting"] == 2


def test_members_are_counted_by_seat_and_vote() -> None:
    row = last(appointed())

    counts = [
        row[name] for name in ("chairs", "vice_chairs", "ordinary_members", "secretaries", "assistant_secretaries")
    ]
    assert counts == [1, 0, 1, 1, 1]
    assert row["voting"] == 3


def test_a_member_who_is_there_already_is_replaced_in_place() -> None:
    log = appointed()
    again = Member(office="ศึกษาธิการภาค", seat=Seat.VICE_CHAIR, voting=False)
    log.tell(STREAM, MemberAppointed(**COMMON, member=again, effective_from=TWENTIETH))

    assert offices(last(log))[1] == ("ศึกษาธิการภาค", "vice_chair", False)
    assert len(offices(last(log))) == len(MEMBERS)


def test_a_new_member_stands_last() -> None:
    log = appointed()
    new = Member(person_id=person(9), office="ครู", seat=Seat.MEMBER)
    log.tell(STREAM, MemberAppointed(**COMMON, member=new, effective_from=TWENTIETH))

    assert offices(last(log))[-1] == ("ครู", "member", True)


def test_a_role_is_changed_in_place() -> None:
    log = appointed()
    changed = MemberRoleChanged(
        **COMMON, holder=Holder(person_id=person(3)), seat=Seat.CHAIR, voting=True, effective_from=TWENTIETH
    )
    log.tell(STREAM, changed)

    assert offices(last(log))[2] == ("ผู้อำนวยการกลุ่ม", "chair", True)
    assert last(log)["chairs"] == 2


def test_a_corrected_order_holds_from_its_first_day() -> None:
    log = appointed()
    corrected = AppointmentOrderCorrected(
        **COMMON,
        effective_from=TENTH,
        order=OrderNumber(unit="สพฐ.", number=21, year=2560),
        order_date=date(2017, 1, 9),
        signatory_office="รองเลขาธิการ กพฐ.",
        reason="พิมพ์ผิด",
    )
    log.at("2017-05-01").tell(STREAM, corrected)

    assert len(log.rows("committee")) == 2
    assert (last(log)["order_number"], last(log)["signatory_office"]) == (21, "รองเลขาธิการ กพฐ.")


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        (CommitteeDissolved(**COMMON, dissolved_on=TWENTIETH, reason="ครบวาระ"), "dissolved"),
        (CommitteeProposalWithdrawn(**COMMON, withdrawn_on=TWENTIETH, reason="เสนอใหม่"), "withdrawn"),
    ],
)
def test_an_ended_committee_keeps_its_members(ending: Event, state: str) -> None:
    log = appointed()
    log.tell(STREAM, ending)

    assert last(log)["state"] == state
    assert last(log)[f"{state}_on"] == TWENTIETH
    assert len(offices(last(log))) == len(MEMBERS)


def test_a_voided_order_leaves_the_proposal() -> None:
    log = Log()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    order = log.at("2017-01-15").appoint("R07", "2017-01-10")
    log.void(order)

    assert [row["state"] for row in log.rows("committee")] == ["proposed"]


def test_a_stream_of_which_nothing_is_left_has_no_row() -> None:
    log = Log()
    log.void(log.propose("R07", "2016-11-01"))

    assert log.rows("committee") == []
