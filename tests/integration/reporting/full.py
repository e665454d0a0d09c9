"""A programme in which every part of every view has rows: work, money, results and supervision of one region."""

from __future__ import annotations

from decimal import Decimal

from shared.contracts import Event
from shared.contracts.activity import (
    BudgetAllocated,
    MinutesApproved,
    PolicyAcknowledged,
    PolicyBriefed,
    WorkshopHeld,
)
from shared.contracts.evaluation import RecommendationIssued, SupervisionVisited, TargetRevised
from tests.unit.reporting.log import PAPER, PROGRAMME, Log, definition

REGION = "R07"
MEETING = f"meeting:{REGION}-1"


def full() -> Log:
    """What the stores have recorded of it; the business clock stands in March 2017."""
    log = Log()
    log.register()
    log.at("2016-11-10")
    _tell(log, f"budget:{PROGRAMME}", BudgetAllocated, activity="3", amount_satang=2_000_000_00, **_paper("2016-11-01"))
    log.at("2017-01-12").propose(REGION, "2016-11-01")
    log.appoint(REGION, "2017-01-10")
    log.schedule(f"{REGION}-2", REGION, "2017-04-01T09:00:00+07:00")
    log.at("2017-01-14").hold(f"{REGION}-1", REGION, "2017-01-13T09:00:00+07:00")
    _briefing(log)
    _tell(log, MEETING, MinutesApproved, approved_on="2017-01-15", evidence=PAPER)
    _figures(log)
    _supervision(log)
    log.at("2017-03-01").pay(1_234_567_89, "2017-02-10")
    return log


def _tell(log: Log, stream: str, event: type[Event], **said: object) -> None:
    log.tell(stream, event.model_validate({"programme": PROGRAMME, **said}))


def _paper(day: str) -> dict[str, str]:
    return {"allocated_on": day, "document": "หนังสือจัดสรร 1/2560"}


def _briefing(log: Log) -> None:
    at = {"activity": "2", "title": "ชี้แจงนโยบาย", "briefed_on": "2017-01-14"}
    _tell(log, "briefing:a", PolicyBriefed, **at, regions=[REGION, "R08"], policy=PAPER)
    acknowledged = {"activity": "2", "region": REGION, "committee": f"committee:{PROGRAMME}:{REGION}:1"}
    _tell(log, "briefing:a", PolicyAcknowledged, **acknowledged, acknowledged_on="2017-01-14")
    held = {"activity": "1.3", "title": "ประชุมปฏิบัติการ", "started_on": "2017-01-14", "ended_on": "2017-01-14"}
    _tell(log, "workshop:a", WorkshopHeld, **held, place="กรุงเทพฯ", regions=[REGION], participants=40)


def _figures(log: Log) -> None:
    """A verified figure with its score and the nation's, one that waits, and a target that was revised."""
    log.at("2017-01-20")
    cause = log.verify(log.measure(f"QN3:{REGION}:2560-Q1", "45"))
    log.score(f"QN3:{REGION}:2560-Q1", "45", "4.50", cause)
    log.score("QN3:TH:2560-Q1", "45", "1.00", cause, regions_counted=1, regions_expected=19, provisional=True)
    log.measure("QN3:R08:2560-Q1", "40")
    old = definition().indicator("QN3")
    assert old is not None
    revised = {"old": old, "new": old.model_copy(update={"target": Decimal(45)}), "revised_on": "2017-02-01"}
    log.at("2017-02-02")
    _tell(log, f"indicators:{PROGRAMME}", TargetRevised, code="QN3", version=2, **revised, reason="ปรับเป้าหมาย")


def _supervision(log: Log) -> None:
    log.at("2017-02-03")
    visited = {"region": REGION, "visited_on": "2017-02-02", "visited_by": "สพฐ.", "findings": ["ยังไม่มีห้องประชุม"]}
    _tell(log, "supervision:a", SupervisionVisited, **visited)
    issued = {"region": REGION, "visit": "supervision:a", "issued_on": "2017-02-02", "due_on": "2017-02-20"}
    _tell(log, "recommendation:a", RecommendationIssued, **issued, text="ควรจัดห้องประชุม", owner="ศึกษาธิการภาค")
