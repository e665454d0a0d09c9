"""Who sits on a committee, as it was at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.activity.roster import ROSTER, Roster, Sitting
from shared.contracts import Event, Read, Recorded
from shared.contracts.committee import (
    AppointmentOrderCorrected,
    CommitteeAppointed,
    CommitteeDissolved,
    CommitteeProposalWithdrawn,
    CommitteeProposed,
    CommitteeReconstituted,
    Holder,
    MemberAppointed,
    MemberEnded,
    MemberRoleChanged,
    PublisherSuspended,
    Seat,
)
from shared.contracts.types import OrderNumber, bangkok_midnight
from tests.unit.activity.examples import PROGRAMME, day, member, moment, person

FIRST, SECOND = "committee:2560-cluster:R07:1", "committee:2560-cluster:R07:2"
chair, secretary, teacher, clerk = (
    member("chair", Seat.CHAIR),
    member("secretary", Seat.SECRETARY),
    member("teacher"),
    member("clerk", voting=False),
)
CORRECTION = {
    "order": OrderNumber(unit="สพฐ.", number=12, year=2560),
    "order_date": day(1, 5),
    "signatory_office": "เลขาธิการ",
    "effective_from": day(1, 10),
}
ORDERED = {**CORRECTION, "mandate_version": 1}
WHERE = {"programme": PROGRAMME, "region": "R07"}

proposed = CommitteeProposed(
    **WHERE, ordinal=1, proposed_on=day(12, 1, 2016), proposed_by="สพฐ.", members=(chair, secretary)
)
appointed = CommitteeAppointed(**WHERE, **ORDERED, members=(chair, secretary, teacher))
joined = MemberAppointed(**WHERE, member=clerk, effective_from=day(2, 1))
left = MemberEnded(**WHERE, holder=Holder(person_id=person("teacher")), ended_on=day(3, 1), reason="เกษียณ")
dissolved = CommitteeDissolved(**WHERE, dissolved_on=day(6, 1), reason="ครบวาระ")


def roster(*events: Event, stream: str = FIRST, onto: Roster | None = None) -> Roster:
    """What those events of one committee make of the roster."""
    state = onto or ROSTER.initial
    for version, event in enumerate(events, 1):
        at = event.moment()
        occurred = at if isinstance(at, datetime) else bangkok_midnight(at) if at else moment(6, 1)
        state = ROSTER.evolve(
            state, Recorded(event, UUID(int=version), stream, version, 0, version, occurred, occurred, occurred, "usr")
        )
    return state


def sitting(state: Roster) -> Sitting:
    """The committee in office."""
    found = state.active()
    assert found is not None
    return found


def test_a_region_of_which_nothing_is_known_has_no_committee_in_office() -> None:
    assert roster().active() is None


def test_a_proposed_committee_is_not_in_office() -> None:
    assert roster(proposed).active() is None


def test_an_appointed_committee_is_in_office_with_the_members_of_its_order() -> None:
    assert sitting(roster(proposed, appointed)) == Sitting(
        FIRST, 2, bangkok_midnight(day(1, 10)), (chair, secretary, teacher)
    )


def test_members_come_and_go() -> None:
    assert sitting(roster(proposed, appointed, joined)).members == (chair, secretary, teacher, clerk)
    assert sitting(roster(proposed, appointed, joined, left)).members == (chair, secretary, clerk)


def test_a_member_who_is_appointed_again_sits_once() -> None:
    voting = MemberAppointed(**WHERE, member=member("clerk"), effective_from=day(4, 1))
    assert sitting(roster(proposed, appointed, joined, voting)).members == (chair, secretary, teacher, member("clerk"))


def test_a_member_who_changes_seat_keeps_the_place_on_the_roll() -> None:
    change = MemberRoleChanged(
        **WHERE,
        holder=Holder(person_id=person("teacher")),
        seat=Seat.ASSISTANT_SECRETARY,
        voting=False,
        effective_from=day(4, 1),
    )
    assert sitting(roster(proposed, appointed, change)).members == (
        chair,
        secretary,
        member("teacher", Seat.ASSISTANT_SECRETARY, voting=False),
    )


def test_a_reconstituted_committee_has_the_members_of_the_new_order_alone() -> None:
    again = CommitteeReconstituted(**WHERE, **ORDERED, members=(secretary, clerk))
    assert sitting(roster(proposed, appointed, again)).members == (secretary, clerk)


def test_a_dissolved_committee_is_in_office_no_longer() -> None:
    assert roster(proposed, appointed, dissolved).active() is None


def test_a_withdrawn_proposal_leaves_nobody_in_office() -> None:
    withdrawn = CommitteeProposalWithdrawn(**WHERE, withdrawn_on=day(12, 20, 2016), reason="x")
    assert roster(proposed, withdrawn).active() is None


def test_a_corrected_order_changes_nobody_but_counts_as_a_version() -> None:
    corrected = AppointmentOrderCorrected(**WHERE, **{**CORRECTION, "order_date": day(1, 6)}, reason="พิมพ์ผิด")
    found = sitting(roster(proposed, appointed, corrected))
    assert (found.version, found.members) == (3, (chair, secretary, teacher))


def test_the_next_committee_of_a_region_takes_the_place_of_the_dissolved_one() -> None:
    first = roster(proposed, appointed, dissolved)
    both = roster(proposed, appointed.model_copy(update={"effective_from": day(7, 1)}), stream=SECOND, onto=first)
    assert sitting(both).committee == SECOND


def test_a_roster_is_read_of_all_committees_of_a_region_as_of_a_time() -> None:
    at = moment(1, 12)
    assert Roster.at(PROGRAMME, "R07", at) == Read(Roster, "committee:2560-cluster:R07:*", at)


def test_what_is_no_fact_of_a_committee_changes_nothing() -> None:
    state = roster(proposed, appointed)
    assert roster(PublisherSuspended(publisher="e-meeting", reason="x"), onto=state) == state


@settings(deadline=None)
@given(st.lists(st.sampled_from([proposed, appointed, joined, left, dissolved]), max_size=12))
def test_whatever_the_order_nobody_sits_twice_and_the_version_counts_the_facts(events: list[Event]) -> None:
    state = roster(*events)
    for each in state.committees.values():
        assert each.version == len(events)
        holders = [seat.holder for seat in each.members]
        assert len(holders) == len(set(holders))


def test_the_midnight_a_committee_takes_office_is_bangkoks() -> None:
    since = sitting(roster(proposed, appointed)).active_since
    assert since == moment(1, 9, 17)
    assert since + timedelta(hours=7) == moment(1, 10, 0)
