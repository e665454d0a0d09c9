"""Rules of programmes, mandates and committees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import combinations

from oracle.rows.committees import intervals
from oracle.rules.streams import by_stream, growing, living
from oracle.told import Told
from shared.contracts.committee import (
    CommitteeAppointed,
    CommitteeDissolved,
    CommitteeProposalWithdrawn,
    CommitteeProposed,
    CommitteeReconstituted,
    MandateAdopted,
    MandateDrafted,
    Member,
    ProgrammeAmended,
    ProgrammeRegistered,
)


def committee_faults(told: Iterable[Told]) -> list[str]:
    """What breaks the rules of committees, at any position."""
    lines: dict[str, None] = {}
    streams = by_stream(told, "committee")
    for stream, history in streams.items():
        for newest, facts in growing(history):
            for fault in _faults(stream, facts):
                lines.setdefault(f"{stream} known at {newest.position}: {fault}")
    return [*lines, *_two_in_office(streams.items())]


def _faults(stream: str, facts: Sequence[Told]) -> Iterable[str]:
    proposed: CommitteeProposed | None = None
    ended = False
    for told in facts:
        event = told.event
        if ended:
            yield f"{told.name} {told.id} follows its end"
        if isinstance(event, CommitteeProposed):
            proposed = event
        if isinstance(event, CommitteeAppointed | CommitteeReconstituted):
            yield from (f"{told.name} {told.id}: {fault}" for fault in _composition_faults(event.members))
            if proposed is None:
                yield f"{told.name} {told.id}: it was not proposed before"
            elif event.effective_from < proposed.proposed_on:
                yield f"{told.name} {told.id}: takes effect before the proposal of {proposed.proposed_on}"
        ended = ended or isinstance(event, CommitteeDissolved | CommitteeProposalWithdrawn)
    yield from (
        f"has {row['chairs']} chairs from {row['valid_from']} on"
        for row in intervals(stream, facts)
        if row["chairs"] > 1
    )


def _composition_faults(members: Sequence[Member]) -> Iterable[str]:
    chairs = sum(member.seat.value == "chair" for member in members)
    if chairs != 1:
        yield f"has {chairs} chairs"
    if not any(member.seat.value == "secretary" for member in members):
        yield "has no secretary"
    holders = [member.person_id or member.office for member in members]
    if len(set(holders)) < len(holders):
        yield "has a member twice"


def _two_in_office(streams: Iterable[tuple[str, Sequence[Told]]]) -> list[str]:
    """Committees of one region that were in office at the same time."""
    terms = [term for stream, history in streams for term in _terms(stream, living(history))]
    return [
        f"{region}: {one} and {other} are both in office at {max(begins, other_begins)}"
        for (region, one, begins, ends), (other_region, other, other_begins, other_ends) in combinations(terms, 2)
        if region == other_region
        and one != other
        and (ends is None or other_begins < ends)
        and (other_ends is None or begins < other_ends)
    ]


def _terms(stream: str, facts: Sequence[Told]) -> Iterable[tuple[str, str, datetime, datetime | None]]:
    rows = intervals(stream, facts)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        if row["state"] == "appointed":
            ends = following["valid_from"] if following else None
            yield f"{row['programme']}/{row['region']}", stream, row["valid_from"], ends


def mandate_faults(told: Iterable[Told]) -> list[str]:
    """Mandates whose text changed after it was adopted, or that were adopted as something else."""
    lines = []
    for stream, history in by_stream(told, "mandate").items():
        drafted: MandateDrafted | None = None
        adopted = False
        for each in living(history):
            if isinstance(each.event, MandateDrafted):
                if adopted:
                    lines.append(f"{stream}: drafted again ({each.id}) after it was adopted")
                drafted = each.event
            if isinstance(each.event, MandateAdopted):
                adopted = True
                if drafted is None or drafted.text.digest() != each.event.digest:
                    lines.append(f"{stream}: adopted ({each.id}) another text than was drafted")
    return lines


def programme_faults(told: Iterable[Told]) -> list[str]:
    """Definitions whose digest is another's, or whose versions do not count up."""
    lines = []
    for stream, history in by_stream(told, "programme").items():
        expected = 1
        for each in living(history):
            if isinstance(each.event, ProgrammeRegistered | ProgrammeAmended):
                if each.event.digest != each.event.definition.digest():
                    lines.append(f"{stream}: the digest of {each.id} is not that of its definition")
                if each.event.version != expected:
                    lines.append(f"{stream}: {each.id} is version {each.event.version}, not {expected}")
                expected = each.event.version + 1
    return lines
