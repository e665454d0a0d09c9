"""The figures of one indicator, scope and period: reported, returned, verified by another, restated, scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.evaluation import periods
from services.evaluation.indicators import Indicator, IndicatorSet
from services.evaluation.rollup import is_measured
from services.evaluation.scoring import label, score, target_of
from services.evaluation.streams import (
    NATION,
    Cell,
    indicators_stream,
    measurement_stream,
    programme_stream,
)
from shared.contracts import (
    Aggregate,
    Command,
    Context,
    Event,
    KnownProgramme,
    ProgrammeDefinition,
    Read,
    Rejected,
    require,
)
from shared.contracts.common import FactVoided
from shared.contracts.definition import (
    EvidenceRules,
    IndicatorDefinition,
    IndicatorKind,
    MeasuredAt,
    NationalRule,
    ScoringScheme,
)
from shared.contracts.evaluation import (
    Evidences,
    IndicatorMeasured,
    IndicatorScored,
    MeasurementReturned,
    MeasurementVerified,
    Reading,
)
from shared.contracts.types import EventId, Evidence, IndicatorCode, PeriodCode, ProgrammeId, Prose, Scope

RULE = "rule"
"""Role of what a reaction does; no account has it."""


NOTHING_TO_SCORE = "ไม่มีผลที่ตรวจยืนยันแล้วเหลือให้คำนวณคะแนน"
"""Why scores are voided by rule: no verified figure is left that they could be of."""


class Computed(NamedTuple):
    """Who measures and who verifies an indicator that a rule computes; nobody else does."""

    reporter: str
    verifier: str


COMPUTED: Mapping[str, Computed] = {"qn1": Computed("rule:committee-events", "rule:qn1")}
"""By the rule that an indicator names as ``computed_by``; the two differ, as reporter and verifier always do."""


class MeasureIndicator(Command):
    """Report a figure, or restate the current one; the reporter is who commands.

    ``supersedes`` names the measurement that is restated, which is the current one, and ``reason`` says why.
    """

    programme: ProgrammeId
    indicator: IndicatorCode
    scope: Scope
    period: PeriodCode
    reading: Reading
    evidence: Evidences = ()
    supersedes: EventId | None = None
    reason: Prose | None = None

    def stream(self) -> str:
        """All figures of one indicator, scope and period stand on one stream."""
        return measurement_stream(self.programme, self.indicator, self.scope, self.period)


class ReturnMeasurement(Command):
    """Send a figure back; ``measured`` None: the current one."""

    measured: EventId | None = None
    reason: Prose


class VerifyMeasurement(Command):
    """Confirm a figure that somebody else reported; ``measured`` None: the current one."""

    measured: EventId | None = None


class ScoreIndicator(Command):
    """Score a figure, verified or rolled up; given by the scoring rule alone.

    ``replaces`` is the newest score that the rule saw here: when it is not that any more, the rule saw too little.
    """

    programme: ProgrammeId
    indicator: IndicatorCode
    scope: Scope
    period: PeriodCode
    figure: Decimal
    regions_counted: int | None = None
    regions_expected: int | None = None
    provisional: bool = False
    replaces: EventId | None = None
    cause: EventId

    def stream(self) -> str:
        """A score stands with the figures it is of."""
        return measurement_stream(self.programme, self.indicator, self.scope, self.period)


class WithdrawScore(Command):
    """Void the scores of what has no figure any more; given by the scoring rule alone, ``replaces`` as above."""

    replaces: EventId


class Status(StrEnum):
    """What became of a figure."""

    PENDING = "pending"
    RETURNED = "returned"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class Reported:
    """A figure that was reported; its id is None while it is only decided."""

    id: UUID | None
    reading: Reading
    evidence: tuple[Evidence, ...]
    reporter: str
    status: Status = Status.PENDING
    reviewer: str = ""
    """Who returned or verified it."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is known of a figure: the current one, the verified one that counts, and its scores."""

    programme: str = ""
    indicator: str = ""
    scope: str = ""
    period: str = ""
    current: Reported | None = None
    verified: Reading | None = None
    """Counts until another is verified in its place."""
    score: IndicatorScored | None = None
    scores: tuple[UUID | None, ...] = ()
    """Ids of all scores that are not voided, oldest first."""

    @property
    def newest_score(self) -> UUID | None:
        """Id of the score that stands; None when there is none."""
        return self.scores[-1] if self.scores else None

    def required(self, measured: UUID | None) -> Reported:
        """The current figure, if it is the one that is meant. Raises Rejected."""
        if self.current is None:
            raise Rejected("measurement.none")
        require(measured in (None, self.current.id), "measurement.superseded", pointer="/measured", measured=measured)
        return self.current


