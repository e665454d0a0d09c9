"""What is due, by whom it is awaited, and how far the activities are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from oracle.days import day_of
from oracle.numbers.cells import cell
from oracle.numbers.regions import region_committee
from oracle.numbers.subject import Subject, only
from oracle.told import Told
from oracle.views import Row
from shared.contracts.definition import ActivityDefinition

CENTRE = ""


def due_item(subject: Subject) -> Iterable[Row]:
    """Everything that is due, past or not: kind, what it is about, whose it is ('' the centre's), by which day."""
    definition = subject.definition
    if definition is None:
        return
    for row in region_committee(subject):
        if row["state"] == "proposed":
            due = row["proposed_on"] + timedelta(days=definition.deadlines.appointment_days)
            yield _item("appointment", row["stream"], row["region"], due)
    for row in subject.rows("meeting"):
        if row["state"] == "held" and row["minutes_on"] is None:
            due = day_of(row["started_at"]) + timedelta(days=definition.deadlines.minutes_days)
            yield _item("minutes", row["stream"], row["region"] or CENTRE, due)
    for row in cell(subject):
        awaited = row["status"] in ("not_due", "not_reported", "returned")
        if row["applies"] and awaited and row["computed_by"] is None:
            about = f"measurement:{subject.programme}:{row['indicator']}:{row['scope']}:{row['period']}"
            yield _item("measurement", about, CENTRE if row["scope"] == "TH" else row["scope"], row["due_on"])
    for row in subject.rows("recommendation"):
        if row["state"] == "open":
            yield _item("recommendation", row["stream"], row["region"] or CENTRE, row["due_on"])
    for progress in activity_progress(subject):
        if progress["state"] not in ("completed", "cancelled"):
            yield _item("activity", f"activity:{subject.programme}:{progress['code']}", CENTRE, progress["deadline"])


def _item(kind: str, about: str, region: str, due_on: date) -> Row:
    return {"kind": kind, "about": about, "region": region, "due_on": due_on}


def due(subject: Subject) -> Iterable[Row]:
    """Next due and how many are overdue: per region, for the centre (''), and for the nation (TH) over all."""
    items = list(due_item(subject))
    for region in (*subject.regions, CENTRE, "TH"):
        days = [item["due_on"] for item in items if region in ("TH", item["region"])]
        ahead = [day for day in days if not subject.is_past(day)]
        yield {"region": region, "next_due": min(ahead, default=None), "overdue": len(days) - len(ahead)}


def activity_progress(subject: Subject) -> Iterable[Row]:
    """One row an activity of the definition."""
    definition = subject.definition
    for activity in definition.activities if definition else ():
        yield _progress(subject, activity)


def _progress(subject: Subject, activity: ActivityDefinition) -> Row:
    row = only(subject.rows("activity"), code=activity.code) or {}
    state = row.get("state") or "not_planned"
    deadline = row.get("deadline") or activity.deadline
    overdue = state not in ("completed", "cancelled") and subject.is_past(deadline)
    return {
        "code": activity.code,
        "state": state,
        "opens": row.get("opens") or activity.opens,
        "closes": row.get("closes") or activity.closes,
        "deadline": deadline,
        "overdue": overdue,
        "days_late": (day_of(subject.at) - deadline).days if overdue else 0,
        **_counted(subject, activity),
    }


def _counted(subject: Subject, activity: ActivityDefinition) -> Row:
    rule = activity.completed_when
    if rule is None:
        return {"needed": None, "counted": None}
    pairs = {
        (stream, region)
        for stream, facts in subject.living.items()
        for told in facts
        if told.name in rule.evidence
        for region in _about(told, rule.per)
    }
    if rule.per == "programme":
        return {"needed": rule.at_least, "counted": min(rule.at_least, len(pairs))}
    streams = [sum(each == region for _, each in pairs) for region in subject.regions]
    return {"needed": len(subject.regions), "counted": sum(number >= rule.at_least for number in streams)}


def _about(told: Told, per: str) -> set[str | None]:
    """The regions that a piece of evidence is about; of the programme at large, none where it is not a single one."""
    sent = told.payload
    regions = set(sent["regions"]) if "regions" in sent else {sent.get("region", sent.get("scope", "TH"))} - {"TH"}
    if per == "programme":
        return {regions.pop()} if len(regions) == 1 else {None}
    return {*regions}
