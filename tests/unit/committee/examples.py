"""Values that the tests of the committee service share: the programme of 2560, a mandate, members, orders."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.contracts.committee import MandateText, Member, ProgrammeRegistered, Seat
from shared.contracts.definition import ProgrammeDefinition
from shared.contracts.types import OrderNumber

PROGRAMME_ID = "2560-cluster"
UNIT = "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน"
PROGRAMMES = Path(__file__).parents[3] / "programmes"


@cache
def definition(name: str = PROGRAMME_ID) -> ProgrammeDefinition:
    """The definition in ``programmes/<name>.toml``."""
    return ProgrammeDefinition.model_validate(tomllib.loads((PROGRAMMES / f"{name}.toml").read_text("utf-8")))


def changed(base: ProgrammeDefinition, **fields: Any) -> ProgrammeDefinition:
    """The definition with some fields replaced, validated anew."""
    return ProgrammeDefinition.model_validate({**base.model_dump(), **fields})


def registered(known: ProgrammeDefinition | None = None) -> ProgrammeRegistered:
    """A programme as registered, by default that of 2560."""
    known = known or definition()
    return ProgrammeRegistered(programme=known.programme, version=1, definition=known, digest=known.digest())


def mandate_text(form: str = "คณะกรรมการประจำเขต") -> MandateText:
    """The five fields of a mandate."""
    return MandateText(
        form=form,
        composition="ประธาน กรรมการ และเลขานุการ",
        scope="ทุกเขตพื้นที่การศึกษาในเขตตรวจราชการ",
        duties="ส่งเสริมประสิทธิภาพการบริหารการศึกษาขั้นพื้นฐาน",
        mission_frame="กระจายอำนาจแบบ CLUSTER",
    )


def person(number: int) -> UUID:
    """Id of the ``number``-th person."""
    return UUID(int=number, version=4)


def member(number: int, seat: Seat = Seat.MEMBER, *, voting: bool = True) -> Member:
    """The ``number``-th person in a seat."""
    return Member(person_id=person(number), office=f"ผู้อำนวยการเขต {number}", seat=seat, voting=voting)


def order(number: int = 12, year: int = 2560, unit: str = UNIT) -> OrderNumber:
    """An order number, ที่ 12/2560."""
    return OrderNumber(unit=unit, number=number, year=year)


def day(text: str) -> date:
    """A day, written 2017-01-31."""
    return date.fromisoformat(text)
