"""How evidence moves the plan: which activities, by the programme's rule, were begun and which are done.

Pure part of a reaction. Fold every event with ``evolve``; when one ``moves`` an activity, carry out what is ``due`` of
it, each step under an id made of the causing event, the stream and the kind of command. What a step says follows from
the evidence alone: the same events make the same steps. Where they were carried out nothing is due, whichever event is
asked about again with all that is known by now.
Voiding evidence takes it out of the count and moves nothing: what was completed stays so until somebody voids that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.activity.plan import Activity, CompleteActivity, StartActivity, Status, stream_of
from services.activity.rules import bangkok_day
from shared.contracts import Event, ProgrammeDefinition, Recorded
from shared.contracts.activity import ActivityPlanned
from shared.contracts.committee import ProgrammeAmended, ProgrammeRegistered
from shared.contracts.common import FactVoided
from shared.contracts.definition import CompletionRule

THAI = {
    "MandateAdopted": "แนวทางและกรอบภารกิจที่ที่ประชุมมีมติเห็นชอบ",
    "CommitteeProposed": "ข้อเสนอแต่งตั้งคณะกรรมการ",
    "CommitteeAppointed": "คำสั่งแต่งตั้งคณะกรรมการ",
    "MeetingHeld": "การประชุมที่ครบองค์ประชุม",
    "MinutesApproved": "รายงานการประชุมที่รับรองแล้ว",
    "WorkshopHeld": "การประชุมปฏิบัติการ",
    "WorkshopSummarised": "สรุปผลการประชุมปฏิบัติการ",
    "PolicyBriefed": "การประชุมชี้แจงและมอบนโยบาย",
    "PolicyAcknowledged": "การรับทราบนโยบายของคณะกรรมการ",
    "IndicatorDefined": "ตัวชี้วัดที่กำหนดแล้ว",
    "MeasurementVerified": "ผลการดำเนินงานที่ตรวจสอบแล้ว",
    "SupervisionVisited": "การนิเทศติดตาม",
    "EvaluationConcluded": "ข้อสรุปการประเมินผล",
    "ActivityCompleted": "กิจกรรมที่ดำเนินการเสร็จสิ้น",
    "ReportPublished": "รายงานผลที่เผยแพร่แล้ว",
}
"""What a kind of evidence is called in an activity's outputs; another is called by its own name."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One event that may be evidence: of what kind, where it stands, which regions it is about and since which day."""

    name: str
    programme: str
    stream: str
    regions: tuple[str, ...]
    day: date


