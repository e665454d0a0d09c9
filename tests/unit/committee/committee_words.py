"""Words for the tests of a committee: what has happened, what is told, and a committee with a history."""

from __future__ import annotations

from typing import Any

from services.committee.committee import (
    COMMITTEE,
    AppointCommittee,
    AppointMember,
    ChangeMemberRole,
    Committee,
    CorrectAppointmentOrder,
    DissolveCommittee,
    EndMember,
    ProposeCommittee,
    ReconstituteCommittee,
    WithdrawCommitteeProposal,
)
from services.committee.mandate import MANDATE, Mandate
from services.committee.programme import PROGRAMME, Programme
from shared.contracts import Event
from shared.contracts.committee import (
    AppointmentOrderCorrected,
    CommitteeAppointed,
    CommitteeDissolved,
    CommitteeProposalWithdrawn,
    CommitteeProposed,
    CommitteeReconstituted,
    Holder,
    MandateAdopted,
    MandateDrafted,
    MandateSuperseded,
    Member,
    MemberAppointed,
    MemberEnded,
    MemberRoleChanged,
    Seat,
)
from tests.given import Scenario, given
from tests.unit.committee.examples import PROGRAMME_ID, UNIT, day, mandate_text, member, order, registered

STREAM = "committee:2560-cluster:R07:1"
SECOND = "committee:2560-cluster:R07:2"
PROGRAMME_STREAM = "programme:2560-cluster"
MANDATE_STREAM = "mandate:2560-cluster:1"
OFFICE = "เลขาธิการคณะกรรมการการศึกษาขั้นพื้นฐาน"
EX_OFFICIO = "ศึกษาธิการภาค 7"
CHAIR, VICE, PLAIN, SECRETARY = (
    member(1, Seat.CHAIR),
    member(2, Seat.VICE_CHAIR),
    member(3),
    member(4, Seat.SECRETARY),
)
MEMBERS = (CHAIR, PLAIN, SECRETARY)
IN_REGION: dict[str, Any] = {"programme": PROGRAMME_ID, "region": "R07"}


def folded(initial: Any, aggregate: Any, *events: Event) -> Any:
    for event in events:
        initial = aggregate.evolve(initial, event)
    return initial


KNOWN = folded(Programme(), PROGRAMME, registered())
DRAFTED = MandateDrafted(programme=PROGRAMME_ID, version=1, text=mandate_text(), drafted_on=day("2016-10-10"))
ADOPTED_ON = day("2016-12-01")
MANDATE_ADOPTED = folded(
    Mandate(),
    MANDATE,
    DRAFTED,
    MandateAdopted(
        programme=PROGRAMME_ID,
        version=1,
        adopted_on=ADOPTED_ON,
        resolution="มติ 1/2560",
        digest=mandate_text().digest(),
    ),
)
MANDATE_SUPERSEDED = folded(
    MANDATE_ADOPTED,
    MANDATE,
    MandateSuperseded(programme=PROGRAMME_ID, version=1, superseded_on=day("2017-03-01"), by_version=2),
)


def by_order(number: int, on: str, members: tuple[Member, ...]) -> dict[str, Any]:
    return {
        "order": order(number),
        "order_date": day(on),
        "signatory_office": OFFICE,
        "effective_from": day(on),
        "mandate_version": 1,
        "members": members,
    }


# what has happened


def proposed(on: str = "2016-12-15", ordinal: int = 1) -> CommitteeProposed:
    return CommitteeProposed(**IN_REGION, ordinal=ordinal, proposed_on=day(on), proposed_by=UNIT, members=MEMBERS)


def appointed(on: str = "2017-01-12", number: int = 12, members: tuple[Member, ...] = MEMBERS) -> CommitteeAppointed:
    return CommitteeAppointed(**IN_REGION, **by_order(number, on, members))


def reconstituted(
    on: str = "2017-04-01", number: int = 40, members: tuple[Member, ...] = MEMBERS
) -> CommitteeReconstituted:
    return CommitteeReconstituted(**IN_REGION, **by_order(number, on, members))


