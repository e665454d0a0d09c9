"""A recommendation: issued to an office with a day to act by, followed up, closed with evidence by another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.evaluation.streams import programme_stream
from services.evaluation.supervision import Supervision
from shared.contracts import Aggregate, Command, Context, Event, KnownProgramme, Read, Rejected, require
from shared.contracts.evaluation import (
    Evidences,
    RecommendationClosed,
    RecommendationFollowedUp,
    RecommendationIssued,
)
from shared.contracts.types import ActorId, Day, Line, Office, ProgrammeId, Prose, RegionCode


class IssueRecommendation(Command, effective="issued_on"):
    """Ask an office to do something; ``due_on`` None: the programme's days after ``issued_on``.

    ``region`` None: to the centre. ``visit`` names the stream of the visit it came from.
    """

    programme: ProgrammeId
    region: RegionCode | None = None
    visit: Line | None = None
    issued_on: Day
    text: Prose
    owner: Office
    owner_actor: ActorId | None = None
    due_on: Day | None = None


class FollowUpRecommendation(Command, effective="followed_up_on"):
    """Say how far it has got."""

    followed_up_on: Day
    progress: Prose
    evidence: Evidences = ()


class CloseRecommendation(Command, effective="closed_on"):
    """Say that it was carried out; who commands closes it, and is not the owner."""

    closed_on: Day
    evidence: Evidences = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A recommendation with all that was said of it, in the order in which it took effect."""

    issued: tuple[RecommendationIssued, ...] = ()
    followed_up: tuple[RecommendationFollowedUp, ...] = ()
    closed: tuple[RecommendationClosed, ...] = ()

    def required(self) -> RecommendationIssued:
        """The recommendation itself. Raises Rejected ``recommendation.not_issued``."""
        if not self.issued:
            raise Rejected("recommendation.not_issued")
        return self.issued[0]


def evolve(recommendation: Recommendation, event: Event) -> Recommendation:
    """The recommendation after one more event."""
    match event:
        case RecommendationIssued():
            return replace(recommendation, issued=(*recommendation.issued, event))
        case RecommendationFollowedUp():
            return replace(recommendation, followed_up=(*recommendation.followed_up, event))
        case RecommendationClosed():
            return replace(recommendation, closed=(*recommendation.closed, event))
        case _:
            return recommendation


def invariant(recommendation: Recommendation) -> None:
    """Issued once, closed once, followed up in between, closed by another than its owner. Raises Rejected."""
    require(len(recommendation.issued) <= 1, "recommendation.issued_already")
    require(len(recommendation.closed) <= 1, "recommendation.closed")
    if not recommendation.followed_up and not recommendation.closed:
        return
    issued = recommendation.required()
    for closed in recommendation.closed:
        _require_other(closed.closer, issued)
        late = any(each.followed_up_on > closed.closed_on for each in recommendation.followed_up)
        require(not late, "recommendation.closed")


def reads(command: Command, _recommendation: Recommendation) -> Sequence[Read]:
    """The programme's regions and deadlines, and the visit that it came from."""
    if not isinstance(command, IssueRecommendation):
        return []
    programme = Read(KnownProgramme, programme_stream(command.programme))
    return [programme, Read(Supervision, command.visit)] if command.visit else [programme]


def decide(command: Command, recommendation: Recommendation, context: Context) -> list[Event]:
    """Events that the command makes; codes ``recommendation.*``, ``programme.not_known``."""
    match command:
        case IssueRecommendation():
            return _issue(command, recommendation, context)
        case FollowUpRecommendation():
            return _follow_up(command, recommendation)
        case CloseRecommendation():
            return _close(command, recommendation, context)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of a recommendation")


def _issue(command: IssueRecommendation, recommendation: Recommendation, context: Context) -> list[Event]:
    known = context.state(KnownProgramme, programme_stream(command.programme)).required(command.programme)
    due_on = command.due_on or _days_after(command.issued_on, known.deadlines.recommendation_days)
    issued = RecommendationIssued(**{**dict(command), "due_on": due_on})
    if any(dict(each) == dict(issued) for each in recommendation.issued):
        return []  # told twice: nothing new
    require(not recommendation.issued, "recommendation.issued_already")
    in_programme = command.region is None or command.region in known.regions
    require(in_programme, "recommendation.unknown_region", pointer="/region", region=command.region)
    require(due_on >= command.issued_on, "recommendation.due_before_issue", pointer="/due_on")
    if command.visit is not None:
        visit = context.state(Supervision, command.visit).visit
        found = visit is not None and visit.programme == command.programme
        require(found, "recommendation.unknown_visit", pointer="/visit", visit=command.visit)
    return [issued]


def _days_after(day: date, days: int) -> date:
    return day + timedelta(days=days)


def _follow_up(command: FollowUpRecommendation, recommendation: Recommendation) -> list[Event]:
    issued = recommendation.required()
    followed_up = RecommendationFollowedUp(programme=issued.programme, **dict(command))
    if any(dict(each) == dict(followed_up) for each in recommendation.followed_up):
        return []
    require(not recommendation.closed, "recommendation.closed")
    return [followed_up]


def _close(command: CloseRecommendation, recommendation: Recommendation, context: Context) -> list[Event]:
    issued = recommendation.required()
    require(command.evidence, "recommendation.needs_evidence", pointer="/evidence")
    closed = RecommendationClosed(programme=issued.programme, closer=context.actor, **dict(command))
    if any(dict(each) == dict(closed) for each in recommendation.closed):
        return []
    require(not recommendation.closed, "recommendation.closed")
    _require_other(context.actor, issued)
    return [closed]


def _require_other(closer: str, issued: RecommendationIssued) -> None:
    require(closer != issued.owner_actor, "recommendation.closer_is_owner")


RECOMMENDATION = Aggregate("recommendation", Recommendation(), evolve, decide, invariant, reads)
