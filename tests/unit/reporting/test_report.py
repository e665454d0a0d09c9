"""Who may draft, judge and publish a report, and that what is published stays."""

from __future__ import annotations

from typing import Any

import pytest

from services.reporting.report import (
    REPORT,
    ApproveReport,
    DraftReport,
    PublishFrozenReport,
    Report,
    ReturnReport,
    Status,
    SubmitReport,
    report_stream,
)
from shared.contracts import Event
from shared.contracts.common import FactVoided
from shared.contracts.reporting import (
    ReportApproved,
    ReportDrafted,
    ReportPublished,
    ReportReturned,
    ReportSubmitted,
)
from tests.given import Scenario, event_id, given

PROGRAMME = "2560-cluster"
DRAFTER, REVIEWER = "usr-officer", "usr-approver"
EDITION: dict[str, Any] = {"programme": PROGRAMME, "edition": 1}
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def draft(**changes: Any) -> DraftReport:
    return DraftReport.model_validate(
        {**EDITION, "title": "รายงานผลการดำเนินงาน (ตัวอย่าง)", "text": "บทสรุป (ตัวอย่าง)", **changes}
    )


def drafted(**changes: Any) -> ReportDrafted:
    return ReportDrafted.model_validate({**draft(**changes).model_dump(), "drafter": DRAFTER})


def publish(**changes: Any) -> PublishFrozenReport:
    return PublishFrozenReport.model_validate(
        {
            "draft": drafted(),
            "positions": [{"store": "committee", "shard": 0, "position": 12}],
            "at": "2017-05-31T10:00:00+07:00",
            "digests": [{"of": "programme", "sha256": HASH}],
            "content_hash": HASH,
            "files": [{"name": "report-th.pdf", "media_type": "application/pdf", "sha256": HASH, "size": 4}],
            **changes,
        }
    )


def published(**changes: Any) -> ReportPublished:
    return ReportPublished.model_validate({**EDITION, **publish(**changes).model_dump(exclude={"draft"})})


SUBMITTED = ReportSubmitted(**EDITION)
RETURNED = ReportReturned(**EDITION, reason="เพิ่มบทสรุป", reviewer=REVIEWER)
APPROVED = ReportApproved(**EDITION, approver=REVIEWER)
RETURN = ReturnReport(reason="เพิ่มบทสรุป")


def on_report(*events: Event) -> Scenario:
    return given(*events).on(report_stream(PROGRAMME, 1), REPORT).by(DRAFTER, "officer")


def reviewed(*events: Event) -> Scenario:
    return on_report(*events).by(REVIEWER, "approver")


def on_second(*events: Event, first: Report) -> Scenario:
    stream = report_stream(PROGRAMME, 2)
    return given(*events).on(stream, REPORT).by(DRAFTER).where(report_stream(PROGRAMME, 1), first)


def test_a_report_is_drafted_and_told_twice_is_nothing_new() -> None:
    on_report().when(draft()).then(drafted())
    on_report(drafted()).when(draft()).then()


def test_a_draft_is_written_anew_by_its_drafter_alone() -> None:
    on_report(drafted()).when(draft(text="ปรับปรุง")).then(drafted(text="ปรับปรุง"))
    reviewed(drafted()).when(draft(text="ปรับปรุง")).then_rejected("report.not_drafter")


def test_a_draft_is_handed_in_by_its_drafter_alone() -> None:
    on_report(drafted()).when(SubmitReport()).then(SUBMITTED)
    on_report(drafted(), SUBMITTED).when(SubmitReport()).then()
    reviewed(drafted()).when(SubmitReport()).then_rejected("report.not_drafter")
    on_report().when(SubmitReport()).then_rejected("report.not_drafted")


def test_what_is_handed_in_is_returned_with_a_reason_and_drafted_again() -> None:
    reviewed(drafted(), SUBMITTED).when(RETURN).then(RETURNED)
    reviewed(drafted(), SUBMITTED, RETURNED).when(RETURN).then()
    back = on_report(drafted(), SUBMITTED, RETURNED)
    back.when(draft()).then(drafted())
    back.when(SubmitReport()).then_rejected("report.not_drafted")
    assert back.state().returned == RETURNED.identified(event_id(2))
    assert on_report(drafted(), SUBMITTED, RETURNED, drafted(), SUBMITTED).state().returned is None


@pytest.mark.parametrize("events", [(drafted(),), (drafted(), SUBMITTED, RETURNED)])
def test_only_what_is_handed_in_is_judged(events: tuple[Event, ...]) -> None:
    reviewed(*events).when(ApproveReport()).then_rejected("report.not_submitted")
    reviewed(drafted()).when(RETURN).then_rejected("report.not_submitted")