Facts = Mapping[UUID, Fact | None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What may be evidence, by event; None: voided, for good, even if the event is told once more."""

    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A command that the rule gives on an activity's stream."""

    stream: str
    command: StartActivity | CompleteActivity


def names(definition: ProgrammeDefinition) -> frozenset[str]:
    """Names of the events that are evidence for some activity of the programme."""
    return frozenset(name for _, rule in _rules(definition) for name in rule.evidence)


def evolve(evidence: Evidence, recorded: Recorded) -> Evidence:
    """The evidence after one more event of any service; an event that speaks of no programme changes nothing."""
    facts = dict(evidence.facts)
    take(facts, recorded)
    return Evidence(facts)


def gather(history: Iterable[Recorded]) -> Evidence:
    """The evidence in many events at once, in the order in which they are told."""
    facts: dict[UUID, Fact | None] = {}
    for each in history:
        take(facts, each)
    return Evidence(facts)


def take(facts: dict[UUID, Fact | None], recorded: Recorded) -> None:
    """Like ``evolve``, in place: for whoever folds a long history event by event."""
    event = recorded.event
    if isinstance(event, FactVoided):
        facts[event.event_id] = None
        return
    programme = getattr(event, "programme", None)
    if programme is not None:
        since = min(recorded.occurred_at, recorded.recorded_at)
        about = regions_of(event)
        facts.setdefault(recorded.id, Fact(event.spec.name, programme, recorded.stream, about, bangkok_day(since)))


def regions_of(event: Event) -> tuple[str, ...]:
    """The regions that an event is about; none: the programme at large."""
    several: tuple[str, ...] | None = getattr(event, "regions", None)
    if several is not None:
        return several
    one = getattr(event, "region", None) or getattr(event, "scope", None)
    return () if one is None or one == "TH" else (one,)


def moves(definition: ProgrammeDefinition, event: Event) -> tuple[str, ...]:
    """Codes of the activities of which something may be due because of an event: evidence, a plan or another rule."""
    match event:
        case ProgrammeRegistered() | ProgrammeAmended():
            return tuple(code for code, _ in _rules(definition))
        case ActivityPlanned(code=planned):
            return tuple(code for code, _ in _rules(definition) if code == planned)
        case _:
            return tuple(code for code, rule in _rules(definition) if event.spec.name in rule.evidence)


def due(definition: ProgrammeDefinition, code: str, activity: Activity, evidence: Evidence) -> tuple[Step, ...]:
    """What the rule says of an activity in this state: to start it, to complete it, both or nothing."""
    rule = dict(_rules(definition)).get(code)
    if rule is None or activity.status not in (Status.PLANNED, Status.STARTED):
        return ()
    counted = _counted(rule, definition, evidence)
    if not counted:
        return ()
    started = activity.started_on or max(min(counted.values()), activity.planned_on or date.min)
    done = _done_on(rule, definition, counted)
    stream = stream_of(definition.programme, code)
    begin = [Step(stream, StartActivity(started_on=started))] if activity.status is Status.PLANNED else []
    outputs = (_output(rule, definition),)
    end = [Step(stream, CompleteActivity(completed_on=max(done, started), outputs=outputs))] if done else []
    return (*begin, *end)


Pieces = Mapping[tuple[str, str], date]
"""Evidence that counts apart, by stream and region (empty: none), with the first day it was there."""


def _rules(definition: ProgrammeDefinition) -> list[tuple[str, CompletionRule]]:
    return [(each.code, each.completed_when) for each in definition.activities if each.completed_when is not None]


def _counted(rule: CompletionRule, definition: ProgrammeDefinition, evidence: Evidence) -> Pieces:
    """The pieces of evidence of the rule; a stream counts once for a region, however often it is told of it."""
    pieces: dict[tuple[str, str], date] = {}
    for fact in evidence.facts.values():
        if fact is None or fact.programme != definition.programme or fact.name not in rule.evidence:
            continue
        for region in _regions_counted(rule, definition, fact):
            piece = (fact.stream, region)
            pieces[piece] = min(fact.day, pieces.get(piece, fact.day))
    return pieces


def _regions_counted(rule: CompletionRule, definition: ProgrammeDefinition, fact: Fact) -> Iterable[str]:
    if rule.per == "region":
        return [region for region in fact.regions if region in definition.regions]
    # For the programme at large, what is told of several regions at once is one piece of evidence.
    return fact.regions if len(fact.regions) == 1 else ("",)


def _done_on(rule: CompletionRule, definition: ProgrammeDefinition, pieces: Pieces) -> date | None:
    """Day on which there was enough evidence; None: there is not."""
    if rule.per == "programme":
        return _enough_on(rule, pieces.values())
    days = [
        _enough_on(rule, [day for (_, about), day in pieces.items() if about == region])
        for region in definition.regions
    ]
    reached = [day for day in days if day is not None]
    return max(reached) if len(reached) == len(days) else None


def _enough_on(rule: CompletionRule, days: Iterable[date]) -> date | None:
    inorder = sorted(days)
    return inorder[rule.at_least - 1] if len(inorder) >= rule.at_least else None


def _output(rule: CompletionRule, definition: ProgrammeDefinition) -> str:
    what = "หรือ".join(THAI.get(name, name) for name in rule.evidence)
    if rule.per == "programme":
        return f"{what} จำนวน {rule.at_least} รายการ"
    each = f" เขตละ {rule.at_least} รายการ" if rule.at_least > 1 else ""
    return f"{what} ครบทั้ง {len(definition.regions)} เขตตรวจราชการ{each}"
