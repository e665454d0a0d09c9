"""Meetings, judged by some roll or other: a view shows what was judged, it does not judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shared.contracts.definition import ProgrammeDefinition
from tests.histories.committees import members, newest
from tests.histories.teller import OFFICES, PERSONS, Fields, Teller

Next = Callable[[Teller, str, Fields], None]


def change_meeting(teller: Teller) -> None:
    """What may happen next to a meeting; now and then what may not."""
    definition = teller.programme()
    stream = teller.stream("meeting", definition.programme, 10)
    named = _named(teller, stream, definition)
    names = teller.names(stream)
    if teller.chance(0.1):
        next_: Sequence[Next] = (*BEFORE, *AFTER)
    elif "MeetingHeld" in names:
        next_ = AFTER
    elif not names:
        next_ = (_schedule, _schedule, _hold, _adjourn)
    elif "MeetingCancelled" in names:
        return
    else:
        next_ = BEFORE
    teller.pick(next_)(teller, stream, named)


def _named(teller: Teller, stream: str, definition: ProgrammeDefinition) -> Fields:
    """A meeting keeps its body and its number."""
    known = teller.living(stream, "MeetingScheduled", "MeetingHeld", "MeetingAdjourned")
    if known:
        sent = teller.event(known[-1]).model_dump(mode="json", exclude_none=True)
        return {name: sent[name] for name in ("programme", "region", "activity", "number") if name in sent}
    region = {"region": teller.pick(definition.regions)} if teller.chance(0.7) else {}
    number = f"{teller.number(1, 30)}/{definition.fiscal_year}"
    return {
        "programme": definition.programme,
        "activity": teller.pick(definition.activities).code,
        "number": number,
        **region,
    }


def _schedule(teller: Teller, stream: str, named: Fields) -> None:
    told = {"scheduled_on": teller.day()} if teller.chance(0.7) else {}
    teller.say(stream, "MeetingScheduled", **named, starts_at=teller.hour(ahead=60), place=teller.words()[:10], **told)


def _notify(teller: Teller, stream: str, named: Fields) -> None:
    teller.say(
        stream, "MeetingNoticeIssued", programme=named["programme"], issued_on=teller.day(), agenda=[teller.words()]
    )


def _reschedule(teller: Teller, stream: str, named: Fields) -> None:
    teller.say(
        stream,
        "MeetingRescheduled",
        programme=named["programme"],
        starts_at=teller.hour(ahead=60),
        place="ห้องประชุม 2",
        reason=teller.words(),
    )


def _cancel(teller: Teller, stream: str, named: Fields) -> None:
    teller.say(stream, "MeetingCancelled", programme=named["programme"], reason=teller.words())


def _roll(teller: Teller, named: Fields) -> Fields:
    if "region" not in named:
        return {
            "committee_version": 0,
            "programme_version": 1,
            "members": [],
            "voting": 4,
            "present": teller.number(0, 4),
            "quorate": teller.chance(0.5),
        }
    committee = newest(teller, named["programme"], named["region"])
    judged = members(teller)
    for told in teller.living(committee, "CommitteeAppointed", "CommitteeReconstituted"):
        if teller.chance(0.9):
            judged = teller.event(told).model_dump(mode="json", exclude_none=True)["members"]
    voting = sum(member["voting"] for member in judged)
    return {
        "committee": committee,
        "committee_version": teller.number(1, 9),
        "programme_version": 1,
        "members": judged,
        "voting": voting,
        "present": teller.number(0, voting),
        "quorate": teller.chance(0.7),
    }


def _attendance(teller: Teller, roll: Fields) -> list[Fields]:
    lines: list[Fields] = [_line(teller, member) for member in roll["members"]]
    if not lines or teller.chance(0.2):
        lines.append({"office": teller.pick(OFFICES), "attendance": teller.pick(("present", "apology", "absent"))})
    return lines


def _line(teller: Teller, member: Fields) -> Fields:
    holder = {"person_id": member["person_id"]} if "person_id" in member else {"office": member["office"]}
    attendance = teller.pick(("present", "present", "apology", "absent", "substitute"))
    if attendance == "substitute":
        return {"person_id": teller.pick(PERSONS), "attendance": attendance, "substitute_for": holder}
    return {**holder, "attendance": attendance}


def _resolutions(teller: Teller) -> list[Fields]:
    return [
        {"number": number, "text": teller.words(), "votes_for": teller.number(0, 5), "dissents": [teller.words()]}
        for number in range(1, teller.number(1, 4))
    ]


def _began(teller: Teller, named: Fields) -> datetime:
    """When a meeting began: some hour, or the very instant at which something became of its committee."""
    turns = teller.streams.get(newest(teller, named["programme"], named.get("region", "CTR")), [])
    return teller.pick(turns).occurred_at if turns and teller.chance(0.3) else teller.hour()


def _hold(teller: Teller, stream: str, named: Fields) -> None:
    roll, began = _roll(teller, named), _began(teller, named)
    teller.say(
        stream,
        "MeetingHeld",
        **named,
        started_at=began,
        ended_at=began + timedelta(hours=2),
        attendance=_attendance(teller, roll),
        resolutions=_resolutions(teller),
        roll=roll,
    )


def _adjourn(teller: Teller, stream: str, named: Fields) -> None:
    roll = _roll(teller, named)
    attendance = _attendance(teller, roll)
    teller.say(stream, "MeetingAdjourned", **named, started_at=_began(teller, named), attendance=attendance, roll=roll)


def _approve(teller: Teller, stream: str, named: Fields) -> None:
    teller.say(
        stream,
        "MinutesApproved",
        programme=named["programme"],
        approved_on=teller.day(),
        evidence={"title": teller.words()},
    )


def _correct(teller: Teller, stream: str, named: Fields) -> None:
    teller.say(
        stream,
        "MeetingRecordCorrected",
        programme=named["programme"],
        ended_at=teller.hour(),
        resolutions=_resolutions(teller),
        reason=teller.words(),
    )


BEFORE: Sequence[Next] = (_notify, _reschedule, _cancel, _adjourn, _hold, _hold)
AFTER: Sequence[Next] = (_approve, _correct)

ACTIONS: Sequence[tuple[int, Callable[[Teller], None]]] = ((20, change_meeting),)
