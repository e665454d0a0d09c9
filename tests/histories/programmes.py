"""Two small programmes, of different years, regions, rules and frequencies."""

from __future__ import annotations

from typing import Any

from shared.contracts.definition import ProgrammeDefinition

Fields = dict[str, Any]


def text(words: str) -> Fields:
    """A text in both languages."""
    return {"th": f"{words} (ตัวอย่าง)", "en": words}


def _indicator(code: str, weight: str, **fields: Any) -> Fields:
    given = {
        "code": code,
        "kind": "quantitative",
        "name": text(code),
        "unit": text("unit"),
        "weight": weight,
        "measured_at": "region",
        "frequency": "quarterly",
        "due_days": 15,
        "period_rule": "last",
        "national_rule": "sum",
    }
    return {**given, **fields}


BANDS = ["10", "20", "30.5", "40", "50"]
RUBRIC = [text(f"level {level}") for level in range(1, 6)]
QUALITATIVE = {"kind": "qualitative", "rubric": RUBRIC, "measured_at": "nation", "national_rule": "measured"}

INDICATORS = [
    _indicator("QN1", "20", bands=["0", "0.25", "0.5", "0.75", "1"], frequency="yearly", computed_by="qn1", target="1"),
    _indicator("QN2", "30", bands=["0.5", "0.6", "0.7", "0.8", "0.9"], national_rule="ratio_of_sums", baseline="0.50"),
    _indicator("QN3", "17.5", bands=BANDS, national_bands=["30", "60", "90", "120", "150"], due_days=0, target="40"),
    _indicator(
        "QN4",
        "12.5",
        bands=BANDS[::-1],
        direction="lower",
        frequency="monthly",
        period_rule="mean",
        national_rule="mean",
        target="20.000001",
        national_target="25",
    ),
    _indicator("QL1", "20", **QUALITATIVE, frequency="half_yearly", target="4"),
]


def _activity(code: str, opens: str, closes: str, deadline: str, **rule: Any) -> Fields:
    given = {"code": code, "name": text(code), "opens": opens, "closes": closes, "deadline": deadline}
    return {**given, **({"completed_when": rule} if rule else {})}


def _programme(name: str, regions: list[str], activities: list[Fields], indicators: list[Fields]) -> Fields:
    year = int(name[:4])
    page = {part: text(part) for part in ("strategy", "project_set", "unit", "committee_name")}
    return {
        "programme": name,
        "fiscal_year": year,
        "name": text(name),
        "page": {**page, "source": "made up"},
        "region_list": year,
        "regions": regions,
        "activities": activities,
        "indicators": indicators,
        "scoring": {"name": "five-band-linear", "version": 1},
    }


FIRST = _programme(
    "2560-cluster",
    ["CTR", "R01", "R07"],
    [
        _activity("1.2", "2016-10-05", "2016-12-01", "2016-12-20", evidence=["CommitteeProposed"], per="region"),
        _activity(
            "1.3", "2016-11-01", "2017-01-01", "2017-02-01", evidence=["WorkshopHeld"], per="programme", at_least=2
        ),
        _activity(
            "2",
            "2016-11-01",
            "2017-01-01",
            "2017-02-01",
            evidence=["PolicyAcknowledged", "PolicyBriefed"],
            per="region",
            at_least=2,
        ),
        _activity(
            "3",
            "2016-11-01",
            "2017-05-01",
            "2017-06-01",
            evidence=["MeetingHeld", "IndicatorMeasured"],
            per="programme",
            at_least=9,
        ),
        _activity(
            "4",
            "2016-10-05",
            "2017-09-30",
            "2017-10-15",
            evidence=["MeetingHeld", "WorkshopHeld", "RecommendationIssued", "PolicyBriefed", "SupervisionVisited"],
            per="programme",
            at_least=10_000,
        ),
        _activity("5", "2017-08-01", "2017-09-30", "2017-10-15"),
    ],
    INDICATORS,
)
SECOND = {
    **_programme(
        "2563-other",
        ["R07", "R14"],
        [_activity("1", "2019-10-05", "2019-12-01", "2019-12-20", evidence=["MeetingHeld"], per="region", at_least=2)],
        [
            _indicator("K1", "60", bands=BANDS, frequency="half_yearly", period_rule="sum", national_rule="mean"),
            _indicator("K2", "40", **QUALITATIVE, frequency="yearly"),
        ],
    ),
    "quorum": {"numerator": 2, "denominator": 3, "comparison": "more_than"},
    "deadlines": {"appointment_days": 10, "minutes_days": 5},
}

PROGRAMMES = (ProgrammeDefinition.model_validate(FIRST), ProgrammeDefinition.model_validate(SECOND))
