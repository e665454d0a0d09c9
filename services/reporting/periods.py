"""The periods of every programme for operators: closed or open, extended for whom, by whose order and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, Field

from services.reporting.queries.asked import opened
from services.reporting.sql import statements
from shared.thai.fiscal import KIND_OF_FREQUENCY, periods

_SQL = statements("services.reporting.queries", "periods.sql")

Row = Mapping[str, Any]


class Extension(BaseModel):
    """Until when a region may send its figures of a period."""

    region: str
    until: date


class PeriodOrder(BaseModel):
    """An event that closed, reopened or extended a period: it is its own audit."""

    event_id: UUID
    name: str = Field(description="PeriodClosed, PeriodReopened or PeriodExtended.")
    at: datetime
    actor: str
    region: str | None
    until: date | None
    reason: str | None


class PeriodAnswer(BaseModel):
    """A period of a programme."""

    programme: str
    stream: str = Field(description="The programme's set of indicators, to which orders go.")
    period: str = Field(examples=["2560-Q1"])
    closed: bool
    changed_at: datetime | None = Field(description="Since when; null: it was never closed.")
    extensions: list[Extension]
    orders: list[PeriodOrder] = Field(description="Newest first.")


async def every_period(pool: Any) -> list[PeriodAnswer]:
    """Every period in which something is measured, by programme and date, quarters before halves before the year."""
    async with opened(pool) as connection:
        sets = await connection.fetch(_SQL["sets"])
        standing = {(row["programme"], row["period"]): row for row in await connection.fetch(_SQL["standing"])}
        extensions = await connection.fetch(_SQL["extensions"])
        orders = await connection.fetch(_SQL["orders"], [row["stream"] for row in sets])
    return [
        PeriodAnswer(
            programme=row["programme"],
            stream=row["stream"],
            period=period,
            **_state(standing.get((row["programme"], period))),
            extensions=[
                Extension(region=each["region"], until=each["until"])
                for each in extensions
                if (each["programme"], each["period"]) == (row["programme"], period)
            ],
            orders=[_order(each) for each in orders if (each["stream"], each["period"]) == (row["stream"], period)],
        )
        for row in sets
        for period in _periods(row)
    ]


def _periods(row: Row) -> list[str]:
    """Shorter ones first; a set's programme begins with its fiscal year (B.E.)."""
    year = int(row["programme"][:4])
    frequencies = [each for each in KIND_OF_FREQUENCY if each in row["frequencies"]]
    return [str(period) for frequency in frequencies for period in periods(year, frequency)]


def _state(row: Row | None) -> dict[str, Any]:
    return {"closed": row is not None and row["closed"], "changed_at": row and row["changed_at"]}


def _order(row: Row) -> PeriodOrder:
    body: Mapping[str, Any] = orjson.loads(row["data"]) if row["data"] else {}
    return PeriodOrder(
        event_id=row["event_id"],
        name=row["name"],
        at=row["recorded_at"],
        actor=orjson.loads(row["metadata"]).get("actor", ""),
        region=body.get("region"),
        until=body.get("until"),
        reason=body.get("reason"),
    )
