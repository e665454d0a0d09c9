"""Indicator QN1 is measured and verified by rule from the committees' events, and never typed in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.evaluation import qn1
from services.evaluation.committees import COMMITTEES
from services.evaluation.indicators import INDICATORS, CloseIndicator, ClosePeriod, DefineIndicators, ReopenPeriod
from services.evaluation.measurement import MEASUREMENT, RULE, Measurement, Status
from shared.contracts import KNOWN_PROGRAMME, Event, Recorded
from shared.contracts.committee import CommitteeAppointed, CommitteeDissolved, CommitteeProposed, CommitteeReconstituted
from shared.contracts.common import FactVoided
from shared.contracts.definition import IndicatorDefinition
from shared.contracts.evaluation import IndicatorMeasured, MeasurementVerified
from tests.unit.evaluation.examples import (
    ALL,
    INDICATORS_STREAM,
    PROGRAMME,
    QN1,
    amount,
    measurement_of,
    revised,
)
from tests.unit.evaluation.world import COMPUTING, Reacting

ORDER: dict[str, Any] = {
    "order": {"unit": "สพฐ.", "number": 12, "year": 2560},
    "order_date": "2017-01-10",
    "signatory_office": "เลขาธิการ กพฐ.",
    "mandate_version": 1,
    "members": [{"office": "ศึกษาธิการภาค 1", "seat": "chair"}],
}
YEAR = measurement_of("QN1", "R01", "2560-Y")
HALVES = tuple(measurement_of("QN1", "R01", period) for period in ("2560-H1", "2560-H2"))
HALF_YEARLY = revised(QN1, frequency="half_yearly")


def stream(ordinal: int = 1, region: str = "R01") -> str:
    return f"committee:{PROGRAMME}:{region}:{ordinal}"


def appointed(day: str = "2017-01-15", region: str = "R01") -> CommitteeAppointed:
    return CommitteeAppointed.model_validate({"programme": PROGRAMME, "region": region, "effective_from": day, **ORDER})


def dissolved(day: str = "2017-05-01") -> CommitteeDissolved:
    return CommitteeDissolved(programme=PROGRAMME, region="R01", dissolved_on=date.fromisoformat(day), reason="ยุบรวม")


def reconstituted(day: str = "2017-04-01") -> CommitteeReconstituted:
    return CommitteeReconstituted.model_validate(
        {"programme": PROGRAMME, "region": "R01", "effective_from": day, **ORDER}
    )


def world(indicator: IndicatorDefinition = QN1, *, defined: bool = True) -> Reacting:
    made = Reacting([COMPUTING], [INDICATORS, MEASUREMENT], [KNOWN_PROGRAMME, COMMITTEES])
    made.knows_programme()
    made.now = datetime(2017, 6, 1, tzinfo=UTC)
    if defined:
        define(made, indicator)
    return made


def define(made: Reacting, indicator: IndicatorDefinition = QN1) -> None:
    made.tell(INDICATORS_STREAM, DefineIndicators(programme=PROGRAMME, indicators=(indicator, *ALL[1:])))


def figure(made: Reacting, name: str = YEAR) -> tuple[Any, str, str, Status] | None:
    state: Measurement = made.state(MEASUREMENT, name)
    current = state.current
    return (current.reading.value, current.reporter, current.reviewer, current.status) if current else None


def verified(value: int) -> tuple[Any, str, str, Status]:
    return amount(value), "rule:committee-events", "rule:qn1", Status.VERIFIED


def evidence(made: list[Recorded]) -> list[str | None]:
    (measured,) = [each.event for each in made if isinstance(each.event, IndicatorMeasured)]
    return [each.uri for each in measured.evidence]


def void(made: Reacting, fact: Recorded) -> Recorded:
    return made.learns(fact.stream, FactVoided(event_id=fact.id, reason="คำสั่งผิด"))


async def test_an_appointed_committee_makes_its_regions_figure_one() -> None:
    made = world()
    order = made.learns(stream(), appointed())
    events = await made.settle()
    assert [type(each.event) for each in events] == [IndicatorMeasured, MeasurementVerified]
    assert figure(made) == verified(1)
    assert evidence(events) == [order.id.urn]


async def test_a_replay_of_everything_measures_nothing_anew() -> None:
    made = world()
    first = made.learns(stream(), appointed())
    made.learns(stream(), dissolved())
    made.learns(stream(2), appointed("2017-05-20"))
    void(made, first)
    await made.settle()
    assert await made.replay() == []


async def test_a_dissolved_committee_makes_it_zero() -> None:
    made = world()
    made.learns(stream(), appointed())
    await made.settle()
    end = made.learns(stream(), dissolved())
    assert evidence(await made.settle()) == [end.id.urn]
    assert figure(made) == verified(0)


async def test_a_voided_appointment_makes_it_zero() -> None:
    made = world()
    order = made.learns(stream(), appointed())
    await made.settle()
    voiding = void(made, order)
    assert evidence(await made.settle()) == [voiding.id.urn]
    assert figure(made) == verified(0)


async def test_an_appointment_voided_before_it_was_measured_leaves_no_figure() -> None:
    made = world(defined=False)
    void(made, made.learns(stream(), appointed()))
    await made.settle()
    define(made)
    await made.settle()
    assert figure(made) is None


async def test_a_voided_dissolution_makes_it_one_again() -> None:
    made = world()
    made.learns(stream(), appointed())
    end = made.learns(stream(), dissolved())
    await made.settle()
    void(made, end)
    await made.settle()
    assert figure(made) == verified(1)


async def test_the_next_committee_of_a_region_makes_it_one_again() -> None:
    made = world()
    made.learns(stream(), appointed())
    made.learns(stream(), dissolved())
    await made.settle()
    made.learns(stream(2), appointed("2017-05-20"))
    await made.settle()
    assert figure(made) == verified(1)


async def test_a_reconstituted_committee_changes_no_figure() -> None:
    made = world()
    made.learns(stream(), appointed())
    await made.settle()
    made.learns(stream(), reconstituted())
    assert await made.settle() == []


async def test_a_reconstitution_stands_when_the_appointment_before_it_is_voided() -> None:
    made = world()
    order = made.learns(stream(), appointed())
    made.learns(stream(), reconstituted())
    void(made, order)
    await made.settle()
    assert figure(made) == verified(1)


async def test_a_proposal_is_no_committee() -> None:
    made = world()
    proposal = CommitteeProposed.model_validate(
        {
            "programme": PROGRAMME,
            "region": "R01",
            "ordinal": 1,
            "proposed_on": "2017-01-02",
            "proposed_by": "สพฐ.",
            "members": ORDER["members"],
        }
    )
    made.learns(stream(), proposal)
    assert await made.settle() == []


async def test_committees_appointed_before_the_indicators_are_counted_once_these_are_defined() -> None:
    made = world(defined=False)
    made.learns(stream(), appointed())
    made.learns(stream(1, "R02"), appointed(region="R02"))
    assert await made.settle() == []
    define(made)
    await made.settle()
    assert figure(made) == verified(1)
    assert figure(made, measurement_of("QN1", "R02", "2560-Y")) == verified(1)


async def test_a_region_that_never_had_a_committee_has_no_figure() -> None:
    made = world()
    made.learns(stream(), appointed())
    await made.settle()
    assert figure(made, measurement_of("QN1", "CTR", "2560-Y")) is None


async def test_only_a_computed_indicator_is_measured_by_rule() -> None:
    made = world(revised(QN1, computed_by=None))
    made.learns(stream(), appointed())
    assert await made.settle() == []


async def test_a_closed_indicator_is_measured_no_more() -> None:
    made = world()
    made.tell(INDICATORS_STREAM, CloseIndicator(code="QN1", reason="ยกเลิก"))
    made.learns(stream(), appointed())
    assert await made.settle() == []


# Periods


async def test_a_late_order_counts_in_every_period_since_it_took_effect() -> None:
    made = world(HALF_YEARLY)
    made.learns(stream(), appointed("2016-11-01"))
    await made.settle()
    assert [figure(made, name) for name in HALVES] == [verified(1), verified(1)]


async def test_a_period_tells_what_held_at_its_end() -> None:
    made = world(HALF_YEARLY)
    made.learns(stream(), appointed("2016-11-01"))
    await made.settle()
    made.learns(stream(), dissolved())
    await made.settle()
    assert [figure(made, name) for name in HALVES] == [verified(1), verified(0)]


@pytest.mark.parametrize(("day", "first"), [("2017-03-31", verified(1)), ("2017-04-01", None)])
async def test_a_period_ends_with_its_last_day_in_bangkok(day: str, first: Any) -> None:
    made = world(HALF_YEARLY)
    made.learns(stream(), appointed(day))
    await made.settle()
    assert [figure(made, name) for name in HALVES] == [first, verified(1)]


async def test_a_period_that_has_not_begun_is_not_measured() -> None:
    made = world(HALF_YEARLY)
    made.now = datetime(2017, 2, 1, tzinfo=UTC)
    made.learns(stream(), appointed())
    await made.settle()
    assert [figure(made, name) for name in HALVES] == [verified(1), None]


async def test_a_period_that_begins_is_measured_when_somebody_asks() -> None:
    made = world(HALF_YEARLY)
    made.now = datetime(2017, 2, 1, tzinfo=UTC)
    made.learns(stream(), appointed())
    await made.settle()
    made.now = datetime(2017, 4, 2, tzinfo=UTC)
    for reply in await qn1.figures(PROGRAMME, made, made.now, uuid4()):
        made.tell(reply.stream, reply.command, reply.actor, RULE)
    assert [figure(made, name) for name in HALVES] == [verified(1), verified(1)]
    assert await qn1.figures(PROGRAMME, made, made.now, uuid4()) == []


async def test_an_order_that_takes_effect_later_in_the_period_counts_for_it() -> None:
    made = world()
    made.learns(stream(), appointed("2017-08-01"))
    await made.settle()
    assert figure(made) == verified(1)


async def test_an_order_of_the_next_fiscal_year_is_no_figure_of_this_one() -> None:
    made = world()
    made.learns(stream(), appointed("2017-10-01"))
    assert await made.settle() == []


async def test_a_closed_period_is_measured_once_it_is_reopened() -> None:
    made = world(HALF_YEARLY)
    made.tell(INDICATORS_STREAM, ClosePeriod(period="2560-H1"))
    made.learns(stream(), appointed("2016-11-01"))
    await made.settle()
    assert [figure(made, name) for name in HALVES] == [None, verified(1)]
    made.tell(INDICATORS_STREAM, ReopenPeriod(period="2560-H1", reason="คำสั่งมาช้า"))
    await made.settle()
    assert [figure(made, name) for name in HALVES] == [verified(1), verified(1)]


# By hand


async def test_a_figure_that_somebody_voids_is_measured_anew() -> None:
    made = world()
    made.learns(stream(), appointed())
    measured = (await made.settle())[0]
    made.tell(YEAR, FactVoided(event_id=measured.id, reason="ลอง"))
    await made.settle()
    assert figure(made) == verified(1)


async def test_a_figure_that_was_not_verified_yet_is_verified() -> None:
    made = world()
    cause = made.learns(stream(), appointed())
    measure, verify = await qn1.respond(cause, made, made.now)
    made.tell(measure.stream, measure.command, measure.actor, RULE)
    assert await qn1.respond(cause, made, made.now) == [verify]


@pytest.mark.parametrize("event", [appointed(), dissolved(), reconstituted()], ids=lambda event: event.spec.name)
def test_the_rule_concerns_the_committees_events(event: Event) -> None:
    assert event.spec.name in qn1.CONCERNS
