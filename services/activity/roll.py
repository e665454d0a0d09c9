"""The roll of a meeting: who could vote at its start, who of them was there, and whether they made a quorum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.activity.roster import Sitting
from shared.contracts import ProgrammeDefinition, require
from shared.contracts.activity import Attendance, Attendee, Resolution, Roll

Seats = Mapping[str, bool]
"""Who is on the roll, by holder, and whether with a vote."""


def judge(
    attendance: Sequence[Attendee], sitting: Sitting | None, programme: ProgrammeDefinition, version: int
) -> Roll:
    """The roll by which a meeting is judged; ``sitting`` None: of the centre, whose roll is its attendance.

    ``version`` is the programme's. Raises Rejected ``meeting.*`` when the attendance does not fit the roll.
    """
    seats = _seats_of_the_centre(attendance) if sitting is None else _seats_of(sitting)
    _require_sound(attendance, seats)
    taken = _taken(attendance)
    voting = sum(seats.values())
    present = sum(votes for holder, votes in seats.items() if holder in taken)
    return Roll(
        committee=sitting.committee if sitting else None,
        committee_version=sitting.version if sitting else 0,
        programme_version=version,
        members=sitting.members if sitting else (),
        voting=voting,
        present=present,
        quorate=programme.quorum.met(present, voting),
    )


def require_resolutions(resolutions: Sequence[Resolution], present: int) -> None:
    """Each has a number of its own and no more votes than there were voters (``present``)."""
    numbers: set[int] = set()
    for index, each in enumerate(resolutions):
        pointer = f"/resolutions/{index}"
        require(each.number not in numbers, "meeting.resolution_twice", pointer=pointer, number=each.number)
        numbers.add(each.number)
        cast = each.votes_for + each.votes_against + each.abstentions
        require(
            cast <= present, "meeting.too_many_votes", pointer=pointer, number=each.number, cast=cast, present=present
        )


def _seats_of(sitting: Sitting) -> Seats:
    return {member.holder: member.voting for member in sitting.members}


def _seats_of_the_centre(attendance: Sequence[Attendee]) -> Seats:
    seated = [each.substitute_for.key if each.substitute_for else each.key for each in attendance]
    return dict.fromkeys(seated, True)


def _taken(attendance: Sequence[Attendee]) -> set[str]:
    """The seats that were filled, in person or by a substitute."""
    in_person = {each.key for each in attendance if each.attendance is Attendance.PRESENT}
    return in_person | {each.substitute_for.key for each in attendance if each.substitute_for}


def _require_sound(attendance: Sequence[Attendee], seats: Seats) -> None:
    listed: set[str] = set()
    substituted: set[str] = set()
    present = {each.key for each in attendance if each.attendance is Attendance.PRESENT}
    for index, each in enumerate(attendance):
        pointer = f"/attendance/{index}"
        require(each.key not in listed, "meeting.listed_twice", pointer=pointer)
        listed.add(each.key)
        if each.substitute_for is None:
            require(each.key in seats, "meeting.not_on_roll", pointer=pointer)
            continue
        seat = each.substitute_for.key
        require(each.key not in seats, "meeting.substitute_has_own_seat", pointer=pointer)
        require(seat in seats, "meeting.substitute_for_stranger", pointer=f"{pointer}/substitute_for")
        require(seat not in present, "meeting.substituted_yet_present", pointer=f"{pointer}/substitute_for")
        require(seat not in substituted, "meeting.substituted_twice", pointer=f"{pointer}/substitute_for")
        substituted.add(seat)