def dissolved(on: str = "2017-05-01") -> CommitteeDissolved:
    return CommitteeDissolved(**IN_REGION, dissolved_on=day(on), reason="ปรับโครงสร้าง")


def withdrawn(on: str = "2016-12-20") -> CommitteeProposalWithdrawn:
    return CommitteeProposalWithdrawn(**IN_REGION, withdrawn_on=day(on), reason="เสนอผิดเขต")


def joined(who: Member, on: str = "2017-02-01") -> MemberAppointed:
    return MemberAppointed(**IN_REGION, member=who, effective_from=day(on))


def moved(who: Member, seat: Seat, on: str = "2017-02-01", *, voting: bool = True) -> MemberRoleChanged:
    return MemberRoleChanged(**IN_REGION, holder=holder(who), seat=seat, voting=voting, effective_from=day(on))


def left(who: Member, on: str = "2017-02-01") -> MemberEnded:
    return MemberEnded(**IN_REGION, holder=holder(who), ended_on=day(on), reason="เกษียณอายุราชการ")


def corrected(number: int = 13, effective_from: str = "2017-01-12") -> AppointmentOrderCorrected:
    return AppointmentOrderCorrected(
        **IN_REGION,
        effective_from=day(effective_from),
        order=order(number),
        order_date=day("2017-01-11"),
        signatory_office=OFFICE,
        reason="เลขที่คำสั่งพิมพ์ผิด",
    )


# what is told


def propose(region: str = "R07", on: str = "2016-12-15", members: tuple[Member, ...] = MEMBERS) -> ProposeCommittee:
    return ProposeCommittee(
        programme=PROGRAMME_ID, region=region, proposed_on=day(on), proposed_by=UNIT, members=members
    )


def appoint(on: str = "2017-01-12", number: int = 12, members: tuple[Member, ...] = MEMBERS) -> AppointCommittee:
    return AppointCommittee(**by_order(number, on, members))


def reconstitute(
    on: str = "2017-04-01", number: int = 40, members: tuple[Member, ...] = MEMBERS
) -> ReconstituteCommittee:
    return ReconstituteCommittee(**by_order(number, on, members))


def dissolve(on: str = "2017-05-01") -> DissolveCommittee:
    return DissolveCommittee(dissolved_on=day(on), reason="ปรับโครงสร้าง")


def withdraw(on: str = "2016-12-20") -> WithdrawCommitteeProposal:
    return WithdrawCommitteeProposal(withdrawn_on=day(on), reason="เสนอผิดเขต")


def join(who: Member, on: str = "2017-02-01") -> AppointMember:
    return AppointMember(member=who, effective_from=day(on))


def move(who: Member, seat: Seat, on: str = "2017-02-01", *, voting: bool = True) -> ChangeMemberRole:
    return ChangeMemberRole(holder=holder(who), seat=seat, voting=voting, effective_from=day(on))


def leave(who: Member, on: str = "2017-02-01") -> EndMember:
    return EndMember(holder=holder(who), ended_on=day(on), reason="เกษียณอายุราชการ")


def correct(number: int = 13, effective_from: str = "2017-01-12") -> CorrectAppointmentOrder:
    return CorrectAppointmentOrder(
        effective_from=day(effective_from),
        order=order(number),
        order_date=day("2017-01-11"),
        signatory_office=OFFICE,
        reason="เลขที่คำสั่งพิมพ์ผิด",
    )


def holder(who: Member) -> Holder:
    return Holder(person_id=who.person_id) if who.person_id else Holder(office=who.office)


def committee(*events: Event) -> Scenario:
    return given(*events).on(STREAM, COMMITTEE).where(PROGRAMME_STREAM, KNOWN).where(MANDATE_STREAM, MANDATE_ADOPTED)


def second(*events: Event, first: Committee) -> Scenario:
    return committee(*events).on(SECOND, COMMITTEE).where(STREAM, first)
