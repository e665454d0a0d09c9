"""Rows of measurements and scores: the current figure, the verified one, and what was first received."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.envelope import Envelope
from shared.contracts.evaluation import MeasurementReturned, Reading
from tests.unit.reporting.log import PROGRAMME, Log

CELL = "QN3:R07:2560-Q1"


def only(log: Log) -> dict[str, Any]:
    """The one row of a measurement."""
    (row,) = log.rows("measurement")
    return row


def send_back(log: Log, measured: Envelope) -> None:
    reason = MeasurementReturned(
        programme=PROGRAMME, measured=UUID(measured.event_id), reason="ขาดหลักฐาน", reviewer="usr-reviewer"
    )
    log.tell(measured.stream, reason)


def test_a_reported_figure_waits() -> None:
    log = Log()
    log.measure(CELL, "42")

    assert (only(log)["status"], only(log)["figure"], only(log)["verified_figure"]) == ("waiting", Decimal(42), None)


def test_a_verified_figure_is_the_verified_one() -> None:
    log = Log()
    verified = log.verify(log.measure(CELL, "42"))

    assert (only(log)["status"], only(log)["verified_figure"]) == ("verified", Decimal(42))
    assert (only(log)["verified_id"], only(log)["verified_at"]) == (verified.event_id, verified.occurred_at)


def test_a_returned_figure_says_why() -> None:
    log = Log()
    send_back(log, log.measure(CELL, "42"))

    assert (only(log)["status"], only(log)["returned_reason"]) == ("returned", "ขาดหลักฐาน")


def test_the_verified_figure_counts_while_its_restatement_waits() -> None:
    log = Log()
    first = log.measure(CELL, "42")
    log.verify(first)
    log.measure(CELL, "45", supersedes=first)

    row = only(log)
    assert (row["status"], row["figure"], row["verified_figure"], row["restatements"]) == ("waiting", 45, 42, 1)


def test_a_verification_of_another_figure_than_the_current_one_leaves_it_waiting() -> None:
    log = Log()
    first = log.measure(CELL, "42")
    log.measure(CELL, "45", supersedes=first)
    log.verify(first)

    assert (only(log)["status"], only(log)["verified_figure"]) == ("waiting", Decimal(42))


def test_a_return_of_another_figure_changes_nothing() -> None:
    log = Log()
    first = log.measure(CELL, "42")
    second = log.measure(CELL, "45", supersedes=first)
    log.verify(second)
    send_back(log, first)

    assert only(log)["status"] == "verified"


def test_the_first_receipt_counts_and_not_the_first_event() -> None:
    log = Log()
    first = log.measure(CELL, "42")
    early = first.received_at - timedelta(days=3)
    log.measure(CELL, "45", supersedes=first, received=early)

    assert only(log)["first_received_at"] == early


def test_a_voided_figure_brings_back_the_one_before_with_its_verification() -> None:
    log = Log()
    first = log.measure(CELL, "42")
    log.verify(first)
    second = log.measure(CELL, "45", supersedes=first)
    verified = log.verify(second)
    void = log.void(second)

    row = only(log)
    assert (row["status"], row["figure"], row["verified_measured"]) == ("verified", 42, first.event_id)
    assert {each["event_id"]: each["voided_by"] for each in log.rows("voided")} == {
        second.event_id: void.event_id,
        verified.event_id: void.event_id,
    }


def test_without_a_living_figure_there_is_no_row() -> None:
    log = Log()
    log.void(log.measure(CELL, "42"))

    assert log.rows("measurement") == []


@pytest.mark.parametrize(
    ("reading", "figure"),
    [
        (Reading(value=Decimal("0.10")), "0.10"),
        (Reading(level=4), "4"),
        (Reading(numerator=Decimal(2), denominator=Decimal(3)), "0.6666666666666666666666666667"),
    ],
)
def test_a_figure_is_exact(reading: Reading, figure: str) -> None:
    log = Log()
    log.measure(CELL, reading)

    assert str(only(log)["figure"]) == figure == str(reading.figure())


def test_each_living_score_has_a_row() -> None:
    log = Log()
    verified = log.verify(log.measure(CELL, "42"))
    kept = log.score(CELL, "42", "4.20", verified)
    log.void(log.score(CELL, "42", "4.30", verified))

    assert [row["event_id"] for row in log.rows("score")] == [kept.event_id]
