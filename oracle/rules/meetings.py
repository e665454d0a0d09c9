"""Rules of meetings: the roll of its time, quorum, votes, minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from oracle.days import day_of
from oracle.rows.committees import intervals
from oracle.rows.meetings import there
from oracle.rules.streams import by_stream, living
from oracle.told import Told
from shared.contracts.activity import (
    MeetingAdjourned,
    MeetingHeld,
    MeetingRecordCorrected,
    MinutesApproved,
    Resolution,
)
from shared.contracts.committee import Member, ProgrammeAmended, ProgrammeRegistered
from shared.contracts.definition import QuorumRule


def meeting_faults(told: Sequence[Told]) -> list[str]:
    """What breaks the rules of meetings."""
    rules = quorum_rules(told)
    committees = by_stream(told, "committee")
    return [
        f"{stream}: {fault}"
        for stream, history in by_stream(told, "meeting").items()
        for fault in (*_judgement_faults(history, rules, committees), *_record_faults(living(history)))
    ]


def quorum_rules(told: Iterable[Told]) -> Mapping[tuple[str, int], QuorumRule]:
    """The quorum rule of each version of each programme."""
    return {
        (each.event.programme, each.event.version): each.event.definition.quorum
        for each in told
        if isinstance(each.event, ProgrammeRegistered | ProgrammeAmended)
    }


def quorum_met(rule: QuorumRule, present: int, voting: int) -> bool:
    """Whether so many of so many make a quorum, counted in whole numbers; of nobody nobody does."""
    if rule.comparison == "at_least":
        return voting > 0 and present * rule.denominator >= voting * rule.numerator
    return voting > 0 and present * rule.denominator > voting * rule.numerator


def _judgement_faults(
    history: Sequence[Told],
    rules: Mapping[tuple[str, int], QuorumRule],
    committees: Mapping[str, Sequence[Told]],
) -> Iterable[str]:
    for each in history:
        event = each.event
        if not isinstance(event, MeetingHeld | MeetingAdjourned):
            continue
        roll = event.roll
        if roll.present > roll.voting:
            yield f"{each.id}: {roll.present} present of {roll.voting}"
        rule = rules.get((event.programme, roll.programme_version))
        if rule is None:
            yield f"{each.id}: judged by version {roll.programme_version} of the programme, which there is not"
        elif quorum_met(rule, roll.present, roll.voting) != roll.quorate:
            yield f"{each.id}: {roll.present} of {roll.voting} is said to be quorate: {roll.quorate}"
        if roll.quorate != isinstance(event, MeetingHeld):
            yield f"{each.id}: {each.name}, yet quorate: {roll.quorate}"
        if roll.committee is not None:
            yield from (f"{each.id}: {fault}" for fault in _roll_faults(event, committees.get(roll.committee, ())))


def _roll_faults(event: MeetingHeld | MeetingAdjourned, committee: Sequence[Told]) -> Iterable[str]:
    roll = event.roll
    voters = [member.holder for member in roll.members if member.voting]
    present = sum(voter in there(event) for voter in voters)
    if len(voters) != roll.voting:
        yield f"its roll has {len(voters)} voting members, it says {roll.voting}"
    if present != roll.present:
        yield f"{present} of the voting members were there, it says {roll.present}"
    rolls = list(_rolls_at(str(roll.committee), committee, roll.committee_version, event.started_at))
    if [_plain(member) for member in roll.members] not in rolls:
        yield f"its roll is not the membership of {roll.committee} at {event.started_at}"


def _rolls_at(stream: str, history: Sequence[Told], version: int, at: datetime) -> Iterable[list[dict[str, Any]]]:
    """The memberships at an instant that a version of the committee may stand for.

    The version is that of the newest *fact* of the roll: voidings that were told after it may have been known too.
    """
    for count in range(version, len(history) + 1):
        facts = [each for each in living(history[:count]) if each.occurred_at <= at]
        if facts and max(each.version for each in facts) <= version:
            row = intervals(stream, facts)[-1]
            if row["state"] == "appointed":
                yield row["members"]


def _plain(member: Member) -> dict[str, Any]:
    return {
        "person_id": str(member.person_id) if member.person_id else None,
        "office": member.office,
        "seat": member.seat.value,
        "voting": member.voting,
    }


def _record_faults(facts: Sequence[Told]) -> Iterable[str]:
    held: MeetingHeld | None = None
    ended: datetime | None = None
    for each in facts:
        match each.event:
            case MeetingHeld() as event:
                held, ended = event, event.ended_at
                yield from _resolution_faults(each.id, event.resolutions, event.roll.present)
                if event.ended_at <= event.started_at:
                    yield f"{each.id}: ends at {event.ended_at}, before it started"
            case MeetingRecordCorrected() as event:
                ended = event.ended_at
                yield from _resolution_faults(each.id, event.resolutions, held.roll.present if held else 0)
            case MinutesApproved() as event:
                if ended is None or event.approved_on < day_of(ended):
                    yield f"{each.id}: minutes approved on {event.approved_on}, before it was held"


def _resolution_faults(event_id: str, resolutions: Sequence[Resolution], present: int) -> Iterable[str]:
    numbers = [resolution.number for resolution in resolutions]
    if len(set(numbers)) < len(numbers):
        yield f"{event_id}: a resolution's number stands twice"
    for resolution in resolutions:
        votes = resolution.votes_for + resolution.votes_against + resolution.abstentions
        if votes > present:
            yield f"{event_id}: resolution {resolution.number} has {votes} votes of {present} present"
