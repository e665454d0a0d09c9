"""A workshop: its rules, and a stream driven at random."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from services.activity.workshop import WORKSHOP, HoldWorkshop, SummariseWorkshop
from shared.contracts import Event, KnownProgramme
from shared.contracts.activity import WorkshopHeld, WorkshopSummarised
from shared.contracts.common import FactVoided
from tests.given import Scenario, event_id, given
from tests.unit.activity.driving import AGO, Driven
from tests.unit.activity.examples import PROGRAMME, PROGRAMME_STREAM, day, known, paper

STREAM = "workshop:01a20a1f-630e-76a7-ac94-9451f5efe284"
PAPERS = {name: paper(name) for name in ("proposal", "guideline", "form", "results_report")}

held = WorkshopHeld(
    programme=PROGRAMME,
    activity="1.3",
    title="ประชุมปฏิบัติการ",
    started_on=day(2, 6),
    ended_on=day(2, 8),
    place="กรุงเทพมหานคร",
    regions=("CTR", "R07"),
    participants=120,
)
summarised = WorkshopSummarised(programme=PROGRAMME, activity="1.3", summarised_on=day(2, 20), **PAPERS)
summarise = SummariseWorkshop(summarised_on=day(2, 20), **PAPERS)


def hold(**changes: Any) -> HoldWorkshop:
    return HoldWorkshop(**{**{name: getattr(held, name) for name in WorkshopHeld.model_fields}, **changes})


def workshop(*events: Event) -> Scenario:
    return given(*events).on(STREAM, WORKSHOP).where(PROGRAMME_STREAM, known())


def test_a_workshop_is_held() -> None:
    workshop().when(hold()).then(held)


def test_a_workshop_told_twice_is_nothing_new() -> None:
    workshop(held).when(hold()).then()
    workshop(held, summarised).when(hold()).then()


def test_a_workshop_is_held_once() -> None:
    workshop(held).when(hold(participants=119)).then_rejected("workshop.already_held")
    workshop(held).when(hold(started_on=day(2, 5))).then_rejected("effective.contradicts_later")


def test_a_workshop_belongs_to_an_activity_and_regions_of_the_programme() -> None:
    workshop().when(hold(activity="9")).then_rejected("activity.unknown")
    workshop().when(hold(regions=("R07", "R18"))).then_rejected("activity.unknown_region")
    workshop().when(hold(regions=("R07", "R07"))).then_rejected("activity.region_twice")


def test_no_workshop_is_told_before_the_programme_is_known() -> None:
    workshop().where(PROGRAMME_STREAM, KnownProgramme()).when(hold()).then_rejected("programme.not_known")


def test_a_workshop_does_not_end_before_it_started() -> None:
    workshop().when(hold(ended_on=day(2, 5))).then_rejected("workshop.ends_before_start")
    assert len(workshop().when(hold(ended_on=day(2, 6))).decided()) == 1


def test_a_workshop_that_has_not_ended_was_not_held() -> None:
    workshop().when(hold(ended_on=day(6, 2))).then_rejected("effective.in_future")
    workshop().when(hold(started_on=day(6, 2), ended_on=day(6, 3))).then_rejected("effective.in_future")


def test_a_workshop_is_summarised_in_its_four_papers() -> None:
    workshop(held).when(summarise).then(summarised)


@pytest.mark.parametrize("paper_missing", list(PAPERS))
def test_none_of_the_four_papers_may_be_missing(paper_missing: str) -> None:
    papers = {name: each for name, each in PAPERS.items() if name != paper_missing}
    with pytest.raises(ValueError, match=paper_missing):
        SummariseWorkshop(summarised_on=day(2, 20), **papers)


def test_a_workshop_that_was_not_held_is_not_summarised() -> None:
    workshop().when(summarise).then_rejected("workshop.not_held")
    early = summarise.model_copy(update={"summarised_on": day(2, 5)})
    workshop(held).when(early).then_rejected("workshop.not_held")


def test_a_workshop_is_not_summarised_before_it_ended() -> None:
    early = summarise.model_copy(update={"summarised_on": day(2, 7)})
    workshop(held).when(early).then_rejected("workshop.summarised_before_end")
    last_day = summarise.model_copy(update={"summarised_on": day(2, 8)})
    assert len(workshop(held).when(last_day).decided()) == 1


def test_a_summary_told_twice_is_nothing_new() -> None:
    workshop(held, summarised).when(summarise).then()


def test_a_workshop_is_summarised_once() -> None:
    again = summarise.model_copy(update={"form": paper("other")})
    workshop(held, summarised).when(again).then_rejected("workshop.already_summarised")
    earlier = summarise.model_copy(update={"summarised_on": day(2, 10)})
    workshop(held, summarised).when(earlier).then_rejected("effective.contradicts_later")


def test_a_workshop_that_was_summarised_is_not_voided_before_its_summary() -> None:
    void = FactVoided(event_id=event_id(0), reason="ผิด")
    workshop(held, summarised).when(void).then_rejected("effective.contradicts_later")
    workshop(held).when(void).then(void)


class DrivenWorkshop(Driven):
    aggregate = WORKSHOP
    stream = STREAM
    states: ClassVar = {PROGRAMME_STREAM: known()}

    @rule(ago=AGO, length=st.integers(-1, 9))
    def hold_it(self, ago: int, length: int) -> None:
        self.tell(hold(started_on=self.days_ago(ago), ended_on=self.days_ago(ago) + timedelta(days=length)))

    @rule(ago=AGO)
    def summarise_it(self, ago: int) -> None:
        self.tell(summarise.model_copy(update={"summarised_on": self.days_ago(ago)}))

    @invariant()
    def a_summary_comes_after_the_workshop(self) -> None:
        state = self.state
        if state.summarised is not None:
            assert state.summarised.summarised_on >= state.held.ended_on >= state.held.started_on


TestDrivenWorkshop = DrivenWorkshop.TestCase
TestDrivenWorkshop.settings = settings(deadline=None, max_examples=150, stateful_step_count=15)
