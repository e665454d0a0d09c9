"""Rules of a committee: proposal, order, members, vacancies, reconstitution, end; what is back-dated or voided."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.committee.committee import COMMITTEE, AppointCommittee, Committee, Status, active, numbered, place
from services.committee.mandate import MANDATE, Mandate
from services.committee.programme import PROGRAMME, Programme
from shared.contracts import Claim, Command, Event, Read
from shared.contracts.committee import Holder, Member, MemberAppointed, Seat
from shared.contracts.common import FactVoided
from shared.contracts.types import bangkok_midnight
from tests.given import event_id
from tests.unit.committee.committee_words import (
    CHAIR,
    DRAFTED,
    EX_OFFICIO,
    IN_REGION,
    MANDATE_STREAM,
    MANDATE_SUPERSEDED,
    MEMBERS,
    PLAIN,
    PROGRAMME_STREAM,
    SECOND,
    SECRETARY,
    STREAM,
    VICE,
    appoint,
    appointed,
    by_order,
    committee,
    correct,
    corrected,
    dissolve,
    dissolved,
    folded,
    join,
    joined,
    leave,
    left,
    move,
    moved,
    propose,
    proposed,
    reconstitute,
    reconstituted,
    second,
    withdraw,
    withdrawn,
)
from tests.unit.committee.examples import (
    PROGRAMME_ID,
    UNIT,
    changed,
    day,
    definition,
    member,
    order,
    person,
    registered,
)
from tests.unit.committee.telling import refused

# proposal


def test_a_committee_is_proposed_for_a_region_of_the_programme() -> None:
    committee().when(propose()).then(proposed())


def test_the_stream_tells_how_many_th_of_its_region_a_committee_is() -> None:
    committee().on(SECOND, COMMITTEE).when(propose()).then(proposed(ordinal=2))


def test_a_region_that_the_programme_lacks_has_no_committee() -> None:
    few = folded(Programme(), PROGRAMME, registered(changed(definition(), regions=["CTR", "R01"])))
    refused(committee().where(PROGRAMME_STREAM, few).when(propose()), "committee.region_not_in_programme")


def test_a_proposal_needs_a_registered_programme() -> None:
    refused(committee().where(PROGRAMME_STREAM, Programme()).when(propose()), "programme.not_known", 409)


def test_proposing_the_same_again_makes_nothing_new() -> None:
    committee(proposed()).when(propose()).then()


def test_proposing_the_same_again_after_the_appointment_makes_nothing_new() -> None:
    committee(proposed(), appointed()).when(propose()).then()


def test_another_proposal_while_one_stands_is_refused() -> None:
    refused(committee(proposed()).when(propose(on="2016-12-16")), "committee.already_proposed", 409)


def test_a_proposal_before_the_one_that_stands_contradicts_it() -> None:
    refused(committee(proposed()).when(propose(on="2016-12-14")), "effective.contradicts_later")


def test_a_proposal_is_not_told_before_its_day() -> None:
    refused(committee().when(propose(on="2017-06-10")), "effective.in_future")


@pytest.mark.parametrize("end", [(withdrawn(),), (appointed(), dissolved())])
def test_an_ended_committee_is_not_proposed_again(end: tuple[Event, ...]) -> None:
    refused(committee(proposed(), *end).when(propose(on="2017-05-20")), "committee.ended", 409)


def test_a_proposal_may_be_withdrawn() -> None:
    committee(proposed()).when(withdraw()).then(withdrawn())


def test_withdrawing_twice_makes_nothing_new() -> None:
    committee(proposed(), withdrawn()).when(withdraw()).then()


def test_an_appointed_committee_is_not_withdrawn() -> None:
    refused(committee(proposed(), appointed()).when(withdraw(on="2017-02-01")), "committee.already_appointed", 409)


def test_a_withdrawal_before_the_appointment_contradicts_it() -> None:
    refused(committee(proposed(), appointed()).when(withdraw()), "effective.contradicts_later")


def test_what_was_not_proposed_cannot_be_withdrawn() -> None:
    refused(committee().when(withdraw()), "committee.not_proposed", 409)


# appointment


def test_an_order_appoints_the_proposed_committee() -> None:
    committee(proposed()).when(appoint()).then(appointed())


def test_an_order_may_take_effect_on_the_day_of_the_proposal() -> None:
    committee(proposed()).when(appoint(on="2016-12-15")).then(appointed(on="2016-12-15"))


def test_an_order_may_take_effect_on_a_day_to_come() -> None:
    committee(proposed()).when(appoint(on="2017-07-01")).then(appointed(on="2017-07-01"))
    state = committee(proposed(), appointed(on="2017-07-01")).state(bangkok_midnight(day("2017-06-30")))
    assert state.status is Status.PROPOSED


def test_an_order_does_not_take_effect_before_the_proposal() -> None:
    refused(committee(proposed()).when(appoint(on="2016-12-14")), "committee.not_proposed", 409)


def test_a_committee_is_not_appointed_without_a_proposal() -> None:
    refused(committee().when(appoint()), "committee.not_proposed", 409)


def test_the_same_order_told_twice_makes_nothing_new() -> None:
    committee(proposed(), appointed()).when(appoint()).then()


def test_the_same_order_told_after_members_changed_makes_nothing_new() -> None:
    committee(proposed(), appointed(), left(PLAIN), joined(VICE)).when(appoint()).then()


@pytest.mark.parametrize("again", [appoint(number=99), appoint(members=(CHAIR, SECRETARY))])
def test_a_committee_is_not_appointed_otherwise_a_second_time(again: AppointCommittee) -> None:
    refused(committee(proposed(), appointed()).when(again), "committee.already_appointed", 409)


def test_an_appointment_before_the_one_that_stands_contradicts_it() -> None:
    refused(committee(proposed(), appointed()).when(appoint(on="2017-01-05")), "effective.contradicts_later")


def test_a_withdrawn_proposal_is_not_appointed() -> None:
    refused(committee(proposed(), withdrawn()).when(appoint()), "committee.ended", 409)


@pytest.mark.parametrize("make", [appoint, reconstitute])
@pytest.mark.parametrize(
    ("members", "code"),
    [
        ((PLAIN, SECRETARY), "committee.one_chair"),
        ((CHAIR, member(2, Seat.CHAIR), SECRETARY), "committee.one_chair"),
        ((CHAIR, VICE, PLAIN), "committee.no_secretary"),
        ((CHAIR, member(4, Seat.ASSISTANT_SECRETARY)), "committee.no_secretary"),
        ((CHAIR, PLAIN, SECRETARY, member(1)), "committee.person_twice"),
    ],
)
def test_an_order_names_one_chair_a_secretary_and_nobody_twice(
    make: Any, members: tuple[Member, ...], code: str
) -> None:
    history = (proposed(),) if make is appoint else (proposed(), appointed())
    refused(committee(*history).when(make(members=members)), code)


@pytest.mark.parametrize("make", [appoint, reconstitute])
def test_several_secretaries_are_allowed(make: Any) -> None:
    history = (proposed(),) if make is appoint else (proposed(), appointed())
    [decided] = committee(*history).when(make(members=(*MEMBERS, member(5, Seat.SECRETARY)))).decided()
    assert len(decided.event.model_dump()["members"]) == 4


def test_an_ex_officio_seat_belongs_to_an_office() -> None:
    seat = Member(office=EX_OFFICIO, seat=Seat.CHAIR)
    members = (seat, PLAIN, SECRETARY)
    committee(proposed()).when(appoint(members=members)).then(appointed(members=members))
    state = committee(proposed(), appointed(members=members)).state()
    assert state.held(Seat.CHAIR) == f"office:{EX_OFFICIO}"


def test_an_office_does_not_sit_twice() -> None:
    twice = (Member(office=EX_OFFICIO, seat=Seat.CHAIR), Member(office=EX_OFFICIO, seat=Seat.MEMBER), SECRETARY)
    refused(committee(proposed()).when(appoint(members=twice)), "committee.person_twice")


def test_two_persons_of_the_same_office_may_both_sit() -> None:
    pair = tuple(Member(person_id=person(number), office=EX_OFFICIO, seat=Seat.MEMBER) for number in (7, 8))
    members = (CHAIR, SECRETARY, *pair)
    committee(proposed()).when(appoint(members=members)).then(appointed(members=members))


# the mandate that an order stands on


def test_an_order_needs_its_mandate_adopted() -> None:
    only_drafted = folded(Mandate(), MANDATE, DRAFTED)
    told = committee(proposed()).where(MANDATE_STREAM, only_drafted).when(appoint())
    refused(told, "committee.mandate_not_adopted", 409)


def test_an_order_needs_its_mandate_adopted_by_the_day_it_takes_effect() -> None:
    early = committee(proposed(on="2016-11-01"))
    refused(early.when(appoint(on="2016-11-30")), "committee.mandate_not_adopted", 409)
    early.when(appoint(on="2016-12-01")).then(appointed(on="2016-12-01"))


def test_an_order_does_not_stand_on_a_superseded_mandate() -> None:
    late = committee(proposed()).where(MANDATE_STREAM, MANDATE_SUPERSEDED)
    refused(late.when(appoint(on="2017-03-02")), "committee.mandate_superseded", 409)


def test_an_order_told_late_stands_on_the_mandate_of_its_time() -> None:
    committee(proposed()).where(MANDATE_STREAM, MANDATE_SUPERSEDED).when(appoint()).then(appointed())


def test_a_reconstitution_needs_its_mandate_adopted() -> None:
    told = committee(proposed(), appointed()).where(MANDATE_STREAM, Mandate()).when(reconstitute())
    refused(told, "committee.mandate_not_adopted", 409)


def test_an_order_reads_the_version_of_the_mandate_that_it_names() -> None:
    command = AppointCommittee(**{**by_order(12, "2017-01-12", MEMBERS), "mandate_version": 3})
    reads = COMMITTEE.reads(command, committee(proposed()).state())
    assert list(reads) == [Read(Mandate, "mandate:2560-cluster:3")]


# reconstitution and dissolution


def test_another_order_replaces_the_whole_membership() -> None:
    members = (VICE.model_copy(update={"seat": Seat.CHAIR}), SECRETARY)
    committee(proposed(), appointed()).when(reconstitute(members=members)).then(reconstituted(members=members))
    state = committee(proposed(), appointed(), reconstituted(members=members)).state()
    assert set(state.members) == {each.holder for each in members}
    assert state.order.number == order(40)


def test_a_reconstitution_told_twice_makes_nothing_new() -> None:
    committee(proposed(), appointed(), reconstituted()).when(reconstitute()).then()


def test_a_proposed_committee_is_not_reconstituted() -> None:
    refused(committee(proposed()).when(reconstitute()), "committee.not_appointed", 409)


@pytest.mark.parametrize("number", [12, 40])
def test_an_order_does_not_reconstitute_what_it_has_made(number: int) -> None:
    history = committee(proposed(), appointed(), reconstituted())
    refused(history.when(reconstitute(on="2017-05-01", number=number)), "committee.order_used", 409)


def test_a_committee_is_dissolved() -> None:
    committee(proposed(), appointed()).when(dissolve()).then(dissolved())


def test_dissolving_twice_makes_nothing_new() -> None:
    committee(proposed(), appointed(), dissolved()).when(dissolve()).then()


def test_a_proposed_committee_is_withdrawn_rather_than_dissolved() -> None:
    refused(committee(proposed()).when(dissolve()), "committee.not_appointed", 409)


AFTER = "2017-05-15"


@pytest.mark.parametrize(
    "late",
    [
        appoint(on=AFTER),
        reconstitute(on=AFTER),
        dissolve(on=AFTER),
        withdraw(on=AFTER),
        join(VICE, on=AFTER),
        move(PLAIN, Seat.VICE_CHAIR, on=AFTER),
        leave(PLAIN, on=AFTER),
        correct(effective_from=AFTER),
    ],
    ids=lambda late: type(late).__name__,
)
def test_nothing_happens_after_the_dissolution(late: Command) -> None:
    refused(committee(proposed(), appointed(), dissolved()).when(late), "committee.ended", 409)


def test_a_dissolution_before_something_that_happened_contradicts_it() -> None:
    history = committee(proposed(), appointed(), joined(VICE, on="2017-02-01"))
    refused(history.when(dissolve(on="2017-01-20")), "effective.contradicts_later")


def test_what_happened_before_the_dissolution_may_be_told_after_it() -> None:
    committee(proposed(), appointed(), dissolved()).when(leave(PLAIN)).then(left(PLAIN))


# members


def test_a_member_is_added() -> None:
    committee(proposed(), appointed()).when(join(VICE)).then(joined(VICE))


def test_adding_the_same_member_twice_makes_nothing_new() -> None:
    committee(proposed(), appointed(), joined(VICE)).when(join(VICE)).then()


def test_who_sits_already_is_not_added_to_another_seat() -> None:
    again = join(PLAIN.model_copy(update={"seat": Seat.VICE_CHAIR}))
    refused(committee(proposed(), appointed()).when(again), "committee.person_twice")


def test_a_second_chair_is_not_added() -> None:
    refused(committee(proposed(), appointed()).when(join(member(9, Seat.CHAIR))), "committee.chair_taken", 409)


def test_a_member_takes_another_seat() -> None:
    history = committee(proposed(), appointed())
    history.when(move(PLAIN, Seat.VICE_CHAIR)).then(moved(PLAIN, Seat.VICE_CHAIR))
    state = committee(proposed(), appointed(), moved(PLAIN, Seat.VICE_CHAIR, voting=False)).state()
    assert state.members[PLAIN.holder].seat is Seat.VICE_CHAIR
    assert not state.members[PLAIN.holder].voting


def test_a_role_that_a_member_has_already_makes_nothing_new() -> None:
    committee(proposed(), appointed()).when(move(PLAIN, Seat.MEMBER)).then()


def test_the_chair_keeps_the_seat_with_another_vote() -> None:
    changing = move(CHAIR, Seat.CHAIR, voting=False)
    committee(proposed(), appointed()).when(changing).then(moved(CHAIR, Seat.CHAIR, voting=False))


def test_a_member_does_not_become_chair_beside_another() -> None:
    refused(committee(proposed(), appointed()).when(move(PLAIN, Seat.CHAIR)), "committee.chair_taken", 409)


def test_a_membership_ends() -> None:
    committee(proposed(), appointed()).when(leave(PLAIN)).then(left(PLAIN))


def test_the_seat_of_an_office_ends_by_its_office() -> None:
    seat = Member(office=EX_OFFICIO, seat=Seat.MEMBER)
    history = committee(proposed(), appointed(members=(*MEMBERS, seat)))
    history.when(leave(seat)).then(left(seat))


def test_ending_a_membership_twice_makes_nothing_new() -> None:
    committee(proposed(), appointed(), left(PLAIN)).when(leave(PLAIN)).then()


def test_ending_it_earlier_than_it_ended_contradicts_that() -> None:
    history = committee(proposed(), appointed(), left(PLAIN, on="2017-03-01"))
    refused(history.when(leave(PLAIN, on="2017-02-01")), "effective.contradicts_later")


@pytest.mark.parametrize("command", [leave(VICE), move(VICE, Seat.MEMBER)], ids=["leave", "move"])
def test_who_does_not_sit_neither_leaves_nor_moves(command: Command) -> None:
    refused(committee(proposed(), appointed()).when(command), "committee.not_a_member", 409)


@pytest.mark.parametrize("command", [join(VICE), leave(PLAIN), move(PLAIN, Seat.VICE_CHAIR)])
def test_members_change_only_once_the_order_is_in_effect(command: Command) -> None:
    refused(committee(proposed()).when(command), "committee.not_appointed", 409)
    refused(committee(proposed(), appointed(on="2017-03-01")).when(command), "committee.not_appointed", 409)


def test_a_holder_is_a_person_or_an_office() -> None:
    for fields in ({}, {"person_id": UUID(int=1, version=4), "office": EX_OFFICIO}):
        with pytest.raises(ValueError, match="a holder is a person or an office"):
            Holder(**fields)


@pytest.mark.parametrize(("who", "seat"), [(CHAIR, Seat.CHAIR), (SECRETARY, Seat.SECRETARY)])
def test_a_seat_that_an_order_must_fill_may_fall_vacant_later(who: Member, seat: Seat) -> None:
    committee(proposed(), appointed()).when(leave(who)).then(left(who))
    assert committee(proposed(), appointed()).state().vacant == ()
    assert committee(proposed(), appointed(), left(who)).state().vacant == (seat,)


def test_a_vacancy_is_filled() -> None:
    new = member(9, Seat.CHAIR)
    committee(proposed(), appointed(), left(CHAIR)).when(join(new, on="2017-02-10")).then(joined(new, on="2017-02-10"))
    assert committee(proposed(), appointed(), left(CHAIR), joined(new, on="2017-02-10")).state().vacant == ()


def test_a_member_may_fill_the_chairs_vacancy() -> None:
    history = committee(proposed(), appointed(), left(CHAIR))
    history.when(move(PLAIN, Seat.CHAIR)).then(moved(PLAIN, Seat.CHAIR))


def test_neither_a_proposed_nor_a_dissolved_committee_has_vacancies() -> None:
    assert committee(proposed()).state().vacant == ()
    assert committee(proposed(), appointed(), left(CHAIR), dissolved()).state().vacant == ()


# corrections, voided facts, time


def test_a_wrongly_recorded_order_is_corrected_from_its_first_day_on() -> None:
    committee(proposed(), appointed()).when(correct()).then(corrected())
    state = committee(proposed(), appointed(), corrected()).state(bangkok_midnight(day("2017-01-12")))
    assert state.order.number == order(13)
    assert state.order.dated == day("2017-01-11")
    assert state.order.members == MEMBERS


def test_an_order_that_takes_effect_later_can_be_corrected_now() -> None:
    history = committee(proposed(), appointed(on="2017-07-01"))
    history.when(correct(effective_from="2017-07-01")).then(corrected(effective_from="2017-07-01"))


def test_correcting_twice_makes_nothing_new() -> None:
    committee(proposed(), appointed(), corrected()).when(correct()).then()


def test_the_order_that_was_replaced_is_corrected_by_its_own_day() -> None:
    history = committee(proposed(), appointed(), reconstituted())
    history.when(correct()).then(corrected())
    state = committee(proposed(), appointed(), reconstituted(), corrected()).state()
    assert [each.number.number for each in state.orders] == [13, 40]


def test_a_day_on_which_no_order_took_effect_names_none() -> None:
    refused(
        committee(proposed(), appointed()).when(correct(effective_from="2017-01-20")), "committee.no_such_order", 409
    )


def test_a_proposal_has_no_order_to_correct() -> None:
    refused(committee(proposed()).when(correct()), "committee.not_appointed", 409)


def test_a_correction_does_not_take_the_number_of_another_order() -> None:
    history = committee(proposed(), appointed(), reconstituted())
    refused(history.when(correct(number=12, effective_from="2017-04-01")), "committee.order_used", 409)
    refused(history.when(correct(number=40)), "effective.contradicts_later")


def test_the_proposal_cannot_be_voided_under_the_appointment() -> None:
    voided = FactVoided(event_id=event_id(0), reason="ผิด")
    refused(committee(proposed(), appointed()).when(voided), "effective.contradicts_later")


def test_an_appointment_can_be_voided_and_told_rightly() -> None:
    voided = FactVoided(event_id=event_id(1), reason="วันที่มีผลผิด")
    committee(proposed(), appointed()).when(voided).then(voided)
    again = committee(proposed(), appointed(), voided)
    assert again.state().status is Status.PROPOSED
    again.when(appoint(on="2017-01-20")).then(appointed(on="2017-01-20"))


def test_an_appointment_cannot_be_voided_under_a_member_who_left() -> None:
    voided = FactVoided(event_id=event_id(1), reason="ผิด")
    refused(committee(proposed(), appointed(), left(PLAIN)).when(voided), "effective.contradicts_later")


def test_an_order_told_weeks_late_was_in_effect_all_the_while() -> None:
    history = committee(proposed(), appointed(on="2017-01-12"))
    assert history.state(bangkok_midnight(day("2017-01-11"))).status is Status.PROPOSED
    assert history.state(bangkok_midnight(day("2017-01-12"))).status is Status.APPOINTED


# one active committee of a region, one use of an order number


def test_a_committee_holds_its_region_from_proposal_to_end() -> None:
    held = active(PROGRAMME_ID, "R07")
    assert held == Claim("active-committee", "2560-cluster/R07")
    standing: list[tuple[Event, ...]] = [(proposed(),), (proposed(), appointed())]
    ended: list[tuple[Event, ...]] = [(proposed(), withdrawn()), (proposed(), appointed(), dissolved())]
    assert all(held in COMMITTEE.claims(committee(*history).state()) for history in standing)
    assert not any(held in COMMITTEE.claims(committee(*history).state()) for history in ended)


def test_a_committee_holds_its_place_in_the_region_for_ever() -> None:
    held = place(PROGRAMME_ID, "R07", 1)
    assert held in COMMITTEE.claims(committee(proposed(), withdrawn()).state())
    assert COMMITTEE.claims(Committee()) == frozenset()


def test_an_order_number_is_held_for_ever_by_the_committee_it_made() -> None:
    held = numbered(order(12))
    assert held == Claim("order", f"{UNIT}/2560/12")
    assert held not in COMMITTEE.claims(committee(proposed()).state())
    assert held in COMMITTEE.claims(committee(proposed(), appointed()).state())
    assert held in COMMITTEE.claims(committee(proposed(), appointed(), dissolved()).state())


def test_every_order_of_a_committee_is_held() -> None:
    filling = MemberAppointed(**IN_REGION, member=VICE, effective_from=day("2017-02-01"), order=order(20))
    held = COMMITTEE.claims(committee(proposed(), appointed(), filling, reconstituted()).state())
    assert {numbered(order(number)) for number in (12, 20, 40)} <= held


def test_a_correction_frees_the_number_that_was_wrong() -> None:
    held = COMMITTEE.claims(committee(proposed(), appointed(), corrected()).state())
    assert numbered(order(13)) in held
    assert numbered(order(12)) not in held


def test_voiding_the_appointment_frees_its_number() -> None:
    voided = FactVoided(event_id=event_id(1), reason="ผิด")
    held = COMMITTEE.claims(committee(proposed(), appointed(), voided).state())
    assert numbered(order(12)) not in held
    assert active(PROGRAMME_ID, "R07") in held


ACTIVE = folded(Committee(), COMMITTEE, proposed(), appointed())


def test_a_region_is_not_given_a_second_committee_before_the_first_has_ended() -> None:
    told = second(proposed(on="2017-05-20", ordinal=2), first=ACTIVE).when(appoint(on="2017-05-25", number=77))
    refused(told, "committee.predecessor_active", 409)


@pytest.mark.parametrize("first", [folded(ACTIVE, COMMITTEE, dissolved()), Committee()])
def test_a_region_is_given_a_second_committee_after_the_first(first: Committee) -> None:
    history = second(proposed(on="2017-05-20", ordinal=2), first=first)
    history.when(appoint(on="2017-05-25", number=77)).then(appointed(on="2017-05-25", number=77))


def test_the_first_committee_is_read_as_of_the_day_the_second_takes_effect() -> None:
    state = second(proposed(on="2017-05-20", ordinal=2), first=ACTIVE).state()
    reads = COMMITTEE.reads(appoint(on="2017-05-25"), state)
    assert Read(Committee, STREAM, bangkok_midnight(day("2017-05-25"))) in list(reads)
