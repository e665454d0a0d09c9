"""What changed between two times."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.reporting.site import Site
from tests.unit.reporting.log import Log


@pytest.fixture
async def log(site: Site) -> Log:
    """A proposal in November, the order for it told on 20 February, money in March."""
    made = Log()
    made.at("2016-10-05").register()
    made.at("2016-11-10").propose("R07", "2016-11-01")
    made.at("2017-02-20").appoint("R07", "2017-01-10")
    made.at("2017-03-01").pay(500, "2017-02-27")
    made.at("2017-03-31")
    await site.project(made)
    return made


def changed(answer: dict[str, Any]) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Before and after by figure and member."""
    return {(each["figure"], each["member"]): (each["before"], each["after"]) for each in answer["changes"]}


def names(answer: dict[str, Any]) -> list[str]:
    """Names of the events between."""
    return [each["name"] for each in answer["events"]]


async def test_a_figure_that_moved_is_told_with_what_it_was(site: Site, log: Log) -> None:
    assert log.sent
    told = await site.get("changes", since="2017-02-19", as_of="2017-02-20")
    assert changed(told)["committees", "text"] == ("0/19", "1/19")
    assert changed(told)["committee/R07", "state"] == ("proposed", "appointed")
    assert names(told) == ["CommitteeAppointed"]


async def test_what_did_not_move_is_not_told(site: Site, log: Log) -> None:
    assert log.sent
    told = await site.get("changes", since="2017-02-20", as_of="2017-02-21")
    assert (told["events"], told["events_total"]) == ([], 0)
    assert not [figure for figure, _ in changed(told) if figure.startswith(("committee", "budget"))]


async def test_without_an_end_it_is_until_now(site: Site, log: Log) -> None:
    assert log.sent
    told = await site.get("changes", since="2017-02-19")
    assert changed(told)["budget/region/R07", "disbursed"] == (0, 500)
    assert names(told) == ["CommitteeAppointed", "FundsDisbursed"]


async def test_every_figure_told_is_what_was_answered_at_either_time(site: Site, log: Log) -> None:
    assert log.sent
    told = changed(await site.get("changes", since="2017-02-19", as_of="2017-03-30"))
    for which, day in enumerate(("2017-02-19", "2017-03-30")):
        for row in (await site.get("regions", as_of=day))["regions"]:
            for part in (each for each in row.values() if isinstance(each, dict) and "lineage" in each):
                for member, value in part.items():
                    if (part["lineage"], member) in told:
                        assert told[part["lineage"], member][which] == value


async def test_a_deadline_that_passes_moves_figures_without_an_event(site: Site, log: Log) -> None:
    assert log.sent
    told = await site.get("changes", since="2016-11-15", as_of="2017-02-19")
    assert told["events"] == []
    assert told["changes"] != []


async def test_a_voiding_is_among_the_events(site: Site, log: Log) -> None:
    paid = log.sent[-1]
    log.at("2017-04-01").void(paid)
    log.at("2017-04-02")
    await site.project(log)
    told = await site.get("changes", since="2017-03-31")
    assert names(told) == ["FactVoided"]
    assert changed(told)["budget/region/R07", "disbursed"] == (500, 0)


async def test_the_later_time_is_not_before_the_earlier_one(site: Site, log: Log) -> None:
    assert log.sent
    assert (await site.get("changes", status=400, since="2017-02-20", as_of="2017-02-19"))["code"] == "query.unreadable"
    assert (await site.get("changes", status=400, since="2017-04-01"))["code"] == "query.unreadable", "ahead of now"
    assert (await site.get("changes", status=400))["code"] == "query.unreadable"
    assert (await site.get("changes", status=400, since="yesterday"))["code"] == "query.unreadable"
    assert (await site.get("changes", status=404, since="2016-10-04"))["code"] == "programme.unknown"
