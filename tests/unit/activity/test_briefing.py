"""A briefing: who was called and who acknowledged the policy; its rules, and a stream driven at random."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from services.activity.briefing import BRIEFING, AcknowledgePolicy, Briefing, BriefPolicy
from services.activity.roster import Roster, Sitting, roster_stream
from shared.contracts import Event, KnownProgramme, Read
from shared.contracts.activity import PolicyAcknowledged, PolicyBriefed
from shared.contracts.common import FactVoided
from tests.given import Scenario, event_id, given
from tests.unit.activity.driving import AGO, Driven
from tests.unit.activity.examples import PROGRAMME, PROGRAMME_STREAM, day, known, moment, paper

STREAM = "briefing:01a20a1f-630e-76a7-ac94-9451f5efe284"


def committee(region: str, ordinal: int = 1, active: bool = True) -> Roster:
    stream = f"committee:{PROGRAMME}:{region}:{ordinal}"
    return Roster({stream: Sitting(stream, 2, moment(1, 9) if active else None)})


briefed = PolicyBriefed(
    programme=PROGRAMME,
    activity="2",
    title="มอบนโยบาย",
    briefed_on=day(2, 1),
    regions=("R01", "R07"),
    policy=paper("นโยบาย"),
)
acknowledged = PolicyAcknowledged(
    programme=PROGRAMME,
    activity="2",
    region="R07",
    committee=f"committee:{PROGRAMME}:R07:1",
    acknowledged_on=day(2, 10),
)
acknowledge = AcknowledgePolicy(region="R07", acknowledged_on=day(2, 10))


def brief(**changes: Any) -> BriefPolicy:
    return BriefPolicy(**{**{name: getattr(briefed, name) for name in PolicyBriefed.model_fields}, **changes})


def briefing(*events: Event, roster: Roster | None = None) -> Scenario:
    return (
        given(*events)
        .on(STREAM, BRIEFING)
        .where(PROGRAMME_STREAM, known())
        .where(roster_stream(PROGRAMME, "R07"), committee("R07") if roster is None else roster)
        .where(roster_stream(PROGRAMME, "CTR"), committee("CTR"))
    )


def test_the_policy_is_explained_to_committees() -> None:
    briefing().when(brief()).then(briefed)


def test_a_briefing_told_twice_is_nothing_new() -> None:
    briefing(briefed).when(brief()).then()
    briefing(briefed, acknowledged).when(brief()).then()


def test_a_briefing_is_held_once() -> None:
    briefing(briefed).when(brief(title="อื่น")).then_rejected("briefing.already_held")
    briefing(briefed).when(brief(briefed_on=day(1, 31))).then_rejected("effective.contradicts_later")


def test_a_briefing_belongs_to_an_activity_and_regions_of_the_programme() -> None:
    briefing().when(brief(activity="9")).then_rejected("activity.unknown")
    briefing().when(brief(regions=("R07", "R18"))).then_rejected("activity.unknown_region")
    briefing().when(brief(regions=("R07", "R07"))).then_rejected("activity.region_twice")


def test_no_briefing_is_told_before_the_programme_is_known_or_before_it_was_held() -> None:
    briefing().where(PROGRAMME_STREAM, KnownProgramme()).when(brief()).then_rejected("programme.not_known")
    briefing().when(brief(briefed_on=day(6, 2))).then_rejected("effective.in_future")


def test_a_committee_in_office_acknowledges_the_policy() -> None:
    briefing(briefed).when(acknowledge).then(acknowledged)


def test_a_committee_may_acknowledge_on_the_day_of_the_briefing() -> None:
    same_day = AcknowledgePolicy(region="R07", acknowledged_on=day(2, 1))
    assert len(briefing(briefed).when(same_day).decided()) == 1


def test_nothing_is_acknowledged_before_the_briefing() -> None:
    briefing().when(acknowledge).then_rejected("briefing.not_held")
    early = AcknowledgePolicy(region="R07", acknowledged_on=day(1, 31))
    briefing(briefed).when(early).then_rejected("briefing.not_held")


def test_only_a_region_that_was_called_acknowledges() -> None:
    other = AcknowledgePolicy(region="CTR", acknowledged_on=day(2, 10))
    briefing(briefed).when(other).then_rejected("briefing.region_not_called")


def test_only_a_committee_in_office_acknowledges() -> None:
    for roster in (Roster(), committee("R07", active=False)):
        briefing(briefed, roster=roster).when(acknowledge).then_rejected("briefing.no_committee")


def test_the_roster_is_read_as_it_was_at_the_end_of_that_day_in_bangkok() -> None:
    [read] = BRIEFING.reads(acknowledge, Briefing(briefed=briefed))
    assert isinstance(read, Read)
    assert read.stream == "committee:2560-cluster:R07:*"
    assert read.at is not None
    assert moment(2, 10, 16, 59) < read.at < moment(2, 10, 17)


def test_an_acknowledgement_told_twice_is_nothing_new() -> None:
    briefing(briefed, acknowledged).when(acknowledge).then()


def test_a_committee_acknowledges_once() -> None:
    again = AcknowledgePolicy(region="R07", acknowledged_on=day(2, 11))
    briefing(briefed, acknowledged).when(again).then_rejected("briefing.already_acknowledged")
    earlier = AcknowledgePolicy(region="R07", acknowledged_on=day(2, 9))
    briefing(briefed, acknowledged).when(earlier).then_rejected("effective.contradicts_later")


def test_the_next_committee_of_a_region_acknowledges_for_itself() -> None:
    later = AcknowledgePolicy(region="R07", acknowledged_on=day(5, 1))
    [decided] = briefing(briefed, acknowledged, roster=committee("R07", 2)).when(later).decided()
    assert isinstance(decided.event, PolicyAcknowledged)
    assert decided.event.committee == f"committee:{PROGRAMME}:R07:2"


def test_a_briefing_that_was_acknowledged_is_not_voided_before_that() -> None:
    void = FactVoided(event_id=event_id(0), reason="ผิด")
    briefing(briefed, acknowledged).when(void).then_rejected("effective.contradicts_later")
    of_acknowledgement = FactVoided(event_id=event_id(1), reason="ผิด")
    briefing(briefed, acknowledged).when(of_acknowledgement).then(of_acknowledgement)


regions = st.sampled_from(["CTR", "R01", "R07"])


class DrivenBriefing(Driven):
    aggregate = BRIEFING
    stream = STREAM
    states: ClassVar = {
        PROGRAMME_STREAM: known(),
        roster_stream(PROGRAMME, "CTR"): committee("CTR"),
        roster_stream(PROGRAMME, "R01"): committee("R01"),
        roster_stream(PROGRAMME, "R07"): committee("R07", active=False),
    }

    @initialize(called=st.sets(regions, min_size=1))
    def begin(self, called: set[str]) -> None:
        assert self.tell(brief(briefed_on=day(2, 25), regions=tuple(sorted(called))))

    @rule(ago=AGO, called=st.sets(regions, min_size=1))
    def brief_them(self, ago: int, called: set[str]) -> None:
        self.tell(brief(briefed_on=self.days_ago(ago), regions=tuple(sorted(called))))

    @rule(ago=AGO, region=regions)
    def acknowledge_it(self, ago: int, region: str) -> None:
        self.tell(AcknowledgePolicy(region=region, acknowledged_on=self.days_ago(ago)))

    @invariant()
    def who_acknowledged_was_called_and_in_office(self) -> None:
        state = self.state
        for stream, each in state.acknowledged.items():
            assert each.region in state.briefed.regions
            assert each.acknowledged_on >= state.briefed.briefed_on
            assert stream == each.committee
            assert each.region != "R07"


TestDrivenBriefing = DrivenBriefing.TestCase
TestDrivenBriefing.settings = settings(deadline=None, max_examples=150, stateful_step_count=15)
