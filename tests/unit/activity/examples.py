"""What the tests of the activity service are told about: one small programme, its people and its days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from shared.contracts import KnownProgramme, ProgrammeDefinition
from shared.contracts.committee import Member, Seat
from shared.contracts.definition import (
    ActivityDefinition,
    CompletionRule,
    IndicatorDefinition,
    IndicatorKind,
    MeasuredAt,
    NationalRule,
    PeriodRule,
    ProgrammePage,
    QuorumRule,
    ScoringScheme,
)
from shared.contracts.types import Bilingual, Evidence, Frequency

PROGRAMME = "2560-cluster"
PROGRAMME_STREAM = f"programme:{PROGRAMME}"
REGIONS = ("CTR", "R01", "R07")
ACTIVITIES = ("1", "1.1", "1.2", "1.3", "2", "3")


def both(text: str) -> Bilingual:
    """The same text in both languages."""
    return Bilingual(th=text, en=text)


def day(month: int, number: int, year: int = 2017) -> date:
    """A day, of 2017 unless said."""
    return date(year, month, number)


def moment(month: int, number: int, hour: int = 2, minute: int = 0) -> datetime:
    """An instant of 2017, UTC."""
    return datetime(2017, month, number, hour, minute, tzinfo=UTC)


def definition(
    quorum: QuorumRule | None = None,
    rules: dict[str, CompletionRule] | None = None,
    programme: str = PROGRAMME,
) -> ProgrammeDefinition:
    """The programme with that quorum, and those rules by which activities are done."""
    return ProgrammeDefinition(
        programme=programme,
        fiscal_year=2560,
        name=both("CLUSTER"),
        page=ProgrammePage(
            strategy=both("6"),
            project_set=both("3"),
            unit=both("unit"),
            committee_name=both("committee"),
            source="page",
        ),
        region_list=2560,
        regions=REGIONS,
        activities=tuple(
            ActivityDefinition(
                code=code,
                name=both(code),
                opens=day(10, 1, 2016),
                closes=day(8, 31),
                deadline=day(9, 30),
                completed_when=(rules or {}).get(code),
            )
            for code in ACTIVITIES
        ),
        indicators=(
            IndicatorDefinition(
                code="QN1",
                kind=IndicatorKind.QUANTITATIVE,
                name=both("committees"),
                unit=both("committees"),
                weight=Decimal(100),
                bands=(Decimal(1), Decimal(2), Decimal(3), Decimal(4), Decimal(5)),
                measured_at=MeasuredAt.REGION,
                frequency=Frequency.YEARLY,
                due_days=30,
                period_rule=PeriodRule.LAST,
                national_rule=NationalRule.SUM,
            ),
        ),
        scoring=ScoringScheme(name="five-band-linear", version=1),
        quorum=quorum or QuorumRule(),
    )


def known(quorum: QuorumRule | None = None, version: int = 1) -> KnownProgramme:
    """The programme as this service has learned it."""
    return KnownProgramme(version, definition(quorum))


def person(name: str) -> UUID:
    """A registered person."""
    return uuid5(UUID(int=7), name)


def member(name: str, seat: Seat = Seat.MEMBER, voting: bool = True) -> Member:
    """A registered person on a committee."""
    return Member(person_id=person(name), office=f"ผู้อำนวยการ {name}", seat=seat, voting=voting)


def paper(title: str) -> Evidence:
    """A document."""
    return Evidence(title=title, uri="urn:obec:doc:1")


def fields(command: Any) -> dict[str, Any]:
    """What a command says, field by field."""
    return {name: getattr(command, name) for name in type(command).model_fields}
