"""A report (activity 5): drafted, submitted, returned or approved by another, and published with its figures frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.contracts import Aggregate, Command, Context, Event, Read, Rejected, require
from shared.contracts.common import FactVoided
from shared.contracts.reporting import (
    Changes,
    Corrected,
    Digests,
    Edition,
    Files,
    Positions,
    ReportApproved,
    ReportDrafted,
    ReportPublished,
    ReportReturned,
    ReportSubmitted,
)
from shared.contracts.types import Instant, Line, ProgrammeId, Prose, Sha256


class DraftReport(Command):
    """Begin an edition of a programme's report, or write its draft anew.

    ``corrects`` names the published edition that this one corrects, and ``changes`` says what it changes.
    """

    programme: ProgrammeId
    edition: Edition
    title: Line
    text: Prose
    corrects: Corrected | None = None
    changes: Changes | None = None

    def stream(self) -> str:
        """Stream of this edition."""
        return report_stream(self.programme, self.edition)


class SubmitReport(Command):
    """Hand the draft in for approval."""


class ReturnReport(Command):
    """Send a submitted report back to its drafter."""

    reason: Prose


class ApproveReport(Command):
    """Approve a submitted report; who commands approves it, and is not its drafter."""


class PublishReport(Command):
    """Publish an approved report with the figures of now, which are frozen in it."""


class PublishFrozenReport(Command):
    """Publish an approved report as the content and files that were made for it.

    ``draft`` is what they were made of: what was approved must still be that.
    """

    draft: ReportDrafted
    positions: Positions
    at: Instant
    digests: Digests
    content_hash: Sha256
    files: Files


class Status(StrEnum):
    """How far a report has come."""

    NONE = "none"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    PUBLISHED = "published"


FOLLOWS: Mapping[Status, frozenset[Status]] = {
    Status.NONE: frozenset(),
    Status.DRAFT: frozenset({Status.NONE, Status.DRAFT, Status.RETURNED}),
    Status.SUBMITTED: frozenset({Status.DRAFT}),
    Status.RETURNED: frozenset({Status.SUBMITTED}),
    Status.APPROVED: frozenset({Status.SUBMITTED}),
    Status.PUBLISHED: frozenset({Status.APPROVED}),
}
"""What each may come after."""

_REFUSED: Mapping[Status, str] = {
    Status.DRAFT: "report.not_open",
    Status.SUBMITTED: "report.not_drafted",
    Status.RETURNED: "report.not_submitted",
    Status.APPROVED: "report.not_submitted",
    Status.PUBLISHED: "report.not_approved",
}


@dataclass(frozen=True, slots=True)
class Report:
    """An edition with what was last said of it, and the steps that it took."""

    steps: tuple[Status, ...] = ()
    draft: ReportDrafted | None = None
    returned: ReportReturned | None = None
    approved: ReportApproved | None = None
    published: ReportPublished | None = None

    @property
    def status(self) -> Status:
        """How far it has come."""
        return self.steps[-1] if self.steps else Status.NONE

    def drafted(self) -> ReportDrafted:
        """The newest draft. Raises Rejected ``report.not_drafted``."""
        if self.draft is None:
            raise Rejected("report.not_drafted")
        return self.draft


def report_stream(programme: str, edition: int) -> str:
    """Stream of one edition of a programme's report."""
    return f"report:{programme}:{edition}"


def evolve(report: Report, event: Event) -> Report:
    """The report after one more event."""
    match event:
        case ReportDrafted():
            return replace(report, steps=(*report.steps, Status.DRAFT), draft=event)
        case ReportSubmitted():
            return replace(report, steps=(*report.steps, Status.SUBMITTED), returned=None)
        case ReportReturned():
            return replace(report, steps=(*report.steps, Status.RETURNED), returned=event)
        case ReportApproved():
            return replace(report, steps=(*report.steps, Status.APPROVED), approved=event)
        case ReportPublished():
            return replace(report, steps=(*report.steps, Status.PUBLISHED), published=event)
        case _:
            return report


def invariant(report: Report) -> None:
    """Every step follows from the one before it, and who judges a report did not draft it. Raises Rejected."""
    before = Status.NONE
    for step in report.steps:
        _require_follows(step, before)
        before = step
    if report.returned is not None:
        _require_other(report.returned.reviewer, report.drafted())
    if report.approved is not None:
        _require_other(report.approved.approver, report.drafted())


