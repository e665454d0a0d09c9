"""What may be said of visits, recommendations and the conclusion."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.evaluation.conclusion import EVALUATION, ConcludeEvaluation
from services.evaluation.recommendation import (
    RECOMMENDATION,
    CloseRecommendation,
    FollowUpRecommendation,
    IssueRecommendation,
    Recommendation,
)
from services.evaluation.supervision import SUPERVISION, RecordSupervisionVisit, Supervision
from shared.contracts import Aggregate, Command, Event, KnownProgramme
from shared.contracts.common import FactVoided
from shared.contracts.evaluation import (
    EvaluationConcluded,
    RecommendationClosed,
    RecommendationFollowedUp,
    RecommendationIssued,
    SupervisionVisited,
)
from tests.given import Scenario, event_id, given
from tests.unit.evaluation.examples import PROGRAMME, PROGRAMME_STREAM, known
from tests.unit.evaluation.world import World

VISIT = "supervision:018f4e9a-7c1e-7b1c-9d3e-0a1b2c3d4e5f"
STREAM = "recommendation:018f4e9a-7c1e-7b1c-9d3e-0a1b2c3d4e60"
EVALUATION_STREAM = f"evaluation:{PROGRAMME}"
OWNER, CLOSER = "usr-owner", "usr-approver"
PAPER = {"title": "บันทึกข้อความ", "uri": "urn:obec:doc:2560/7"}


# A visit


def visit(**changes: Any) -> RecordSupervisionVisit:
    return RecordSupervisionVisit.model_validate(
        {
            "programme": PROGRAMME,
            "region": "R01",
            "visited_on": "2017-02-14",
            "visited_by": "กลุ่มนิเทศ ติดตาม",
            "findings": ["ยังไม่มีแผนปฏิบัติการ"],
            **changes,
        }
    )


def visited(**changes: Any) -> SupervisionVisited:
    return SupervisionVisited.model_validate(visit(**changes).model_dump())


def on_visit(*events: Event) -> Scenario:
    return given(*events).on(VISIT, SUPERVISION).where(PROGRAMME_STREAM, known())


def test_a_visit_is_recorded_with_what_was_found() -> None:
    on_visit().when(visit()).then(visited())
    on_visit(visited()).when(visit()).then()


def test_a_visit_may_say_that_nothing_was_found() -> None:
    nothing: dict[str, Any] = {"findings": [], "no_findings": True}
    on_visit().when(visit(**nothing)).then(visited(**nothing))


@pytest.mark.parametrize("stated", [{"findings": []}, {"no_findings": True}])
def test_a_visit_says_what_was_found_or_that_nothing_was(stated: dict[str, Any]) -> None:
    on_visit().when(visit(**stated)).then_rejected("supervision.findings_or_none")


def test_a_visit_is_to_a_region_of_the_programme() -> None:
    on_visit().when(visit(region="R18")).then_rejected("supervision.unknown_region")
    unknown = on_visit().where(PROGRAMME_STREAM, KnownProgramme())
    unknown.when(visit()).then_rejected("programme.not_known")


def test_a_visit_is_recorded_once_and_corrected_by_voiding() -> None:
    on_visit(visited()).when(visit(region="R02")).then_rejected("supervision.recorded_already")
    void = FactVoided(event_id=event_id(0), reason="ผิดเขต")
    on_visit(visited(), void).when(visit(region="R02")).then(visited(region="R02"))
    earlier = visit(visited_on="2017-01-10")
    on_visit(visited()).when(earlier).then_rejected("effective.contradicts_later")


def test_a_visit_is_not_recorded_before_it_was_made() -> None:
    on_visit().when(visit(visited_on="2017-06-30")).then_rejected("effective.in_future")


# A recommendation


def issue(**changes: Any) -> IssueRecommendation:
    return IssueRecommendation.model_validate(
        {
            "programme": PROGRAMME,
            "region": "R01",
            "issued_on": "2017-02-20",
            "text": "จัดทำแผนปฏิบัติการ",
            "owner": "ศึกษาธิการภาค 1",
            "owner_actor": OWNER,
            "due_on": "2017-05-31",
            **changes,
        }
    )


def issued(**changes: Any) -> RecommendationIssued:
    return RecommendationIssued.model_validate(issue(**changes).model_dump())


def follow_up(day: str = "2017-03-10", progress: str = "ร่างแผนแล้ว") -> FollowUpRecommendation:
    return FollowUpRecommendation(followed_up_on=date.fromisoformat(day), progress=progress)


def followed_up(day: str = "2017-03-10", progress: str = "ร่างแผนแล้ว") -> RecommendationFollowedUp:
    return RecommendationFollowedUp(programme=PROGRAMME, followed_up_on=date.fromisoformat(day), progress=progress)


def close(day: str = "2017-04-30", *evidence: Any) -> CloseRecommendation:
    return CloseRecommendation.model_validate({"closed_on": day, "evidence": evidence or [PAPER]})


def closed(day: str = "2017-04-30", closer: str = CLOSER) -> RecommendationClosed:
    return RecommendationClosed.model_validate(
        {"programme": PROGRAMME, "closed_on": day, "evidence": [PAPER], "closer": closer}
    )


def on(*events: Event, by: str = CLOSER) -> Scenario:
    visit_known = Supervision((visited(),))
    scenario = given(*events).on(STREAM, RECOMMENDATION).by(by, "officer")
    return scenario.where(PROGRAMME_STREAM, known()).where(VISIT, visit_known)


def test_a_recommendation_is_issued_with_a_day_to_act_by() -> None:
    on().when(issue()).then(issued())
    on(issued()).when(issue()).then()


def test_a_recommendation_without_a_day_has_the_programmes_days() -> None:
    on().when(issue(due_on=None)).then(issued(due_on=date(2017, 2, 20) + timedelta(days=90)))


def test_a_recommendation_may_come_from_a_visit() -> None:
    on().when(issue(visit=VISIT)).then(issued(visit=VISIT))


def test_a_recommendation_does_not_come_from_a_visit_that_nobody_made() -> None:
    nobody = on().where(VISIT, Supervision())
    nobody.when(issue(visit=VISIT)).then_rejected("recommendation.unknown_visit")
    other = on().where(VISIT, Supervision((visited(programme="2560-other"),)))
    other.when(issue(visit=VISIT)).then_rejected("recommendation.unknown_visit")


def test_a_recommendation_may_be_to_the_centre() -> None:
    on().when(issue(region=None)).then(issued(region=None))
    on().when(issue(region="R18")).then_rejected("recommendation.unknown_region")


def test_a_recommendation_is_not_due_before_it_is_issued() -> None:
    on().when(issue(due_on="2017-02-19")).then_rejected("recommendation.due_before_issue")
    on().when(issue(due_on="2017-02-20")).then(issued(due_on="2017-02-20"))


def test_a_recommendation_is_issued_once() -> None:
    on(issued()).when(issue(text="อื่น")).then_rejected("recommendation.issued_already")


def test_a_recommendation_needs_a_known_programme() -> None:
    on().where(PROGRAMME_STREAM, KnownProgramme()).when(issue()).then_rejected("programme.not_known")


def test_a_recommendation_is_followed_up() -> None:
    on(issued()).when(follow_up()).then(followed_up())
    on(issued(), followed_up()).when(follow_up()).then()
    on(issued(), followed_up()).when(follow_up("2017-03-20", "เสนอแล้ว")).then(followed_up("2017-03-20", "เสนอแล้ว"))


def test_what_was_not_issued_is_neither_followed_up_nor_closed() -> None:
    on().when(follow_up()).then_rejected("recommendation.not_issued")
    on().when(close()).then_rejected("recommendation.not_issued")
    on(issued()).when(follow_up("2017-02-19")).then_rejected("recommendation.not_issued")


def test_a_recommendation_is_closed_with_evidence_by_another_than_its_owner() -> None:
    on(issued(), followed_up()).when(close()).then(closed())
    on(issued(), closed()).when(close()).then()


def test_closing_needs_evidence() -> None:
    bare = CloseRecommendation(closed_on=date(2017, 4, 30))
    on(issued()).when(bare).then_rejected("recommendation.needs_evidence")


def test_the_owner_does_not_close_it() -> None:
    on(issued(), by=OWNER).when(close()).then_rejected("recommendation.closer_is_owner")


def test_an_owner_without_an_account_leaves_closing_to_anybody() -> None:
    on(issued(owner_actor=None)).when(close()).then(closed())


def test_a_closed_recommendation_is_neither_followed_up_nor_closed_again() -> None:
    on(issued(), closed()).when(follow_up("2017-05-02")).then_rejected("recommendation.closed")
    on(issued(), closed()).when(close("2017-05-02")).then_rejected("recommendation.closed")


def test_a_late_follow_up_of_the_time_before_the_closing_is_taken() -> None:
    on(issued(), closed()).when(follow_up()).then(followed_up())


def test_a_closing_is_not_put_before_what_followed() -> None:
    on(issued(), followed_up()).when(close("2017-03-01")).then_rejected("effective.contradicts_later")
    on(issued(), closed()).when(close("2017-03-01")).then_rejected("effective.contradicts_later")


def test_a_recommendation_that_was_followed_up_is_not_voided() -> None:
    void = FactVoided(event_id=event_id(0), reason="ผิด")
    on(issued(), followed_up()).when(void).then_rejected("effective.contradicts_later")
    on(issued()).when(void).then(void)


def test_a_voided_closing_leaves_it_open() -> None:
    void = FactVoided(event_id=event_id(1), reason="ผิด")
    on(issued(), closed(), void).when(follow_up("2017-05-02")).then(followed_up("2017-05-02"))


# The conclusion


def conclude(**changes: Any) -> ConcludeEvaluation:
    return ConcludeEvaluation.model_validate(
        {
            "programme": PROGRAMME,
            "concluded_on": "2017-05-30",
            "conclusions": ["มีคณะกรรมการครบ 19 คณะ"],
            "recommendations": ["ควรดำเนินการต่อเนื่อง"],
            "guidelines": ["ประชุมทุกไตรมาส"],
            **changes,
        }
    )


def concluded(**changes: Any) -> EvaluationConcluded:
    return EvaluationConcluded.model_validate(conclude(**changes).model_dump())


def on_evaluation(*events: Event) -> Scenario:
    return given(*events).on(EVALUATION_STREAM, EVALUATION).where(PROGRAMME_STREAM, known())


def test_the_evaluation_is_concluded_once() -> None:
    assert conclude().stream() == EVALUATION_STREAM
    on_evaluation().when(conclude()).then(concluded())
    on_evaluation(concluded()).when(conclude()).then()
    other = conclude(conclusions=["อื่น"])
    on_evaluation(concluded()).when(other).then_rejected("evaluation.concluded_already")
    earlier = conclude(concluded_on="2017-05-01")
    on_evaluation(concluded()).when(earlier).then_rejected("effective.contradicts_later")


@pytest.mark.parametrize("part", ["conclusions", "recommendations", "guidelines"])
def test_a_conclusion_has_all_three_parts(part: str) -> None:
    with pytest.raises(ValueError, match=part):
        conclude(**{part: []})


def test_a_voided_conclusion_may_be_drawn_anew() -> None:
    void = FactVoided(event_id=event_id(0), reason="ผิด")
    other = conclude(conclusions=["อื่น"])
    on_evaluation(concluded(), void).when(other).then(concluded(conclusions=["อื่น"]))


def test_a_programme_that_is_not_known_is_not_concluded() -> None:
    on_evaluation().where(PROGRAMME_STREAM, KnownProgramme()).when(conclude()).then_rejected("programme.not_known")


# Laws

EVENTS = st.lists(
    st.sampled_from([visited(), issued(), followed_up(), followed_up("2017-05-02"), closed(), concluded()]), max_size=6
)


@settings(deadline=None, max_examples=50)
@generated(EVENTS, st.sampled_from([SUPERVISION, RECOMMENDATION, EVALUATION]))
def test_any_events_in_any_order_fold(events: list[Event], aggregate: Aggregate[Any]) -> None:
    state = aggregate.initial
    for event in events:
        state = aggregate.evolve(state, event)
    assert isinstance(state, type(aggregate.initial))


DAYS = st.dates(date(2017, 2, 1), date(2017, 3, 1))


class RecommendationMachine(RuleBasedStateMachine):
    """Whatever is told, back-dated or voided: issued before all, closed after all, and never by its owner."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World([RECOMMENDATION, SUPERVISION]).knows_programme()
        self.world.now = datetime(2017, 3, 2, tzinfo=UTC)

    def told(self, command: Command | FactVoided, actor: str = CLOSER) -> None:
        self.world.try_(STREAM, command, actor, "officer")

    @rule(day=st.dates(date(2017, 2, 1), date(2017, 2, 6)))
    def issue(self, day: date) -> None:
        self.told(issue(issued_on=day))

    @rule(day=DAYS, progress=st.sampled_from("กขค"))
    def follow_up(self, day: date, progress: str) -> None:
        self.told(follow_up(day.isoformat(), progress))

    @rule(day=st.dates(date(2017, 2, 14), date(2017, 3, 1)), actor=st.sampled_from([OWNER, CLOSER, CLOSER]))
    def close(self, day: date, actor: str) -> None:
        self.told(close(day.isoformat()), actor)

    @rule(index=st.integers(0, 30))
    def void(self, index: int) -> None:
        history = self.world.streams.get(STREAM) or []
        if history:
            self.told(FactVoided(event_id=history[index % len(history)].id, reason="ผิด"))

    @invariant()
    def in_order(self) -> None:
        names = [type(each.event).__name__ for each in self.world.facts(STREAM)]
        assert not names or names[0] == "RecommendationIssued"
        assert names.count("RecommendationIssued") <= 1
        assert "RecommendationClosed" not in names[:-1]
        state: Recommendation = self.world.state(RECOMMENDATION, STREAM)
        assert all(each.closer != OWNER for each in state.closed)


