"""What the evaluation service serves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.evaluation.http import COLLECTIONS, LEARNED
from services.evaluation.indicators import ClosePeriod
from services.evaluation.measurement import ScoreIndicator, WithdrawScore
from services.evaluation.periods import begins, ends, fits, last_day, of_year, whole_year, year_of
from services.evaluation.streams import Cell, cell_of, kind_of, measurement_stream, programme_of, region_of
from shared.contracts import Command, KnownProgramme, Read
from shared.contracts.types import Frequency
from shared.web.collection import APPROVER, OFFICER
from shared.web.jsonable import dump
from tests.unit.evaluation import test_indicators, test_measurement, test_qn1, test_rescoring, test_supervision
from tests.unit.evaluation.examples import INDICATORS_STREAM
from tests.unit.evaluation.world import run

BY_NAME = {each.name: each for each in COLLECTIONS}
MODULES = ("indicators", "measurement", "supervision", "recommendation", "conclusion")


class NothingHeld:
    """A store without streams."""

    async def holder(self, claim: Any) -> str | None:
        return None

    async def streams(self, prefix: str) -> list[str]:
        return []


def located(collection: str, command: Command) -> str:
    return run(BY_NAME[collection].locate(command, NothingHeld()))  # type: ignore[arg-type]


def test_every_kind_of_stream_is_served() -> None:
    kinds = {"indicators", "measurement", "supervision", "recommendation", "evaluation"}
    assert {each.aggregate.name for each in COLLECTIONS} == kinds
    assert len(BY_NAME) == len(COLLECTIONS)


def test_every_command_has_a_place_but_those_of_the_rule() -> None:
    served = {kind for each in COLLECTIONS for kind in (each.create, *each.verbs.values())}
    modules = [import_module(f"services.evaluation.{name}") for name in MODULES]
    things = [thing for module in modules for thing in vars(module).values() if isinstance(thing, type)]
    known = {thing for thing in things if issubclass(thing, Command) and thing is not Command}
    assert known - served == {ScoreIndicator, WithdrawScore}
    assert served <= known


def test_operators_close_reopen_and_extend_periods_and_command_nothing_else() -> None:
    orders = {"close-period", "reopen-period", "extend-period"}
    for collection in COLLECTIONS:
        for verb in ("create", *collection.verbs):
            assert ("operator" in collection.may(verb)) == (verb in orders), verb
            assert collection.may(verb) >= OFFICER


def test_who_verifies_returns_or_closes_may_be_an_approver() -> None:
    assert BY_NAME["measurements"].may("verify") == BY_NAME["measurements"].may("return") == APPROVER
    assert BY_NAME["recommendations"].may("close") == APPROVER
    assert BY_NAME["measurements"].may("create") == BY_NAME["indicators"].may("revise-target") == OFFICER


@pytest.mark.parametrize(
    ("collection", "command", "stream"),
    [
        ("indicators", test_indicators.define(), "indicators:2560-cluster"),
        ("measurements", test_measurement.measure(), "measurement:2560-cluster:QN2:R01:2560-Q1"),
        ("evaluations", test_supervision.conclude(), "evaluation:2560-cluster"),
    ],
)
def test_what_has_a_natural_key_is_found_by_it(collection: str, command: Command, stream: str) -> None:
    assert located(collection, command) == stream


@pytest.mark.parametrize(
    ("collection", "command"),
    [("supervision-visits", test_supervision.visit()), ("recommendations", test_supervision.issue())],
)
def test_what_has_none_gets_a_stream_of_its_own(collection: str, command: Command) -> None:
    one, other = located(collection, command), located(collection, command)
    assert one != other
    assert kind_of(one) == BY_NAME[collection].aggregate.name
    assert UUID(one.partition(":")[2]).version == 7


def test_decisions_read_what_the_service_has_or_learns() -> None:
    states = {type(each.aggregate.initial) for each in COLLECTIONS} | {each.state for each in LEARNED}
    commands: list[tuple[str, Command]] = [
        ("indicators", test_indicators.define()),
        ("measurements", test_measurement.measure()),
        ("measurements", test_measurement.score()),
        ("supervision-visits", test_supervision.visit()),
        ("recommendations", test_supervision.issue(visit=test_supervision.VISIT)),
        ("evaluations", test_supervision.conclude()),
    ]
    for name, command in commands:
        aggregate = BY_NAME[name].aggregate
        reads = aggregate.reads(command, aggregate.initial)
        assert all(isinstance(read, Read) and read.state in states for read in reads)
        assert KnownProgramme in {read.state for read in reads}


def test_every_state_can_be_shown_as_json() -> None:
    made = test_rescoring.world()
    test_rescoring.report(made, "R01", 75)
    made.learns(test_qn1.stream(), test_qn1.appointed())
    made.tell(INDICATORS_STREAM, test_indicators.extend())
    made.tell(INDICATORS_STREAM, ClosePeriod(period="2560-Q1"))
    run(made.settle())
    shown = {name: orjson.loads(dump(made.state(_aggregate(name), name))) for name in made.streams}
    assert shown["measurement:2560-cluster:QN2:R01:2560-Q1"]["score"]["score"] == "3.50"
    assert shown["indicators:2560-cluster"]["extended"] == {"2560-Q2": {"R01": "2017-05-31"}}
    for scenario in (
        test_supervision.on_visit(test_supervision.visited()),
        test_supervision.on(test_supervision.issued(), test_supervision.closed()),
        test_supervision.on_evaluation(test_supervision.concluded()),
    ):
        assert orjson.loads(dump(scenario.state()))


def _aggregate(stream: str) -> Any:
    return next(each.aggregate for each in COLLECTIONS if each.aggregate.name == kind_of(stream))


# Names and periods


def test_names_of_streams_can_be_read_back() -> None:
    name = measurement_stream("2560-cluster", "QN2", "R01", "2560-Q1")
    assert cell_of(name) == ("QN2", Cell("R01", "2560-Q1"))
    assert programme_of(name) == "2560-cluster"
    assert region_of("committee:2560-cluster:R07:1") == "R07"


def test_periods_are_those_of_the_fiscal_calendar() -> None:
    assert of_year(2560, Frequency.HALF_YEARLY) == ("2560-H1", "2560-H2")
    assert of_year(2560, Frequency.YEARLY) == (whole_year(2560),)
    assert len(of_year(2560, Frequency.MONTHLY)) == 12
    assert fits("2560-Q1", Frequency.QUARTERLY)
    assert not fits("2560-Q1", Frequency.MONTHLY)
    assert year_of("2560-cluster") == year_of("2560-M01") == 2560


def test_a_period_begins_and_ends_at_midnight_in_bangkok() -> None:
    assert begins("2560-Y") == datetime(2016, 9, 30, 17, tzinfo=UTC)
    assert ends("2560-Y") == datetime(2017, 9, 30, 16, 59, 59, 999999, tzinfo=UTC)
    assert last_day("2560-M05") == date(2017, 2, 28)