def voidable(report: Report, _fact: FactVoided, _context: Context) -> None:
    """What is published stays as it is: a correction is a new edition. Raises Rejected ``report.published``."""
    require(report.status is not Status.PUBLISHED, "report.published")


def reads(command: Command, _report: Report) -> Sequence[Read]:
    """The edition before it, which must be published."""
    if isinstance(command, DraftReport) and command.edition > 1:
        return [Read(Report, report_stream(command.programme, command.edition - 1))]
    return []


def decide(command: Command, report: Report, context: Context) -> list[Event]:
    """Events that the command makes; codes ``report.*``."""
    match command:
        case DraftReport():
            return _draft(command, report, context)
        case SubmitReport():
            return _submit(report, context)
        case ReturnReport():
            return _return(command, report, context)
        case ApproveReport():
            return _approve(report, context)
        case PublishFrozenReport():
            return _publish(command, report)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of a report")


def _draft(command: DraftReport, report: Report, context: Context) -> list[Event]:
    drafted = ReportDrafted(**dict(command), drafter=context.actor)
    if report.status is Status.DRAFT and _same(report.draft, drafted):
        return []  # told twice: nothing new
    _require_open(report)
    _require_follows(Status.DRAFT, report.status)
    if report.draft is not None:
        _require_drafter(context.actor, report.draft)
    _require_correction(command)
    if command.edition > 1:
        before = context.state(Report, report_stream(command.programme, command.edition - 1))
        published = before.status is Status.PUBLISHED
        require(published, "report.earlier_not_published", pointer="/edition", edition=command.edition - 1)
    return [drafted]


def _require_correction(command: DraftReport) -> None:
    corrected = command.corrects is not None
    require(corrected == (command.changes is not None), "report.correction_incomplete", pointer="/changes")
    earlier = command.corrects is None or command.corrects < command.edition
    require(earlier, "report.corrects_later", pointer="/corrects", edition=command.corrects)


def _submit(report: Report, context: Context) -> list[Event]:
    draft = report.drafted()
    if report.status is Status.SUBMITTED:
        return []
    _require_open(report)
    _require_follows(Status.SUBMITTED, report.status)
    _require_drafter(context.actor, draft)
    return [ReportSubmitted(programme=draft.programme, edition=draft.edition)]


def _return(command: ReturnReport, report: Report, context: Context) -> list[Event]:
    draft = report.drafted()
    returned = ReportReturned(
        programme=draft.programme, edition=draft.edition, reason=command.reason, reviewer=context.actor
    )
    if report.status is Status.RETURNED and _same(report.returned, returned):
        return []
    _require_open(report)
    _require_follows(Status.RETURNED, report.status)
    _require_other(context.actor, draft)
    return [returned]


def _approve(report: Report, context: Context) -> list[Event]:
    draft = report.drafted()
    approved = ReportApproved(programme=draft.programme, edition=draft.edition, approver=context.actor)
    if report.status is Status.APPROVED and _same(report.approved, approved):
        return []
    _require_open(report)
    _require_follows(Status.APPROVED, report.status)
    _require_other(context.actor, draft)
    return [approved]


def _publish(command: PublishFrozenReport, report: Report) -> list[Event]:
    draft = report.drafted()
    if report.status is Status.PUBLISHED:
        return []
    publishable(report)
    require(_same(draft, command.draft), "report.not_approved")
    frozen = {name: value for name, value in dict(command).items() if name != "draft"}
    return [ReportPublished(programme=draft.programme, edition=draft.edition, **frozen)]


def publishable(report: Report) -> ReportDrafted:
    """The draft of a report that may be published. Raises Rejected ``report.not_drafted``, ``report.not_approved``."""
    draft = report.drafted()
    _require_follows(Status.PUBLISHED, report.status)
    return draft


def _same(known: Event | None, told: Event) -> bool:
    return known is not None and dict(known) == dict(told)


def _require_open(report: Report) -> None:
    require(report.status is not Status.PUBLISHED, "report.published")


def _require_follows(step: Status, before: Status) -> None:
    require(before in FOLLOWS[step], _REFUSED[step])


def _require_drafter(actor: str, draft: ReportDrafted) -> None:
    require(actor == draft.drafter, "report.not_drafter")


def _require_other(actor: str, draft: ReportDrafted) -> None:
    require(actor != draft.drafter, "report.reviewer_is_drafter")


REPORT = Aggregate("report", Report(), evolve, decide, invariant, reads, voidable=voidable, steps=True)
