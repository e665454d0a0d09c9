"""A region's committee and its members (activity 1.2): proposed, appointed by an order, reconstituted, dissolved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from services.committee import mandate as mandates
from services.committee import programme as programmes
from services.committee.mandate import Mandate
from services.committee.programme import Programme
from shared.contracts import Aggregate, Claim, Command, Context, Event, Read, Rejected, require
from shared.contracts.committee import (
    AppointmentOrderCorrected,
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
    Members,
    Seat,
)
from shared.contracts.types import Day, Office, OrderNumber, ProgrammeId, Prose, RegionCode, Version, instant

REQUIRED_SEATS = (Seat.CHAIR, Seat.SECRETARY)
"""Seats that an order fills; one that falls empty later is a vacancy."""


def streams_of(programme: str, region: str) -> str:
    """How the names of the streams of a region's committees begin."""
    return f"committee:{programme}:{region}:"


def stream_of(programme: str, region: str, ordinal: int) -> str:
    """Name of the stream of a region's ``ordinal``-th committee."""
    return f"{streams_of(programme, region)}{ordinal}"


def ordinal_of(stream: str) -> int:
    """How many-th committee of its region a stream is."""
    return int(stream.rpartition(":")[2])


def active(programme: str, region: str) -> Claim:
    """Held by the one committee of a region that is proposed or appointed and has not ended."""
    return Claim("active-committee", f"{programme}/{region}")


def place(programme: str, region: str, ordinal: int) -> Claim:
    """Held by the region's ``ordinal``-th committee from its proposal on, after its end too."""
    return Claim("committee", f"{programme}/{region}/{ordinal}")


def numbered(order: OrderNumber) -> Claim:
    """Held for ever by the committee that an order was made for."""
    return Claim("order", f"{order.unit}/{order.year}/{order.number}")


# --- commands


class ProposeCommittee(Command, effective="proposed_on"):
    """Propose a region's committee for appointment."""

    programme: ProgrammeId
    region: RegionCode
    proposed_on: Day
    proposed_by: Office
    members: Members


class ByOrder(Command):
    """What an order that makes up a committee says."""

    order: OrderNumber
    order_date: Day
    signatory_office: Office
    effective_from: Day
    mandate_version: Version
    members: Members


class AppointCommittee(ByOrder, effective="effective_from", may_be_future=True):
    """Appoint the proposed committee by an order."""


class ReconstituteCommittee(ByOrder, effective="effective_from", may_be_future=True):
    """Replace the whole membership by another order."""


class DissolveCommittee(Command, effective="dissolved_on", may_be_future=True):
    """End an appointed committee."""

    dissolved_on: Day
    reason: Prose


class WithdrawCommitteeProposal(Command, effective="withdrawn_on"):
    """Take a proposal back before an order was made."""

    withdrawn_on: Day
    reason: Prose


class AppointMember(Command, effective="effective_from", may_be_future=True):
    """Add a member, or fill a vacancy."""

    member: Member
    effective_from: Day
    order: OrderNumber | None = None


class ChangeMemberRole(Command, effective="effective_from", may_be_future=True):
    """Give a member another seat or another right to vote."""

    holder: Holder
    seat: Seat
    voting: bool
    effective_from: Day


class EndMember(Command, effective="ended_on", may_be_future=True):
    """End a membership and leave its seat vacant."""

    holder: Holder
    ended_on: Day
    reason: Prose


class CorrectAppointmentOrder(Command, effective="effective_from", may_be_future=True):
    """Set right what was recorded of the order in effect since ``effective_from``: number, date, signatory's office."""

    effective_from: Day
    order: OrderNumber
    order_date: Day
    signatory_office: Office
    reason: Prose


CommitteeCommand = (
    ProposeCommittee
    | AppointCommittee
    | ReconstituteCommittee
    | DissolveCommittee
    | WithdrawCommitteeProposal
    | AppointMember
    | ChangeMemberRole
    | EndMember
    | CorrectAppointmentOrder
)


# --- state


class Status(StrEnum):
    """How far a committee has come."""

    NONE = "none"
    PROPOSED = "proposed"
    APPOINTED = "appointed"
    DISSOLVED = "dissolved"
    WITHDRAWN = "withdrawn"


