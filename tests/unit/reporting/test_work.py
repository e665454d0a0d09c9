"""Rows of meetings, activities, briefings, money, indicators and supervision."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from shared.contracts.activity import (
    ActivityCompleted,
    ActivityPlanned,
    ActivityStarted,
    BudgetAllocated,
    BudgetTransferred,
    DeadlineExtended,
    DisbursementReversed,
    MeetingAdjourned,
    MeetingCancelled,
    MeetingRecordCorrected,
    MeetingRescheduled,
    MinutesApproved,
    PolicyAcknowledged,
    PolicyBriefed,
    Resolution,
    Voucher,
)
from shared.contracts.evaluation import (
    IndicatorClosed,
    IndicatorDefined,
    PeriodClosed,
    PeriodExtended,
    PeriodReopened,
    RecommendationClosed,
    RecommendationFollowedUp,
    RecommendationIssued,
    SupervisionVisited,
    TargetRevised,
)
from tests.unit.reporting.log import PAPER, PROGRAMME, Log, attendance, definition, person, roll

START = "2017-01-12T02:00:00+00:00"
BEGIN = datetime(2017, 1, 12, 2, tzinfo=UTC)
WHY = "เหตุผล"


def only(log: Log, table: str) -> dict[str, Any]:
    """The one row of a table."""
    (row,) = log.rows(table)
    return row


def adjourned(region: str | None = "R07") -> MeetingAdjourned:
    return MeetingAdjourned(
        programme=PROGRAMME,
        region=region,
        activity="3",
        number="1/2560",
        started_at=BEGIN,
        attendance=attendance(1),
        roll=roll(region, 1),
    )


def test_a_held_meeting_keeps_what_it_was_judged_by() -> None:
    log = Log()
    log.at("2017-01-13").hold("a", "R07", START)

    row = only(log, "meeting")
    assert (row["state"], row["voting"], row["present"], row["quorate"], row["resolutions"]) == ("held", 3, 3, True, 2)
    assert (row["committee"], row["committee_version"]) == (f"committee:{PROGRAMME}:R07:1", 2)


def test_a_substitute_stands_for_the_member_it_sits_for() -> None:
    log = Log()
    log.at("2017-01-13").hold("a", "R07", START, present=2)

    assert orjson.loads(only(log, "meeting")["attended"]) == [f"person:{person(1)}", "office:ศึกษาธิการภาค"]


def test_a_cancelled_meeting_keeps_the_time_it_had() -> None:
    log = Log()
    log.schedule("a", "R07", START)
    log.tell("meeting:a", MeetingCancelled(programme=PROGRAMME, reason=WHY))

    assert (only(log, "meeting")["state"], only(log, "meeting")["scheduled_at"]) == ("cancelled", BEGIN)


def test_a_held_meeting_stays_held() -> None:
    log = Log()
    log.at("2017-01-13").hold("a", "R07", START)
    log.tell("meeting:a", MeetingCancelled(programme=PROGRAMME, reason=WHY))
    log.tell("meeting:a", MeetingRescheduled(programme=PROGRAMME, starts_at=BEGIN, place="ที่ใหม่", reason=WHY))
    log.tell("meeting:a", adjourned())

    assert only(log, "meeting")["state"] == "held"


def test_an_inquorate_meeting_that_was_held_later_counts_as_both() -> None:
    log = Log()
    log.at("2017-01-13").tell("meeting:a", adjourned())
    log.at("2017-01-30").hold("a", "R07", "2017-01-29T02:00:00+00:00")

    assert (only(log, "meeting")["state"], only(log, "meeting")["adjourned"]) == ("held", 1)


def test_a_corrected_record_replaces_resolutions_and_not_the_judgement() -> None:
    log = Log()
    log.at("2017-01-13").hold("a", "R07", START)
    corrected = MeetingRecordCorrected(
        programme=PROGRAMME, ended_at=BEGIN, resolutions=(Resolution(number=1, text="แก้ไข"),), reason=WHY
    )
    log.tell("meeting:a", corrected)
    log.tell("meeting:a", MinutesApproved(programme=PROGRAMME, approved_on=date(2017, 1, 20), evidence=PAPER))

    row = only(log, "meeting")
    assert (row["resolutions"], row["corrected"], row["quorate"], row["ended_at"]) == (1, True, True, BEGIN)
    assert row["minutes_on"] == date(2017, 1, 20)


def test_an_activity_goes_on_and_never_back() -> None:
    log, stream = Log(), f"activity:{PROGRAMME}:1.2"
    on = date(2016, 11, 1)
    plan = {"programme": PROGRAMME, "code": "1.2", "opens": on, "closes": on, "deadline": on}
    log.tell(stream, ActivityStarted(programme=PROGRAMME, code="1.2", started_on=date(2016, 10, 20)))
    log.tell(stream, ActivityPlanned.model_validate({**plan, "planned_on": on}))
    assert only(log, "activity")["state"] == "started"
    log.tell(stream, DeadlineExtended(programme=PROGRAMME, code="1.2", deadline=date(2017, 1, 1), reason=WHY))
    log.at("2017-01-01").tell(
        stream, ActivityCompleted(programme=PROGRAMME, code="1.2", completed_on=date(2017, 1, 1), outputs=("ผลงาน",))
    )

    row = only(log, "activity")
    assert (row["state"], row["planned_deadline"], row["deadline"]) == ("completed", on, on)
    assert (row["extensions"], orjson.loads(row["outputs"])) == (1, ["ผลงาน"])


def test_a_committee_acknowledges_a_briefing() -> None:
    log = Log()
    briefed = PolicyBriefed(
        programme=PROGRAMME,
        activity="2",
        title="ชี้แจง",
        briefed_on=date(2017, 2, 1),
        regions=("R07", "R08"),
        policy=PAPER,
    )
    acknowledged = PolicyAcknowledged(
        programme=PROGRAMME,
        activity="2",
        region="R07",
        committee=f"committee:{PROGRAMME}:R07:1",
        acknowledged_on=date(2017, 2, 2),
    )
    log.tell("briefing:a", briefed)
    log.tell("briefing:a", acknowledged)

    assert orjson.loads(only(log, "briefing")["regions"]) == ["R07", "R08"]
    assert only(log, "acknowledgement")["region"] == "R07"


def test_money_is_summed_by_activity_and_region() -> None:
    log, stream, on = Log(), f"budget:{PROGRAMME}", date(2017, 1, 12)
    common = {"programme": PROGRAMME, "document": "หนังสือ"}
    log.tell(stream, BudgetAllocated(**common, activity="3", amount_satang=100_00, allocated_on=on))
    transfer = BudgetTransferred(**common, from_activity="3", to_activity="4", amount_satang=30_00, transferred_on=on)
    log.tell(stream, transfer)
    log.pay(40_00, "2017-01-12")
    log.pay(5_00, "2017-01-12", region=None)
    back = DisbursementReversed(
        programme=PROGRAMME,
        activity="3",
        region="R07",
        voucher=Voucher(number="1", unit="สพฐ.", date=on),
        amount_satang=15_00,
        reversed_on=on,
        reason=WHY,
    )
    log.tell(stream, back)

    found = {(row["activity"], row["region"]): row for row in log.rows("budget")}
    assert found["3", ""]["allocated"] == 100_00
    assert (found["3", ""]["transferred_out"], found["4", ""]["transferred_in"]) == (30_00, 30_00)
    assert (found["3", "R07"]["disbursed"], found["3", "R07"]["reversed"]) == (40_00, 15_00)
    assert (found["3", ""]["disbursed"], found["3", ""]["payments"]) == (5_00, 1)


def test_what_is_voided_is_no_money() -> None:
    log = Log()
    log.void(log.pay(40_00, "2017-01-12"))

    assert log.rows("budget") == []


def test_a_revised_target_keeps_its_history() -> None:
    log, stream = Log(), f"indicators:{PROGRAMME}"
    old = definition().indicator("QN3")
    assert old is not None
    new = old.model_copy(update={"target": Decimal(45)})
    log.tell(stream, IndicatorDefined(programme=PROGRAMME, indicator=old, version=1))
    revised = TargetRevised(
        programme=PROGRAMME, code="QN3", version=2, old=old, new=new, revised_on=date(2016, 10, 3), reason=WHY
    )
    told = log.tell(stream, revised)

    row = only(log, "indicator")
    assert (row["version"], row["target"], row["closed_at"]) == (2, Decimal(45), None)
    (revision,) = orjson.loads(row["revisions"])
    assert (revision["event_id"], revision["old_target"], revision["new_target"]) == (told.event_id, "40", "45")


def test_a_closed_indicator_opens_when_it_is_defined_again() -> None:
    log, stream = Log(), f"indicators:{PROGRAMME}"
    indicator = definition().indicator("QN3")
    assert indicator is not None
    log.tell(stream, IndicatorDefined(programme=PROGRAMME, indicator=indicator, version=1))
    closed = log.tell(stream, IndicatorClosed(programme=PROGRAMME, code="QN3", reason=WHY))
    assert only(log, "indicator")["closed_at"] == closed.occurred_at
    log.tell(stream, IndicatorDefined(programme=PROGRAMME, indicator=indicator, version=2))

    assert only(log, "indicator")["closed_at"] is None


def test_periods_close_reopen_and_are_extended() -> None:
    log, stream = Log(), f"indicators:{PROGRAMME}"
    for day in (10, 20):
        extended = PeriodExtended(
            programme=PROGRAMME, period="2560-Q1", region="R07", until=date(2017, 2, day), reason=WHY
        )
        log.tell(stream, extended)
    log.tell(stream, PeriodClosed(programme=PROGRAMME, period="2560-Q1"))
    assert only(log, "period")["closed"] is True
    log.tell(stream, PeriodReopened(programme=PROGRAMME, period="2560-Q1", reason=WHY))

    assert only(log, "period")["closed"] is False
    assert only(log, "period_extension")["until"] == date(2017, 2, 20)


def test_a_recommendation_is_open_until_it_is_closed() -> None:
    log, on = Log(), date(2017, 2, 1)
    issued = RecommendationIssued(
        programme=PROGRAMME, region="R07", issued_on=on, text="ควรติดตาม", owner="ศึกษาธิการภาค", due_on=date(2017, 5, 1)
    )
    log.at("2017-02-01").tell("recommendation:a", issued)
    log.tell("recommendation:a", RecommendationFollowedUp(programme=PROGRAMME, followed_up_on=on, progress="คืบหน้า"))
    assert (only(log, "recommendation")["state"], only(log, "recommendation")["follow_ups"]) == ("open", 1)
    closed = RecommendationClosed(programme=PROGRAMME, closed_on=on, closer="usr-closer", evidence=(PAPER,))
    log.tell("recommendation:a", closed)

    assert only(log, "recommendation")["state"] == "closed"


@pytest.mark.parametrize("findings", [(), ("พบ", "พบอีก")])
def test_a_visit_has_findings_or_says_that_there_are_none(findings: tuple[str, ...]) -> None:
    log = Log()
    visited = SupervisionVisited(
        programme=PROGRAMME,
        region="R07",
        visited_on=date(2017, 2, 1),
        visited_by="สพฐ.",
        findings=findings,
        no_findings=not findings,
    )
    log.tell("supervision:a", visited)

    assert (only(log, "visit")["findings"], only(log, "visit")["no_findings"]) == (len(findings), not findings)
