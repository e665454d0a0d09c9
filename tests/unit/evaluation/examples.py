"""A small programme of three regions with an indicator of every kind, for tests to speak of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from shared.contracts import KnownProgramme, ProgrammeDefinition
from shared.contracts.definition import IndicatorDefinition
from shared.contracts.evaluation import IndicatorDefined

PROGRAMME = "2560-cluster"
PROGRAMME_STREAM = f"programme:{PROGRAMME}"
INDICATORS_STREAM = f"indicators:{PROGRAMME}"
REGIONS = ("CTR", "R01", "R02")

TEXT = {"th": "ตัวอย่าง", "en": "example"}


def quantitative(code: str, weight: int, **changes: Any) -> IndicatorDefinition:
    """A quarterly percentage, measured in every region and averaged for the nation, unless said otherwise."""
    return IndicatorDefinition.model_validate(
        {
            "code": code,
            "kind": "quantitative",
            "name": TEXT,
            "unit": TEXT,
            "target": "80",
            "weight": weight,
            "bands": ["50", "60", "70", "80", "90"],
            "measured_at": "region",
            "frequency": "quarterly",
            "due_days": 15,
            "period_rule": "last",
            "national_rule": "mean",
            **changes,
        }
    )


def qualitative(code: str, weight: int, **changes: Any) -> IndicatorDefinition:
    """A rubric judged once for the nation at the year's end, unless said otherwise."""
    return IndicatorDefinition.model_validate(
        {
            "code": code,
            "kind": "qualitative",
            "name": TEXT,
            "unit": TEXT,
            "target": "4",
            "weight": weight,
            "rubric": [TEXT] * 5,
            "measured_at": "nation",
            "frequency": "yearly",
            "due_days": 30,
            "period_rule": "last",
            "national_rule": "measured",
            **changes,
        }
    )


QN1 = quantitative(
    "QN1", 20, target="1", national_target="19", bands=["0", "0.25", "0.5", "0.75", "1"],
    national_bands=["15", "16", "17", "18", "19"], frequency="yearly", national_rule="sum", computed_by="qn1",
)  # fmt: skip
QN2 = quantitative("QN2", 30)
QN3 = quantitative("QN3", 20, bands=["0.5", "0.6", "0.7", "0.8", "0.9"], target="0.8", national_rule="ratio_of_sums")
QL1 = qualitative("QL1", 30)
ALL = (QN1, QN2, QN3, QL1)


def definition(*indicators: IndicatorDefinition, **changes: Any) -> ProgrammeDefinition:
    """The programme's definition with these indicators, all four unless said otherwise."""
    return ProgrammeDefinition.model_validate(
        {
            "programme": PROGRAMME,
            "fiscal_year": 2560,
            "name": TEXT,
            "page": {"strategy": TEXT, "project_set": TEXT, "unit": TEXT, "committee_name": TEXT, "source": "page"},
            "region_list": 2560,
            "regions": REGIONS,
            "activities": [
                {
                    "code": "4",
                    "name": TEXT,
                    "opens": date(2016, 10, 1),
                    "closes": date(2017, 9, 30),
                    "deadline": date(2017, 9, 30),
                }
            ],
            "indicators": [each.model_dump() for each in indicators or ALL],
            "scoring": {"name": "five-band-linear", "version": 1},
            **changes,
        }
    )


def known(*indicators: IndicatorDefinition, **changes: Any) -> KnownProgramme:
    """What evaluation has learned of the programme."""
    return KnownProgramme(1, definition(*indicators, **changes))


def defined(indicator: IndicatorDefinition, version: int = 1) -> IndicatorDefined:
    """An indicator was fixed."""
    return IndicatorDefined(programme=PROGRAMME, indicator=indicator, version=version)


def revised(indicator: IndicatorDefinition, **changes: Any) -> IndicatorDefinition:
    """The indicator with some of it changed."""
    return IndicatorDefinition.model_validate({**indicator.model_dump(), **changes})


def amount(number: str | int) -> Decimal:
    """A decimal number."""
    return Decimal(number)


def measurement_of(indicator: str, scope: str, period: str) -> str:
    """Stream of an indicator's figures of a scope and period."""
    return f"measurement:{PROGRAMME}:{indicator}:{scope}:{period}"
