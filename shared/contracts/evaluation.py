"""Events of the evaluation service: indicators, measurements and scores, supervision, conclusion (activity 4)."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.contracts.definition import IndicatorDefinition
from shared.contracts.event import Event
from shared.contracts.types import (
    ActorId,
    Amount,
    Contract,
    Day,
    EventId,
    Evidence,
    IndicatorCode,
    Line,
    Office,
    Percent,
    PeriodCode,
    ProgrammeId,
    Prose,
    RegionCode,
    Scope,
    Version,
)

Evidences = Annotated[tuple[Evidence, ...], Field(max_length=50)]
Findings = Annotated[tuple[Prose, ...], Field(max_length=100)]
Points = Annotated[tuple[Prose, ...], Field(min_length=1, max_length=100)]


class IndicatorDefined(Event, owner="evaluation", aggregate="indicators"):
    """An indicator of the set was fixed or replaced; those defined in one append have weights that sum to 100."""

    programme: ProgrammeId
    indicator: IndicatorDefinition
    version: Version = Field(description="How many-th definition of this indicator.")


class TargetRevised(Event, owner="evaluation", aggregate="indicators", occurred="revised_on"):
    """An indicator's target, and the bands that go with it, changed; open periods are scored again."""

    programme: ProgrammeId
    code: IndicatorCode
    version: Version = Field(description="Version of the indicator from now on.")
    old: IndicatorDefinition
    new: IndicatorDefinition
    revised_on: Day
    reason: Prose


class IndicatorClosed(Event, owner="evaluation", aggregate="indicators"):
    """The indicator is measured no longer."""

    programme: ProgrammeId
    code: IndicatorCode
    reason: Prose


class PeriodClosed(Event, owner="evaluation", aggregate="indicators"):
    """Figures of the period are final; none is taken until it is reopened."""

    programme: ProgrammeId
    period: PeriodCode
    definitions: tuple[EventId, ...] = Field(
        default=(),
        max_length=200,
        description="The events that had defined the indicators then; the period is scored by these whatever follows.",
    )
    reason: Prose | None = None


class PeriodReopened(Event, owner="evaluation", aggregate="indicators"):
    """Figures of the period are taken again."""

    programme: ProgrammeId
    period: PeriodCode
    reason: Prose


class PeriodExtended(Event, owner="evaluation", aggregate="indicators"):
    """A region may send its figures of a period later."""

    programme: ProgrammeId
    period: PeriodCode
    region: RegionCode
    until: Day
    reason: Prose


_TO_28_DIGITS = Context(prec=28)
"""Of its own, so that no setting of the process changes a figure."""


