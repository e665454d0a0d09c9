"""A programme's whole definition: what a fiscal year's page says, and the rules on which the page is silent."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from shared.contracts.types import (
    ActivityCode,
    Amount,
    Bilingual,
    Contract,
    Day,
    Direction,
    Frequency,
    IndicatorCode,
    Line,
    Percent,
    ProgrammeId,
    RegionCode,
)

Example = Annotated[
    bool, Field(description="True where the programme page is silent and the value is an example (ตัวอย่าง).")
]


class IndicatorKind(StrEnum):
    """Whether an indicator is a number or a judgement against a rubric."""

    QUANTITATIVE = "quantitative"
    QUALITATIVE = "qualitative"


class MeasuredAt(StrEnum):
    """Where an indicator is measured: in every region, or once for the nation."""

    REGION = "region"
    NATION = "nation"


class PeriodRule(StrEnum):
    """How a scope's periods make its figure of the year."""

    LAST = "last"
    SUM = "sum"
    MEAN = "mean"


class NationalRule(StrEnum):
    """How the regions' figures make the nation's."""

    COUNT = "count"
    SUM = "sum"
    RATIO_OF_SUMS = "ratio_of_sums"
    MEAN = "mean"
    MEASURED = "measured"


class CompletionRule(Contract):
    """When an activity is done, told from events: enough evidence in every region, or in the programme at large."""

    evidence: tuple[Line, ...] = Field(
        min_length=1, description="Names of the events that count.", examples=[["CommitteeProposed"]]
    )
    per: Literal["region", "programme"] = Field(description="Counted for every region by itself, or altogether.")
    at_least: int = Field(default=1, ge=1, le=10_000, description="How many count as enough.")


class ActivityDefinition(Contract):
    """One activity of the page with its window and deadline."""

    code: ActivityCode
    name: Bilingual
    opens: Day = Field(description="First day of the planned window.")
    closes: Day = Field(description="Last day of the planned window.")
    deadline: Day = Field(description="Day by whose end it is to be completed.")
    completed_when: CompletionRule | None = Field(default=None, description="None: completed by command alone.")
    example: Example = False

    @model_validator(mode="after")
    def _window(self) -> Self:
        if not self.opens <= self.closes <= self.deadline:
            raise ValueError("an activity opens, closes and is due in this order")
        return self


Bands = Annotated[
    tuple[Amount, Amount, Amount, Amount, Amount],
    Field(description="Values that earn the scores 1 to 5, strictly monotone in the indicator's direction."),
]
Rubric = Annotated[
    tuple[Bilingual, Bilingual, Bilingual, Bilingual, Bilingual], Field(description="What the levels 1 to 5 mean.")
]


INDICATOR_EXAMPLE: JsonDict = {
    "code": "QN1",
    "kind": "quantitative",
    "name": {"th": "คณะกรรมการประจำเขตตรวจราชการ", "en": "Committees, one per inspection region"},
    "unit": {"th": "คณะ", "en": "committees"},
    "target": "1",
    "national_target": "19",
    "weight": "100",
    "bands": ["0.2", "0.4", "0.6", "0.8", "1"],
    "national_bands": ["15", "16", "17", "18", "19"],
    "measured_at": "region",
    "frequency": "yearly",
    "due_days": 15,
    "period_rule": "last",
    "national_rule": "count",
    "computed_by": "qn1",
}


class IndicatorDefinition(Contract):
    """One indicator: what is measured where and when, and how it becomes a score."""

    model_config = ConfigDict(json_schema_extra={"examples": [INDICATOR_EXAMPLE]})

    code: IndicatorCode
    kind: IndicatorKind
    name: Bilingual
    unit: Bilingual = Field(description="Unit of the measured value, such as คณะ / committees, ร้อยละ / percent.")
    baseline: Amount | None = Field(default=None, description="Figure before the programme.")
    target: Amount | None = Field(default=None, description="Target of each measured scope.")
    national_target: Amount | None = Field(
        default=None, description="Target of the nation's figure, where the regions' make another one."
    )
    weight: Percent
    direction: Direction = Direction.HIGHER
    bands: Bands | None = Field(
        default=None,
        description="Of a quantitative indicator; for the nation's figure too, unless national_bands is given.",
    )
    national_bands: Bands | None = Field(
        default=None, description="Where the nation's figure is of another size, as a sum is."
    )
    rubric: Rubric | None = Field(default=None, description="Of a qualitative indicator.")
    measured_at: MeasuredAt
    frequency: Frequency
    due_days: int = Field(
        ge=0, le=366, description="Days after the period's end by which it is due.", json_schema_extra={"unit": "days"}
    )
    period_rule: PeriodRule
    national_rule: NationalRule
    computed_by: Literal["qn1"] | None = Field(
        default=None, description="Rule that measures it; then nobody types it in."
    )
    example: Example = False

    @model_validator(mode="after")
    def _shape(self) -> Self:
        if self.kind is IndicatorKind.QUANTITATIVE and (self.bands is None or self.rubric is not None):
            raise ValueError("a quantitative indicator has bands and no rubric")
        if self.kind is IndicatorKind.QUALITATIVE and (
            self.rubric is None or self.bands is not None or self.national_bands is not None
        ):
            raise ValueError("a qualitative indicator has a rubric and no bands")
        if (self.measured_at is MeasuredAt.NATION) != (self.national_rule is NationalRule.MEASURED):
            raise ValueError("what is measured for the nation has the national rule 'measured', and only that")
        for bands in (self.bands, self.national_bands):
            if bands is not None and not monotone(bands, self.direction):
                raise ValueError("bands rise or fall strictly in the indicator's direction")
        return self


