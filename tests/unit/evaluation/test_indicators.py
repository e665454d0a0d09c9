"""What may be said of a programme's indicators, their targets and their periods."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.evaluation.indicators import (
    INDICATORS,
    CloseIndicator,
    ClosePeriod,
    DefineIndicators,
    ExtendPeriod,
    IndicatorSet,
    ReopenPeriod,
    ReviseTarget,
)
from shared.contracts import Command, KnownProgramme
from shared.contracts.common import FactVoided
from shared.contracts.evaluation import (
    IndicatorClosed,
    IndicatorDefined,
    PeriodClosed,
    PeriodExtended,
    PeriodReopened,
    TargetRevised,
)
from tests.given import Scenario, event_id, given
from tests.unit.evaluation.examples import (
    ALL,
    INDICATORS_STREAM,
    PROGRAMME,
    PROGRAMME_STREAM,
    QN1,
    QN2,
    QN3,
    amount,
    defined,
    known,
    qualitative,
    quantitative,
    revised,
)
from tests.unit.evaluation.world import World

DEFINED = tuple(map(defined, ALL))
MARCH = date(2017, 3, 1)


def on(*events: Any, **changes: Any) -> Scenario:
    return given(*events).on(INDICATORS_STREAM, INDICATORS).where(PROGRAMME_STREAM, known(**changes))


def define(*indicators: Any) -> DefineIndicators:
    return DefineIndicators(programme=PROGRAMME, indicators=indicators or None)


def revise(code: str = "QN2", **changes: Any) -> ReviseTarget:
    return ReviseTarget.model_validate(
        {"code": code, "revised_on": MARCH, "reason": "เป้าหมายใหม่", "target": "85", **changes}
    )


def target_revised(version: int = 2, on_day: date = MARCH, **changes: Any) -> TargetRevised:
    return TargetRevised(
        programme=PROGRAMME,
        code="QN2",
        version=version,
        old=QN2,
        new=revised(QN2, **(changes or {"target": "85"})),
        revised_on=on_day,
        reason="เป้าหมายใหม่",
    )


# Defining


def test_a_set_is_defined_from_the_programme() -> None:
    on().when(define()).then(*DEFINED)


def test_a_set_can_be_defined_by_a_list_of_its_own() -> None:
    only = quantitative("QN9", 100)
    on().when(define(only)).then(defined(only))


def test_a_set_whose_weights_do_not_sum_to_100_is_refused() -> None:
    on().when(define(QN1, QN2, QN3)).then_rejected("indicator.weights_not_hundred")


def test_a_set_defined_twice_is_nothing_new() -> None:
    on(*DEFINED).when(define()).then()


def test_what_is_not_named_stays_and_counts_for_the_weights() -> None:
    heavier, lighter = revised(QN2, weight="35"), revised(QN3, weight="15")
    on(*DEFINED).when(define(heavier, lighter)).then(defined(lighter, 2), defined(heavier, 2))
    on(*DEFINED).when(define(heavier)).then_rejected("indicator.weights_not_hundred")


def test_a_new_indicator_takes_its_weight_from_others() -> None:
    new, lighter = quantitative("QN4", 10), revised(QN3, weight="10")
    on(*DEFINED).when(define(new, lighter)).then(defined(lighter, 2), defined(new))


def test_a_code_stands_once_in_a_set() -> None:
    on().when(define(QN1, QN1)).then_rejected("indicator.code_twice")


def test_a_closed_indicator_is_not_defined_anew() -> None:
    closed = IndicatorClosed(programme=PROGRAMME, code="QN2", reason="ยกเลิก")
    on(*DEFINED, closed).when(define(revised(QN2, weight="40"))).then_rejected("indicator.closed")


def test_after_one_is_closed_the_others_share_its_weight() -> None:
    closed = IndicatorClosed(programme=PROGRAMME, code="QN2", reason="ยกเลิก")
    heavier = revised(QN3, weight="50")
    on(*DEFINED, closed).when(define(heavier)).then(defined(heavier, 2))


@pytest.mark.parametrize(
    "changes",
    [
        {"measured_at": "region", "national_rule": "sum"},
        {"measured_at": "region", "national_rule": "count"},
        {"period_rule": "sum"},
    ],
)
def test_levels_of_a_rubric_are_neither_summed_nor_counted(changes: dict[str, str]) -> None:
    on().when(define(qualitative("QL9", 100, **changes))).then_rejected("indicator.levels_not_summed")


def test_levels_of_a_rubric_may_be_averaged() -> None:
    judged = qualitative("QL9", 100, measured_at="region", national_rule="mean", period_rule="mean")
    on().when(define(judged)).then(defined(judged))


def test_bands_that_do_not_rise_strictly_are_no_definition() -> None:
    with pytest.raises(ValueError, match="strictly"):
        revised(QN2, bands=["50", "60", "60", "80", "90"])
    with pytest.raises(ValueError, match="strictly"):
        revised(QN2, direction="lower")
    assert revised(QN2, direction="lower", bands=["90", "80", "70", "60", "50"]).bands is not None


def test_a_scheme_that_nobody_knows_is_refused() -> None:
    scheme = {"name": "seven-band", "version": 1}
    on(scoring=scheme).when(define()).then_rejected("score.unknown_scheme")


def test_a_programme_that_is_not_known_has_no_indicators() -> None:
    unknown = on().where(PROGRAMME_STREAM, KnownProgramme())
    unknown.when(define()).then_rejected("programme.not_known")


def test_a_programme_has_one_set() -> None:
    assert define().stream() == INDICATORS_STREAM


# Targets


def test_a_target_is_revised_with_the_old_and_the_new_definition() -> None:
    on(*DEFINED).when(revise()).then(target_revised())


def test_bands_may_move_with_the_target() -> None:
    bands = ["60", "70", "80", "85", "95"]
    on(*DEFINED).when(revise(bands=bands)).then(target_revised(target="85", bands=bands))


def test_the_nations_target_and_bands_may_move_too() -> None:
    changes: dict[str, Any] = {"national_target": "70", "national_bands": ["40", "50", "60", "70", "80"]}
    on(*DEFINED).when(revise(target=None, **changes)).then(target_revised(**changes))


@pytest.mark.parametrize("name", ["bands", "national_bands"])
def test_revised_bands_stay_strictly_monotone_in_the_direction(name: str) -> None:
    level: dict[str, Any] = {name: ["60", "70", "70", "85", "95"]}
    falling: dict[str, Any] = {name: ["95", "85", "80", "70", "60"]}
    on(*DEFINED).when(revise(**level)).then_rejected("indicator.bands_not_monotone")
    on(*DEFINED).when(revise(**falling)).then_rejected("indicator.bands_not_monotone")


def test_a_rubric_has_no_bands_to_revise() -> None:
    bands = ["60", "70", "80", "85", "95"]
    on(*DEFINED).when(revise("QL1", target=None, bands=bands)).then_rejected("indicator.rubric_has_no_bands")


def test_a_weight_does_not_change_by_itself() -> None:
    on(*DEFINED).when(revise(weight="40")).then_rejected("indicator.weights_not_hundred")


def test_a_weight_may_change_when_it_makes_100_again() -> None:
    closed = IndicatorClosed(programme=PROGRAMME, code="QN3", reason="ยกเลิก")
    later = date(2016, 10, 4)
    changes: dict[str, Any] = {"target": "85", "weight": "50"}
    on(*DEFINED, closed).when(revise(weight="50", revised_on=later)).then(target_revised(on_day=later, **changes))


def test_a_target_revised_twice_is_nothing_new() -> None:
    on(*DEFINED, target_revised()).when(revise()).then()


def test_an_indicator_that_is_not_defined_has_no_target() -> None:
    on(*DEFINED).when(revise("QN9")).then_rejected("indicator.not_defined")
    given().on(INDICATORS_STREAM, INDICATORS).when(revise()).then_rejected("indicator.none_defined")


def test_a_closed_indicator_keeps_its_target() -> None:
    closed = IndicatorClosed(programme=PROGRAMME, code="QN2", reason="ยกเลิก")
    on(*DEFINED, closed).when(revise()).then_rejected("indicator.closed")


def test_a_revision_is_not_put_before_a_later_one() -> None:
    earlier = revise(target="70", revised_on=date(2017, 2, 1))
    on(*DEFINED, target_revised()).when(earlier).then_rejected("effective.contradicts_later")


def test_a_target_is_not_revised_ahead() -> None:
    on(*DEFINED).when(revise(revised_on=date(2017, 7, 1))).then_rejected("effective.in_future")


def test_a_revision_that_another_follows_on_is_not_voided() -> None:
    scenario = on(*DEFINED, target_revised(), target_revised(3, date(2017, 4, 1), target="90"))
    scenario.when(FactVoided(event_id=event_id(4), reason="ผิด")).then_rejected("effective.contradicts_later")
    last = FactVoided(event_id=event_id(5), reason="ผิด")
    scenario.when(last).then(last)


# Closing


def test_an_indicator_is_closed_once() -> None:
    closed = IndicatorClosed(programme=PROGRAMME, code="QN2", reason="ยกเลิก")
    on(*DEFINED).when(CloseIndicator(code="QN2", reason="ยกเลิก")).then(closed)
    on(*DEFINED, closed).when(CloseIndicator(code="QN2", reason="ยกเลิก")).then()
    on(*DEFINED).when(CloseIndicator(code="QN9", reason="ยกเลิก")).then_rejected("indicator.not_defined")


# Periods

CLOSED = PeriodClosed(programme=PROGRAMME, period="2560-Q1", definitions=tuple(map(event_id, range(4))))
REOPENED = PeriodReopened(programme=PROGRAMME, period="2560-Q1", reason="แก้ไข")


def test_a_period_that_is_over_is_closed() -> None:
    on(*DEFINED).when(ClosePeriod(period="2560-Q1")).then(CLOSED)
    on(*DEFINED, CLOSED).when(ClosePeriod(period="2560-Q1")).then()


def test_a_period_is_over_when_its_last_day_is_over_in_bangkok() -> None:
    midnight = datetime(2016, 12, 31, 17, tzinfo=UTC)
    before = on(*DEFINED).at(midnight - timedelta(seconds=1))
    before.when(ClosePeriod(period="2560-Q1")).then_rejected("period.not_over")
    on(*DEFINED).at(midnight).when(ClosePeriod(period="2560-Q1")).then(CLOSED)


def test_a_closed_period_is_reopened() -> None:
    on(*DEFINED, CLOSED).when(ReopenPeriod(period="2560-Q1", reason="แก้ไข")).then(REOPENED)
    on(*DEFINED, CLOSED, REOPENED).when(ReopenPeriod(period="2560-Q1", reason="แก้ไข")).then()
    on(*DEFINED, CLOSED, REOPENED).when(ClosePeriod(period="2560-Q1")).then(CLOSED)


def extend(**changes: Any) -> ExtendPeriod:
    return ExtendPeriod.model_validate(
        {"period": "2560-Q2", "region": "R01", "until": "2017-05-31", "reason": "น้ำท่วม", **changes}
    )


EXTENDED = PeriodExtended(programme=PROGRAMME, period="2560-Q2", region="R01", until=date(2017, 5, 31), reason="น้ำท่วม")


def test_a_region_may_be_given_more_time() -> None:
    on(*DEFINED).when(extend()).then(EXTENDED)
    on(*DEFINED, EXTENDED).when(extend()).then()
    state: IndicatorSet = on(*DEFINED, EXTENDED).state()
    assert state.extended == {"2560-Q2": {"R01": date(2017, 5, 31)}}


def test_more_time_ends_after_the_period() -> None:
    on(*DEFINED).when(extend(until="2017-03-31")).then_rejected("period.extension_too_early")


def test_more_time_is_for_a_region_of_the_programme() -> None:
    on(*DEFINED).when(extend(region="R18")).then_rejected("period.unknown_region")


def test_a_closed_period_is_not_extended() -> None:
    closed = CLOSED.model_copy(update={"period": "2560-Q2"})
    on(*DEFINED, closed).when(extend()).then_rejected("period.closed")


@pytest.mark.parametrize(
    "command",
    [ClosePeriod(period="2559-Q1"), ReopenPeriod(period="2559-Q1", reason="แก้ไข"), extend(period="2561-Q1")],
    ids=lambda command: type(command).__name__,
)
def test_a_period_is_of_the_programmes_year(command: Command) -> None:
    on(*DEFINED).when(command).then_rejected("period.not_of_programme")


def test_periods_belong_to_a_set_that_is_defined() -> None:
    nothing = given().on(INDICATORS_STREAM, INDICATORS)
    nothing.when(ClosePeriod(period="2560-Q1")).then_rejected("indicator.none_defined")


def test_a_closed_period_is_scored_by_the_definition_of_its_closing() -> None:
    later = target_revised(2, date(2017, 3, 1))
    state: IndicatorSet = on(*DEFINED, CLOSED, later).state()
    closed, open_ = state.scored_by("QN2", "2560-Q1"), state.scored_by("QN2", "2560-Q2")
    assert closed is not None
    assert open_ is not None
    assert (closed.version, open_.version) == (1, 2)
    late: IndicatorSet = on(*DEFINED, CLOSED, target_revised(2, date(2016, 10, 3))).state()
    told_late = late.scored_by("QN2", "2560-Q1")
    assert told_late is not None
    assert told_late.version == 1
    reopened: IndicatorSet = on(*DEFINED, CLOSED, REOPENED, later).state()
    again = reopened.scored_by("QN2", "2560-Q1")
    assert again is not None
    assert again.version == 2


def test_a_definition_that_scores_a_closed_period_is_not_voided_until_it_is_reopened() -> None:
    revised, later = target_revised(2, date(2016, 10, 3)), target_revised(3, date(2017, 3, 1), target="90")
    closed = PeriodClosed(programme=PROGRAMME, period="2560-Q1", definitions=(*map(event_id, (0, 4, 2, 3)),))
    void = FactVoided(event_id=event_id(4), reason="ผิด")
    on(*DEFINED, revised, closed).when(void).then_rejected("period.closed")
    on(*DEFINED, revised, closed, REOPENED).when(void).then(void)
    of_later = FactVoided(event_id=event_id(6), reason="ผิด")
    on(*DEFINED, revised, closed, later).when(of_later).then(of_later)


# Laws

EVENTS = st.sampled_from(
    [
        *DEFINED, defined(QN2, 2), defined(QN3, 7), target_revised(), CLOSED, REOPENED, EXTENDED,
        IndicatorClosed(programme=PROGRAMME, code="QN2", reason="ยกเลิก"),
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@generated(st.lists(EVENTS, max_size=8))
def test_any_events_in_any_order_fold(events: list[Any]) -> None:
    state = INDICATORS.initial
    for event in events:
        state = INDICATORS.evolve(state, event)
    assert set(state.indicators) == {e.indicator.code for e in events if isinstance(e, IndicatorDefined)} | {
        e.code for e in events if isinstance(e, TargetRevised)
    }


DAYS = st.dates(date(2016, 10, 3), date(2016, 12, 31))
CODES = st.sampled_from(["QN2", "QN2", "QN3", "QL1", "QN9"])


class IndicatorsMachine(RuleBasedStateMachine):
    """Whatever is told, back-dated or voided, the set stays one that may be."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World([INDICATORS]).knows_programme()
        self.told(define())
        self.world.now = datetime(2016, 12, 1, tzinfo=UTC)

    def told(self, command: Command | FactVoided) -> None:
        self.world.try_(INDICATORS_STREAM, command)

    @rule(by=st.integers(-10, 10))
    def shift_weight(self, by: int) -> None:
        state = self.world.state(INDICATORS, INDICATORS_STREAM)
        if {"QN2", "QN3"} <= set(state.indicators):
            heavier, lighter = (state.indicators[code].definition for code in ("QN2", "QN3"))
            shift = max(min(amount(by), lighter.weight), -heavier.weight)
            more, less = (
                revised(heavier, weight=heavier.weight + shift),
                revised(lighter, weight=lighter.weight - shift),
            )
            self.told(define(more, less))

    @rule(code=CODES, aim=st.integers(1, 100), day=DAYS, weight=st.sampled_from([None, None, 20, 50]))
    def revise(self, code: str, aim: int, day: date, weight: int | None) -> None:
        self.told(revise(code, target=amount(aim), revised_on=day, weight=weight))

    @rule(code=st.sampled_from(["QN3", "QL1", "QN9"]))
    def close(self, code: str) -> None:
        self.told(CloseIndicator(code=code, reason="ยกเลิก"))

    @rule()
    def define_again(self) -> None:
        self.told(define())

    @rule(period=st.sampled_from(["2560-Q1", "2560-M01", "2560-M02"]), close=st.booleans())
    def period(self, period: str, close: bool) -> None:
        self.told(ClosePeriod(period=period) if close else ReopenPeriod(period=period, reason="แก้ไข"))

    @rule(index=st.integers(0, 30))
    def void(self, index: int) -> None:
        history = self.world.streams.get(INDICATORS_STREAM) or []
        if history:
            self.told(FactVoided(event_id=history[index % len(history)].id, reason="ผิด"))

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.world.now += timedelta(days=days)

    @invariant()
    def weights_never_exceed_100(self) -> None:
        state = self.world.state(INDICATORS, INDICATORS_STREAM)
        INDICATORS.invariant(state)
        assert (
            sum(
                (each.definition.weight for code, each in state.indicators.items() if code not in state.closed),
                amount(0),
            )
            <= 100
        )


TestIndicators = IndicatorsMachine.TestCase
TestIndicators.settings = settings(deadline=None, max_examples=20, stateful_step_count=20)
