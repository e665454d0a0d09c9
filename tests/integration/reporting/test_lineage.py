"""Every figure that an answer names has its events, and comes out the same when it is made of them alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from shared.contracts.activity import ActivityPlanned, PolicyBriefed
from shared.contracts.evaluation import RecommendationIssued, SupervisionVisited
from tests.integration.reporting.site import Site, shared_site
from tests.servers import Servers
from tests.unit.reporting.log import PAPER, PROGRAMME, Log


def full() -> Log:
    """A little of everything."""
    log = Log()
    log.register()
    for number, region in enumerate(("R07", "R08"), 1):
        log.at(f"2016-11-1{number}").propose(region, "2016-11-01")
        log.at(f"2017-01-1{number}").appoint(region, "2017-01-10", number)
    plan = {"code": "1.2", "opens": "2016-11-01", "closes": "2017-01-31", "deadline": "2017-02-28"}
    log.tell(f"activity:{PROGRAMME}:1.2", ActivityPlanned.model_validate({"programme": PROGRAMME, **plan}))
    log.at("2017-02-01").hold("a", "R07", "2017-01-20T02:00:00+00:00")
    log.hold("b", None, "2017-01-21T02:00:00+00:00")
    log.schedule("c", "R08", "2017-03-01T02:00:00+00:00")
    log.pay(100_00, "2017-01-20")
    log.void(log.pay(50_00, "2017-01-20", number="2"))
    log.pay(25_00, "2017-01-21", activity="4", region=None, number="3")
    for region, value in (("R07", "42"), ("R08", "30")):
        verified = log.verify(log.measure(f"QN3:{region}:2560-Q1", value))
        log.score(f"QN3:{region}:2560-Q1", value, "4.20", verified)
        log.score(f"QN3:{region}:2560-Y", value, "4.20", verified)
    log.score("QN3:TH:2560-Q1", "72", "1.00", verified, regions_counted=2, regions_expected=19, provisional=True)
    log.measure("QN2:R07:2560-Q1", "0.8")
    issued = {"region": "R07", "issued_on": "2017-01-30", "text": "ควรติดตาม", "owner": "ศธภ.", "due_on": "2017-04-30"}
    log.tell("recommendation:a", RecommendationIssued.model_validate({"programme": PROGRAMME, **issued}))
    visited = SupervisionVisited(
        programme=PROGRAMME, region="R07", visited_on=date(2017, 1, 30), visited_by="สพฐ.", findings=("พบ",)
    )
    log.tell("supervision:a", visited)
    briefed = {"activity": "2", "title": "ชี้แจง", "briefed_on": "2017-02-01", "regions": ["R07"], "policy": PAPER}
    log.tell("briefing:a", PolicyBriefed.model_validate({"programme": PROGRAMME, **briefed}))
    log.at("2017-02-20")
    return log


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers) -> AsyncIterator[Site]:
    """A site that knows all of it."""
    async with shared_site(servers, full()) as site:
        yield site


def named(answer: Any) -> Iterator[str]:
    """Every lineage that an answer names, wherever it stands."""
    if isinstance(answer, dict):
        if isinstance(answer.get("lineage"), str):
            yield answer["lineage"]
        for each in answer.values():
            yield from named(each)
    elif isinstance(answer, list):
        for each in answer:
            yield from named(each)


PATHS = (
    *("national", "regions", "regions/R07", "activities", "indicators", "indicators/QN3", "committees", "meetings"),
    *("budget", "recommendations"),
)


@pytest.mark.parametrize("query", [{}, {"as_of": "2017-02-10"}, {"effective_at": "2017-01-20"}], ids=str)
async def test_every_figure_is_made_of_the_events_it_names(shared: Site, query: dict[str, Any]) -> None:
    figures = sorted({each for path in PATHS for each in named(await shared.get(path, **query))})
    of_one_indicator = [each for each in figures if each.startswith("cell/") and "/QN3/" not in each]

    assert len(figures) > 100
    for figure in set(figures) - set(of_one_indicator[10:]):
        answer = await shared.get("lineage", figure=figure, **query)
        assert answer["agrees"], figure
        assert answer["value"] == answer["recomputed"]


@pytest.mark.parametrize(
    ("figure", "events"),
    [
        ("committees", {"ProgrammeRegistered": 1, "CommitteeProposed": 2, "CommitteeAppointed": 2}),
        ("committee/R07", {"ProgrammeRegistered": 1, "CommitteeProposed": 1, "CommitteeAppointed": 1}),
        ("meetings/R07", {"ProgrammeRegistered": 1, "MeetingHeld": 1}),
        ("meetings/centre", {"ProgrammeRegistered": 1, "MeetingHeld": 1}),
        ("activity/1.2", {"ProgrammeRegistered": 1, "ActivityPlanned": 1, "CommitteeProposed": 2}),
        ("budget/3/R07", {"ProgrammeRegistered": 1, "FundsDisbursed": 2, "FactVoided": 1}),
        ("budget/4/centre", {"ProgrammeRegistered": 1, "FundsDisbursed": 1}),
        (
            "cell/QN3/R07/2560-Q1",
            {"ProgrammeRegistered": 1, "IndicatorMeasured": 1, "MeasurementVerified": 1, "IndicatorScored": 1},
        ),
        (
            "score/QN3/TH/2560-Q1",
            {"ProgrammeRegistered": 1, "IndicatorMeasured": 2, "MeasurementVerified": 2, "IndicatorScored": 3},
        ),
        ("visits/R07", {"ProgrammeRegistered": 1, "SupervisionVisited": 1}),
    ],
)
async def test_the_events_behind_a_figure_are_those_and_no_others(
    shared: Site, figure: str, events: dict[str, int]
) -> None:
    answer = await shared.get("lineage", figure=figure)

    told = [each["name"] for each in answer["events"] if each["name"] != "IndicatorDefined"]
    assert {name: told.count(name) for name in told} == events


async def test_what_is_voided_is_shown_and_does_not_count(shared: Site) -> None:
    answer = await shared.get("lineage", figure="budget/3/R07")

    paid = [each["counts"] for each in answer["events"] if each["name"] == "FundsDisbursed"]
    assert paid == [True, False]
    assert answer["value"]["disbursed"] == 100_00


@pytest.mark.parametrize(
    "figure", ["", "nonsense", "committee/R99", "cell/QN3/R07", "score/QN2/R07/2560-Q1", "activity/9", "budget/9/R07"]
)
async def test_a_figure_that_there_is_not_is_refused(shared: Site, figure: str) -> None:
    problem = await shared.get("lineage", status=400, figure=figure)

    assert problem["code"] in ("query.unknown_figure", "query.unreadable")
