"""Who sits on a region's committees, learned from the committee service's events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.contracts import Event, Learned, Read, Recorded
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
)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One committee: its stream, the newest version that shaped it, and who sits on it."""

    committee: str
    version: int = 0
    active_since: datetime | None = None
    """When its appointment took effect; None: not appointed, or dissolved."""
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """The committees of one region as far as they were learned, by stream."""

    committees: Mapping[str, Sitting] = field(default_factory=dict)

    @staticmethod
    def at(programme: str, region: str, moment: datetime) -> Read:
        """The region's roster as it was at an instant, as a stream to read."""
        return Read(Roster, roster_stream(programme, region), moment)

    def active(self) -> Sitting | None:
        """The committee that is in office; of several the one appointed last, None when there is none."""
        sittings = [each for each in self.committees.values() if each.active_since is not None]
        return max(sittings, key=lambda each: (each.active_since, each.committee), default=None)


def roster_stream(programme: str, region: str) -> str:
    """All committees that a region has had."""
    return f"committee:{programme}:{region}:*"


Known = (
    CommitteeProposed
    | CommitteeAppointed
    | CommitteeReconstituted
    | CommitteeDissolved
    | CommitteeProposalWithdrawn
    | MemberAppointed
    | MemberRoleChanged
    | MemberEnded
    | AppointmentOrderCorrected
)


def evolve(roster: Roster, recorded: Recorded) -> Roster:
    """The roster after one more fact of one of the committees; what is of no committee leaves it as it is."""
    if not isinstance(recorded.event, Known):
        return roster
    before = roster.committees.get(recorded.stream) or Sitting(recorded.stream)
    after = _seated(before, recorded.event, recorded.occurred_at)
    newest = replace(after, version=max(before.version, recorded.version))
    return Roster({**roster.committees, recorded.stream: newest})


def _seated(sitting: Sitting, event: Event, since: datetime) -> Sitting:
    match event:
        case CommitteeProposed(members=members) | CommitteeReconstituted(members=members):
            return replace(sitting, members=members)
        case CommitteeAppointed(members=members):
            return replace(sitting, active_since=since, members=members)
        case CommitteeDissolved() | CommitteeProposalWithdrawn():
            return replace(sitting, active_since=None)
        case MemberAppointed(member=member):
            return replace(sitting, members=(*_without(sitting, member.holder), member))
        case MemberEnded(holder=holder):
            return replace(sitting, members=_without(sitting, holder.key))
        case MemberRoleChanged(holder=holder):
            return replace(sitting, members=tuple(_changed(each, holder, event) for each in sitting.members))
        case _:
            return sitting


def _without(sitting: Sitting, holder: str) -> tuple[Member, ...]:
    return tuple(each for each in sitting.members if each.holder != holder)


def _changed(member: Member, holder: Holder, change: MemberRoleChanged) -> Member:
    if member.holder != holder.key:
        return member
    return member.model_copy(update={"seat": change.seat, "voting": change.voting})


ROSTER = Learned(Roster, Roster(), evolve)
