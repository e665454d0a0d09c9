"""Rules of a programme: registered once, amended by version, its regions fixed for the year and never borrowed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.committee import programme as rules
from services.committee.programme import PROGRAMME, AmendProgramme, Programme, RegisterProgramme
from shared.contracts import Context, Event
from shared.contracts.committee import ProgrammeAmended, ProgrammeRegistered
from shared.contracts.common import FactVoided
from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.regions import REGION_LISTS
from shared.thai.regions import YEARS, region_list
from tests.given import Scenario, event_id, given
from tests.unit.committee.examples import PROGRAMME_ID, changed, definition, registered
from tests.unit.committee.telling import Told, refused

STREAM = "programme:2560-cluster"
REASON = "ปรับตามมติที่ประชุม"


def amended(version: int, known: ProgrammeDefinition) -> ProgrammeAmended:
    return ProgrammeAmended(
        programme=PROGRAMME_ID, version=version, definition=known, digest=known.digest(), reason=REASON
    )


def programme(*events: Event) -> Scenario:
    return given(*events).on(STREAM, PROGRAMME)


def with_results(count: int) -> ProgrammeDefinition:
    """The programme of 2560 with another number of expected results."""
    result = definition().expected_results[0].model_dump()
    return changed(definition(), expected_results=[result] * count)


def test_a_programme_is_registered_with_its_whole_definition_and_digest() -> None:
    programme().when(RegisterProgramme(definition=definition())).then(registered())


def test_a_programme_has_a_stream_of_its_own() -> None:
    assert RegisterProgramme(definition=definition()).stream() == STREAM


def test_registering_the_same_definition_again_makes_nothing_new() -> None:
    programme(registered()).when(RegisterProgramme(definition=definition())).then()


def test_registering_another_definition_under_a_registered_programme_is_refused() -> None:
    refused(
        programme(registered()).when(RegisterProgramme(definition=with_results(1))),
        "programme.already_registered",
        409,
    )


def test_a_programme_of_2563_is_registered_with_the_list_of_2563() -> None:
    other = definition("2563-example")
    [decided] = programme().when(RegisterProgramme(definition=other)).decided()
    assert isinstance(decided.event, ProgrammeRegistered)
    assert decided.event.definition.region_list == 2563


@pytest.mark.parametrize("year", [2559, 2561, 2562, 2564])
def test_a_year_without_a_list_of_regions_is_refused(year: int) -> None:
    unknown = changed(definition(), programme=f"{year}-cluster", fiscal_year=year, region_list=year)
    refused(programme().when(RegisterProgramme(definition=unknown)), "region.no_list_for_year")


def test_a_year_without_a_list_cannot_borrow_that_of_another() -> None:
    borrower = changed(definition(), programme="2561-cluster", fiscal_year=2561, region_list=2560)
    refused(programme().when(RegisterProgramme(definition=borrower)), "region.no_list_for_year")


def test_a_year_with_a_list_uses_its_own() -> None:
    borrower = changed(definition(), region_list=2563)
    refused(programme().when(RegisterProgramme(definition=borrower)), "programme.borrowed_list")


def test_a_region_that_is_not_on_the_years_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "REGION_LISTS", {2560: ("CTR", "R01")})
    refused(programme().when(RegisterProgramme(definition=definition())), "programme.unlisted_region")


def test_the_lists_agree_with_the_register_of_provinces() -> None:
    assert tuple(REGION_LISTS) == YEARS
    for year, codes in REGION_LISTS.items():
        assert codes == tuple(region.code for region in region_list(year))


def test_an_amendment_is_a_new_version_with_a_reason() -> None:
    new = with_results(1)
    programme(registered()).when(AmendProgramme(definition=new, reason=REASON)).then(amended(2, new))


def test_amending_to_the_present_definition_makes_nothing_new() -> None:
    new = with_results(1)
    programme(registered(), amended(2, new)).when(AmendProgramme(definition=new, reason="อีกครั้ง")).then()


def test_amending_back_to_an_earlier_definition_is_a_version_again() -> None:
    history = programme(registered(), amended(2, with_results(1)))
    history.when(AmendProgramme(definition=definition(), reason=REASON)).then(amended(3, definition()))


def test_an_amendment_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        AmendProgramme(definition=definition(), reason="  ")


def test_what_was_not_registered_cannot_be_amended() -> None:
    refused(programme().when(AmendProgramme(definition=definition(), reason=REASON)), "programme.not_known", 409)


def test_another_programmes_definition_is_no_amendment() -> None:
    other = changed(definition(), programme="2560-other")
    refused(programme(registered()).when(AmendProgramme(definition=other, reason=REASON)), "programme.other_programme")


@pytest.mark.parametrize("fields", [{"region_list": 2563}, {"regions": ["CTR", "R01"]}])
def test_the_regions_do_not_change_within_the_year(fields: dict[str, Any]) -> None:
    new = changed(definition(), **fields)
    refused(programme(registered()).when(AmendProgramme(definition=new, reason=REASON)), "programme.regions_fixed")


def test_the_order_in_which_regions_are_written_may_change() -> None:
    new = changed(definition(), regions=list(reversed(definition().regions)))
    programme(registered()).when(AmendProgramme(definition=new, reason=REASON)).then(amended(2, new))


def test_the_registration_cannot_be_voided_under_an_amendment() -> None:
    history = programme(registered(), amended(2, with_results(1)))
    refused(history.when(FactVoided(event_id=event_id(0), reason=REASON)), "effective.contradicts_later")


def test_a_version_cannot_be_voided_under_a_later_one() -> None:
    history = programme(registered(), amended(2, with_results(1)), amended(3, with_results(2)))
    refused(history.when(FactVoided(event_id=event_id(1), reason=REASON)), "effective.contradicts_later")


def test_the_newest_version_can_be_voided() -> None:
    history = programme(registered(), amended(2, with_results(1)))
    voided = FactVoided(event_id=event_id(1), reason=REASON)
    history.when(voided).then(voided)


VARIANTS = {
    "first": definition(),
    "one result": with_results(1),
    "two results": with_results(2),
    "one region": changed(definition(), regions=["CTR"]),
    "borrowed list": changed(definition(), region_list=2563),
    "of 2563": definition("2563-example"),
}
DEFINITIONS = st.sampled_from(sorted(VARIANTS)).map(VARIANTS.__getitem__)
COMMANDS = st.one_of(
    DEFINITIONS.map(lambda known: RegisterProgramme(definition=known)),
    DEFINITIONS.map(lambda known: AmendProgramme(definition=known, reason=REASON)),
)
EVENTS = st.one_of(
    DEFINITIONS.map(lambda known: registered(known)),
    st.builds(amended, st.integers(1, 4), DEFINITIONS),
    st.builds(FactVoided, event_id=st.uuids(), reason=st.just(REASON)),
)


@settings(deadline=None, max_examples=60)
@generated(st.lists(EVENTS, max_size=5))
def test_folding_takes_any_events_in_any_order(events: list[Event]) -> None:
    state = Programme()
    for event in events:
        state = PROGRAMME.evolve(state, event)
    assert isinstance(state, Programme)


class ProgrammeMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.told = Told(PROGRAMME, STREAM)

    @rule(command=COMMANDS)
    def tell(self, command: RegisterProgramme | AmendProgramme) -> None:
        before = self.told.state
        decided = self.told.tell(command)
        context = Context(self.told.now, stream=STREAM)
        if decided:
            assert self.told.state.digest == command.definition.digest()
            assert self.told.state.version == before.version + 1
            assert PROGRAMME.decide(command, before, context) == PROGRAMME.decide(command, before, context)

    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        if facts := self.told.facts:
            self.told.void(data.draw(st.sampled_from(facts)).id)

    @invariant()
    def every_state_holds(self) -> None:
        self.told.check()

    @invariant()
    def the_regions_stay_those_of_the_first_version(self) -> None:
        regions = {
            frozenset(fact.event.definition.regions)
            for fact in self.told.facts
            if isinstance(fact.event, ProgrammeRegistered | ProgrammeAmended)
        }
        assert len(regions) <= 1


TestProgrammeMachine = ProgrammeMachine.TestCase
TestProgrammeMachine.settings = settings(deadline=None, max_examples=80, stateful_step_count=15)
