"""What evaluation makes of the committee service's events: whether a region has a committee (indicator QN1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from shared.contracts import Learned, Recorded
from shared.contracts.committee import CommitteeAppointed, CommitteeDissolved, CommitteeReconstituted


@dataclass(frozen=True, slots=True)
class Committees:
    """The committees of a region, one after another: by stream, the event that appointed or dissolved it."""

    appointed: Mapping[str, UUID] = field(default_factory=dict)
    dissolved: Mapping[str, UUID] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether there is one."""
        return bool(self.appointed.keys() - self.dissolved.keys())

    @property
    def evidence(self) -> list[UUID]:
        """The events that bear it out: those that appointed the active committee, or ended the ones there were."""
        if self.active:
            return [self.appointed[stream] for stream in sorted(self.appointed.keys() - self.dissolved.keys())]
        return [self.dissolved[stream] for stream in sorted(self.dissolved)]


def _evolve(committees: Committees, recorded: Recorded) -> Committees:
    match recorded.event:
        case CommitteeAppointed() | CommitteeReconstituted():
            return Committees({**committees.appointed, recorded.stream: recorded.id}, committees.dissolved)
        case CommitteeDissolved():
            return Committees(committees.appointed, {**committees.dissolved, recorded.stream: recorded.id})
        case _:
            return committees


COMMITTEES = Learned(Committees, Committees(), _evolve)
