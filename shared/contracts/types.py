"""The small types that events, commands and programme definitions are made of, each with unit, rule and example."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

_AHEAD_OF_UTC = timedelta(hours=7)
BANGKOK = timezone(_AHEAD_OF_UTC, "Asia/Bangkok")
"""Thailand has had one offset, and no summer time, for longer than this programme needs."""


class Contract(BaseModel):
    """Base of every published value: immutable, and strict about fields it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,
    )
    """Errors do not repeat what was sent: it may name a person, and errors are kept with parked events."""


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("U+0000 cannot be stored")
    return unicodedata.normalize("NFC", text)


FIRST_YEAR, LAST_YEAR = 1900, 2299
"""Years (C.E.) of which anything is told: a day outside them is a slip, and cannot be reckoned with near its ends."""


def _utc(moment: datetime) -> datetime:
    _require_year(moment.year)  # before it is reckoned with, and after: what is kept has to be read again
    moment = moment.astimezone(UTC)
    _require_year(moment.year)
    return moment


def _day(day: date) -> date:
    _require_year(day.year)
    return day


def _require_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"the year must be from {FIRST_YEAR} to {LAST_YEAR} (C.E.)")


def bangkok_midnight(day: date) -> datetime:
    """The UTC instant at which ``day`` (C.E.) begins in Bangkok."""
    return datetime.combine(day, time(), UTC) - _AHEAD_OF_UTC


def instant(moment: date | datetime) -> datetime:
    """A date or an aware datetime as a UTC instant; a date means its midnight in Bangkok."""
    return _utc(moment) if isinstance(moment, datetime) else bangkok_midnight(moment)


_Storable = AfterValidator(_storable)

Line = Annotated[
    str, _Storable, Field(min_length=1, max_length=500, description="One line of text, NFC, at most 500 characters.")
]
Prose = Annotated[
    str, _Storable, Field(min_length=1, max_length=20_000, description="Running text, NFC, at most 20,000 characters.")
]
Instant = Annotated[
    AwareDatetime,
    AfterValidator(_utc),
    Field(description="Instant, ISO 8601 with offset; stored in UTC.", examples=["2017-01-12T02:00:00Z"]),
]
Day = Annotated[
    date, AfterValidator(_day), Field(description="Day in Bangkok, ISO 8601, C.E.", examples=["2017-01-12"])
]
ProgrammeId = Annotated[
    str,
    Field(
        pattern=r"^2[45][0-9]{2}-[a-z][a-z0-9-]{0,40}$",
        description="Programme: its fiscal year in B.E. and a short name.",
        examples=["2560-cluster"],
    ),
]
RegionCode = Annotated[
    str,
    Field(
        pattern=r"^(CTR|R(0[1-9]|1[0-8]))$",
        description="Inspection region: CTR is the central one (Bangkok), R01 to R18 the others.",
        examples=["R07"],
    ),
]
Scope = Annotated[
    str,
    Field(
        pattern=r"^(TH|CTR|R(0[1-9]|1[0-8]))$",
        description="What a figure is about: a region, or TH for the nation.",
        examples=["R07"],
    ),
]
PeriodCode = Annotated[
    str,
    Field(
        pattern=r"^2[45][0-9]{2}-(Q[1-4]|H[12]|Y|M(0[1-9]|1[0-2]))$",
        description="Period of a fiscal year; M01 is October.",
        examples=["2560-Q1"],
    ),
]
ActivityCode = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]?(\.[1-9][0-9]?)?$", description="Activity of the programme.", examples=["1.2"]),
]
IndicatorCode = Annotated[
    str, Field(pattern=r"^[A-Z]{1,4}[0-9]{1,3}$", description="Indicator of the programme.", examples=["QN1"])
]
PersonId = Annotated[
    UUID,
    Field(
        description="Registered person; random, never derived from a citizen id.",
        examples=["1f0c0d3a-3f57-4b39-9a53-0d6f2f0f6c11"],
    ),
]
EventId = Annotated[UUID, Field(description="Id of an event.", examples=["018f4e9a-7c1e-7b1c-9d3e-0a1b2c3d4e5f"])]
ActorId = Annotated[
    str,
    _Storable,
    Field(
        min_length=1,
        max_length=200,
        description="Opaque id of an account or, as rule:<name>, of a rule; never a name.",
        examples=["usr-4b1d9a", "rule:qn1"],
    ),
]
Office = Annotated[
    str,
    _Storable,
    Field(
        min_length=1,
        max_length=300,
        description="An office or post, not a person.",
        examples=["ศึกษาธิการภาค 7"],
    ),
]
Satang = Annotated[
    int,
    Field(
        strict=True,
        ge=0,
        le=10**15,
        description="Money in satang (1 baht = 100 satang).",
        json_schema_extra={"unit": "satang"},
        examples=[1_250_000_00],
    ),
]
PositiveSatang = Annotated[Satang, Field(gt=0)]
Amount = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=6, description="Decimal number, sent as a JSON string.", examples=["87.50"]),
]
Percent = Annotated[
    Decimal,
    Field(
        ge=0,
        le=100,
        max_digits=7,
        decimal_places=4,
        description="Part of 100.",
        json_schema_extra={"unit": "percent"},
        examples=["20"],
    ),
]
Version = Annotated[int, Field(ge=1, description="Counted from 1.", examples=[1])]
Sha256 = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256, lower-case hexadecimal.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
StreamName = Annotated[
    str,
    Field(
        pattern=r"^[a-z]+:[A-Za-z0-9][A-Za-z0-9:._-]{0,180}$",
        description="Stream: <aggregate>:<key>.",
        examples=["committee:2560-cluster:R07:1"],
    ),
]


class Bilingual(Contract):
    """A text in Thai and in English."""

    th: Prose
    en: Prose


class OrderNumber(Contract):
    """Number of an order as Thai offices write it: "ที่ 12/2560" of one unit."""

    unit: Office = Field(description="Office that issued the order.")
    number: int = Field(ge=1, le=99_999, description="Running number within the unit and year.", examples=[12])
    year: int = Field(
        ge=2400,
        le=2699,
        description="Year the unit numbers its orders by.",
        json_schema_extra={"unit": "B.E. year"},
        examples=[2560],
    )


class Evidence(Contract):
    """A document that bears a figure out: where it is, or the hash of its bytes."""

    title: Line
    uri: Annotated[str, Field(max_length=2_000, pattern=r"^(https?|urn):")] | None = Field(
        default=None, description="Where it is kept.", examples=["urn:obec:doc:2560/118"]
    )
    sha256: Sha256 | None = None


class Direction(StrEnum):
    """Which way an indicator improves."""

    HIGHER = "higher"
    LOWER = "lower"


class Frequency(StrEnum):
    """How often an indicator is measured."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
