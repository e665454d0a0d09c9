"""Plan of an activity: its rules, its laws, and a stream driven at random."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from services.activity.plan import (
    ACTIVITY,
    Activity,
    CancelActivity,
    CompleteActivity,
    ExtendDeadline,
    PlanActivity,
    StartActivity,
    Status,
)
from shared.contracts import Event, KnownProgramme
from shared.contracts.activity import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityPlanned,
    ActivityStarted,
    DeadlineExtended,
)
from shared.contracts.common import FactVoided
from shared.eventstore.history import fold
from tests.given import Scenario, event_id, given
from tests.unit.activity.driving import AGO, Driven
from tests.unit.activity.examples import PROGRAMME, PROGRAMME_STREAM, day, known, moment

STREAM = "activity:2560-cluster:1.2"

planned = ActivityPlanned(
    programme=PROGRAMME,
    code="1.2",
    opens=day(11, 1, 2016),
    closes=day(1, 31),
    deadline=day(2, 28),
    planned_on=day(10, 1, 2016),
)
started = ActivityStarted(programme=PROGRAMME, code="1.2", started_on=day(11, 1, 2016))
completed = ActivityCompleted(programme=PROGRAMME, code="1.2", completed_on=day(1, 20), outputs=("ครบ 19 เขต",))
cancelled = ActivityCancelled(programme=PROGRAMME, code="1.2", cancelled_on=day(1, 10), reason="งบประมาณถูกตัด")
extended = DeadlineExtended(programme=PROGRAMME, code="1.2", deadline=day(3, 31), reason="คำสั่งล่าช้า")

start = StartActivity(started_on=started.started_on)
complete = CompleteActivity(completed_on=completed.completed_on, outputs=completed.outputs)
cancel = CancelActivity(cancelled_on=cancelled.cancelled_on, reason=cancelled.reason)
extend = ExtendDeadline(deadline=extended.deadline, reason=extended.reason)


def plan(
    *,
    code: str = "1.2",
    opens: date = planned.opens,
    closes: date = planned.closes,
    deadline: date = planned.deadline,
    planned_on: date | None = planned.planned_on,
) -> PlanActivity:
    return PlanActivity(
        programme=PROGRAMME, code=code, opens=opens, closes=closes, deadline=deadline, planned_on=planned_on
    )


def activity(*events: Event) -> Scenario:
    return given(*events).on(STREAM, ACTIVITY).where(PROGRAMME_STREAM, known())


def test_an_activity_of_the_programme_is_planned() -> None:
    activity().when(plan()).then(planned)


def test_an_activity_has_one_plan() -> None:
    assert plan().stream() == STREAM


def test_a_plan_without_a_day_was_made_today_in_bangkok() -> None:
    late_evening = moment(10, 10, 18)
    activity().at(late_evening).when(plan(planned_on=None)).then(planned.model_copy(update={"planned_on": day(10, 11)}))


def test_an_activity_that_the_programme_does_not_have_is_not_planned() -> None:
    activity().when(plan(code="9.9")).then_rejected("activity.unknown")


def test_nothing_is_planned_before_the_programme_is_known() -> None:
    activity().where(PROGRAMME_STREAM, KnownProgramme()).when(plan()).then_rejected("programme.not_known")


@pytest.mark.parametrize(
    "unordered",
    [plan(opens=planned.closes + timedelta(days=1)), plan(deadline=planned.closes - timedelta(days=1))],
    ids=["opens after it closes", "is due before it closes"],
)
def test_an_activity_opens_closes_and_is_due_in_this_order(unordered: PlanActivity) -> None:
    activity().when(unordered).then_rejected("activity.dates_out_of_order")


def test_a_plan_of_one_day_is_in_order() -> None:
    one = planned.opens
    decided = activity().when(plan(opens=one, closes=one, deadline=one)).decided()
    assert len(decided) == 1


def test_the_same_plan_told_twice_is_nothing_new() -> None:
    activity(planned).when(plan()).then()


def test_the_same_plan_is_nothing_new_after_its_deadline_was_extended() -> None:
    activity(planned, extended).when(plan(planned_on=None)).then()


def test_another_plan_does_not_replace_the_first() -> None:
    activity(planned).when(plan(deadline=day(3, 1))).then_rejected("activity.already_planned")
    activity(planned, started).when(plan(deadline=day(3, 1), planned_on=None)).then_rejected("activity.already_planned")


def test_a_planned_activity_is_started() -> None:
    activity(planned).when(start).then(started)


def test_an_activity_that_is_not_planned_is_not_started() -> None:
    activity().when(start).then_rejected("activity.not_planned")


def test_nothing_starts_before_it_was_planned() -> None:
    activity(planned).when(StartActivity(started_on=day(9, 30, 2016))).then_rejected("activity.not_planned")


def test_a_start_told_twice_is_nothing_new() -> None:
    activity(planned, started).when(start).then()


def test_a_started_activity_is_not_started_on_a_later_day() -> None:
    activity(planned, started).when(StartActivity(started_on=day(12, 1, 2016))).then_rejected(
        "activity.already_started"
    )


def test_a_started_activity_is_not_started_on_an_earlier_day() -> None:
    earlier = StartActivity(started_on=day(10, 20, 2016))
    activity(planned, started).when(earlier).then_rejected("effective.contradicts_later")


def test_nothing_is_started_ahead_of_time() -> None:
    activity(planned).when(StartActivity(started_on=day(7, 1))).then_rejected("effective.in_future")


def test_a_started_activity_is_completed_with_its_outputs() -> None:
    activity(planned, started).when(complete).then(completed)


def test_an_activity_may_be_completed_on_the_day_it_started() -> None:
    same_day = CompleteActivity(completed_on=started.started_on, outputs=completed.outputs)
    activity(planned, started).when(same_day).then(completed.model_copy(update={"completed_on": started.started_on}))


def test_an_activity_is_not_completed_before_it_started() -> None:
    activity(planned).when(complete).then_rejected("activity.not_started")
    early = CompleteActivity(completed_on=started.started_on - timedelta(days=1), outputs=completed.outputs)
    activity(planned, started).when(early).then_rejected("activity.not_started")


def test_a_completion_says_what_came_out() -> None:
    with pytest.raises(ValueError, match="outputs"):
        CompleteActivity(completed_on=day(1, 20), outputs=())


def test_a_completion_told_twice_is_nothing_new() -> None:
    activity(planned, started, completed).when(complete).then()


def test_a_completed_activity_is_not_completed_otherwise() -> None:
    other = CompleteActivity(completed_on=completed.completed_on, outputs=("อื่น",))
    activity(planned, started, completed).when(other).then_rejected("activity.already_completed")


def test_a_planned_or_started_activity_is_cancelled() -> None:
    activity(planned).when(cancel).then(cancelled)
    activity(planned, started).when(cancel).then(cancelled)


def test_a_cancellation_told_twice_is_nothing_new() -> None:
    activity(planned, cancelled).when(cancel).then()


def test_a_completed_activity_is_not_cancelled() -> None:
    late = CancelActivity(cancelled_on=day(2, 1), reason="x")
    activity(planned, started, completed).when(late).then_rejected("activity.already_completed")


def test_a_cancellation_before_the_completion_contradicts_it() -> None:
    activity(planned, started, completed).when(cancel).then_rejected("effective.contradicts_later")


def test_nothing_happens_to_a_cancelled_activity() -> None:
    late = day(2, 1)
    for command in (StartActivity(started_on=late), CompleteActivity(completed_on=late, outputs=("x",)), extend):
        activity(planned, cancelled).when(command).then_rejected("activity.cancelled")


def test_a_deadline_is_extended_to_a_later_day() -> None:
    activity(planned).when(extend).then(extended)


def test_a_deadline_is_not_moved_forward() -> None:
    earlier = ExtendDeadline(deadline=planned.deadline - timedelta(days=1), reason="x")
    activity(planned).when(earlier).then_rejected("activity.deadline_not_later")


def test_an_extension_told_twice_is_nothing_new() -> None:
    activity(planned, extended).when(extend).then()


def test_a_completed_activity_needs_no_more_time() -> None:
    activity(planned, started, completed).when(extend).then_rejected("activity.already_completed")


def test_an_activity_that_is_not_planned_has_no_deadline_to_extend() -> None:
    activity().when(extend).then_rejected("activity.not_planned")


def test_a_start_that_a_completion_stands_on_is_not_voided() -> None:
    void = FactVoided(event_id=event_id(1), reason="ผิด")
    activity(planned, started, completed).when(void).then_rejected("effective.contradicts_later")


def test_an_activity_whose_completion_is_voided_is_under_way_again() -> None:
    void = FactVoided(event_id=event_id(2), reason="ผิด")
    story = activity(planned, started, completed)
    story.when(void).then(void)
    assert activity(planned, started, completed, void).state().status is Status.STARTED


def test_as_of_a_day_an_activity_is_what_it_was_then() -> None:
    story = activity(planned, started, completed)
    assert story.state(effective_at=moment(1, 19)).status is Status.STARTED
    assert story.state(effective_at=moment(1, 20)).status is Status.COMPLETED


outputs = st.sampled_from([("ก",), ("ก", "ข")])


class DrivenActivity(Driven):
    aggregate = ACTIVITY
    stream = STREAM
    states: ClassVar = {PROGRAMME_STREAM: known()}

    @initialize()
    def plan_early(self) -> None:
        assert self.tell(plan(planned_on=day(2, 15)))

    @rule(ago=st.none() | AGO, window=st.integers(0, 9))
    def plan_it(self, ago: int | None, window: int) -> None:
        self.tell(
            plan(
                deadline=planned.closes + timedelta(days=window), planned_on=None if ago is None else self.days_ago(ago)
            )
        )

    @rule(ago=AGO)
    def start_it(self, ago: int) -> None:
        day_of_start = self.days_ago(ago)
        if self.tell(StartActivity(started_on=day_of_start)):
            assert self.state.started_on == day_of_start

    @precondition(lambda self: self.state.status is not Status.PLANNED)
    @rule(ago=AGO, what=outputs)
    def complete_it(self, ago: int, what: tuple[str, ...]) -> None:
        self.tell(CompleteActivity(completed_on=self.days_ago(ago), outputs=what))

    @precondition(lambda self: len(self.history) > 4)
    @rule(ago=AGO)
    def cancel_it(self, ago: int) -> None:
        self.tell(CancelActivity(cancelled_on=self.days_ago(ago), reason="x"))

    @rule(longer=st.integers(-1, 5))
    def extend_it(self, longer: int) -> None:
        self.tell(ExtendDeadline(deadline=planned.deadline + timedelta(days=longer), reason="x"))

    @invariant()
    def what_is_known_hangs_together(self) -> None:
        state: Activity = fold(ACTIVITY, self.history)
        if state.status is Status.COMPLETED:
            assert state.started_on is not None
            assert state.completed_on is not None
            assert state.started_on <= state.completed_on
        if state.deadline is not None:
            assert state.planned_by is not None
            assert state.deadline >= state.planned_by


TestDrivenActivity = DrivenActivity.TestCase
TestDrivenActivity.settings = settings(deadline=None, max_examples=120, stateful_step_count=25)