ENDED = (Status.DISSOLVED, Status.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was proposed for appointment."""

    on: date
    by: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """An order that made up the committee."""

    number: OrderNumber
    dated: date
    signatory_office: str
    effective_from: date
    mandate_version: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """When and why a committee or a membership ended."""

    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Committee:
    """A region's committee as its events make it."""

    status: Status = Status.NONE
    programme: str = ""
    region: str = ""
    ordinal: int = 0
    proposal: Proposal | None = None
    orders: tuple[Order, ...] = ()
    """The appointment's order and those of the reconstitutions."""
    member_orders: tuple[OrderNumber, ...] = ()
    """Orders by which single members were appointed."""
    members: Mapping[str, Member] = field(default_factory=dict)
    """By holder: a person, or the office of an ex-officio seat."""
    former: Mapping[str, Ending] = field(default_factory=dict)
    """By holder: how the last membership ended that was ended by itself."""
    vacant: tuple[Seat, ...] = ()
    """Required seats that nobody holds while the committee is appointed."""
    ended: Ending | None = None
    broken: str = ""
    """Code of the rule that the first event which did not fit would break; empty in every stream as stored."""

    @property
    def order(self) -> Order | None:
        """The order that the committee stands on."""
        return self.orders[-1] if self.orders else None

    @property
    def order_numbers(self) -> frozenset[OrderNumber]:
        """Every order that this committee was made or filled by."""
        return frozenset([*(order.number for order in self.orders), *self.member_orders])

    def held(self, seat: Seat) -> str | None:
        """Who holds a seat; of several the first."""
        return next((holder for holder, member in self.members.items() if member.seat is seat), None)


def _order(event: CommitteeAppointed | CommitteeReconstituted) -> Order:
    return Order(
        event.order,
        event.order_date,
        event.signatory_office,
        event.effective_from,
        event.mandate_version,
        event.members,
    )


def _seated(members: Iterable[Member]) -> Mapping[str, Member]:
    return {member.holder: member for member in members}


# --- what can follow on what


def _require_fit(committee: Committee, event: Event) -> None:
    """Rejected unless ``event`` can follow on what has happened."""
    match event:
        case CommitteeProposed():
            require(committee.status not in ENDED, "committee.ended")
            require(committee.status is Status.NONE, "committee.already_proposed", region=committee.region)
        case CommitteeAppointed():
            _require_only_proposed(committee)
        case CommitteeProposalWithdrawn():
            _require_only_proposed(committee)
        case CommitteeReconstituted(order=order):
            _require_appointed(committee)
            _require_new_order(committee, order)
        case CommitteeDissolved():
            _require_appointed(committee)
        case MemberAppointed(member=member):
            _require_appointed(committee)
            require(member.holder not in committee.members, "committee.person_twice", pointer="/member")
            _require_chair_free(committee, member.holder, member.seat)
        case MemberRoleChanged(holder=holder, seat=seat):
            _require_member(committee, holder)
            _require_chair_free(committee, holder.key, seat)
        case MemberEnded(holder=holder):
            _require_member(committee, holder)
        case AppointmentOrderCorrected():
            _require_correctable(committee, event)
        case _:
            pass


def _require_proposed(committee: Committee) -> None:
    require(committee.status is not Status.NONE, "committee.not_proposed")
    require(committee.status not in ENDED, "committee.ended")


def _require_only_proposed(committee: Committee) -> None:
    _require_proposed(committee)
    require(committee.status is Status.PROPOSED, "committee.already_appointed", region=committee.region)


def _require_appointed(committee: Committee) -> None:
    _require_proposed(committee)
    require(committee.status is Status.APPOINTED, "committee.not_appointed", region=committee.region)


def _require_member(committee: Committee, holder: Holder) -> None:
    _require_appointed(committee)
    require(holder.key in committee.members, "committee.not_a_member", pointer="/holder")


def _require_chair_free(committee: Committee, holder: str, seat: Seat) -> None:
    free = seat is not Seat.CHAIR or committee.held(Seat.CHAIR) in (None, holder)
    require(free, "committee.chair_taken", region=committee.region)


def _require_new_order(committee: Committee, order: OrderNumber) -> None:
    used = order in committee.order_numbers
    require(not used, "committee.order_used", pointer="/order", number=order.number, year=order.year)


def _require_correctable(committee: Committee, event: AppointmentOrderCorrected) -> None:
    _require_appointed(committee)
    order = committee.order
    if order is None or order.effective_from != event.effective_from:
        raise Rejected("committee.no_such_order", pointer="/effective_from", day=event.effective_from)
    if event.order != order.number:
        _require_new_order(committee, event.order)


# --- evolve


def evolve(committee: Committee, event: Event) -> Committee:
    """The committee after ``event``."""
    try:
        _require_fit(committee, event)
    except Rejected as misfit:
        return replace(committee, broken=committee.broken or misfit.code)
    after = _after(committee, event)
    return replace(after, vacant=_vacant(after))


def _after(committee: Committee, event: Event) -> Committee:
    match event:
        case CommitteeProposed():
            return _proposed(committee, event)
        case CommitteeAppointed() | CommitteeReconstituted():
            orders = (*committee.orders, _order(event))
            return replace(committee, status=Status.APPOINTED, orders=orders, members=_seated(event.members))
        case CommitteeDissolved(dissolved_on=day, reason=reason):
            return replace(committee, status=Status.DISSOLVED, ended=Ending(day, reason))
        case CommitteeProposalWithdrawn(withdrawn_on=day, reason=reason):
            return replace(committee, status=Status.WITHDRAWN, ended=Ending(day, reason))
        case MemberAppointed() | MemberRoleChanged() | MemberEnded():
            return _with_member(committee, event)
        case AppointmentOrderCorrected():
            return _corrected(committee, event)
        case _:
            return committee


def _vacant(committee: Committee) -> tuple[Seat, ...]:
    if committee.status is not Status.APPOINTED:
        return ()
    return tuple(seat for seat in REQUIRED_SEATS if committee.held(seat) is None)


def _proposed(committee: Committee, event: CommitteeProposed) -> Committee:
    return replace(
        committee,
        status=Status.PROPOSED,
        programme=event.programme,
        region=event.region,
        ordinal=event.ordinal,
        proposal=Proposal(event.proposed_on, event.proposed_by, event.members),
    )


def _with_member(committee: Committee, event: MemberAppointed | MemberRoleChanged | MemberEnded) -> Committee:
    match event:
        case MemberAppointed(member=member, order=order):
            orders = committee.member_orders if order is None else (*committee.member_orders, order)
            return replace(committee, members={**committee.members, member.holder: member}, member_orders=orders)
        case MemberRoleChanged(holder=holder, seat=seat, voting=voting):
            changed = committee.members[holder.key].model_copy(update={"seat": seat, "voting": voting})
            return replace(committee, members={**committee.members, holder.key: changed})
        case MemberEnded(holder=holder, ended_on=day, reason=reason):
            staying = {key: member for key, member in committee.members.items() if key != holder.key}
            return replace(committee, members=staying, former={**committee.former, holder.key: Ending(day, reason)})


def _corrected(committee: Committee, event: AppointmentOrderCorrected) -> Committee:
    *earlier, last = committee.orders
    return replace(committee, orders=(*earlier, _right(last, event)))


def _right(order: Order, event: AppointmentOrderCorrected) -> Order:
    return replace(order, number=event.order, dated=event.order_date, signatory_office=event.signatory_office)


def invariant(committee: Committee) -> None:
    """Rejected when an event did not fit on those before it, or there are two chairs."""
    require(not committee.broken, committee.broken)
    seats = Counter(member.seat for member in committee.members.values())
    require(seats[Seat.CHAIR] <= 1, "committee.chair_taken", region=committee.region)


def claims(committee: Committee) -> frozenset[Claim]:
    """The region while it has not ended, its place in the row of the region's committees, and its orders."""
    if committee.status is Status.NONE:
        return frozenset()
    held = {numbered(number) for number in committee.order_numbers}
    held.add(place(committee.programme, committee.region, committee.ordinal))
    if committee.status not in ENDED:
        held.add(active(committee.programme, committee.region))
    return frozenset(held)


# --- decide


def reads(command: CommitteeCommand, committee: Committee) -> Sequence[Read]:
    """A proposal reads the programme; an order its mandate, and the first one the committees before this one."""
    match command:
        case ProposeCommittee(programme=programme):
            return [Read(Programme, programmes.stream_of(programme))]
        case AppointCommittee() if committee.programme:
            return [_read_mandate(command, committee), *_read_predecessors(command, committee)]
        case ReconstituteCommittee() if committee.programme:
            return [_read_mandate(command, committee)]
        case _:
            return []


def _read_mandate(command: ByOrder, committee: Committee) -> Read:
    return Read(Mandate, mandates.stream_of(committee.programme, command.mandate_version))


def _read_predecessors(command: ByOrder, committee: Committee) -> list[Read]:
    at = instant(command.effective_from)
    return [Read(Committee, stream, at) for stream in _predecessors(committee)]


def _predecessors(committee: Committee) -> list[str]:
    return [stream_of(committee.programme, committee.region, number) for number in range(1, committee.ordinal)]


def decide(command: CommitteeCommand, committee: Committee, context: Context) -> list[Event]:
    """What a command makes; nothing when the committee already says so."""
    event = _event(command, committee, context)
    if _says(committee, event):
        return []
    _require_fit(committee, event)
    _require_rules(event, committee, context)
    return [event]


def _event(command: CommitteeCommand, committee: Committee, context: Context) -> Event:
    """The command in the past tense."""
    if isinstance(command, ProposeCommittee):
        return CommitteeProposed(ordinal=ordinal_of(context.stream), **dict(command))
    require(committee.status is not Status.NONE, "committee.not_proposed")
    return PAST_TENSE[type(command)](programme=committee.programme, region=committee.region, **dict(command))


PAST_TENSE: Mapping[type[Command], Callable[..., Event]] = {
    AppointCommittee: CommitteeAppointed,
    ReconstituteCommittee: CommitteeReconstituted,
    DissolveCommittee: CommitteeDissolved,
    WithdrawCommitteeProposal: CommitteeProposalWithdrawn,
    AppointMember: MemberAppointed,
    ChangeMemberRole: MemberRoleChanged,
    EndMember: MemberEnded,
    CorrectAppointmentOrder: AppointmentOrderCorrected,
}


def _says(committee: Committee, event: Event) -> bool:
    """Whether the committee already is what ``event`` would make it."""
    match event:
        case CommitteeProposed():
            return committee.proposal == Proposal(event.proposed_on, event.proposed_by, event.members)
        case CommitteeAppointed():
            return committee.orders[:1] == (_order(event),)
        case CommitteeReconstituted():
            return _order(event) in committee.orders[1:]
        case CommitteeDissolved(dissolved_on=day, reason=reason):
            return committee.status is Status.DISSOLVED and committee.ended == Ending(day, reason)
        case CommitteeProposalWithdrawn(withdrawn_on=day, reason=reason):
            return committee.status is Status.WITHDRAWN and committee.ended == Ending(day, reason)
        case MemberEnded(holder=holder, ended_on=day, reason=reason):
            return committee.former.get(holder.key) == Ending(day, reason)
        case _:
            return committee.status is Status.APPOINTED and _already(committee, event)


def _already(committee: Committee, event: Event) -> bool:
    match event:
        case MemberAppointed(member=member, order=order):
            known = order is None or order in committee.member_orders
            return known and committee.members.get(member.holder) == member
        case MemberRoleChanged(holder=holder, seat=seat, voting=voting):
            found = committee.members.get(holder.key)
            return found is not None and (found.seat, found.voting) == (seat, voting)
        case AppointmentOrderCorrected(effective_from=day):
            standing = committee.order
            return standing is not None and standing.effective_from == day and standing == _right(standing, event)
        case _:
            return False


def _require_rules(event: Event, committee: Committee, context: Context) -> None:
    """Rejected when ``event`` breaks a rule of its own, or one that other streams decide."""
    match event:
        case CommitteeProposed(programme=programme, region=region):
            known = context.state(Programme, programmes.stream_of(programme)).required(programme)
            listed = region in known.regions
            require(listed, "committee.region_not_in_programme", pointer="/region", region=region)
        case CommitteeAppointed():
            _require_composition(event.members)
            _require_mandate(event, context)
            _require_no_predecessor(committee, context)
        case CommitteeReconstituted():
            _require_composition(event.members)
            _require_mandate(event, context)
        case _:
            pass


def _require_composition(members: Sequence[Member]) -> None:
    require(len(_seated(members)) == len(members), "committee.person_twice", pointer="/members")
    seats = Counter(member.seat for member in members)
    require(seats[Seat.CHAIR] == 1, "committee.one_chair", pointer="/members")
    require(seats[Seat.SECRETARY] >= 1, "committee.no_secretary", pointer="/members")


def _require_mandate(event: CommitteeAppointed | CommitteeReconstituted, context: Context) -> None:
    number, day = event.mandate_version, event.effective_from
    mandate = context.state(Mandate, mandates.stream_of(event.programme, number))
    where = "/mandate_version"
    require(mandate.adopted_by(day), "committee.mandate_not_adopted", pointer=where, version=number)
    require(not mandate.superseded_before(day), "committee.mandate_superseded", pointer=where, version=number)


def _require_no_predecessor(committee: Committee, context: Context) -> None:
    for stream in _predecessors(committee):
        ended = context.state(Committee, stream).status in (Status.NONE, *ENDED)
        require(ended, "committee.predecessor_active", pointer="/effective_from", stream=stream)


COMMITTEE = Aggregate("committee", Committee(), evolve, decide, invariant, reads, claims)
