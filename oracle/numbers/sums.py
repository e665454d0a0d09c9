"""Meetings, money, recommendations, visits and briefings, in sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from oracle.days import day_of
from oracle.numbers.regions import holds
from oracle.numbers.subject import Subject
from oracle.views import Row

CENTRE = ""


def _places(subject: Subject) -> Sequence[str]:
    return (*subject.regions, CENTRE)


def _of(rows: Sequence[Row], region: str) -> list[Row]:
    return [row for row in rows if (row["region"] or CENTRE) == region]


def meetings(subject: Subject) -> Iterable[Row]:
    """One row a region and one for the centre."""
    for region in _places(subject):
        rows = _of(subject.rows("meeting"), region)
        states = [row["state"] for row in rows]
        yield {
            "region": region,
            **{state: states.count(state) for state in ("held", "scheduled", "cancelled")},
            "inquorate": sum(row["adjourned"] for row in rows),
            "resolutions": sum(row["resolutions"] for row in rows if row["state"] == "held"),
        }


def all_meetings(subject: Subject) -> Iterable[Row]:
    """Every meeting, with its roll as it is known now where that is another than the one it was judged by."""
    otherwise = {row["stream"]: row for row in judged_otherwise_now(subject)}
    unchanged = dict.fromkeys(("voting_now", "present_now", "quorate_now"))
    for row in subject.rows("meeting"):
        yield {**row, **unchanged, **otherwise.get(row["stream"], {})}


def in_all(rows: Iterable[Row]) -> Row:
    """The nation's sums over the regions and the centre, and the greatest age."""
    each = [{name: value for name, value in row.items() if name not in ("region", "days")} for row in rows]
    return {name: _together(name, [row[name] for row in each]) for name in each[0]} if each else {}


def _together(name: str, values: Sequence[int | None]) -> int | None:
    there = [value for value in values if value is not None]
    return max(there, default=None) if name == "oldest_open_days" else sum(there)


def judged_otherwise_now(subject: Subject) -> Iterable[Row]:
    """Meetings of regions whose roll, as it is known now, is another than the one they were judged by."""
    definition = subject.definition
    for row in subject.rows("meeting"):
        if definition is None or row["region"] is None or row["started_at"] is None:
            continue
        voters = _voters(subject, row["region"], row["started_at"])
        present = sum(voter in row["attended"] for voter in voters)
        now = {
            "voting_now": len(voters),
            "present_now": present,
            "quorate_now": definition.quorum.met(present, len(voters)),
        }
        if list(now.values()) != [row["voting"], row["present"], row["quorate"]]:
            yield {"stream": row["stream"], **now}


def _voters(subject: Subject, region: str, at: datetime) -> list[str]:
    """Voting members of the region's committee that was in office."""
    for row in subject.rows("committee"):
        if row["region"] == region and row["state"] == "appointed" and holds(row, at):
            return [
                f"person:{member['person_id']}" if member["person_id"] else f"office:{member['office']}"
                for member in row["members"]
                if member["voting"]
            ]
    return []


def money(subject: Subject) -> Iterable[Row]:
    """One row an activity of the definition or with money, one a region ('' the centre's), and one in all; satang."""
    rows = subject.rows("budget")
    planned = [activity.code for activity in subject.definition.activities] if subject.definition else []
    for activity in sorted({*planned, *(row["activity"] for row in rows)}):
        yield {"by": "activity", "of": activity, **_money([row for row in rows if row["activity"] == activity])}
    for region in _places(subject):
        yield {"by": "region", "of": region, **_money(_of(rows, region))}
    yield {"by": "all", "of": "", **_money(rows)}


def _money(rows: Sequence[Row]) -> Row:
    total = {
        name: sum(row[name] for row in rows)
        for name in ("allocated", "transferred_in", "transferred_out", "disbursed", "reversed")
    }
    budget = total["allocated"] + total["transferred_in"] - total["transferred_out"]
    net = total["disbursed"] - total["reversed"]
    return {"allocated": total["allocated"], "budget": budget, "net_disbursed": net, "remaining": budget - net}


def recommendations(subject: Subject) -> Iterable[Row]:
    """One row a region and one for the centre."""
    for region in _places(subject):
        rows = _of(subject.rows("recommendation"), region)
        waiting = [row for row in rows if row["state"] == "open"]
        oldest = min((row["issued_on"] for row in waiting), default=None)
        yield {
            "region": region,
            "open": len(waiting),
            "closed": len(rows) - len(waiting),
            "overdue": sum(subject.is_past(row["due_on"]) for row in waiting),
            "oldest_open_days": None if oldest is None else (day_of(subject.at) - oldest).days,
        }


def visits(subject: Subject) -> Iterable[Row]:
    """One row a region: how many visits, on which days, with how many findings."""
    for region in subject.regions:
        rows = _of(subject.rows("visit"), region)
        yield {
            "region": region,
            "visits": len(rows),
            "days": sorted({row["visited_on"] for row in rows}),
            "findings": sum(row["findings"] for row in rows),
        }


def briefings(subject: Subject) -> Iterable[Row]:
    """One row a briefing: regions that were called to it, and how many of those have acknowledged the policy."""
    acknowledged = subject.rows("acknowledgement")
    for row in subject.rows("briefing"):
        answered = {each["region"] for each in acknowledged if each["stream"] == row["stream"]}
        called = set(row["regions"])
        yield {"stream": row["stream"], "called": len(called), "acknowledged": len(called & answered)}