class VisitMachine(RuleBasedStateMachine):
    """A visit and a conclusion are each there once, however often they are told and voided."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World([SUPERVISION, EVALUATION]).knows_programme()
        self.world.now = datetime(2017, 3, 2, tzinfo=UTC)

    @rule(day=DAYS, region=st.sampled_from(["R01", "R02", "R18"]), found=st.booleans())
    def visit(self, day: date, region: str, found: bool) -> None:
        command = visit(visited_on=day, region=region, findings=["พบ"] if found else [], no_findings=not found)
        self.world.try_(VISIT, command)

    @rule(day=DAYS, text=st.sampled_from("กข"))
    def conclude(self, day: date, text: str) -> None:
        self.world.try_(EVALUATION_STREAM, conclude(concluded_on=day, conclusions=[text]))

    @rule(stream=st.sampled_from([VISIT, EVALUATION_STREAM]), index=st.integers(0, 9))
    def void(self, stream: str, index: int) -> None:
        history = self.world.streams.get(stream) or []
        if history:
            self.world.try_(stream, FactVoided(event_id=history[index % len(history)].id, reason="ผิด"))

    @invariant()
    def once_at_most(self) -> None:
        assert len(self.world.facts(VISIT)) <= 1
        assert len(self.world.facts(EVALUATION_STREAM)) <= 1


TestRecommendation = RecommendationMachine.TestCase
TestRecommendation.settings = settings(deadline=None, max_examples=40, stateful_step_count=15)
TestVisit = VisitMachine.TestCase
TestVisit.settings = settings(deadline=None, max_examples=30, stateful_step_count=15)