class Reading(Contract):
    """What was measured: a value, a numerator over a denominator, or a rubric level; exactly one of the three."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"numerator": "88", "denominator": "110"}]})

    value: Amount | None = None
    numerator: Amount | None = None
    denominator: Annotated[Amount, Field(gt=0)] | None = None
    level: int | None = Field(default=None, ge=1, le=5, description="Level of the rubric.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.numerator is None) != (self.denominator is None):
            raise ValueError("a numerator and a denominator go together")
        if sum(part is not None for part in (self.value, self.numerator, self.level)) != 1:
            raise ValueError("a reading is a value, a ratio or a level, and one of them only")
        return self

    def figure(self) -> Decimal:
        """The number that is scored; a ratio is numerator ÷ denominator to 28 significant digits."""
        if self.value is not None:
            return self.value
        if self.level is not None:
            return Decimal(self.level)
        assert self.numerator is not None
        assert self.denominator is not None
        return _TO_28_DIGITS.divide(self.numerator, self.denominator)


class IndicatorMeasured(Event, owner="evaluation", aggregate="measurement"):
    """A figure of one indicator, scope and period was reported; the newest that is not voided is current."""

    programme: ProgrammeId
    indicator: IndicatorCode
    indicator_version: Version
    scope: Scope
    period: PeriodCode
    reading: Reading
    evidence: Evidences = ()
    reporter: ActorId
    supersedes: EventId | None = Field(default=None, description="The measurement that this one restates.")
    reason: Prose | None = Field(default=None, description="Why it was restated.")


class MeasurementReturned(Event, owner="evaluation", aggregate="measurement"):
    """The figure was sent back; another is awaited."""

    programme: ProgrammeId
    measured: EventId = Field(description="The measurement that was returned.")
    reason: Prose
    reviewer: ActorId


class MeasurementVerified(Event, owner="evaluation", aggregate="measurement"):
    """Somebody other than the reporter confirmed the figure; only now it is scored.

    A verified figure counts until another is verified in its place, even while a restatement of it waits.
    """

    programme: ProgrammeId
    indicator: IndicatorCode
    scope: Scope
    period: PeriodCode
    measured: EventId = Field(description="The measurement that was verified.")
    verifier: ActorId


class IndicatorScored(Event, owner="evaluation", aggregate="measurement"):
    """A score from 1 to 5: of a verified figure, of the nation's from the regions', of a year's from its periods'.

    The newest that is not voided stands. When nothing is left to score, the rule voids what it had scored. The whole
    year of an indicator that is measured more often stands under the period ``<year>-Y``.
    """

    programme: ProgrammeId
    indicator: IndicatorCode
    indicator_version: Version
    scope: Scope
    period: PeriodCode
    figure: Decimal = Field(description="The number that was scored, to 28 significant digits.", examples=["87.5"])
    target: Amount | None = None
    score: Annotated[
        Decimal, Field(ge=1, le=5, max_digits=3, decimal_places=2, description="Half-up to 0.01.", examples=["3.85"])
    ]
    level: int = Field(ge=1, le=5, description="Whole part of the score.")
    weight: Percent
    weighted: Annotated[Decimal, Field(ge=0, le=5, description="weight × score / 100.", examples=["0.77"])]
    scheme: Line = Field(description="Scoring scheme and its version.", examples=["five-band-linear/1"])
    regions_counted: int | None = Field(
        default=None, ge=0, description="Of a rolled-up figure: how many regions it is made of."
    )
    regions_expected: int | None = Field(default=None, ge=1, description="Of a rolled-up figure: how many there are.")
    provisional: bool = Field(default=False, description="A rolled-up figure from fewer regions than there are.")
    cause: EventId = Field(description="The event that made it be scored.")


class SupervisionVisited(Event, owner="evaluation", aggregate="supervision", occurred="visited_on"):
    """A region was visited to supervise and follow up; says what was found, or that nothing was."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "programme": "2560-cluster",
                    "region": "R07",
                    "visited_on": "2017-01-12",
                    "visited_by": "สพฐ.",
                    "findings": ["ยังไม่มีห้องประชุม"],
                }
            ]
        }
    )

    programme: ProgrammeId
    region: RegionCode
    visited_on: Day
    visited_by: Office
    findings: Findings = ()
    no_findings: bool = Field(default=False, description="Explicitly nothing was found.")
    evidence: Evidences = ()

    @model_validator(mode="after")
    def _explicit(self) -> Self:
        if bool(self.findings) == self.no_findings:
            raise ValueError("a visit has findings, or says that there are none")
        return self


class RecommendationIssued(Event, owner="evaluation", aggregate="recommendation", occurred="issued_on"):
    """Somebody was asked to do something by a day."""

    programme: ProgrammeId
    region: RegionCode | None = Field(default=None, description="None: to the centre.")
    visit: Line | None = Field(default=None, description="Stream of the visit it came from.")
    issued_on: Day
    text: Prose
    owner: Office = Field(description="Office that is to act on it.")
    owner_actor: ActorId | None = Field(
        default=None, description="Account that acts for the owner; it may not close it."
    )
    due_on: Day


class RecommendationFollowedUp(Event, owner="evaluation", aggregate="recommendation", occurred="followed_up_on"):
    """How far it has got."""

    programme: ProgrammeId
    followed_up_on: Day
    progress: Prose
    evidence: Evidences = ()


class RecommendationClosed(Event, owner="evaluation", aggregate="recommendation", occurred="closed_on"):
    """It was carried out, with evidence; closed by another than its owner."""

    programme: ProgrammeId
    closed_on: Day
    closer: ActorId
    evidence: Annotated[Evidences, Field(min_length=1)]


class EvaluationConcluded(Event, owner="evaluation", aggregate="evaluation", occurred="concluded_on"):
    """Conclusions, recommendations and guidelines of the programme (indicator QL3)."""

    programme: ProgrammeId
    concluded_on: Day
    conclusions: Points
    recommendations: Points
    guidelines: Points
