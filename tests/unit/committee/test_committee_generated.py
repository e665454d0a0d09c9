"""Whatever is told of a committee, in whatever order, back-dated and voided too: it stays one that can be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

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
    Status,
    WithdrawCommitteeProposal,
    active,
    numbered,
)
from shared.contracts import Command, Context, Event
from shared.contracts.committee import (
    CommitteeAppointed,
    CommitteeDissolved,
    CommitteeProposalWithdrawn,
    CommitteeProposed,
    CommitteeReconstituted,
    Holder,
    Member,
    MemberAppointed,
    MemberEnded,
    MemberRoleChanged,
    Seat,
)
from shared.contracts.recorded import Recorded
from shared.eventstore.history import fold
from tests.unit.committee import committee_words as words
from tests.unit.committee.committee_words import KNOWN, MANDATE_ADOPTED, MANDATE_STREAM, PROGRAMME_STREAM, STREAM
from tests.unit.committee.examples import PROGRAMME_ID, UNIT, member, order
from tests.unit.committee.telling import Told

STATES = {PROGRAMME_STREAM: KNOWN, MANDATE_STREAM: MANDATE_ADOPTED}
FIRST_DAY = date(2016, 12, 1)
REASON = st.sampled_from(["เกษียณ", "โอนย้าย"])
DAYS = st.integers(0, 8).map(lambda weeks: FIRST_DAY + timedelta(weeks=weeks))
LATE = st.integers(7, 10).map(lambda weeks: FIRST_DAY + timedelta(weeks=weeks))
SEATS = st.sampled_from(Seat)
PERSONS = st.integers(1, 5)
OFFICES = st.just("ศึกษาธิการภาค 7")
MEMBERS = st.builds(member, PERSONS, SEATS, voting=st.booleans()) | st.builds(
    Member, office=OFFICES, seat=SEATS, voting=st.booleans()
)
HOLDERS = PERSONS.map(lambda number: Holder(person_id=member(number).person_id)) | OFFICES.map(
    lambda office: Holder(office=office)
)
GOOD = st.permutations(range(1, 6)).map(
    lambda numbers: (
        member(numbers[0], Seat.CHAIR),
        member(numbers[1], Seat.SECRETARY),
        *(member(number) for number in numbers[2 : 2 + numbers[2] % 3]),
    )
)
ANY = st.lists(MEMBERS, min_size=1, max_size=4).map(tuple)
NUMBERS = st.integers(1, 4).map(order)
ORDERED: dict[str, Any] = {
    "order": NUMBERS,
    "order_date": DAYS,
    "signatory_office": st.just(words.OFFICE),
    "effective_from": DAYS,
    "mandate_version": st.just(1),
    "members": GOOD | GOOD | ANY,
}
PROPOSALS = st.builds(
    ProposeCommittee,
    programme=st.just(PROGRAMME_ID),
    region=st.sampled_from(["R07", "R08"]),
    proposed_on=DAYS,
    proposed_by=st.just(UNIT),
    members=ANY,
)


def commands(state: Committee) -> st.SearchStrategy[Command]:
    """What may be told of a committee; who sits and which orders there are is known more often than not."""
    sitting = [Holder(person_id=m.person_id, office=None if m.person_id else m.office) for m in state.members.values()]
    holders = st.sampled_from(sitting) | HOLDERS if sitting else HOLDERS
    begun = [order.effective_from for order in state.orders]
    return st.one_of(
        PROPOSALS,
        st.builds(AppointCommittee, **ORDERED),
        st.builds(ReconstituteCommittee, **ORDERED),
        st.builds(DissolveCommittee, dissolved_on=LATE, reason=REASON),
        st.builds(WithdrawCommitteeProposal, withdrawn_on=DAYS, reason=REASON),
        st.builds(AppointMember, member=MEMBERS, effective_from=DAYS, order=st.none() | NUMBERS),
        st.builds(ChangeMemberRole, holder=holders, seat=SEATS, voting=st.booleans(), effective_from=DAYS),
        st.builds(EndMember, holder=holders, ended_on=DAYS, reason=REASON),
        st.builds(
            CorrectAppointmentOrder,
            effective_from=st.sampled_from(begun) if begun else DAYS,
            order=NUMBERS,
            order_date=DAYS,
            signatory_office=st.just(words.OFFICE),
            reason=REASON,
        ),
    )


EVENTS = st.sampled_from(
    [
        words.proposed(),
        words.appointed(),
        words.reconstituted(),
        words.dissolved(),
        words.withdrawn(),
        words.joined(words.VICE),
        words.moved(words.PLAIN, Seat.VICE_CHAIR),
        words.moved(words.VICE, Seat.CHAIR),
        words.left(words.PLAIN),
        words.left(words.CHAIR),
        words.corrected(),
        words.DRAFTED,
    ]
)


@settings(deadline=None)
@generated(st.lists(EVENTS, max_size=8))
def test_folding_takes_any_events_in_any_order(events: list[Event]) -> None:
    state = words.folded(Committee(), COMMITTEE, *events)
    assert isinstance(state, Committee)
    assert isinstance(COMMITTEE.claims(state), frozenset)


def one_chair_each_day(facts: list[Recorded]) -> bool:
    """Told by going through the facts as a clerk would: nobody twice, never two chairs, changes only of who sits."""
    roll: dict[str, Seat] = {}
    for fact in facts:
        match fact.event:
            case CommitteeAppointed(members=members) | CommitteeReconstituted(members=members):
                roll = {each.holder: each.seat for each in members}
                assert len(roll) == len(members)
                assert Seat.SECRETARY in roll.values()
                assert Seat.CHAIR in roll.values()
            case MemberAppointed(member=new):
                assert new.holder not in roll
                roll[new.holder] = new.seat
            case MemberRoleChanged(holder=holder, seat=seat):
                assert holder.key in roll
                roll[holder.key] = seat
            case MemberEnded(holder=holder):
                del roll[holder.key]
            case _:
                pass
        if list(roll.values()).count(Seat.CHAIR) > 1:
            return False
    return True


class CommitteeMachine(RuleBasedStateMachine):
    @initialize(members=GOOD, begun=st.sampled_from(["appointed", "appointed", "proposed", "nothing"]))
    def begin(self, members: tuple[Member, ...], begun: str) -> None:
        self.told = Told(COMMITTEE, STREAM, self._states, begin=110)
        if begun != "nothing":
            assert self.told.tell(words.propose(on="2016-12-02"))
        if begun == "appointed":
            assert self.told.tell(words.appoint(on="2016-12-15", number=1, members=members))

    def _states(self) -> Mapping[str, Any]:
        return STATES

    @rule(data=st.data())
    def tell(self, data: st.DataObject) -> None:
        command = data.draw(commands(self.told.state))
        decided = self.told.tell(command)
        if decided:
            context = Context(self.told.now, stream=STREAM, states=STATES)
            at = fold(COMMITTEE, self.told.history[:-1], effective_at=decided[0].occurred_at)
            assert COMMITTEE.decide(command, at, context) == COMMITTEE.decide(command, at, context)

    @precondition(lambda self: len(self.told.history) > 3)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        if facts := self.told.facts:
            self.told.void(data.draw(st.sampled_from(facts)).id)

    @invariant()
    def every_state_holds(self) -> None:
        self.told.check()

    @invariant()
    def there_is_one_proposal_first_and_at_most_one_end_last(self) -> None:
        kinds = [type(fact.event) for fact in self.told.facts]
        ends = [kind for kind in kinds if kind in (CommitteeDissolved, CommitteeProposalWithdrawn)]
        assert kinds[:1] in ([], [CommitteeProposed])
        assert kinds.count(CommitteeProposed) <= 1
        assert kinds.count(CommitteeAppointed) <= 1
        assert ends in ([], kinds[-1:])
        assert CommitteeProposalWithdrawn not in kinds or len(kinds) == 2

    @invariant()
    def nothing_but_an_end_comes_between_proposal_and_appointment(self) -> None:
        kinds = [type(fact.event) for fact in self.told.facts]
        assert kinds[1:2] in ([], [CommitteeAppointed], [CommitteeProposalWithdrawn])

    @invariant()
    def there_are_never_two_chairs(self) -> None:
        assert one_chair_each_day(self.told.facts)

    @invariant()
    def what_is_held_follows_from_the_facts(self) -> None:
        state, held = self.told.state, COMMITTEE.claims(self.told.state)
        assert (active(PROGRAMME_ID, state.region) in held) == (state.status in (Status.PROPOSED, Status.APPOINTED))
        assert all(numbered(order.number) in held for order in state.orders)


TestCommitteeMachine = CommitteeMachine.TestCase
TestCommitteeMachine.settings = settings(deadline=None, max_examples=50, stateful_step_count=25)
