"""Histories of any kind, sensible or not: what a projection folds alike however it is cut, mixed and interrupted."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import strategies as st

from shared.contracts import REGISTRY, Event
from shared.contracts.activity import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityPlanned,
    ActivityStarted,
    BudgetAllocated,
    BudgetTransferred,
    DeadlineExtended,
    DisbursementReversed,
    MeetingAdjourned,
    MeetingCancelled,
    MeetingNoticeIssued,
    MeetingRecordCorrected,
    MeetingRescheduled,
    MinutesApproved,
    PolicyAcknowledged,
    PolicyBriefed,
    Voucher,
    WorkshopHeld,
)
from shared.contracts.committee import (
    AppointmentOrderCorrected,
    CommitteeDissolved,
    CommitteeProposalWithdrawn,
    CommitteeReconstituted,
    Holder,
    Member,
    MemberAppointed,
    MemberEnded,
    MemberRoleChanged,
    Seat,
)
from shared.contracts.evaluation import (
    IndicatorClosed,
    IndicatorDefined,
    MeasurementReturned,
    PeriodClosed,
    PeriodExtended,
    PeriodReopened,
    Reading,
    RecommendationClosed,
    RecommendationFollowedUp,
    RecommendationIssued,
    SupervisionVisited,
    TargetRevised,
)
from shared.contracts.types import OrderNumber
from tests.unit.reporting.log import MEMBERS, PAPER, PROGRAMME, Log, attendance, definition, person, roll

REGIONS = ("CTR", "R07")
CELLS = ("QN3:R07:2560-Q1", "QN3:CTR:2560-Q1", "QN2:R07:2560-Q2", "QL1:TH:2560-H1", "QN3:TH:2560-Y")
CODES = ("1", "1.2", "3")
WHY = "เหตุผล"


@st.composite
def histories(draw: st.DrawFn, most: int = 40) -> Log:
    """A log that begins with the programme and goes on with anything, back-dated facts and voidings among it."""
    log = Log(shards=draw(st.sampled_from((1, 3))))
    log.register()
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=most)):
        if draw(st.integers(0, 6)) == 0:
            _void(draw, log)
        log.now += timedelta(hours=draw(st.integers(0, 400)))
        stream, event = kind(draw, log)
        late = timedelta(days=draw(st.integers(0, 3)))
        log.tell(stream, event, received=log.now - late)
    return log


def _void(draw: st.DrawFn, log: Log) -> None:
    gone = {each.data for each in log.sent if "FactVoided" in each.type}
    facts = [each for each in log.sent if "FactVoided" not in each.type]
    fact = draw(st.sampled_from(facts))
    if not any(fact.event_id.encode() in data for data in gone):
        log.void(fact)


def _day(draw: st.DrawFn, log: Log) -> date:
    return (log.now - timedelta(days=draw(st.integers(-3, 60)))).date()


def _pick(draw: st.DrawFn, log: Log, kind: str) -> UUID:
    """An event of a kind, or one that there never was."""
    known = [UUID(each.event_id) for each in log.sent if f".{kind}.v" in each.type]
    return draw(st.sampled_from([*known, UUID(int=7, version=4)]))


def _committee(draw: st.DrawFn, log: Log) -> tuple[str, Event]:
    region, on = draw(st.sampled_from(REGIONS)), _day(draw, log)
    holder = draw(st.sampled_from([Holder(person_id=person(1)), Holder(office="ศึกษาธิการภาค")]))
    common = {"programme": PROGRAMME, "region": region}
    order = {
        "order": OrderNumber(unit="สพฐ.", number=draw(st.integers(1, 9)), year=2560),
        "order_date": on,
        "signatory_office": "เลขาธิการ กพฐ.",
        "effective_from": on,
    }
    made: list[Event] = [
        CommitteeReconstituted.model_validate({**common, **order, "mandate_version": 2, "members": MEMBERS[:3]}),
        CommitteeDissolved.model_validate({**common, "dissolved_on": on, "reason": WHY}),
        CommitteeProposalWithdrawn.model_validate({**common, "withdrawn_on": on, "reason": WHY}),
        MemberAppointed.model_validate(
            {**common, "effective_from": on, "member": Member(person_id=person(9), office="ครู", seat=Seat.VICE_CHAIR)}
        ),
        MemberRoleChanged.model_validate(
            {**common, "holder": holder, "seat": "member", "voting": False, "effective_from": on}
        ),
        MemberEnded.model_validate({**common, "holder": holder, "ended_on": on, "reason": WHY}),
        AppointmentOrderCorrected.model_validate({**common, **order, "reason": WHY}),
    ]
    return f"committee:{PROGRAMME}:{region}:{draw(st.sampled_from((1, 2)))}", draw(st.sampled_from(made))


def _founding(draw: st.DrawFn, log: Log) -> tuple[str, Event]:
    region, on = draw(st.sampled_from(REGIONS)), _day(draw, log).isoformat()
    scratch = Log()
    told = scratch.propose(region, on) if draw(st.booleans()) else scratch.appoint(region, on)
    return told.stream, _event(told.type, told.data)


def _event(event_type: str, data: bytes) -> Event:
    return REGISTRY.read(event_type, data)


def _meeting(draw: st.DrawFn, log: Log) -> tuple[str, Event]:
    stream = f"meeting:{draw(st.sampled_from('abc'))}"
    at = (log.now - timedelta(days=draw(st.integers(0, 90)))).replace(microsecond=0)
    present, region = draw(st.integers(0, 3)), draw(st.sampled_from((None, *REGIONS)))
    scratch = Log()
    held = scratch.hold("x", region, at.isoformat(), present, draw(st.integers(0, 3)))
    planned = scratch.schedule("x", region, at.isoformat())
    corrected = {"programme": PROGRAMME, "ended_at": at, "resolutions": [{"number": 1, "text": "แก้ไข"}], "reason": WHY}
    made: list[Event] = [
        _event(held.type, held.data),
        _event(planned.type, planned.data),
        MeetingAdjourned(
            programme=PROGRAMME,
            region=region,
            activity="3",
            number="2/2560",
            started_at=at,
            attendance=attendance(present),
            roll=roll(region, present),
        ),
        MeetingCancelled(programme=PROGRAMME, reason=WHY),
        MeetingRescheduled(programme=PROGRAMME, starts_at=at, place="ที่ใหม่", reason=WHY),
        MeetingNoticeIssued(programme=PROGRAMME, issued_on=_day(draw, log), agenda=("วาระ",)),
        MinutesApproved(programme=PROGRAMME, approved_on=_day(draw, log), evidence=PAPER),
        MeetingRecordCorrected.model_validate(corrected),
    ]
    return stream, draw(st.sampled_from(made))


def _plan(draw: st.DrawFn, log: Log) -> tuple[str, Event]:
    code, on = draw(st.sampled_from(CODES)), _day(draw, log)
    window = {"opens": on, "closes": on, "deadline": on + timedelta(days=draw(st.integers(0, 90)))}
    made: list[Event] = [
        ActivityPlanned.model_validate({"programme": PROGRAMME, "code": code, **window, "planned_on": on}),
        ActivityStarted(programme=PROGRAMME, code=code, started_on=on),
        ActivityCompleted(programme=PROGRAMME, code=code, completed_on=on, outputs=("ผลงาน",)),
        ActivityCancelled(programme=PROGRAMME, code=code, cancelled_on=on, reason=WHY),
        DeadlineExtended(programme=PROGRAMME, code=code, deadline=on, reason=WHY),
    ]
    return f"activity:{PROGRAMME}:{code}", draw(st.sampled_from(made))


def _money(draw: st.DrawFn, log: Log) -> tuple[str, Event]:
    on, amount = _day(draw, log), draw(st.integers(1, 10**12))
    voucher = Voucher(number="1", unit="สพฐ.", date=on)
    code = draw(st.sampled_from(CODES))
    about = {"programme": PROGRAMME, "activity": code, "amount_satang": amount}
    region = draw(st.sampled_from((None, *REGIONS)))
    scratch = Log()
    paid = scratch.pay(amount, on.isoformat(), code, region)
    made: list[Event] = [
        _event(paid.type, paid.data),
        DisbursementReversed.model_validate(
            {**about, "region": region, "voucher": voucher, "reversed_on": on, "reason": WHY}
        ),
        BudgetAllocated.model_validate({**about, "allocated_on": on, "document": "หนังสือ"}),
        BudgetTransferred(
            programme=PROGRAMME,
            from_activity="1",
            to_activity=draw(st.sampled_from(CODES)),
            amount_satang=amount,
            transferred_on=on,
            document="หนังสือ",
        ),
    ]
    return f"budget:{PROGRAMME}", draw(st.sampled_from(made))


def _measurement(draw: st.DrawFn, log: Log) -> tuple[str, Event]:
    cell = draw(st.sampled_from(CELLS))
    number = draw(st.decimals(0, 100, places=2))
    reading = draw(st.sampled_from([Reading(value=number), Reading(numerator=number, denominator=3), Reading(level=4)]))
    stream, scratch = f"measurement:{PROGRAMME}:{cell}", Log()
    measured = scratch.measure(cell, reading)
    verified = scratch.verify(measured)
    known = _pick(draw, log, "IndicatorMeasured")
    figure = str(reading.figure())
    scored = scratch.score(cell, figure, "3.85", verified, provisional=draw(st.booleans()))
    cause = draw(st.sampled_from([_pick(draw, log, "MeasurementVerified"), _pick(draw, log, "TargetRevised")]))
    made: list[Event] = [
        _event(measured.type, measured.data),
        _event(measured.type, measured.data),
        _event(verified.type, verified.data).model_copy(update={"measured": known}),
        _event(verified.type, verified.data).model_copy(update={"measured": known}),
        _event(scored.type, scored.data).model_copy(update={"cause": cause}),
        MeasurementReturned(programme=PROGRAMME, measured=known, reason=WHY, reviewer="usr-reviewer"),
    ]
    return stream, draw(st.sampled_from(made))


def _indicators(draw: st.DrawFn, log: Log) -> tuple[str, Event]:
    indicator = draw(st.sampled_from(definition().indicators))
    version, region = draw(st.integers(1, 9)), draw(st.sampled_from(REGIONS))
    revised = indicator.model_copy(update={"target": draw(st.decimals(1, 9, places=1))})
    until = _day(draw, log) + timedelta(days=draw(st.integers(0, 200)))
    made: list[Event] = [
        IndicatorDefined(programme=PROGRAMME, indicator=indicator, version=version),
        TargetRevised(
            programme=PROGRAMME,
            code=indicator.code,
            version=version,
            old=indicator,
            new=revised,
            revised_on=_day(draw, log),
            reason=WHY,
        ),
        IndicatorClosed(programme=PROGRAMME, code=indicator.code, reason=WHY),
        PeriodClosed(programme=PROGRAMME, period="2560-Q1"),
        PeriodReopened(programme=PROGRAMME, period="2560-Q1", reason=WHY),
        PeriodExtended(programme=PROGRAMME, period="2560-Q1", region=region, until=until, reason=WHY),
    ]
    return f"indicators:{PROGRAMME}", draw(st.sampled_from(made))


def _supervision(draw: st.DrawFn, log: Log) -> tuple[str, Event]:
    on = _day(draw, log)
    issued = {
        "programme": PROGRAMME,
        "region": draw(st.sampled_from((None, *REGIONS))),
        "issued_on": on,
        "text": "ควรติดตาม",
        "owner": "ศึกษาธิการภาค",
        "due_on": on + timedelta(days=30),
    }
    made: list[Event] = [
        RecommendationIssued.model_validate(issued),
        RecommendationFollowedUp(programme=PROGRAMME, followed_up_on=on, progress="คืบหน้า"),
        RecommendationClosed(programme=PROGRAMME, closed_on=on, closer="usr-closer", evidence=(PAPER,)),
    ]
    if draw(st.integers(0, 3)) == 0:
        visited = SupervisionVisited(
            programme=PROGRAMME, region="R07", visited_on=on, visited_by="สพฐ.", findings=("พบ",)
        )
        return f"supervision:{draw(st.sampled_from('ab'))}", visited
    return f"recommendation:{draw(st.sampled_from('ab'))}", draw(st.sampled_from(made))


def _briefing(draw: st.DrawFn, log: Log) -> tuple[str, Event]:
    on, region = _day(draw, log), draw(st.sampled_from(REGIONS))
    briefed = PolicyBriefed(
        programme=PROGRAMME, activity="2", title="ชี้แจง", briefed_on=on, regions=REGIONS, policy=PAPER
    )
    acknowledged = PolicyAcknowledged(
        programme=PROGRAMME,
        activity="2",
        region=region,
        committee=f"committee:{PROGRAMME}:{region}:1",
        acknowledged_on=on,
    )
    workshop = WorkshopHeld(
        programme=PROGRAMME,
        activity="1.3",
        title="ประชุมปฏิบัติการ",
        started_on=on,
        ended_on=on,
        place="กรุงเทพฯ",
        regions=draw(st.sampled_from(((), REGIONS, ("R07",)))),
        participants=40,
    )
    if draw(st.integers(0, 3)) == 0:
        return "workshop:a", workshop
    return "briefing:a", draw(st.sampled_from([briefed, acknowledged]))


KINDS = (
    _founding,
    _committee,
    _meeting,
    _plan,
    _money,
    _measurement,
    _measurement,
    _indicators,
    _supervision,
    _briefing,
)