def test_who_drafted_a_report_does_not_judge_it() -> None:
    both = on_report(drafted(), SUBMITTED).by(DRAFTER, "officer", "approver")
    both.when(ApproveReport()).then_rejected("report.reviewer_is_drafter")
    both.when(RETURN).then_rejected("report.reviewer_is_drafter")
    reviewed(drafted(), SUBMITTED).when(ApproveReport()).then(APPROVED)
    reviewed(drafted(), SUBMITTED, APPROVED).when(ApproveReport()).then()


def test_a_draft_that_waits_or_is_approved_is_not_written_anew() -> None:
    on_report(drafted(), SUBMITTED).when(draft()).then_rejected("report.not_open")
    on_report(drafted(), SUBMITTED, APPROVED).when(draft(text="x")).then_rejected("report.not_open")


def test_only_an_approved_report_is_published() -> None:
    reviewed(drafted(), SUBMITTED).when(publish()).then_rejected("report.not_approved")
    reviewed().when(publish()).then_rejected("report.not_drafted")
    reviewed(drafted(), SUBMITTED, APPROVED).when(publish()).then(published())


PUBLISHED = (drafted(), SUBMITTED, APPROVED, published())


def test_a_published_report_stays_as_it_is() -> None:
    on_report(*PUBLISHED).when(draft(text="x")).then_rejected("report.published")
    on_report(*PUBLISHED).when(SubmitReport()).then_rejected("report.published")
    reviewed(*PUBLISHED).when(ApproveReport()).then_rejected("report.published")
    reviewed(*PUBLISHED).when(RETURN).then_rejected("report.published")
    reviewed(*PUBLISHED).when(publish(content_hash="0" * 64)).then()


def test_files_that_were_made_of_another_draft_are_not_published() -> None:
    made_before = publish(draft=drafted(text="ฉบับก่อน"))
    reviewed(drafted(), SUBMITTED, APPROVED).when(made_before).then_rejected("report.not_approved")


@pytest.mark.parametrize("index", range(4))
def test_nothing_of_a_published_report_is_voided(index: int) -> None:
    void = FactVoided(event_id=event_id(index), reason="ผิด")
    on_report(*PUBLISHED).when(void).then_rejected("report.published")


def test_before_it_is_published_the_last_step_may_be_voided_and_no_earlier_one() -> None:
    steps = on_report(drafted(), SUBMITTED, APPROVED)
    last = FactVoided(event_id=event_id(2), reason="ผิด")
    steps.when(last).then(last)
    assert on_report(drafted(), SUBMITTED, APPROVED, last).state().status is Status.SUBMITTED
    for index in (0, 1):
        void = FactVoided(event_id=event_id(index), reason="ผิด")
        steps.when(void).then_rejected("effective.contradicts_later")


@pytest.mark.parametrize("index", [0, 1])
def test_what_was_approved_is_not_made_an_earlier_draft_by_voiding_the_newest(index: int) -> None:
    void = FactVoided(event_id=event_id(index), reason="ผิด")
    steps = on_report(drafted(), drafted(text="ปรับปรุง"), SUBMITTED, APPROVED)
    steps.when(void).then_rejected("effective.contradicts_later")
    last = FactVoided(event_id=event_id(1), reason="ผิด")
    on_report(drafted(), drafted(text="ปรับปรุง")).when(last).then(last)


def test_the_next_edition_waits_until_the_one_before_it_is_published() -> None:
    first = reviewed(*PUBLISHED).state()
    on_second(first=first).when(draft(edition=2)).then(drafted(edition=2))
    for events in ((), PUBLISHED[:3]):
        before = on_report(*events).state()
        on_second(first=before).when(draft(edition=2)).then_rejected("report.earlier_not_published")


def test_a_correction_names_an_earlier_edition_and_what_it_changes() -> None:
    first = reviewed(*PUBLISHED).state()
    correction: dict[str, Any] = {"edition": 2, "corrects": 1, "changes": "แก้ไขผลรวม"}
    on_second(first=first).when(draft(**correction)).then(drafted(**correction))
    for missing in ({"corrects": None}, {"changes": None}):
        wrong = draft(**{**correction, **missing})
        on_second(first=first).when(wrong).then_rejected("report.correction_incomplete")
    itself = draft(**{**correction, "corrects": 2})
    on_second(first=first).when(itself).then_rejected("report.corrects_later")