def evolve(measurement: Measurement, event: Event) -> Measurement:
    """The measurement after one more event."""
    match event:
        case IndicatorMeasured():
            reported = Reported(event.id, event.reading, event.evidence, event.reporter)
            return replace(_placed(measurement, event), current=reported)
        case MeasurementReturned(measured=measured, reviewer=reviewer):
            return _reviewed(measurement, measured, Status.RETURNED, reviewer)
        case MeasurementVerified(measured=measured, verifier=verifier):
            return _reviewed(measurement, measured, Status.VERIFIED, verifier)
        case IndicatorScored():
            return replace(_placed(measurement, event), score=event, scores=(*measurement.scores, event.id))
        case _:
            return measurement


def _placed(measurement: Measurement, event: IndicatorMeasured | IndicatorScored) -> Measurement:
    return replace(
        measurement,
        programme=event.programme,
        indicator=event.indicator,
        scope=event.scope,
        period=event.period,
    )


def _reviewed(measurement: Measurement, measured: UUID, status: Status, reviewer: str) -> Measurement:
    current = measurement.current
    if current is None or current.id != measured:
        return measurement
    verified = current.reading if status is Status.VERIFIED else measurement.verified
    return replace(measurement, current=replace(current, status=status, reviewer=reviewer), verified=verified)


def invariant(measurement: Measurement) -> None:
    """Nobody verified a figure of his own. Raises Rejected."""
    current = measurement.current
    own = current is not None and current.status is Status.VERIFIED and current.reviewer == current.reporter
    require(not own, "measurement.verifier_is_reporter")


def reads(command: Command, measurement: Measurement) -> Sequence[Read]:
    """The set of indicators with its periods, and the programme's regions, evidence rules and scoring scheme."""
    programme = measurement.programme
    if isinstance(command, MeasureIndicator | ScoreIndicator):
        programme = command.programme
    if not programme:
        return []
    return [Read(IndicatorSet, indicators_stream(programme)), Read(KnownProgramme, programme_stream(programme))]


def decide(command: Command, measurement: Measurement, context: Context) -> list[Event]:
    """Events that the command makes; codes ``measurement.*``, ``score.*``, ``indicator.*``, ``period.*``."""
    match command:
        case MeasureIndicator():
            return _measure(command, measurement, context)
        case ReturnMeasurement():
            return _return(command, measurement, context)
        case VerifyMeasurement():
            return _verify(command, measurement, context)
        case ScoreIndicator():
            return _score(command, measurement, context)
        case WithdrawScore():
            return _withdraw(command, measurement, context)
        case _:
            raise TypeError(f"{type(command).__name__} is no command of a measurement")


def _indicators(programme: str, context: Context) -> IndicatorSet:
    return context.state(IndicatorSet, indicators_stream(programme))


def _definition(programme: str, context: Context) -> ProgrammeDefinition:
    return context.state(KnownProgramme, programme_stream(programme)).required(programme)


def _measure(command: MeasureIndicator, measurement: Measurement, context: Context) -> list[Event]:
    indicators = _indicators(command.programme, context)
    indicator = indicators.required(command.indicator)
    _require_reporter(indicator.definition, context)
    if _says_already(command, measurement, context.actor):
        return []  # told twice: nothing new
    _require_place(command, indicator.definition, _definition(command.programme, context))
    _require_period(command.period, indicators, context)
    _require_reading(command.reading, indicator.definition)
    _require_succession(command, measurement)
    return [
        IndicatorMeasured(
            programme=command.programme,
            indicator=command.indicator,
            indicator_version=indicator.version,
            scope=command.scope,
            period=command.period,
            reading=command.reading,
            evidence=command.evidence,
            reporter=context.actor,
            supersedes=command.supersedes,
            reason=command.reason,
        )
    ]


