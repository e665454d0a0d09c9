"""The events behind a figure, and that the figure is what these events alone come to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from demo.example import PROGRAMME
from oracle.asked import Asked, World
from oracle.numbers.subject import Subject
from oracle.told import Told
from tests.scenarios.comparing import answer_differences
from tests.scenarios.product import Answer
from tests.scenarios.year import Lived

FIGURES = {
    "committee/R13": ("committees", {"region": "R13"}),
    "meetings/R05": ("meeting_counts", {"region": "R05"}),
    "activity/1.2": ("activities", {"code": "1.2"}),
    "activity/4": ("activities", {"code": "4"}),
    "budget": ("budget_total", {}),
    "budget/activity/3": ("budget_by_activity", {"activity": "3"}),
    "budget/region/R12": ("budget_by_region", {"region": "R12"}),
    "cell/QN3/R08/2560-Q2": ("cells", {"indicator": "QN3", "scope": "R08", "period": "2560-Q2"}),
    "cell/QL3/TH/2560-Y": ("cells", {"indicator": "QL3", "scope": "TH", "period": "2560-Y"}),
    "nation/QN4/2560-Q3": ("national_cells", {"indicator": "QN4", "period": "2560-Q3"}),
    "score/QN2/TH/2560-Y": ("scores", {"indicator": "QN2", "scope": "TH", "period": "2560-Y"}),
    "score/QN1/R13/2560-Y": ("scores", {"indicator": "QN1", "scope": "R13", "period": "2560-Y"}),
    "total/TH": ("weighted_totals", {"scope": "TH"}),
    "total/R11": ("weighted_totals", {"scope": "R11"}),
    "completeness": ("completeness_total", {}),
    "completeness/R11": ("completeness", {"region": "R11"}),
    "recommendations/R17": ("recommendation_counts", {"region": "R17"}),
    "visits/R05": ("visit_counts", {"region": "R05"}),
}
"""Names of figures; the oracle's number of the same name, and which of its rows."""


@pytest.mark.parametrize("figure", FIGURES)
async def test_the_events_behind_a_figure_are_all_that_it_is_made_of(year: Lived, figure: str) -> None:
    number, row = FIGURES[figure]
    behind = await year.product.ask("lineage", figure=figure)
    named = {each["id"] for each in behind["events"]}
    told = [each for each in await year.product.told() if each.id in named]

    assert behind["agrees"]
    assert len(told) == len(named)
    assert len(named) > 0
    subject = Subject(World(told, Asked(await year.product.now())), PROGRAMME)
    assert answer_differences(number, subject, [behind["value"]], **row) == []


async def test_the_nations_committees_are_the_nineteen_that_the_events_named_appoint(year: Lived) -> None:
    behind = await year.product.ask("lineage", figure="committees")
    appointed = {each["stream"] for each in behind["events"] if each["name"] == "CommitteeAppointed" and each["counts"]}
    assert (behind["value"]["appointed"], len(appointed)) == (19, 19)


async def test_a_payment_that_was_voided_is_named_and_does_not_count(year: Lived) -> None:
    behind = await year.product.ask("lineage", figure="budget/region/R02")
    its = named(behind, lambda each: each["stream"].startswith("budget:"))
    counting = {each["id"]: each["counts"] for each in its if each["name"] == "FundsDisbursed"}
    assert counting.pop(year.year.wrong_payment) is False
    assert list(counting.values()) == [True, True]
    assert [each["counts"] for each in its if each["name"] == "FactVoided"] == [False]


async def test_what_was_paid_is_the_sum_of_the_payments_named(year: Lived) -> None:
    behind = await year.product.ask("lineage", figure="budget/region/R07")
    payments = {each["id"] for each in named(behind, lambda each: each["name"] == "FundsDisbursed" and each["counts"])}
    amounts = [each.payload["amount_satang"] for each in await told(year) if each.id in payments]
    assert sum(amounts) == behind["value"]["net_disbursed"] > 0


async def test_an_event_is_found_in_its_store_by_the_place_that_lineage_names(year: Lived) -> None:
    behind = await year.product.ask("lineage", figure="cell/QN3/R08/2560-Q2")
    known = {each.id: each for each in await told(year)}
    for each in behind["events"]:
        assert known[each["id"]].place == (each["store"], each["shard"], each["position"])
        assert known[each["id"]].stream == each["stream"]


async def test_every_figure_of_the_nations_answer_can_be_asked_where_it_comes_from(year: Lived) -> None:
    names = sorted(lineages(year.ended["national"]))
    assert len(names) > 25
    for name in names:
        assert (await year.product.ask("lineage", figure=name))["agrees"], name


async def test_a_figure_that_is_none_is_refused_in_both_languages(year: Lived) -> None:
    path = f"/v1/programmes/{PROGRAMME}/lineage"
    problem = (await year.product.get(path, figure="cell/QN9/R01/2560-Q1")).json()
    assert problem["code"] == "query.unknown_figure"
    assert problem["th"] != problem["en"]


def named(behind: Answer, wanted: Callable[[Answer], bool]) -> list[Answer]:
    """Events of a lineage."""
    return [each for each in behind["events"] if wanted(each)]


async def told(year: Lived) -> list[Told]:
    """Every event there is."""
    return list(await year.product.told())


def lineages(answer: Answer) -> set[str]:
    """Every name of a lineage that an answer gives."""
    if isinstance(answer, dict):
        own = {answer["lineage"]} if "lineage" in answer else set()
        return own.union(*map(lineages, answer.values()))
    return set().union(*map(lineages, answer)) if isinstance(answer, list) else set()
