"""A programme of another year, other regions, indicators, periods and quorum, beside that of 2560: nothing is tied."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from tests.oracle_check import check_guarantees, view_differences
from tests.oracle_figures import figure_differences
from tests.scenarios import second as scenario
from tests.scenarios.product import Product
from tests.scenarios.second import INQUORATE, LATE, MONTHS, PROGRAMME, REGIONS, Lived, definition, visits
from tests.scenarios.year import Lived as LivedFirst


def test_all_four_regions_have_their_committees(second: Lived) -> None:
    assert second.ended["national"]["committees"]["text"] == "4/4"


def test_the_regions_are_those_of_its_own_list(second: Lived) -> None:
    assert [each["region"] for each in second.ended["regions"]["regions"]] == list(REGIONS)


def test_committees_are_counted_at_the_end_of_each_half_year(second: Lived) -> None:
    nation = {each["period"]: each for each in second.indicator("K1")["nation"]}
    first, last = nation["2563-H1"], nation["2563-H2"]
    assert [Decimal(each["figure"]) for each in (first, last)] == [3, 4]
    assert [each["regions_counted"] for each in (first, last)] == [3, 4]
    assert [each["regions_expected"] for each in (first, last)] == [4, 4]
    assert (first["status"], last["status"]) == ("provisional", "scored")


def test_a_committee_of_the_second_half_has_no_figure_for_the_first(second: Lived) -> None:
    cells = {(each["scope"], each["period"]): each for each in second.ended["indicators/K1"]["cells"]}
    assert cells[LATE, "2563-H1"]["status"] == "not_reported"
    assert cells[LATE, "2563-H2"]["status"] == "verified"


def test_its_own_bands_score_the_count(second: Lived) -> None:
    nation = {each["period"]: Decimal(each["score"]) for each in second.indicator("K1")["nation"]}
    assert nation == {"2563-H1": Decimal("4.00"), "2563-H2": Decimal("5.00")}
    assert Decimal(second.indicator("K1")["year_score"]["score"]) == 5


def test_months_add_up_and_the_nation_is_the_mean_of_its_regions(second: Lived) -> None:
    sums = [sum(visits(region, month) for month in MONTHS) for region in REGIONS]
    score = second.indicator("K2")["year_score"]
    assert sums == [12, 15, 18, 21]
    assert Decimal(score["figure"]) == Decimal(sum(sums)) / 4 == Decimal("16.5")
    # Bands 8, 12, 16, 20, 24: a half over the third, of four; 3.125 is rounded half up.
    assert Decimal(score["score"]) == Decimal("3.13")
    assert score["provisional"]


def test_the_rubrics_level_is_the_score(second: Lived) -> None:
    assert Decimal(second.indicator("K3")["year_score"]["score"]) == 4


def test_its_own_weights_make_the_total(second: Lived) -> None:
    # (40 × 5.00 + 35 × 3.13 + 25 × 4.00) / 100 = 4.0955
    assert second.ended["national"]["total"]["text"] == "4.10 on 100 of 100"


def test_four_of_seven_are_no_quorum_where_more_than_two_thirds_are_asked_for(second: Lived) -> None:
    meetings = [each for each in second.ended["meetings"]["meetings"] if each["region"] == INQUORATE]
    judged = {each["number"]: (each["present"], each["voting"], each["quorate"]) for each in meetings}
    assert judged == {"1/2563": (4, 7, False), "2/2563": (5, 7, True), "3/2563": (6, 7, True)}
    total = second.ended["national"]["meetings"]
    assert (total["held"], total["inquorate"]) == (10, 1)


def test_its_activities_are_done_by_its_own_rules(second: Lived) -> None:
    done = {code: second.activity(code) for code in ("1", "2")}
    assert {code: (each["counted"], each["needed"]) for code, each in done.items()} == {"1": (4, 4), "2": (4, 4)}
    assert [each["completed_on"] for each in done.values()] == ["2020-05-04", "2020-07-01"]
    assert [each["started_on"] for each in done.values()] == ["2019-11-15", "2020-02-03"]


def test_expected_figures_are_those_of_its_half_years_and_months(second: Lived) -> None:
    complete = second.ended["national"]["completeness"]
    assert {name: complete[name] for name in ("expected", "submitted", "verified", "timely")} == {
        "expected": 4 * (2 + 12),
        "submitted": 7 + 4 * len(MONTHS),
        "verified": 7 + 4 * len(MONTHS),
        "timely": 7 + 4,  # of the months only December's was due so late
    }


async def test_rows_figures_and_guarantees_hold_of_both_programmes(second: Lived) -> None:
    product = second.product
    await product.at_rest()
    told, now = await product.told(), await product.now()
    assert await view_differences(product.reporting_dsn, [each.envelope for each in told]) == []
    async with product.views() as pool:
        assert await figure_differences(pool, told, now) == []
    assert await check_guarantees(product.dsns, product.names.broker, product.topics, settled_at=now) == []


async def test_the_programme_of_2560_is_as_it_was(second: Lived, year: LivedFirst) -> None:
    for path in ("national", "regions", "indicators/QN2", "budget", "meetings"):
        then, ended = await year.then(path), year.ended[path]
        assert {**then, "meta": None} == {**ended, "meta": None}, path


@pytest.fixture
async def officer(product: Product) -> AsyncIterator[httpx.AsyncClient]:
    """An officer's client of the committee service."""
    async with httpx.AsyncClient(base_url=product.addresses["committee"], timeout=60, trust_env=False) as client:
        answer = await client.post(f"{product.addresses['issuer']}/token", data={"username": "officer"})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@pytest.mark.parametrize("language", ["th", "en"])
async def test_a_year_without_a_list_of_regions_is_refused(officer: httpx.AsyncClient, language: str) -> None:
    body = {"definition": definition(programme="2561-example", fiscal_year=2561, region_list=2561)}
    headers = {"Idempotency-Key": f"2561 {language}", "Accept-Language": language}
    refused = await officer.post("/v1/programmes", json=body, headers=headers)
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "region.no_list_for_year"), problem
    assert problem["detail"] == problem[language]
    assert "2561" in problem["detail"]


async def test_no_list_is_borrowed_from_another_year(officer: httpx.AsyncClient) -> None:
    body = {"definition": definition(programme="2561-example", fiscal_year=2561, region_list=2560)}
    refused = await officer.post("/v1/programmes", json=body, headers={"Idempotency-Key": "2561 borrowed"})
    assert (refused.status_code, refused.json()["code"]) == (422, "region.no_list_for_year"), refused.text


def test_the_definition_sent_is_the_file_that_the_product_ships() -> None:
    assert scenario.FILE.is_file()
    assert definition()["programme"] == PROGRAMME