def _says_already(command: MeasureIndicator, measurement: Measurement, actor: str) -> bool:
    current = measurement.current
    if current is None or current.status is Status.RETURNED:
        return False
    return (current.reading, current.evidence, current.reporter) == (command.reading, command.evidence, actor)


def _require_reporter(indicator: IndicatorDefinition, context: Context) -> None:
    if indicator.computed_by is not None:
        by_rule = RULE in context.roles and context.actor == COMPUTED[indicator.computed_by].reporter
        require(by_rule, "measurement.computed", indicator=indicator.code)


def _require_place(command: MeasureIndicator, indicator: IndicatorDefinition, programme: ProgrammeDefinition) -> None:
    period, scope = command.period, command.scope
    of_year = periods.year_of(period) == programme.fiscal_year
    require(of_year, "period.not_of_programme", pointer="/period", period=period)
    fits = periods.fits(period, indicator.frequency)
    require(fits, "period.other_frequency", pointer="/period", period=period, indicator=indicator.code)
    scopes = (NATION,) if indicator.measured_at is MeasuredAt.NATION else programme.regions
    require(scope in scopes, "measurement.other_scope", pointer="/scope", scope=scope, indicator=indicator.code)


def _require_period(period: str, indicators: IndicatorSet, context: Context) -> None:
    require(context.now >= periods.begins(period), "period.not_begun", pointer="/period", period=period)
    require(period not in indicators.closed_periods, "period.closed", pointer="/period", period=period)


def _require_reading(reading: Reading, indicator: IndicatorDefinition) -> None:
    if indicator.kind is IndicatorKind.QUALITATIVE:
        require(reading.level is not None, "measurement.needs_level", pointer="/reading", indicator=indicator.code)
    elif indicator.national_rule is NationalRule.RATIO_OF_SUMS:
        require(reading.numerator is not None, "measurement.needs_ratio", pointer="/reading", indicator=indicator.code)
    else:
        require(reading.value is not None, "measurement.needs_value", pointer="/reading", indicator=indicator.code)


def _require_succession(command: MeasureIndicator, measurement: Measurement) -> None:
    current = measurement.current
    if current is None:
        require(command.supersedes is None, "measurement.supersedes_nothing", pointer="/supersedes")
        return
    require(command.supersedes is not None, "measurement.second", current=current.id)
    in_turn = command.supersedes == current.id
    require(in_turn, "measurement.supersedes_other", pointer="/supersedes", current=current.id)
    require(command.reason is not None, "measurement.needs_reason", pointer="/reason")


def _return(command: ReturnMeasurement, measurement: Measurement, context: Context) -> list[Event]:
    current = measurement.required(command.measured)
    if current.status is Status.RETURNED:
        return []
    require(current.status is Status.PENDING, "measurement.verified_already")
    indicators = _indicators(measurement.programme, context)
    computed = _computed_by(measurement, indicators)
    require(computed is None, "measurement.computed", indicator=measurement.indicator)
    _require_period(measurement.period, indicators, context)
    return [
        MeasurementReturned(
            programme=measurement.programme,
            measured=_id(current),
            reason=command.reason,
            reviewer=context.actor,
        )
    ]


def _verify(command: VerifyMeasurement, measurement: Measurement, context: Context) -> list[Event]:
    current = measurement.required(command.measured)
    if current.status is Status.VERIFIED and current.reviewer == context.actor:
        return []
    require(current.status is not Status.VERIFIED, "measurement.verified_already")
    require(current.status is not Status.RETURNED, "measurement.returned")
    require(context.actor != current.reporter, "measurement.verifier_is_reporter")
    indicators = _indicators(measurement.programme, context)
    _require_period(measurement.period, indicators, context)
    _require_verifiable(measurement, current, indicators, context)
    return [
        MeasurementVerified(
            programme=measurement.programme,
            indicator=measurement.indicator,
            scope=measurement.scope,
            period=measurement.period,
            measured=_id(current),
            verifier=context.actor,
        )
    ]


