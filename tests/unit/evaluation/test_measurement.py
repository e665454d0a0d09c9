"""What may be said of a figure: reported, returned, verified by another, restated and scored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.evaluation.indicators import INDICATORS, ClosePeriod, DefineIndicators, IndicatorSet, ReopenPeriod
from services.evaluation.measurement import (
    COMPUTED,
    MEASUREMENT,
    RULE,
    MeasureIndicator,
    Measurement,
    ReturnMeasurement,
    ScoreIndicator,
    Status,
    VerifyMeasurement,
)
from shared.contracts import Command, KnownProgramme
from shared.contracts.common import FactVoided
from shared.contracts.evaluation import (
    IndicatorClosed,
    IndicatorMeasured,
    IndicatorScored,
    MeasurementReturned,
    MeasurementVerified,
    PeriodClosed,
    PeriodReopened,
    Reading,
    TargetRevised,
)
from shared.contracts.types import Evidence
from tests.given import Scenario, event_id, given
from tests.unit.evaluation.examples import (
    ALL,
    INDICATORS_STREAM,
    PROGRAMME,
    PROGRAMME_STREAM,
    QN2,
    amount,
    defined,
    known,
    measurement_of,
    revised,
)
from tests.unit.evaluation.world import World

REGION_USER, OFFICER, APPROVER = "usr-region", "usr-officer", "usr-approver"
Q1 = "2560-Q1"
STREAM = measurement_of("QN2", "R01", Q1)
DURING = datetime(2016, 12, 20, tzinfo=UTC)
CAUSE = UUID("2f4d1f0e-0000-4000-8000-000000000001")
PAPER = (Evidence(title="รายงานผล", uri="urn:obec:doc:2560/1"),)


def indicators(*events: Any) -> IndicatorSet:
    state = INDICATORS.initial
    for event in (*map(defined, ALL), *events):
        state = INDICATORS.evolve(state, event)
    return state


def on(*events: Any, stream: str = STREAM, by: str = OFFICER, **changes: Any) -> Scenario:
    scenario = given(*events).on(stream, MEASUREMENT).at(DURING).by(by, "officer")
    return scenario.where(INDICATORS_STREAM, indicators()).where(PROGRAMME_STREAM, known(**changes))


def measure(reading: Any = 75, **changes: Any) -> MeasureIndicator:
    told = reading if isinstance(reading, dict) else {"value": str(reading)}
    return MeasureIndicator.model_validate(
        {
            "programme": PROGRAMME,
            "indicator": "QN2",
            "scope": "R01",
            "period": Q1,
            "reading": told,
            "evidence": [each.model_dump() for each in PAPER],
            **changes,
        }
    )


def measured(reading: Any = 75, reporter: str = REGION_USER, **changes: Any) -> IndicatorMeasured:
    return IndicatorMeasured.model_validate(
        {**measure(reading, **changes).model_dump(), "indicator_version": 1, "reporter": reporter}
    )


def returned(index: int = 0) -> MeasurementReturned:
    return MeasurementReturned(programme=PROGRAMME, measured=event_id(index), reason="ไม่ครบ", reviewer=OFFICER)


def verified(index: int = 0, verifier: str = OFFICER) -> MeasurementVerified:
    return MeasurementVerified(
        programme=PROGRAMME, indicator="QN2", scope="R01", period=Q1, measured=event_id(index), verifier=verifier
    )


def restate(reading: Any, index: int = 0, **changes: Any) -> MeasureIndicator:
    return measure(reading, **{"supersedes": event_id(index), "reason": "นับใหม่", **changes})


def restated(reading: Any, index: int = 0, reporter: str = REGION_USER) -> IndicatorMeasured:
    return measured(reading, reporter, supersedes=event_id(index), reason="นับใหม่")


# Reporting


def test_a_figure_is_reported_by_who_commands() -> None:
    on(by=REGION_USER).when(measure()).then(measured(reporter=REGION_USER))


def test_a_figure_reported_twice_is_nothing_new() -> None:
    on(measured(), by=REGION_USER).when(measure()).then()


def test_the_figure_names_the_version_of_its_indicator() -> None:
    later = TargetRevised(
        programme=PROGRAMME, code="QN2", version=2, old=QN2, new=revised(QN2, target="85"),
        revised_on=DURING.date(), reason="ใหม่",
    )  # fmt: skip
    (decided,) = on().where(INDICATORS_STREAM, indicators(later)).when(measure()).decided()
    assert isinstance(decided.event, IndicatorMeasured)
    assert decided.event.indicator_version == 2


def test_a_second_figure_without_supersedes_is_refused() -> None:
    on(measured(75)).when(measure(80)).then_rejected("measurement.second")


def test_the_same_figure_by_another_is_a_second_one() -> None:
    on(measured(75, "usr-other")).when(measure(75)).then_rejected("measurement.second")


def test_a_figure_is_restated_by_naming_the_current_one_and_why() -> None:
    on(measured(75), by=REGION_USER).when(restate(80)).then(restated(80))
    on(measured(75), verified(), by=REGION_USER).when(restate(80)).then(restated(80))


def test_only_the_current_figure_is_superseded() -> None:
    on(measured(75), restated(80)).when(restate(85, 0)).then_rejected("measurement.supersedes_other")
    on(measured(75), restated(80), by=REGION_USER).when(restate(85, 1)).then(restated(85, 1))


def test_what_was_never_reported_is_not_superseded() -> None:
    on().when(restate(80)).then_rejected("measurement.supersedes_nothing")


def test_restating_needs_a_reason() -> None:
    on(measured(75)).when(restate(80, reason=None)).then_rejected("measurement.needs_reason")


def test_restating_what_stands_already_is_nothing_new() -> None:
    on(measured(75), by=REGION_USER).when(restate(75)).then()


def test_a_returned_figure_may_be_reported_anew_even_unchanged() -> None:
    on(measured(75), returned(), by=REGION_USER).when(restate(75)).then(restated(75))
    on(measured(75), returned(), by=REGION_USER).when(measure(75)).then_rejected("measurement.second")


def test_after_the_only_figure_is_voided_another_is_the_first() -> None:
    void = FactVoided(event_id=event_id(0), reason="ผิดเขต")
    on(measured(75), void).when(measure(80)).then(measured(80, OFFICER))


def test_an_indicator_that_is_not_defined_is_not_measured() -> None:
    on(stream=measurement_of("QN9", "R01", Q1)).when(measure(indicator="QN9")).then_rejected("indicator.not_defined")


def test_a_closed_indicator_is_not_measured() -> None:
    closed = IndicatorClosed(programme=PROGRAMME, code="QN2", reason="ยกเลิก")
    on().where(INDICATORS_STREAM, indicators(closed)).when(measure()).then_rejected("indicator.closed")


def test_an_indicators_figures_of_a_scope_and_period_stand_on_one_stream() -> None:
    assert measure().stream() == score().stream() == STREAM


@pytest.mark.parametrize(
    ("indicator", "scope", "period", "reading", "code"),
    [
        ("QN2", "TH", Q1, {"value": "1"}, "measurement.other_scope"),
        ("QN2", "R18", Q1, {"value": "1"}, "measurement.other_scope"),
        ("QL1", "R01", "2560-Y", {"level": 3}, "measurement.other_scope"),
        ("QN2", "R01", "2560-M01", {"value": "1"}, "period.other_frequency"),
        ("QN2", "R01", "2560-Y", {"value": "1"}, "period.other_frequency"),
        ("QN2", "R01", "2559-Q1", {"value": "1"}, "period.not_of_programme"),
        ("QN2", "R01", "2560-Q2", {"value": "1"}, "period.not_begun"),
        ("QN2", "R01", Q1, {"level": 3}, "measurement.needs_value"),
        ("QN2", "R01", Q1, {"numerator": "1", "denominator": "2"}, "measurement.needs_value"),
        ("QN3", "R01", Q1, {"value": "1"}, "measurement.needs_ratio"),
        ("QL1", "TH", "2560-Y", {"value": "3"}, "measurement.needs_level"),
    ],
)
def test_a_figure_fits_its_indicator(indicator: str, scope: str, period: str, reading: Any, code: str) -> None:
    command = measure(reading, indicator=indicator, scope=scope, period=period)
    on(stream=command.stream()).when(command).then_rejected(code)


@pytest.mark.parametrize(
    ("indicator", "scope", "period", "reading"),
    [
        ("QN3", "R01", Q1, {"numerator": "1", "denominator": "2"}),
        ("QL1", "TH", "2560-Y", {"level": 3}),
        ("QN2", "CTR", Q1, {"value": "0"}),
    ],
)
def test_a_figure_that_fits_is_taken(indicator: str, scope: str, period: str, reading: Any) -> None:
    place = {"indicator": indicator, "scope": scope, "period": period}
    on(stream=measurement_of(**place)).when(measure(reading, **place)).then(measured(reading, OFFICER, **place))


def test_a_period_begins_at_midnight_in_bangkok() -> None:
    begins = datetime(2016, 12, 31, 17, tzinfo=UTC)
    command = measure(period="2560-Q2")
    scenario = on(stream=command.stream())
    scenario.at(begins - timedelta(microseconds=1)).when(command).then_rejected("period.not_begun")
    scenario.at(begins).when(command).then(measured(reporter=OFFICER, period="2560-Q2"))


CLOSED = PeriodClosed(programme=PROGRAMME, period=Q1)
REOPENED = PeriodReopened(programme=PROGRAMME, period=Q1, reason="แก้ไข")


@pytest.mark.parametrize(
    "command",
    [measure(80), restate(80), ReturnMeasurement(reason="ไม่ครบ"), VerifyMeasurement()],
    ids=["measure", "restate", "return", "verify"],
)
def test_in_a_closed_period_nothing_is_taken_until_it_is_reopened(command: Command) -> None:
    before = () if command == measure(80) else (measured(75),)
    closed = on(*before).where(INDICATORS_STREAM, indicators(CLOSED))
    closed.when(command).then_rejected("period.closed")
    reopened = on(*before).where(INDICATORS_STREAM, indicators(CLOSED, REOPENED))
    assert len(reopened.when(command).decided()) == 1


def test_a_programme_that_is_not_known_has_no_figures() -> None:
    on().where(PROGRAMME_STREAM, KnownProgramme()).when(measure()).then_rejected("programme.not_known")


# Returning


def test_a_figure_is_returned_once() -> None:
    on(measured()).when(ReturnMeasurement(reason="ไม่ครบ")).then(returned())
    on(measured(), returned()).when(ReturnMeasurement(reason="ไม่ครบ")).then()


def test_a_verified_figure_is_not_returned() -> None:
    on(measured(), verified()).when(ReturnMeasurement(reason="ไม่ครบ")).then_rejected("measurement.verified_already")


def test_what_was_not_reported_is_not_returned() -> None:
    on().when(ReturnMeasurement(reason="ไม่ครบ")).then_rejected("measurement.none")


def test_a_figure_is_returned_by_its_id() -> None:
    by_id = ReturnMeasurement(measured=event_id(0), reason="ไม่ครบ")
    on(measured()).when(by_id).then(returned())
    on(measured(), restated(80)).when(by_id).then_rejected("measurement.superseded")


# Verifying


def test_a_figure_is_verified_by_another() -> None:
    on(measured()).when(VerifyMeasurement()).then(verified())
    on(measured(), verified()).when(VerifyMeasurement()).then()


def test_who_reported_does_not_verify() -> None:
    on(measured(), by=REGION_USER).when(VerifyMeasurement()).then_rejected("measurement.verifier_is_reporter")


def test_a_figure_is_verified_once() -> None:
    verifying = on(measured(), verified(), by=APPROVER).when(VerifyMeasurement())
    verifying.then_rejected("measurement.verified_already")


def test_a_returned_figure_is_not_verified() -> None:
    on(measured(), returned()).when(VerifyMeasurement()).then_rejected("measurement.returned")


def test_a_superseded_figure_is_not_verified() -> None:
    by_id = VerifyMeasurement(measured=event_id(0))
    on(measured()).when(by_id).then(verified())
    on(measured(), restated(80)).when(by_id).then_rejected("measurement.superseded")
    on().when(by_id).then_rejected("measurement.none")


def test_verifying_needs_the_evidence_that_the_programme_asks_for() -> None:
    two: dict[str, Any] = {"evidence": {"quantitative": 2, "qualitative": 0}}
    on(measured(), **two).when(VerifyMeasurement()).then_rejected("measurement.needs_evidence")
    on(measured(evidence=[])).when(VerifyMeasurement()).then_rejected("measurement.needs_evidence")
    paper = PAPER[0].model_dump()
    both = [paper, {"title": "ภาพถ่าย", "sha256": "ab" * 32}]
    on(measured(evidence=both), **two).when(VerifyMeasurement()).then(verified())
    none: dict[str, Any] = {"evidence": {"quantitative": 0, "qualitative": 0}}
    on(measured(evidence=[]), **none).when(VerifyMeasurement()).then(verified())


def test_levels_have_an_evidence_rule_of_their_own() -> None:
    place = {"indicator": "QL1", "scope": "TH", "period": "2560-Y"}
    rules: dict[str, Any] = {"evidence": {"quantitative": 0, "qualitative": 1}}
    level = measured({"level": 3}, evidence=[], **place)
    scenario = on(level, stream=measurement_of(**place), **rules)
    scenario.when(VerifyMeasurement()).then_rejected("measurement.needs_evidence")


def test_evidence_that_nobody_can_find_does_not_count() -> None:
    vague = measured(evidence=[{"title": "มีเอกสาร"}])
    on(vague).when(VerifyMeasurement()).then_rejected("measurement.needs_evidence")


def test_a_verified_figure_counts_until_another_is_verified() -> None:
    state: Measurement = on(measured(75), verified(), restated(80)).state()
    assert state.verified == Reading(value=amount(75))
    assert state.current is not None
    assert (state.current.reading, state.current.status) == (Reading(value=amount(80)), Status.PENDING)
    state = on(measured(75), verified(), restated(80), verified(2)).state()
    assert state.verified == Reading(value=amount(80))


@pytest.mark.parametrize("index", [0, 1])
def test_when_a_figure_or_its_verification_is_voided_it_counts_no_longer(index: int) -> None:
    void = FactVoided(event_id=event_id(index), reason="ผิด")
    scenario = on(measured(75), verified())
    scenario.when(void).then(void)
    state: Measurement = on(measured(75), verified(), void).state()
    assert state.verified is None


def test_when_a_restatement_is_voided_the_figure_before_it_is_current_again() -> None:
    void = FactVoided(event_id=event_id(2), reason="ผิด")
    state: Measurement = on(measured(75), verified(), restated(80), void).state()
    assert state.current is not None
    assert (state.current.id, state.current.status) == (event_id(0), Status.VERIFIED)


def test_a_figure_is_voided_by_who_sent_it_or_an_officer() -> None:
    void = FactVoided(event_id=event_id(0), reason="ผิด")
    on(measured()).by("usr-stranger", "approver").when(void).then_rejected("fact.not_yours")


def test_of_a_closed_period_nothing_is_voided_until_it_is_reopened() -> None:
    void = FactVoided(event_id=event_id(0), reason="ผิด")
    for history in ((measured(),), (measured(), verified())):
        closed = on(*history).where(INDICATORS_STREAM, indicators(CLOSED))
        closed.when(void).then_rejected("period.closed")
        on(*history[:1]).where(INDICATORS_STREAM, indicators(CLOSED, REOPENED)).when(void).then(void)


# What a rule computes

YEAR = measurement_of("QN1", "R01", "2560-Y")
ONE: dict[str, Any] = {"indicator": "QN1", "period": "2560-Y", "evidence": []}
BY_RULE = COMPUTED["qn1"]


def test_qn1_is_measured_by_its_rule() -> None:
    on(stream=YEAR).by(BY_RULE.reporter, RULE).when(measure(1, **ONE)).then(measured(1, BY_RULE.reporter, **ONE))


@pytest.mark.parametrize(("actor", "role"), [(OFFICER, "officer"), (BY_RULE.reporter, "officer"), ("rule:other", RULE)])
def test_qn1_is_never_typed_in(actor: str, role: str) -> None:
    on(stream=YEAR).by(actor, role).when(measure(1, **ONE)).then_rejected("measurement.computed")


def test_qn1_is_verified_by_its_rule_without_papers() -> None:
    scenario = on(measured(1, BY_RULE.reporter, **ONE), stream=YEAR)
    (decided,) = scenario.by(BY_RULE.verifier, RULE).when(VerifyMeasurement()).decided()
    assert isinstance(decided.event, MeasurementVerified)
    assert decided.event.verifier == "rule:qn1"


@pytest.mark.parametrize("command", [VerifyMeasurement(), ReturnMeasurement(reason="ผิด")], ids=["verify", "return"])
def test_qn1_is_neither_verified_nor_returned_by_hand(command: Command) -> None:
    scenario = on(measured(1, BY_RULE.reporter, **ONE), stream=YEAR)
    scenario.by(OFFICER, "officer").when(command).then_rejected("measurement.computed")


def test_reporter_and_verifier_of_a_rule_differ() -> None:
    assert all(each.reporter != each.verifier for each in COMPUTED.values())


# Scoring


def score(figure: Any = 75, **changes: Any) -> ScoreIndicator:
    return ScoreIndicator.model_validate(
        {
            "programme": PROGRAMME,
            "indicator": "QN2",
            "scope": "R01",
            "period": Q1,
            "figure": str(figure),
            "cause": CAUSE,
            **changes,
        }
    )


def scored(figure: Any = 75, earned: str = "3.50", **changes: Any) -> IndicatorScored:
    return IndicatorScored.model_validate(
        {
            "programme": PROGRAMME,
            "indicator": "QN2",
            "indicator_version": 1,
            "scope": "R01",
            "period": Q1,
            "figure": str(figure),
            "target": "80",
            "score": earned,
            "level": int(float(earned)),
            "weight": "30",
            "weighted": amount(30) * amount(earned) / 100,
            "scheme": "five-band-linear/1",
            "cause": CAUSE,
            **changes,
        }
    )


def rule_on(*events: Any, stream: str = STREAM) -> Scenario:
    return on(*events, stream=stream).by("rule:scoring", RULE)


def test_a_verified_figure_is_scored() -> None:
    rule_on(measured(75), verified()).when(score()).then(scored())


def test_a_score_that_stands_already_is_nothing_new_whatever_caused_it() -> None:
    rule_on(measured(75), verified(), scored()).when(score(cause=event_id(9))).then()


def test_a_figure_that_is_not_verified_is_not_scored() -> None:
    rule_on().when(score()).then_rejected("score.not_verified")
    rule_on(measured(75)).when(score()).then_rejected("score.not_verified")
    rule_on(measured(75), verified(), restated(80)).when(score(80)).then_rejected("score.not_verified")


def test_nobody_scores_by_hand() -> None:
    on(measured(75), verified()).when(score()).then_rejected("score.by_rule_alone")


def test_what_is_rolled_up_says_from_how_many_regions() -> None:
    counts: dict[str, Any] = {"regions_counted": 2, "regions_expected": 3, "provisional": True}
    nation = rule_on(stream=measurement_of("QN2", "TH", Q1))
    nation.when(score(75, scope="TH", **counts)).then(scored(75, scope="TH", **counts))


def test_a_years_score_stands_under_the_year() -> None:
    rule_on(stream=measurement_of("QN2", "R01", "2560-Y")).when(score(period="2560-Y")).then(scored(period="2560-Y"))


def test_a_closed_period_is_scored_by_the_definition_of_its_closing() -> None:
    later = TargetRevised(
        programme=PROGRAMME, code="QN2", version=2, old=QN2, new=revised(QN2, target="70"),
        revised_on=DURING.date(), reason="ใหม่",
    )  # fmt: skip
    figures = (measured(75), verified())
    rule_on(*figures).where(INDICATORS_STREAM, indicators(CLOSED, later)).when(score()).then(scored())
    now = rule_on(*figures).where(INDICATORS_STREAM, indicators(later))
    now.when(score()).then(scored(indicator_version=2, target="70"))


def test_what_is_not_defined_is_not_scored() -> None:
    command = score(indicator="QN9")
    rule_on(stream=command.stream()).when(command).then_rejected("indicator.not_defined")


# Laws

EVENTS = st.sampled_from(
    [
        measured(75),
        measured(80),
        restated(85),
        returned(0),
        returned(1),
        verified(0),
        verified(1),
        verified(2),
        scored(),
    ]
)


@settings(deadline=None, max_examples=60)
@generated(st.lists(EVENTS, max_size=8))
def test_any_events_in_any_order_fold_to_what_may_be(events: list[Any]) -> None:
    state: Measurement = on(*events).state()
    MEASUREMENT.invariant(state)
    assert len(state.scores) == sum(isinstance(event, IndicatorScored) for event in events)


MOSTLY = st.sampled_from([True, True, True, False])


class MeasurementMachine(RuleBasedStateMachine):
    """Whatever is told, voided or closed, one figure is current and only what another verified counts."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World([INDICATORS, MEASUREMENT]).knows_programme()
        self.world.tell(INDICATORS_STREAM, DefineIndicators(programme=PROGRAMME))
        self.world.now = datetime(2017, 1, 2, tzinfo=UTC)

    @property
    def state(self) -> Measurement:
        return self.world.state(MEASUREMENT, STREAM)

    def told(self, command: Command | FactVoided, actor: str = OFFICER, *roles: str) -> None:
        self.world.try_(STREAM, command, actor, *roles)

    @rule(
        value=st.integers(40, 100), actor=st.sampled_from([REGION_USER, OFFICER]), in_turn=st.booleans(),
        reason=st.sampled_from(["นับใหม่", None]),
    )  # fmt: skip
    def measure(self, value: int, actor: str, in_turn: bool, reason: str | None) -> None:
        current = self.state.current
        supersedes = current.id if current and in_turn else None
        self.told(measure(value, supersedes=supersedes, reason=reason), actor)

    @rule(actor=st.sampled_from([APPROVER, APPROVER, OFFICER, REGION_USER]))
    def verify(self, actor: str) -> None:
        self.told(VerifyMeasurement(), actor)

    @rule(value=st.integers(40, 100))
    def measure_and_verify(self, value: int) -> None:
        current = self.state.current
        self.told(measure(value, supersedes=current and current.id, reason="นับใหม่"), REGION_USER)
        self.told(VerifyMeasurement(), APPROVER)

    @rule(go=st.booleans())
    def send_back(self, go: bool) -> None:
        if go:
            self.told(ReturnMeasurement(reason="ไม่ครบ"))

    @precondition(lambda self: self.state.verified)
    @rule(figure=st.integers(40, 100), right=MOSTLY)
    def score(self, figure: int, right: bool) -> None:
        verified = self.state.verified
        self.told(score(verified.figure() if verified and right else figure), "rule:scoring", RULE)

    @rule(close=st.sampled_from([True, False, False]))
    def period(self, close: bool) -> None:
        command = ClosePeriod(period=Q1) if close else ReopenPeriod(period=Q1, reason="แก้ไข")
        self.world.try_(INDICATORS_STREAM, command)

    @rule(index=st.integers(0, 30))
    def void(self, index: int) -> None:
        history = self.world.streams.get(STREAM) or []
        if history:
            self.told(FactVoided(event_id=history[index % len(history)].id, reason="ผิด"))

    @invariant()
    def the_newest_figure_is_current(self) -> None:
        reported = [each for each in self.world.facts(STREAM) if isinstance(each.event, IndicatorMeasured)]
        current = self.state.current
        assert (current.id if current else None) == (reported[-1].id if reported else None)

    @invariant()
    def what_counts_was_verified_by_another(self) -> None:
        facts = {each.id: each.event for each in self.world.facts(STREAM)}
        confirmed = [
            facts[each.measured]
            for each in facts.values()
            if isinstance(each, MeasurementVerified) and each.measured in facts
        ]
        counts = [each for each in confirmed if isinstance(each, IndicatorMeasured)]
        assert self.state.verified == (counts[-1].reading if counts else None)


TestMeasurement = MeasurementMachine.TestCase
TestMeasurement.settings = settings(deadline=None, max_examples=25, stateful_step_count=20)


def test_a_ratio_of_nothing_is_no_reading() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        measure({"numerator": "1", "denominator": "0"})
