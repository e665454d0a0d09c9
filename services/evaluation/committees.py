"""What evaluation makes of the committee service's events: whether a region has a committee (indicator QN1)."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts import Learned, Recorded
from shared.contracts.committee import CommitteeAppointed, CommitteeDissolved, CommitteeReconstituted


@dataclass(frozen=True, slots=True)
class Committees:
    """The committees of a region, one after another, by stream."""

    appointed: frozenset[str] = frozenset()
    """All that were ever appointed."""
    dissolved: frozenset[str] = frozenset()

    @property
    def active(self) -> bool:
        """Whether there is one."""
        return bool(self.appointed - self.dissolved)


def _evolve(committees: Committees, recorded: Recorded) -> Committees:
    match recorded.event:
        case CommitteeAppointed() | CommitteeReconstituted():
            return Committees(committees.appointed | {recorded.stream}, committees.dissolved)
        case CommitteeDissolved():
            return Committees(committees.appointed, committees.dissolved | {recorded.stream})
        case _:
            return committees


COMMITTEES = Learned(Committees, Committees(), _evolve)