def _require_verifiable(
    measurement: Measurement, current: Reported, indicators: IndicatorSet, context: Context
) -> None:
    """Evidence as the programme asks; of what a rule computes, the events are the evidence and the rule the judge."""
    computed = _computed_by(measurement, indicators)
    if computed is not None:
        by_rule = RULE in context.roles and context.actor == computed.verifier
        require(by_rule, "measurement.computed", indicator=measurement.indicator)
        return
    rules: EvidenceRules = _definition(measurement.programme, context).evidence
    needed = rules.qualitative if current.reading.level is not None else rules.quantitative
    found = sum(each.uri is not None or each.sha256 is not None for each in current.evidence)
    require(found >= needed, "measurement.needs_evidence", needed=needed, found=found)


def _computed_by(measurement: Measurement, indicators: IndicatorSet) -> Computed | None:
    indicator = indicators.indicators.get(measurement.indicator)
    rule = indicator.definition.computed_by if indicator else None
    return COMPUTED[rule] if rule else None


def _id(reported: Reported) -> UUID:
    if reported.id is None:
        raise TypeError("a figure that is only decided is neither returned nor verified")
    return reported.id


def _score(command: ScoreIndicator, measurement: Measurement, context: Context) -> list[Event]:
    require(RULE in context.roles, "score.by_rule_alone")
    indicator = _indicators(command.programme, context).scored_by(command.indicator, command.period)
    if indicator is None:
        raise Rejected("indicator.not_defined", indicator=command.indicator)
    if is_measured(indicator.definition, Cell(command.scope, command.period)):
        verified = measurement.verified is not None and measurement.verified.figure() == command.figure
        require(verified, "score.not_verified")
    scored = scored_event(command, indicator, _definition(command.programme, context).scoring)
    if stands(measurement, scored):
        return []
    require(command.replaces == measurement.newest_score, "score.stale")
    return [scored]


def _withdraw(command: WithdrawScore, measurement: Measurement, context: Context) -> list[Event]:
    require(RULE in context.roles, "score.by_rule_alone")
    if measurement.score is None:
        return []
    require(command.replaces == measurement.newest_score, "score.stale")
    return [FactVoided(event_id=each, reason=NOTHING_TO_SCORE) for each in measurement.scores if each is not None]


def scored_event(command: ScoreIndicator, indicator: Indicator, scheme: ScoringScheme) -> IndicatorScored:
    """The score of a figure by an indicator's definition."""
    definition, scope = indicator.definition, command.scope
    earned = score(scheme, definition, command.figure, scope)
    return IndicatorScored(
        programme=command.programme,
        indicator=command.indicator,
        indicator_version=indicator.version,
        scope=scope,
        period=command.period,
        figure=command.figure,
        target=target_of(definition, scope),
        score=earned.score,
        level=earned.level,
        weight=definition.weight,
        weighted=earned.weighted,
        scheme=label(scheme),
        regions_counted=command.regions_counted,
        regions_expected=command.regions_expected,
        provisional=command.provisional,
        cause=command.cause,
    )


def stands(measurement: Measurement, scored: IndicatorScored) -> bool:
    """Whether the newest score says the same already, whatever caused it."""
    standing = measurement.score
    if standing is None:
        return False
    return standing.model_dump(exclude={"cause"}) == scored.model_dump(exclude={"cause"})


def reads_to_void(measurement: Measurement) -> Sequence[Read]:
    """The set of indicators with its periods."""
    programme = measurement.programme
    return [Read(IndicatorSet, indicators_stream(programme))] if programme else []


def voidable(measurement: Measurement, _fact: FactVoided, context: Context) -> None:
    """Figures of a closed period are final, until it is reopened. Raises Rejected ``period.closed``."""
    if not measurement.programme:
        return
    closed = measurement.period in _indicators(measurement.programme, context).closed_periods
    require(not closed, "period.closed", period=measurement.period)


MEASUREMENT = Aggregate(
    "measurement",
    Measurement(),
    evolve,
    decide,
    invariant,
    reads,
    voidable=voidable,
    reads_to_void=reads_to_void,
)
