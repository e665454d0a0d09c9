"""A measurement's stream: the current figure of one indicator, scope and period, and the scores it was given."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from services.reporting.projections.fact import Body, Fact
from services.reporting.projections.tables import Given, Row
from services.reporting.projections.values import TO_28_DIGITS, number

_NOT_VERIFIED: Row = (None, None, None)


class MeasurementFold:
    """Gives the row of ``measurement`` and the rows of ``score``, each of these once."""

    tables: ClassVar[tuple[str, ...]] = ("measurement", "score")
    __slots__ = (
        "_cell",
        "_changed",
        "_figures",
        "_first_received_at",
        "_measured_id",
        "_reading",
        "_reported",
        "_returned_reason",
        "_scores",
        "_status",
        "_stream",
        "_verified",
        "_verified_measured",
    )

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._changed = True
        self._cell: Row = ()
        self._reading: Row = ()
        self._reported: Row = ()
        self._measured_id = ""
        self._figures: dict[str, Decimal] = {}
        self._first_received_at: datetime | None = None
        self._status = ""
        self._verified_measured: str | None = None
        self._verified: Row = _NOT_VERIFIED
        self._returned_reason: str | None = None
        self._scores: list[Row] = []

    def step(self, fact: Fact) -> None:
        """The last figure is the current one; what is said of another than that does not change its status."""
        match fact.name:
            case "IndicatorMeasured":
                self._measured(fact)
            case "MeasurementVerified":
                self._verify(fact)
            case "MeasurementReturned":
                self._return(fact)
            case "IndicatorScored":
                self._scores.append(_score(fact))
                return
            case _:
                return
        self._changed = True

    def give(self, rows: Given) -> None:
        """Since it was asked last: the figure's row if it changed, and the scores."""
        if self._scores:
            rows["score"] += self._scores
            self._scores = []
        if self._changed and self._measured_id:
            rows["measurement"].append(self._row())
            self._changed = False

    def _measured(self, fact: Fact) -> None:
        body = fact.body
        reading = body["reading"]
        figure = self._figures[fact.event_id] = figure_of(reading)
        self._measured_id = fact.event_id
        self._cell = (body["programme"], body["indicator"], body["scope"], body["period"])
        self._reading = (
            figure,
            figure if "value" in reading else None,
            number(reading.get("numerator")),
            number(reading.get("denominator")),
            reading.get("level"),
            body["indicator_version"],
            fact.event_id,
            fact.received_at,
        )
        self._reported = (len(body.get("evidence", ())), body["reporter"])
        self._status = "waiting"
        self._returned_reason = None
        if self._first_received_at is None or fact.received_at < self._first_received_at:
            self._first_received_at = fact.received_at

    def _verify(self, fact: Fact) -> None:
        measured = fact.body["measured"]
        if measured in self._figures:
            self._verified_measured = measured
            self._verified = (fact.body["verifier"], fact.event_id, fact.occurred_at)
        if measured == self._measured_id:
            self._status, self._returned_reason = "verified", None

    def _return(self, fact: Fact) -> None:
        measured = fact.body["measured"]
        if measured == self._verified_measured:
            self._verified_measured, self._verified = None, _NOT_VERIFIED
        if measured == self._measured_id:
            self._status, self._returned_reason = "returned", fact.body["reason"]

    def _row(self) -> Row:
        verified = self._verified_measured
        return (
            self._stream,
            *self._cell,
            self._status,
            *self._reading,
            self._first_received_at,
            len(self._figures) - 1,
            *self._reported,
            None if verified is None else self._figures[verified],
            verified,
            *self._verified,
            self._returned_reason,
        )


def figure_of(reading: Body) -> Decimal:
    """The number that is scored; a ratio to 28 significant digits."""
    if "value" in reading:
        return Decimal(str(reading["value"]))
    if "level" in reading:
        return Decimal(reading["level"])
    return TO_28_DIGITS.divide(Decimal(str(reading["numerator"])), Decimal(str(reading["denominator"])))


def _score(fact: Fact) -> Row:
    body = fact.body
    return (
        fact.event_id,
        fact.stream,
        body["programme"],
        body["indicator"],
        body["scope"],
        body["period"],
        body["indicator_version"],
        number(body["figure"]),
        number(body.get("target")),
        number(body["score"]),
        body["level"],
        number(body["weight"]),
        number(body["weighted"]),
        body["scheme"],
        body.get("regions_counted"),
        body.get("regions_expected"),
        body.get("provisional", False),
        body["cause"],
        fact.occurred_at,
        fact.position,
    )
