"""A verified figure is scored by rule, with the year's and the nation's; what is voided is scored no longer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.evaluation import rescoring
from services.evaluation.committees import COMMITTEES
from services.evaluation.indicators import (
    INDICATORS,
    ClosePeriod,
    DefineIndicators,
    IndicatorSet,
    ReopenPeriod,
    ReviseTarget,
)
from services.evaluation.measurement import (
    MEASUREMENT,
    RULE,
    MeasureIndicator,
    Measurement,
    ScoreIndicator,
    VerifyMeasurement,
    WithdrawScore,
)
from services.evaluation.rollup import figure_of, weighted_total
from services.evaluation.streams import Cell, cell_of
from shared.contracts import KNOWN_PROGRAMME, Command, Recorded, Rejected
from shared.contracts.common import FactVoided
from shared.contracts.evaluation import IndicatorMeasured, IndicatorScored, MeasurementVerified
from tests.unit.evaluation.examples import ALL, INDICATORS_STREAM, PROGRAMME, QN2, REGIONS, amount, measurement_of
from tests.unit.evaluation.test_qn1 import appointed, dissolved, stream
from tests.unit.evaluation.world import COMPUTING, SCORING, Reacting, run

Q1, Q2, Q3, Q4, YEAR = (f"2560-{period}" for period in ("Q1", "Q2", "Q3", "Q4", "Y"))
PAPER = {"title": "รายงานผล", "uri": "urn:obec:doc:2560/1"}


def world() -> Reacting:
    made = Reacting([COMPUTING, SCORING], [INDICATORS, MEASUREMENT], [KNOWN_PROGRAMME, COMMITTEES])
    made.knows_programme()
    made.now = datetime(2017, 9, 1, tzinfo=UTC)
    made.tell(INDICATORS_STREAM, DefineIndicators(programme=PROGRAMME))
    assert len(run(made.settle())) == 0
    return made


def report(made: Reacting, scope: str, value: Any, period: str = Q1, indicator: str = "QN2") -> list[Recorded]:
    """A figure, restating the one before, and its verification: their events."""
    name = measurement_of(indicator, scope, period)
    current = made.state(MEASUREMENT, name).current
    command = MeasureIndicator.model_validate(
        {
            "programme": PROGRAMME,
            "indicator": indicator,
            "scope": scope,
            "period": period,
            "reading": value if isinstance(value, dict) else {"value": str(value)},
            "evidence": [PAPER],
            "supersedes": current.id if current else None,
            "reason": "นับใหม่" if current else None,
        }
    )
    return [
        *made.tell(name, command, "usr-region"),
        *made.tell(name, VerifyMeasurement(), "usr-approver", "approver"),
    ]


def void(made: Reacting, fact: Recorded) -> Recorded:
    return made.tell(fact.stream, FactVoided(event_id=fact.id, reason="ผิด"))[0]


def standing(made: Reacting, scope: str, period: str = Q1, indicator: str = "QN2") -> IndicatorScored | None:
    state: Measurement = made.state(MEASUREMENT, measurement_of(indicator, scope, period))
    return state.score


def earned(made: Reacting, scope: str, period: str = Q1, indicator: str = "QN2") -> str | None:
    score = standing(made, scope, period, indicator)
    return str(score.score) if score else None


def nation(made: Reacting, period: str = Q1, indicator: str = "QN2") -> tuple[str, int | None, int | None, bool] | None:
    score = standing(made, "TH", period, indicator)
    return (str(score.score), score.regions_counted, score.regions_expected, score.provisional) if score else None


def causes(made: list[Recorded]) -> set[UUID | None]:
    return {each.event.cause if isinstance(each.event, IndicatorScored) else None for each in made}


# Verified


async def test_a_verified_figure_is_scored_with_the_year_and_the_nation() -> None:
    made = world()
    verification = report(made, "R01", 75)[-1]
    scores = await made.settle()
    cells = [("R01", Q1), ("R01", YEAR), ("TH", Q1), ("TH", YEAR)]
    assert [each.stream for each in scores] == [measurement_of("QN2", *cell) for cell in cells]
    assert causes(scores) == {verification.id}
    assert earned(made, "R01") == "3.50"
    assert nation(made) == ("3.50", 1, 3, True)


async def test_a_figure_is_not_scored_before_it_is_verified() -> None:
    made = world()
    name = measurement_of("QN2", "R01", Q1)
    report(made, "R01", 75)
    made.streams[name].pop()
    assert await made.settle() == []


async def test_the_nation_is_provisional_until_every_region_is_in() -> None:
    made = world()
    report(made, "R01", 70)
    report(made, "R02", 80)
    await made.settle()
    assert nation(made) == ("3.50", 2, 3, True)
    report(made, "CTR", 90)
    await made.settle()
    assert nation(made) == ("4.00", 3, 3, False)


async def test_the_nation_is_scored_on_its_figure_and_not_on_the_mean_of_scores() -> None:
    made = world()
    for region, value in zip(REGIONS, (10, 90, 80), strict=True):
        report(made, region, value)
    await made.settle()
    assert [earned(made, region) for region in REGIONS] == ["1.00", "5.00", "4.00"]
    assert earned(made, "TH") == "2.00"


async def test_the_nations_ratio_is_scored_on_the_sums() -> None:
    made = world()
    for region, part in zip(REGIONS, ((9, 10), (45, 90), (0, 8)), strict=True):
        report(made, region, {"numerator": part[0], "denominator": part[1]}, indicator="QN3")
    await made.settle()
    assert earned(made, "TH", indicator="QN3") == "1.00"
    score = standing(made, "TH", indicator="QN3")
    assert score is not None
    assert score.figure == amount("0.5")


async def test_the_year_follows_its_periods() -> None:
    made = world()
    report(made, "R01", 60)
    report(made, "R01", 80, Q2)
    await made.settle()
    year = standing(made, "R01", YEAR)
    assert year is not None
    assert (year.score, year.provisional) == (amount(4), True)
    report(made, "R01", 90, Q4)
    await made.settle()
    year = standing(made, "R01", YEAR)
    assert year is not None
    assert (year.score, year.provisional) == (amount(5), False)
    assert nation(made, YEAR) == ("5.00", 1, 3, True)


async def test_what_is_measured_for_the_nation_is_scored_once() -> None:
    made = world()
    report(made, "TH", {"level": 4}, YEAR, "QL1")
    scores = await made.settle()
    assert len(scores) == 1
    assert nation(made, YEAR, "QL1") == ("4.00", None, None, False)


async def test_a_restated_figure_is_scored_anew_once_it_is_verified() -> None:
    made = world()
    report(made, "R01", 70)
    report(made, "R02", 70)
    await made.settle()
    report(made, "R01", 90)
    await made.settle()
    assert (earned(made, "R01"), nation(made)) == ("5.00", ("4.00", 2, 3, True))


async def test_what_the_committees_rule_measures_is_scored_too() -> None:
    made = world()
    for region in REGIONS:
        made.learns(stream(1, region), appointed(region=region))
    await made.settle()
    assert earned(made, "R01", YEAR, "QN1") == "5.00"
    score = standing(made, "TH", YEAR, "QN1")
    assert score is not None
    assert (score.figure, score.target, score.score, score.provisional) == (amount(3), amount(19), amount(1), False)


async def test_the_weighted_total_is_made_of_the_scores() -> None:
    made = world()
    report(made, "R01", 75, Q4)
    report(made, "TH", {"level": 4}, YEAR, "QL1")
    await made.settle()
    scores = [standing(made, "TH", YEAR, each.code) for each in ALL]
    total = weighted_total((each.weight, each.score) for each in scores if each is not None)
    assert total is not None
    assert (total.score, total.weight) == (amount("3.75"), amount(60))


# Revised


def revise(target: str = "95", bands: tuple[int, ...] = (60, 70, 80, 90, 95)) -> ReviseTarget:
    return ReviseTarget.model_validate(
        {
            "code": "QN2",
            "target": target,
            "bands": list(map(str, bands)),
            "revised_on": date(2017, 9, 1),
            "reason": "เป้าหมายใหม่",
        }
    )


async def test_a_revised_target_scores_open_periods_again() -> None:
    made = world()
    report(made, "R01", 80)
    report(made, "R01", 80, Q2)
    await made.settle()
    made.tell(INDICATORS_STREAM, ClosePeriod(period=Q1))
    (revision,) = made.tell(INDICATORS_STREAM, revise())
    scores = await made.settle()
    assert {cell_of(each.stream)[1] for each in scores} == {
        Cell("R01", Q2),
        Cell("R01", YEAR),
        Cell("TH", Q2),
        Cell("TH", YEAR),
    }
    assert causes(scores) == {revision.id}
    assert [earned(made, "R01", period) for period in (Q1, Q2)] == ["4.00", "3.00"]


async def test_a_revision_told_late_leaves_a_closed_period_as_it_was() -> None:
    made = world()
    report(made, "R01", 80)
    await made.settle()
    made.now = datetime(2017, 9, 5, tzinfo=UTC)
    made.tell(INDICATORS_STREAM, ClosePeriod(period=Q1))
    made.tell(INDICATORS_STREAM, revise())
    await made.settle()
    assert (earned(made, "R01"), earned(made, "R01", YEAR)) == ("4.00", "3.00")
    assert await made.replay() == []


async def test_a_figure_verified_before_the_closing_is_scored_after_it_by_the_old_definition() -> None:
    made = world()
    report(made, "R01", 80)
    made.tell(INDICATORS_STREAM, ClosePeriod(period=Q1))
    made.tell(INDICATORS_STREAM, revise())
    await made.settle()
    score = standing(made, "R01")
    assert score is not None
    assert (score.indicator_version, score.score) == (1, amount(4))


async def test_a_reopened_period_is_scored_by_the_definition_of_today() -> None:
    made = world()
    report(made, "R01", 80)
    made.tell(INDICATORS_STREAM, ClosePeriod(period=Q1))
    made.tell(INDICATORS_STREAM, revise())
    await made.settle()
    made.tell(INDICATORS_STREAM, ReopenPeriod(period=Q1, reason="แก้ไข"))
    await made.settle()
    assert (earned(made, "R01"), earned(made, "TH")) == ("3.00", "3.00")


async def test_a_voided_revision_takes_its_scores_back() -> None:
    made = world()
    report(made, "R01", 80)
    (revision,) = made.tell(INDICATORS_STREAM, revise())
    await made.settle()
    assert earned(made, "R01") == "3.00"
    void(made, revision)
    await made.settle()
    assert (earned(made, "R01"), earned(made, "TH", YEAR)) == ("4.00", "4.00")


async def test_a_new_weight_scores_again() -> None:
    made = world()
    report(made, "R01", 80)
    await made.settle()
    heavier = QN2.model_copy(update={"weight": amount(35)})
    lighter = ALL[2].model_copy(update={"weight": amount(15)})
    made.tell(INDICATORS_STREAM, DefineIndicators(programme=PROGRAMME, indicators=(heavier, lighter)))
    await made.settle()
    score = standing(made, "R01")
    assert score is not None
    assert (score.weight, score.weighted, score.indicator_version) == (amount(35), amount("1.4"), 2)


# Voided


@pytest.mark.parametrize("index", [0, 1], ids=["figure", "verification"])
async def test_a_voided_figure_is_scored_no_longer_and_the_nation_anew(index: int) -> None:
    made = world()
    facts = report(made, "R01", 70)
    report(made, "R02", 90)
    await made.settle()
    assert nation(made) == ("4.00", 2, 3, True)
    cause = void(made, facts[index])
    await made.settle()
    assert earned(made, "R01") is None
    assert earned(made, "R01", YEAR) is None
    assert nation(made) == ("5.00", 1, 3, True)
    score = standing(made, "TH")
    assert score is not None
    assert score.cause == cause.id


async def test_when_the_last_figure_is_voided_the_nation_has_no_score() -> None:
    made = world()
    first = report(made, "R01", 70)
    second = report(made, "R01", 90)
    await made.settle()
    void(made, second[-1])
    await made.settle()
    assert (earned(made, "R01"), earned(made, "TH")) == ("3.00", "3.00")
    void(made, first[-1])
    await made.settle()
    cells = [(scope, period) for scope in ("R01", "TH") for period in (Q1, YEAR)]
    assert [standing(made, *cell) for cell in cells] == [None] * 4


async def test_a_score_that_somebody_voids_is_given_again() -> None:
    made = world()
    report(made, "R01", 70)
    score = (await made.settle())[0]
    void(made, score)
    await made.settle()
    assert earned(made, "R01") == "3.00"


async def test_a_score_that_was_withdrawn_comes_back_with_another_figure() -> None:
    made = world()
    facts = report(made, "R01", 70)
    await made.settle()
    void(made, facts[0])
    await made.settle()
    report(made, "R01", 70)
    await made.settle()
    assert (earned(made, "R01"), nation(made)) == ("3.00", ("3.00", 1, 3, True))


# Replayed


async def test_a_replay_of_everything_scores_nothing_anew() -> None:
    made = world()
    report(made, "R01", 70)
    facts = report(made, "R02", 80)
    made.tell(INDICATORS_STREAM, revise())
    await made.settle()
    void(made, facts[1])
    await made.settle()
    assert await made.replay() == []


async def test_the_same_cause_gives_the_same_commands() -> None:
    made = world()
    cause = report(made, "R01", 70)[-1]
    first = await rescoring.respond(cause, made)
    assert first == await rescoring.respond(cause, made)
    assert len({reply.stream for reply in first}) == len(first) == 4


async def test_a_reply_that_saw_too_little_is_refused_and_asked_again_comes_right() -> None:
    made = world()
    one = report(made, "R01", 70)[-1]
    early = await rescoring.respond(one, made)
    report(made, "R02", 90)
    await made.settle()
    (stale,) = [each for each in early if each.stream == measurement_of("QN2", "TH", Q1)]
    with pytest.raises(Rejected, match=r"score\.stale"):
        made.tell(stale.stream, stale.command, stale.actor, RULE)
    assert await rescoring.respond(one, made) == []


async def test_scores_are_withdrawn_by_rule_alone_and_once() -> None:
    made = world()
    report(made, "R01", 70)
    await made.settle()
    name = measurement_of("QN2", "R01", Q1)
    newest = made.state(MEASUREMENT, name).newest_score
    assert newest is not None
    with pytest.raises(Rejected, match=r"score\.by_rule_alone"):
        made.tell(name, WithdrawScore(replaces=newest))
    with pytest.raises(Rejected, match=r"score\.stale"):
        made.tell(name, WithdrawScore(replaces=uuid4()), rescoring.ACTOR, RULE)
    assert len(made.tell(name, WithdrawScore(replaces=newest), rescoring.ACTOR, RULE)) == 1
    assert made.tell(name, WithdrawScore(replaces=newest), rescoring.ACTOR, RULE) == []


# All together


class EvaluationMachine(RuleBasedStateMachine):
    """Whatever is told, once the rules have replied each cell's score is that of the figures that are verified."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world()

    def told(self, name: str, command: Command | FactVoided) -> None:
        self.world.try_(name, command)
        run(self.world.settle())

    @rule(scope=st.sampled_from(REGIONS), period=st.sampled_from([Q1, Q2, Q4]), value=st.integers(40, 100))
    def report(self, scope: str, period: str, value: int) -> None:
        try:
            report(self.world, scope, value, period)
        except Rejected as refusal:
            assert refusal.code in ("period.closed", "indicator.not_defined")  # noqa: PT017  nothing else may be
        run(self.world.settle())

    @rule(shift=st.integers(0, 20))
    def revise(self, shift: int) -> None:
        self.told(INDICATORS_STREAM, revise(str(80 + shift), tuple(band + shift for band in (40, 50, 60, 70, 80))))

    @rule(period=st.sampled_from([Q1, Q2]), close=st.booleans())
    def period(self, period: str, close: bool) -> None:
        self.told(INDICATORS_STREAM, ClosePeriod(period=period) if close else ReopenPeriod(period=period, reason="ก"))

    @rule(appoint=st.booleans())
    def committee(self, appoint: bool) -> None:
        self.world.learns(stream(), appointed() if appoint else dissolved())
        run(self.world.settle())

    @rule(index=st.integers(0, 500))
    def void(self, index: int) -> None:
        facts = [each for each in self.world.everything() if each.stream in self.world.streams]
        fact = facts[index % len(facts)]
        self.told(fact.stream, FactVoided(event_id=fact.id, reason="ผิด"))

    @invariant()
    def every_score_is_that_of_its_verified_figures(self) -> None:
        indicators: IndicatorSet = self.world.state(INDICATORS, INDICATORS_STREAM)
        for code in ("QN1", "QN2"):
            verified = _verified(self.world, code)
            for scope in (*REGIONS, "TH"):
                for period in (Q1, Q2, Q3, Q4, YEAR):
                    by = indicators.scored_by(code, period)
                    figure = figure_of(by.definition, REGIONS, Cell(scope, period), verified) if by else None
                    score = standing(self.world, scope, period, code)
                    assert (score and (score.figure, score.provisional, score.indicator_version)) == (
                        figure and by and (figure.figure, figure.provisional, by.version)
                    )

    @invariant()
    def a_replay_makes_nothing(self) -> None:
        assert run(self.world.replay()) == []


def _verified(made: Reacting, code: str) -> dict[Cell, Any]:
    """Told from the facts themselves: the reading of the last living verification of a living figure."""
    found: dict[Cell, Any] = {}
    for name in made.streams:
        if name.startswith(f"measurement:{PROGRAMME}:{code}:"):
            facts = {each.id: each.event for each in made.facts(name)}
            for fact in facts.values():
                measured = facts.get(fact.measured) if isinstance(fact, MeasurementVerified) else None
                if isinstance(measured, IndicatorMeasured):
                    found[Cell(measured.scope, measured.period)] = measured.reading
    return found


TestEvaluation = EvaluationMachine.TestCase
TestEvaluation.settings = settings(deadline=None, max_examples=10, stateful_step_count=10)


def test_a_figure_in_a_score_keeps_its_digits() -> None:
    scored = ScoreIndicator(
        programme=PROGRAMME, indicator="QN3", scope="R01", period=Q1, figure=Decimal(2) / 3, cause=uuid4()
    )
    assert ScoreIndicator.model_validate_json(scored.model_dump_json()) == scored
