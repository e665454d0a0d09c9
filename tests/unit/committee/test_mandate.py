"""Rules of a mandate: five fields, adopted by a resolution, immutable from then on, superseded by the next version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.committee.mandate import MANDATE, AdoptMandate, DraftMandate, Mandate, Status
from services.committee.programme import PROGRAMME, Programme
from shared.contracts import Context, Event, On
from shared.contracts.committee import MandateAdopted, MandateDrafted, MandateSuperseded, MandateText
from shared.contracts.common import FactVoided
from tests.given import Scenario, event_id, given
from tests.unit.committee.examples import PROGRAMME_ID, day, mandate_text, registered
from tests.unit.committee.telling import Told, refused

FIRST, SECOND = "mandate:2560-cluster:1", "mandate:2560-cluster:2"
PROGRAMME_STREAM = "programme:2560-cluster"
RESOLUTION = "มติที่ประชุมครั้งที่ 1/2560 ข้อ 3"
KNOWN = PROGRAMME.evolve(Programme(), registered())
FIELDS = ("form", "composition", "scope", "duties", "mission_frame")


def drafted(version: int = 1, form: str = "ร่างแรก", on: str = "2016-11-01") -> MandateDrafted:
    return MandateDrafted(programme=PROGRAMME_ID, version=version, text=mandate_text(form), drafted_on=day(on))


def adopted(version: int = 1, form: str = "ร่างแรก", on: str = "2016-12-01") -> MandateAdopted:
    return MandateAdopted(
        programme=PROGRAMME_ID,
        version=version,
        adopted_on=day(on),
        resolution=RESOLUTION,
        digest=mandate_text(form).digest(),
    )


def superseded(version: int = 1, on: str = "2017-03-01") -> MandateSuperseded:
    return MandateSuperseded(programme=PROGRAMME_ID, version=version, superseded_on=day(on), by_version=version + 1)


def draft(version: int = 1, form: str = "ร่างแรก", on: str | None = "2016-11-01") -> DraftMandate:
    return DraftMandate(
        programme=PROGRAMME_ID, version=version, text=mandate_text(form), drafted_on=day(on) if on else None
    )


def adopt(on: str = "2016-12-01", resolution: str = RESOLUTION) -> AdoptMandate:
    return AdoptMandate(adopted_on=day(on), resolution=resolution)


def folded(*events: Event) -> Mandate:
    state = Mandate()
    for event in events:
        state = MANDATE.evolve(state, event)
    return state


def mandate(*events: Event) -> Scenario:
    return given(*events).on(FIRST, MANDATE).where(PROGRAMME_STREAM, KNOWN)


def second(*events: Event, first: Mandate | None = None) -> Scenario:
    """The second version, beside a first one that was adopted on 1 December 2016."""
    return (
        given(*events)
        .on(SECOND, MANDATE)
        .where(PROGRAMME_STREAM, KNOWN)
        .where(FIRST, first or folded(drafted(), adopted()))
    )


def test_every_version_has_a_stream_of_its_own() -> None:
    assert draft(version=2).stream() == SECOND


def test_a_mandate_is_drafted() -> None:
    mandate().when(draft()).then(drafted())


def test_a_draft_without_a_day_counts_from_when_it_was_told() -> None:
    [decided] = mandate().when(draft(on=None)).decided()
    assert decided.occurred_at == mandate().now


def test_drafting_the_same_text_again_makes_nothing_new() -> None:
    mandate(drafted()).when(draft()).then()


def test_drafting_another_text_replaces_the_draft() -> None:
    new = draft(form="ร่างที่สอง", on="2016-11-15")
    mandate(drafted()).when(new).then(drafted(form="ร่างที่สอง", on="2016-11-15"))
    assert mandate(drafted(), drafted(form="ร่างที่สอง")).state().text == mandate_text("ร่างที่สอง")


@pytest.mark.parametrize("empty", FIELDS)
@pytest.mark.parametrize("text", ["", "   "])
def test_none_of_the_five_fields_is_empty(empty: str, text: str) -> None:
    fields = {**mandate_text().model_dump(), empty: text}
    with pytest.raises(ValueError, match=empty):
        MandateText(**fields)


@pytest.mark.parametrize("missing", FIELDS)
def test_none_of_the_five_fields_is_missing(missing: str) -> None:
    fields = {name: text for name, text in mandate_text().model_dump().items() if name != missing}
    with pytest.raises(ValueError, match=missing):
        MandateText(**fields)


def test_a_mandate_needs_a_registered_programme() -> None:
    refused(mandate().where(PROGRAMME_STREAM, Programme()).when(draft()), "programme.not_known", 409)


def test_a_mandate_is_adopted_by_a_resolution_that_names_its_text() -> None:
    mandate(drafted()).when(adopt()).then(adopted())


def test_an_adoption_needs_a_resolution() -> None:
    with pytest.raises(ValueError, match="resolution"):
        adopt(resolution=" ")


def test_adopting_twice_makes_nothing_new() -> None:
    mandate(drafted(), adopted()).when(adopt()).then()


@pytest.mark.parametrize("again", [adopt(on="2016-12-02"), adopt(resolution="มติที่ประชุมครั้งที่ 2/2560 ข้อ 1")])
def test_an_adopted_mandate_is_not_adopted_otherwise(again: AdoptMandate) -> None:
    refused(mandate(drafted(), adopted()).when(again), "mandate.already_adopted", 409)


def test_what_was_not_drafted_cannot_be_adopted() -> None:
    refused(mandate().when(adopt()), "mandate.not_drafted", 409)


def test_a_mandate_is_not_adopted_before_it_was_drafted() -> None:
    refused(mandate(drafted(on="2016-12-02")).when(adopt(on="2016-12-01")), "mandate.not_drafted", 409)


def test_a_mandate_is_not_adopted_on_a_day_to_come() -> None:
    refused(mandate(drafted()).when(adopt(on="2017-07-01")), "effective.in_future")


def test_an_adopted_mandate_is_immutable() -> None:
    refused(mandate(drafted(), adopted()).when(draft(form="แก้ทีหลัง", on="2017-01-05")), "mandate.immutable", 409)


def test_a_back_dated_draft_does_not_change_what_was_adopted() -> None:
    back_dated = draft(form="แก้ย้อนหลัง", on="2016-11-20")
    refused(mandate(drafted(), adopted()).when(back_dated), "effective.contradicts_later")


def test_an_earlier_adoption_than_a_later_draft_contradicts_it() -> None:
    history = mandate(drafted(), drafted(form="ร่างที่สอง", on="2016-11-15"))
    refused(history.when(adopt(on="2016-11-10")), "effective.contradicts_later")


def test_the_draft_under_an_adoption_cannot_be_voided() -> None:
    history = mandate(drafted(form="ร่างก่อน"), drafted(on="2016-11-15"), adopted())
    refused(history.when(FactVoided(event_id=event_id(1), reason="ผิด")), "effective.contradicts_later")


def test_an_adoption_can_be_voided_and_told_rightly() -> None:
    voided = FactVoided(event_id=event_id(1), reason="บันทึกวันผิด")
    mandate(drafted(), adopted()).when(voided).then(voided)
    mandate(drafted(), adopted(), voided).when(adopt(on="2016-12-08")).then(adopted(on="2016-12-08"))


def test_a_second_version_follows_an_adopted_first() -> None:
    second().when(draft(version=2, on="2017-02-01")).then(drafted(version=2, on="2017-02-01"))


@pytest.mark.parametrize("first", [Mandate(), folded(drafted())])
def test_no_version_is_skipped(first: Mandate) -> None:
    refused(second(first=first).when(draft(version=2)), "mandate.not_adopted", 409)


def test_adopting_the_second_version_supersedes_the_first_on_its_own_stream() -> None:
    history = second(drafted(version=2, on="2017-02-01"))
    history.when(adopt(on="2017-03-01")).then(adopted(version=2, on="2017-03-01"), On(FIRST, superseded()))


def test_the_first_version_then_is_superseded() -> None:
    state = folded(drafted(), adopted(), superseded())
    MANDATE.invariant(state)
    assert state.status is Status.SUPERSEDED
    assert state.adopted_by(day("2016-12-01"))
    assert not state.adopted_by(day("2016-11-30"))
    assert state.superseded_before(day("2017-03-02"))
    assert not state.superseded_before(day("2017-03-01"))


def test_a_superseded_version_is_not_drafted_again() -> None:
    history = mandate(drafted(), adopted(), superseded())
    refused(history.when(draft(form="แก้", on="2017-04-01")), "mandate.immutable", 409)


def test_the_second_version_is_adopted_on_a_later_day_than_the_first() -> None:
    history = second(drafted(version=2, on="2016-11-20"))
    refused(history.when(adopt(on="2016-12-01")), "mandate.before_previous")


def test_a_version_whose_predecessor_is_no_longer_adopted_waits() -> None:
    history = second(drafted(version=2, on="2017-02-01"), first=folded(drafted()))
    refused(history.when(adopt(on="2017-03-01")), "mandate.not_adopted", 409)


DAYS = st.integers(0, 40).map(lambda days: date(2016, 10, 1) + timedelta(days=days))
FORMS = st.sampled_from(["ร่างแรก", "ร่างที่สอง", "ร่างที่สาม"])
DRAFTS = st.builds(
    DraftMandate,
    programme=st.just(PROGRAMME_ID),
    version=st.just(2),
    text=FORMS.map(mandate_text),
    drafted_on=st.none() | DAYS,
)
ADOPTIONS = st.builds(AdoptMandate, adopted_on=DAYS, resolution=st.sampled_from([RESOLUTION, "มติอื่น"]))
EVENTS = st.one_of(
    st.builds(drafted, version=st.just(1), form=FORMS),
    st.builds(adopted, version=st.just(1), form=FORMS),
    st.just(superseded()),
    st.just(registered()),
)


@settings(deadline=None)
@generated(st.lists(EVENTS, max_size=6))
def test_folding_takes_any_events_in_any_order(events: list[Event]) -> None:
    assert isinstance(folded(*events), Mandate)


class MandateMachine(RuleBasedStateMachine):
    """The second version, beside a first one."""

    @initialize()
    def begin(self) -> None:
        self.first = folded(drafted(on="2016-10-01"), adopted(on="2016-10-05"))
        self.told = Told(MANDATE, SECOND, self._states)

    def _states(self) -> Mapping[str, Any]:
        return {PROGRAMME_STREAM: KNOWN, FIRST: self.first}

    @rule(command=DRAFTS)
    def draft(self, command: DraftMandate) -> None:
        before = self.told.state
        if self.told.tell(command) and command.drafted_on is None:
            assert before.status in (Status.NONE, Status.DRAFTED)
            assert self.told.state.text == command.text

    @rule(command=ADOPTIONS)
    def adopt(self, command: AdoptMandate) -> None:
        context = Context(self.told.now, stream=SECOND, states=self._states())
        decided = self.told.tell(command)
        if decided:
            [_, ending] = decided
            assert ending.stream == FIRST
            self.first = MANDATE.evolve(self.first, ending.event)
            assert MANDATE.decide(command, self.told.state, context) == []

    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        facts = self.told.facts
        if facts and self.told.void(data.draw(st.sampled_from(facts)).id):
            adopted_still = any(isinstance(fact.event, MandateAdopted) for fact in self.told.facts)
            if not adopted_still:
                self.first = folded(drafted(on="2016-10-01"), adopted(on="2016-10-05"))

    @invariant()
    def every_state_holds(self) -> None:
        self.told.check()
        MANDATE.invariant(self.first)

    @invariant()
    def what_was_adopted_is_what_stands(self) -> None:
        for fact in self.told.facts:
            if isinstance(fact.event, MandateAdopted):
                text = self.told.state.text
                assert text is not None
                assert text.digest() == fact.event.digest


TestMandateMachine = MandateMachine.TestCase
TestMandateMachine.settings = settings(deadline=None, max_examples=80, stateful_step_count=15)
