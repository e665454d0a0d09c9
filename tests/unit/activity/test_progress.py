"""How evidence moves the plan, and that a replay moves it no further."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.activity.plan import ACTIVITY, Activity, CompleteActivity, PlanActivity, StartActivity, Status
from services.activity.progress import Evidence, Step, due, evolve, gather, moves, names, regions_of
from shared.contracts import Context, Event, ProgrammeDefinition, Recorded
from shared.contracts.activity import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityPlanned,
    ActivityStarted,
    DeadlineExtended,
    PolicyAcknowledged,
    WorkshopHeld,
)
from shared.contracts.committee import (
    CommitteeProposed,
    MandateAdopted,
    ProgrammeRegistered,
    PublisherSuspended,
    Seat,
)
from shared.contracts.common import FactVoided
from shared.contracts.definition import CompletionRule
from shared.contracts.evaluation import MeasurementVerified
from shared.contracts.types import bangkok_midnight
from shared.eventstore.history import decide, fold, takes_effect
from tests.given import SPACE
from tests.unit.activity.examples import PROGRAMME, PROGRAMME_STREAM, REGIONS, day, definition, known, member, moment

PROPOSALS = CompletionRule(evidence=("CommitteeProposed",), per="region")
RULES = {
    "1.1": CompletionRule(evidence=("MandateAdopted",), per="programme"),
    "1.2": PROPOSALS,
    "1.3": CompletionRule(evidence=("WorkshopHeld",), per="region", at_least=2),
    "2": CompletionRule(evidence=("PolicyAcknowledged",), per="programme", at_least=2),
}
RULED = definition(rules=RULES)
PLANNED = ActivityPlanned(
    programme=PROGRAMME, code="1.2", opens=day(1, 1), closes=day(3, 1), deadline=day(4, 1), planned_on=day(1, 2)
)


def proposed(region: str, on: date, ordinal: int = 1) -> CommitteeProposed:
    return CommitteeProposed(
        programme=PROGRAMME,
        region=region,
        ordinal=ordinal,
        proposed_on=on,
        proposed_by="สพฐ.",
        members=(member("chair", Seat.CHAIR),),
    )


def acknowledged(region: str, on: date) -> PolicyAcknowledged:
    return PolicyAcknowledged(
        programme=PROGRAMME, activity="2", region=region, committee=f"committee:{region}", acknowledged_on=on
    )


def workshop(on: date, *regions: str) -> WorkshopHeld:
    return WorkshopHeld(
        programme=PROGRAMME,
        activity="1.3",
        title="x",
        started_on=on,
        ended_on=on,
        place="x",
        regions=regions,
        participants=10,
    )


def registered(programme: ProgrammeDefinition) -> Event:
    return ProgrammeRegistered(programme=PROGRAMME, version=1, definition=programme, digest=programme.digest())


def stream_of(event: Event, index: int) -> str:
    match event:
        case CommitteeProposed(region=region, ordinal=ordinal):
            return f"committee:{PROGRAMME}:{region}:{ordinal}"
        case PolicyAcknowledged():
            return "briefing:1"
        case _:
            return f"{event.spec.aggregate}:{index}"


def fact_id(index: int) -> UUID:
    return uuid5(SPACE, f"fact {index}")


def recorded(event: Event, index: int = 0, at: datetime | None = None, stream: str = "") -> Recorded:
    when = at or moment(5, 1) + timedelta(minutes=index)
    told = event.moment()
    occurred = told if isinstance(told, datetime) else bangkok_midnight(told) if told else when
    where = stream or stream_of(event, index)
    return Recorded(event, fact_id(index), where, index + 1, 0, index + 1, occurred, when, when, "usr")


def all_of(*events: Event) -> Evidence:
    return gather(recorded(event, index) for index, event in enumerate(events))


def planned(*more: Event) -> Activity:
    state = ACTIVITY.evolve(ACTIVITY.initial, PLANNED)
    for event in more:
        state = ACTIVITY.evolve(state, event)
    return state


started = ActivityStarted(programme=PROGRAMME, code="1.2", started_on=day(2, 1))
completed = ActivityCompleted(programme=PROGRAMME, code="1.2", completed_on=day(2, 3), outputs=("x",))
cancelled = ActivityCancelled(programme=PROGRAMME, code="1.2", cancelled_on=day(2, 3), reason="x")
STREAM = "activity:2560-cluster:1.2"
OUTPUT = ("ข้อเสนอแต่งตั้งคณะกรรมการ ครบทั้ง 3 เขตตรวจราชการ",)
EVERY_REGION = tuple(proposed(region, day(2, 1 + index)) for index, region in enumerate(REGIONS))


def steps(activity: Activity, evidence: Evidence, code: str = "1.2") -> tuple[Step, ...]:
    return due(RULED, code, activity, evidence)


def test_nothing_is_due_without_evidence() -> None:
    assert steps(planned(), Evidence()) == ()


def test_the_first_evidence_starts_the_activity_on_its_day() -> None:
    assert steps(planned(), all_of(proposed("R07", day(2, 1)))) == (Step(STREAM, StartActivity(started_on=day(2, 1))),)


def test_an_activity_is_not_started_before_it_was_planned() -> None:
    early = all_of(proposed("R07", day(12, 1, 2016)))
    assert steps(planned(), early) == (Step(STREAM, StartActivity(started_on=day(1, 2))),)


def test_it_is_done_when_every_region_is_proposed() -> None:
    assert steps(planned(started), all_of(*EVERY_REGION[:-1])) == ()
    done = CompleteActivity(completed_on=day(2, 3), outputs=OUTPUT)
    assert steps(planned(started), all_of(*EVERY_REGION)) == (Step(STREAM, done),)


def test_all_evidence_at_once_starts_and_completes_it() -> None:
    assert steps(planned(), all_of(*EVERY_REGION)) == (
        Step(STREAM, StartActivity(started_on=day(2, 1))),
        Step(STREAM, CompleteActivity(completed_on=day(2, 3), outputs=OUTPUT)),
    )


def test_an_activity_that_was_started_later_by_hand_is_not_completed_before_that() -> None:
    late = started.model_copy(update={"started_on": day(3, 1)})
    [step] = steps(planned(late), all_of(*EVERY_REGION))
    assert step.command == CompleteActivity(completed_on=day(3, 1), outputs=OUTPUT)


def test_a_region_that_is_proposed_twice_does_not_stand_for_another() -> None:
    twice = (proposed("R01", day(2, 1)), proposed("R07", day(2, 2)), proposed("R07", day(2, 3), ordinal=2))
    assert steps(planned(started), all_of(*twice)) == ()


def test_voided_evidence_counts_no_more() -> None:
    story = (*EVERY_REGION, FactVoided(event_id=fact_id(1), reason="ผิด"))
    assert steps(planned(started), all_of(*story)) == ()
    again = (*story, proposed("R01", day(2, 20)))
    [step] = steps(planned(started), all_of(*again))
    assert step.command == CompleteActivity(completed_on=day(2, 20), outputs=OUTPUT)


def test_nothing_is_due_of_an_activity_that_is_not_planned_or_has_ended() -> None:
    for activity in (Activity(), planned(started, completed), planned(cancelled)):
        assert steps(activity, all_of(*EVERY_REGION)) == ()


def test_an_activity_without_a_rule_is_completed_by_command_alone() -> None:
    assert due(RULED, "3", planned(), all_of(*EVERY_REGION)) == ()


def test_evidence_of_another_programme_does_not_count() -> None:
    elsewhere = tuple(each.model_copy(update={"programme": "2561-cluster"}) for each in EVERY_REGION)
    assert steps(planned(), all_of(*elsewhere)) == ()


def test_a_region_that_the_programme_does_not_have_does_not_count() -> None:
    stranger = all_of(proposed("R18", day(2, 1)))
    assert steps(planned(), stranger) == ()


def test_what_takes_effect_later_is_evidence_on_the_day_it_was_recorded() -> None:
    ahead = gather([recorded(proposed("R07", day(8, 1)), at=moment(2, 10))])
    assert steps(planned(), ahead) == (Step(STREAM, StartActivity(started_on=day(2, 10))),)


def test_a_rule_of_the_programme_at_large_counts_pieces_altogether() -> None:
    one = all_of(MandateAdopted(programme=PROGRAMME, version=1, adopted_on=day(2, 1), resolution="มติ", digest="0" * 64))
    found = steps(planned(), one, "1.1")
    assert [type(each.command) for each in found] == [StartActivity, CompleteActivity]
    assert found[1].command == CompleteActivity(
        completed_on=day(2, 1), outputs=("แนวทางและกรอบภารกิจที่ที่ประชุมมีมติเห็นชอบ จำนวน 1 รายการ",)
    )


def test_regions_of_one_stream_count_apart_and_the_same_region_once() -> None:
    first, second = acknowledged("R01", day(2, 1)), acknowledged("R07", day(2, 5))
    again = acknowledged("R01", day(2, 2))
    assert len(steps(planned(), all_of(first, again), "2")) == 1
    assert steps(planned(), all_of(first, again, second), "2")[1].command == CompleteActivity(
        completed_on=day(2, 5), outputs=("การรับทราบนโยบายของคณะกรรมการ จำนวน 2 รายการ",)
    )


def test_what_is_told_of_several_regions_at_once_counts_for_each_of_them() -> None:
    first, second = workshop(day(2, 1), *REGIONS), workshop(day(2, 8), "CTR", "R07")
    assert len(steps(planned(), all_of(first, second), "1.3")) == 1
    third = workshop(day(2, 9), "R01")
    assert steps(planned(), all_of(first, second, third), "1.3")[1].command == CompleteActivity(
        completed_on=day(2, 9), outputs=("การประชุมปฏิบัติการ ครบทั้ง 3 เขตตรวจราชการ เขตละ 2 รายการ",)
    )


def test_what_is_told_of_several_regions_is_one_piece_for_the_programme() -> None:
    rule = CompletionRule(evidence=("WorkshopHeld",), per="programme", at_least=2)
    ruled = definition(rules={"1.2": rule})
    assert len(due(ruled, "1.2", planned(), all_of(workshop(day(2, 1), *REGIONS)))) == 1
    two = all_of(workshop(day(2, 1), *REGIONS), workshop(day(2, 2), *REGIONS))
    assert len(due(ruled, "1.2", planned(), two)) == 2


@pytest.mark.parametrize(
    ("event", "regions"),
    [
        (proposed("R07", day(2, 1)), ("R07",)),
        (workshop(day(2, 1), "CTR", "R01"), ("CTR", "R01")),
        (PLANNED, ()),
        (
            MeasurementVerified(
                programme=PROGRAMME, indicator="QN1", scope="R07", period="2560-Y", measured=fact_id(1), verifier="u"
            ),
            ("R07",),
        ),
        (
            MeasurementVerified(
                programme=PROGRAMME, indicator="QN1", scope="TH", period="2560-Y", measured=fact_id(1), verifier="u"
            ),
            (),
        ),
    ],
    ids=["of a region", "of several", "of none", "of a scope", "of the nation"],
)
def test_an_event_tells_which_regions_it_is_about(event: Event, regions: tuple[str, ...]) -> None:
    assert regions_of(event) == regions


def test_voided_evidence_that_is_told_once_more_stays_voided() -> None:
    void = FactVoided(event_id=fact_id(0), reason="ผิด")
    told_again = [recorded(EVERY_REGION[0], 0), recorded(void, 1), recorded(EVERY_REGION[0], 0)]
    assert steps(planned(), gather(told_again)) == ()


def test_an_event_without_a_programme_is_no_evidence() -> None:
    assert all_of(PublisherSuspended(publisher="e-meeting", reason="x")) == Evidence()


def test_evidence_plans_and_new_rules_move_activities_and_nothing_else_does() -> None:
    assert moves(RULED, proposed("R07", day(2, 1))) == ("1.2",)
    assert moves(RULED, PLANNED) == ("1.2",)
    assert moves(RULED, PLANNED.model_copy(update={"code": "3"})) == ()
    assert moves(RULED, registered(RULED)) == ("1.1", "1.2", "1.3", "2")
    for event in (started, completed, FactVoided(event_id=fact_id(1), reason="x")):
        assert moves(RULED, event) == ()


def test_what_is_evidence_is_known_by_name() -> None:
    assert names(RULED) == {"MandateAdopted", "CommitteeProposed", "WorkshopHeld", "PolicyAcknowledged"}
    assert names(definition()) == frozenset()


# The reaction as it is run, on every order of events


@dataclass
class Reaction:
    """Runs the rule over events as a consumer does, and carries its steps out on the plan."""

    history: list[Recorded] = field(default_factory=list)
    evidence: Evidence = field(default_factory=Evidence)
    answered: dict[str, Any] = field(default_factory=dict)
    taken: list[tuple[str, Any]] = field(default_factory=list)

    def run(self, facts: Iterable[Recorded]) -> None:
        for fact in facts:
            self.evidence = evolve(self.evidence, fact)
            if "1.2" in moves(RULED, fact.event):
                for step in due(RULED, "1.2", fold(ACTIVITY, self.history), self.evidence):
                    self.carry_out(step, fact)

    def carry_out(self, step: Step, cause: Recorded) -> None:
        identity = f"{cause.id}/{step.stream}/{type(step.command).__name__}"
        if identity in self.answered:
            assert self.answered[identity] == step.command, "the same id with another content"
            return
        self.answered[identity] = step.command
        self.taken.append((identity, step.command))
        assert self.tell(step.command, cause.recorded_at), "a step was not accepted"

    def tell(self, command: Any, now: datetime) -> bool:
        context = Context(now, "rule:progress", frozenset(), STREAM, {PROGRAMME_STREAM: known()}, {PROGRAMME_STREAM: 1})
        decided = decide(ACTIVITY, command, self.history, context)
        for each in decided:
            self.append(each.event, each.occurred_at, now)
        return bool(decided)

    def append(self, event: Event, occurred: datetime, now: datetime) -> None:
        place = len(self.history) + 1
        identity = uuid5(SPACE, f"plan {place}")
        self.history.append(
            Recorded(event.identified(identity), identity, STREAM, place, 0, place, occurred, now, now, "rule:progress")
        )


proposals = st.builds(proposed, st.sampled_from(REGIONS), st.dates(day(1, 1), day(4, 1)), st.integers(1, 2))
voids = st.integers(0, 14).map(lambda index: FactVoided(event_id=fact_id(index), reason="x"))
stories = st.lists(st.one_of(proposals, proposals, proposals, voids), max_size=15)


def told(story: Sequence[Event], plan_at: int, extend_at: int, times: int = 1) -> tuple[list[Recorded], Reaction]:
    """A story told a day apart, each fact so many times, with a plan and an extension; and what the rule made of it."""
    reaction, facts = Reaction(), []
    for index, event in enumerate(story):
        now = moment(2, 1) + timedelta(days=index)
        if index == plan_at:
            plan = PlanActivity(programme=PROGRAMME, code="1.2", opens=day(1, 1), closes=day(3, 1), deadline=day(4, 1))
            assert reaction.tell(plan, now)
            facts.append(recorded(reaction.history[-1].event, 100, now, STREAM))
            reaction.run(facts[-1:] * times)
        if index == extend_at and fold(ACTIVITY, reaction.history).status in (Status.PLANNED, Status.STARTED):
            more = DeadlineExtended(programme=PROGRAMME, code="1.2", deadline=day(6, 1), reason="x")
            reaction.append(more, takes_effect(None, now, []), now)
        facts.append(recorded(event, index, now + timedelta(hours=1)))
        reaction.run(facts[-1:] * times)
    return facts, reaction


@settings(deadline=None, max_examples=150)
@given(stories, st.integers(0, 6), st.integers(0, 14))
def test_the_rule_is_followed_whatever_the_order_and_a_replay_takes_no_step(
    story: list[Event], plan_at: int, extend_at: int
) -> None:
    facts, reaction = told(story, plan_at, extend_at)
    activity: Activity = fold(ACTIVITY, reaction.history)
    ACTIVITY.invariant(activity)

    voided = {each.event.event_id for each in facts if isinstance(each.event, FactVoided)}
    living = {
        regions_of(each.event) for each in facts if isinstance(each.event, CommitteeProposed) and each.id not in voided
    }
    if activity.status is not Status.NONE and len(living) == len(REGIONS):
        assert activity.status is Status.COMPLETED
    if activity.status is Status.COMPLETED:
        seen = {regions_of(each.event) for each in facts if isinstance(each.event, CommitteeProposed)}
        assert len(seen) == len(REGIONS)

    replayed = Reaction(history=list(reaction.history), evidence=gather(facts))
    replayed.run(facts)
    assert replayed.taken == []

    for times in (1, 2):
        _, anew = told(story, plan_at, extend_at, times)
        assert anew.taken == reaction.taken


@settings(deadline=None)
@given(stories)
def test_gathering_at_once_is_folding_one_by_one(story: list[Event]) -> None:
    facts = [recorded(event, index) for index, event in enumerate(story)]
    one_by_one = Evidence()
    for each in facts:
        one_by_one = evolve(one_by_one, each)
    assert gather(facts) == one_by_one