def monotone(bands: tuple[Decimal, ...], direction: Direction) -> bool:
    """Whether ``bands`` rise strictly (direction higher) or fall strictly (lower)."""
    pairs = list(pairwise(bands))
    if direction is Direction.HIGHER:
        return all(a < b for a, b in pairs)
    return all(a > b for a, b in pairs)


class ScoringScheme(Contract):
    """Named, versioned policy by which a value becomes a score from 1 to 5."""

    name: Line = Field(examples=["five-band-linear"])
    version: int = Field(ge=1)
    example: Example = False


class QuorumRule(Contract):
    """Part of the voting members that must be present; by default half of them."""

    numerator: int = Field(default=1, ge=1, le=100)
    denominator: int = Field(default=2, ge=1, le=100)
    comparison: Literal["at_least", "more_than"] = "at_least"
    example: Example = False

    @model_validator(mode="after")
    def _part(self) -> Self:
        if self.numerator > self.denominator:
            raise ValueError("a quorum is at most all of the members")
        return self

    def met(self, present: int, voting: int) -> bool:
        """Whether ``present`` of ``voting`` members make a quorum; a roll without voting members never does."""
        if voting == 0:
            return False
        have, need = present * self.denominator, voting * self.numerator
        return have >= need if self.comparison == "at_least" else have > need


class EvidenceRules(Contract):
    """How many pieces of evidence a measurement needs before it can be verified."""

    quantitative: int = Field(default=1, ge=0, le=20)
    qualitative: int = Field(default=1, ge=0, le=20)
    example: Example = False


class Deadlines(Contract):
    """Days that the programme allows for what has no deadline of its own."""

    appointment_days: int = Field(
        default=60, ge=1, le=366, description="From proposal to order.", json_schema_extra={"unit": "days"}
    )
    notice_days: int = Field(
        default=7, ge=0, le=90, description="From notice to meeting.", json_schema_extra={"unit": "days"}
    )
    minutes_days: int = Field(
        default=30, ge=1, le=366, description="From meeting to approved minutes.", json_schema_extra={"unit": "days"}
    )
    recommendation_days: int = Field(
        default=90, ge=1, le=730, description="From recommendation to its closing.", json_schema_extra={"unit": "days"}
    )
    example: Example = False


class ProgrammePage(Contract):
    """What heads the programme page."""

    strategy: Bilingual
    project_set: Bilingual
    unit: Bilingual = Field(description="Responsible unit.")
    committee_name: Bilingual = Field(description="What the committees are called.")
    source: Line = Field(description="Which document the page is of.")


class ProgrammeDefinition(Contract):
    """Everything that is decided about a programme; its digest names this very content."""

    programme: ProgrammeId
    fiscal_year: int = Field(ge=2400, le=2599, json_schema_extra={"unit": "B.E. year"}, examples=[2560])
    name: Bilingual
    page: ProgrammePage
    region_list: int = Field(
        description="Fiscal year whose list of inspection regions holds.",
        json_schema_extra={"unit": "B.E. year"},
        examples=[2560],
    )
    regions: tuple[RegionCode, ...] = Field(min_length=1, description="The regions, each with one committee.")
    activities: tuple[ActivityDefinition, ...] = Field(min_length=1)
    indicators: tuple[IndicatorDefinition, ...] = Field(min_length=1)
    expected_results: tuple[Bilingual, ...] = ()
    scoring: ScoringScheme
    quorum: QuorumRule = QuorumRule()
    evidence: EvidenceRules = EvidenceRules()
    deadlines: Deadlines = Deadlines()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if int(self.programme[:4]) != self.fiscal_year:
            raise ValueError("a programme's id begins with its fiscal year")
        for what, codes in (
            ("regions", list(self.regions)),
            ("activities", [a.code for a in self.activities]),
            ("indicators", [i.code for i in self.indicators]),
        ):
            if len(set(codes)) != len(codes):
                raise ValueError(f"{what}: a code stands twice")
        if sum((i.weight for i in self.indicators), Decimal()) != 100:
            raise ValueError("the indicators' weights sum to 100")
        return self

    def activity(self, code: str) -> ActivityDefinition | None:
        """The activity of that code, or None."""
        return next((a for a in self.activities if a.code == code), None)

    def indicator(self, code: str) -> IndicatorDefinition | None:
        """The indicator of that code, or None."""
        return next((i for i in self.indicators if i.code == code), None)

    def digest(self) -> str:
        """SHA-256 (hex) over the definition as JSON with sorted keys, UTF-8, no blanks."""
        canonical = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
