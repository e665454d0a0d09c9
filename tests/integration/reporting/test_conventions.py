"""The one convention of every view: validators, narrowing, pages, languages, and what cannot be read."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest
import pytest_asyncio

from shared.contracts.evaluation import TargetRevised
from tests.integration.reporting.site import Site, shared_site
from tests.servers import Servers
from tests.unit.reporting.log import PROGRAMME, Log, definition

WIDE, NARROW = ["0", "90", "180", "270", "360"], ["10", "20", "30", "40", "60"]
"""Bands of one indicator before and after they were put right."""
BASE = f"/v1/programmes/{PROGRAMME}/"
VIEWS = (
    *("national", "regions", "regions/R07", "activities", "indicators", "indicators/QN3", "committees", "completeness"),
    *(
        "committees/R07",
        "meetings",
        "budget",
        "recommendations",
        "lineage?figure=committees",
        "changes?since=2017-01-19",
    ),
    "compare?region=R07&with_region=R08",
)


def told() -> Log:
    """Two committees, a meeting, money and two verified figures."""
    log = Log()
    log.register()
    log.at("2017-01-20").propose("R07", "2016-11-01")
    log.appoint("R07", "2017-01-10")
    log.propose("R08", "2016-11-01")
    log.schedule("R07-1", "R07", "2017-02-01T09:00:00+07:00")
    log.at("2017-03-01").pay(1_234_567_89, "2017-02-10")
    figure = log.measure("QN3:R07:2560-Q1", "45")
    log.verify(figure)
    log.score("QN3:R07:2560-Q1", "45", "4.50", figure)
    log.verify(log.measure("QN3:R08:2560-Q2", "40"))
    return log


@pytest.fixture
async def log(site: Site) -> Log:
    """A site of this test that knows all of it, to go on from."""
    log = told()
    await site.project(log)
    return log


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers) -> AsyncIterator[Site]:
    """A site that knows all of it."""
    async with shared_site(servers, told()) as site:
        yield site


async def get(site: Site, path: str, headers: Mapping[str, str] | None = None, /, **query: str) -> httpx.Response:
    return await site.client.get(BASE + path, params={**parse(path), **query}, headers=headers)


def parse(path: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


def cursor(at: Any) -> str:
    """What stands for a page whose look was judged at that time."""
    places = [("committee", 0, 1_000), ("activity", 0, 1_000), ("evaluation", 0, 1_000)]
    return base64.urlsafe_b64encode(orjson.dumps([places, 0, at])).decode()


@pytest.mark.parametrize("view", VIEWS)
async def test_an_answer_at_hand_is_not_sent_again_while_it_holds(shared: Site, view: str) -> None:
    first = await get(shared, view)
    assert first.status_code == 200, first.text
    again = await get(shared, view, {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_lists_at_hand_are_not_sent_again_either(shared: Site) -> None:
    tags = set()
    for path in ("/v1/programmes", "/v1/dictionary", "/v1/dictionary?format=csv"):
        first = await shared.client.get(path)
        assert first.status_code == 200, first.text
        again = await shared.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        tags.add(first.headers["etag"])
    assert len(tags) == 3


@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "parquet"])
async def test_the_same_tag_is_the_same_bytes_though_time_goes_by(
    shared: Site, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    first = await get(shared, "regions", format=form)
    monkeypatch.setattr(shared.clock, "moment", shared.clock.moment + timedelta(minutes=7))
    second = await get(shared, "regions", format=form)
    assert (second.headers["etag"], second.content) == (first.headers["etag"], first.content)


async def test_the_tag_turns_with_an_event_and_with_the_day(site: Site, log: Log) -> None:
    tags = [(await get(site, "national")).headers["etag"]]
    log.at("2017-03-02T09:00:00+07:00").propose("R09", "2016-11-01")
    await site.project(log)
    tags.append((await get(site, "national")).headers["etag"])
    site.clock.moment += timedelta(days=1)
    tags.append((await get(site, "national")).headers["etag"])
    assert len(set(tags)) == 3


async def test_what_is_due_turns_at_midnight_though_nothing_is_recorded(site: Site, log: Log) -> None:
    site.clock.moment = datetime.fromisoformat("2017-04-15T23:59:59+07:00")
    before = await get(site, "completeness")
    site.clock.moment = datetime.fromisoformat("2017-04-16T00:00:00+07:00")
    after = await get(site, "completeness")
    assert before.json()["total"]["expected"] < after.json()["total"]["expected"]
    assert before.json()["meta"]["fresh_until"] == after.json()["meta"]["at"] == "2017-04-15T17:00:00Z"


async def test_the_tag_turns_when_an_order_comes_into_effect(site: Site, log: Log) -> None:
    log.at("2017-03-02T09:00:00+07:00").appoint("R08", "2017-03-05", 9)
    await site.project(log)
    site.clock.moment = datetime.fromisoformat("2017-03-04T23:59:00+07:00")
    before = await get(site, "national")
    assert before.json()["committees"]["text"] == "1/19"
    assert before.json()["meta"]["fresh_until"] == "2017-03-04T17:00:00Z"
    site.clock.moment = datetime.fromisoformat("2017-03-05T00:00:00+07:00")
    after = await get(site, "national")
    assert after.json()["committees"]["text"] == "2/19"
    assert after.headers["etag"] != before.headers["etag"]


async def test_forms_languages_and_questions_have_tags_of_their_own(shared: Site) -> None:
    asked: tuple[dict[str, str], ...] = (
        *({}, {"format": "csv"}, {"format": "csv", "bom": "1"}, {"lang": "en"}, {"region": "R07"}),
        *({"as_of": "2017-02-28"}, {"effective_at": "2017-02-28"}, {"limit": "3"}),
    )
    tags = [(await get(shared, "regions", **query)).headers["etag"] for query in asked]
    assert len(set(tags)) == len(asked)


async def test_a_region_and_a_period_narrow_the_rows_and_change_no_figure(shared: Site) -> None:
    whole = (await get(shared, "indicators/QN3")).json()
    narrow = (await get(shared, "indicators/QN3", region="R08", period="๒๕๖๐-q2")).json()
    wanted = [row for row in whole["cells"] if (row["scope"], row["period"]) == ("R08", "2560-Q2")]
    assert narrow["cells"] == wanted
    assert len(wanted) == 1
    assert narrow["meta"]["filters"] == {"region": "R08", "period": "2560-Q2"}
    meetings = (await get(shared, "meetings", region="centre")).json()
    assert [row["region"] for row in meetings["by_region"]] == [None]
    assert meetings["total"] == (await get(shared, "meetings")).json()["total"]


async def test_pages_are_of_one_look_whatever_is_recorded_between_them(site: Site, log: Log) -> None:
    whole = (await get(site, "meetings")).json()
    for number in range(2, 6):
        log.at(f"2017-03-0{number}T09:00:00+07:00").schedule(
            f"R07-{number}", "R07", f"2017-04-0{number}T09:00:00+07:00"
        )
    await site.project(log)
    whole = (await get(site, "meetings")).json()

    first = await get(site, "meetings", limit="2")
    log.at("2017-03-09T09:00:00+07:00").schedule("R07-9", "R07", "2017-01-09T09:00:00+07:00")
    await site.project(log)
    rows, answer = [*first.json()["meetings"]], first
    while next_page := answer.links.get("next"):
        answer = await site.client.get(httpx.URL(f"http://reporting{BASE}meetings").join(next_page["url"]))
        assert answer.json()["meta"]["positions"] == first.json()["meta"]["positions"]
        rows += answer.json()["meetings"]

    assert rows == whole["meetings"]
    assert len((await get(site, "meetings")).json()["meetings"]) == len(rows) + 1


async def test_a_file_of_a_list_that_is_not_paged_leads_to_no_next_page(shared: Site) -> None:
    whole = await get(shared, "completeness", format="csv", table="total")
    paged = await get(shared, "completeness", format="csv", table="total", limit="1")
    assert paged.content == whole.content
    assert "next" not in paged.links
    assert "next" in (await get(shared, "completeness", format="csv", table="by_region", limit="1")).links


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"as_of": "2117-01-01"}, 400, "query.as_of_in_future"),
        ({"as_of": "0560-01-01"}, 400, "query.unreadable"),
        ({"as_of": "2560-13-01"}, 400, "query.unreadable"),
        ({"effective_at": "12/01/2560"}, 400, "query.unreadable"),
        ({"region": "R99"}, 404, "programme.unknown_region"),
        ({"region": "กรุงเทพ"}, 404, "programme.unknown_region"),
        ({"period": "2017-Q1"}, 400, "query.unreadable"),
        ({"period": "2559-Q1"}, 404, "programme.unknown_period"),
        ({"format": "pdf"}, 400, "query.unreadable"),
        ({"lang": "de"}, 400, "query.unreadable"),
        ({"limit": "0"}, 400, "query.unreadable"),
        ({"limit": "many"}, 400, "query.unreadable"),
        ({"effective_at": "9999-12-31T23:59:59Z"}, 400, "query.unreadable"),
        ({"cursor": cursor("0001-01-01T00:00:00+14:00")}, 400, "query.unreadable"),
        ({"cursor": cursor("9999-12-31T23:59:59Z"), "format": "xlsx"}, 400, "query.unreadable"),
        ({"cursor": cursor(2017)}, 400, "query.unreadable"),
        ({"cursor": "%%%"}, 400, "query.unreadable"),
        ({"cursor": "W1tdXQ=="}, 400, "query.unreadable"),
        ({"cursor": "W1tbIngiLDEsLTFdXSwwLCIyMDE3LTAxLTAxVDAwOjAwOjAwWiJd"}, 400, "query.unreadable"),
        ({"after": "committee:0"}, 400, "query.unreadable"),
        ({"table": "nothing", "format": "csv"}, 400, "query.unreadable"),
    ],
)
async def test_what_cannot_be_answered_is_told_in_two_languages(
    shared: Site, query: dict[str, str], status: int, code: str
) -> None:
    answer = await get(shared, "regions", **query)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert problem["th"] != problem["en"]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("view", "status", "code"),
    [
        ("regions/R99", 404, "programme.unknown_region"),
        ("committees/R99", 404, "programme.unknown_region"),
        ("indicators/QN9", 404, "programme.unknown_indicator"),
        ("events/no-uuid", 404, "event.not_found"),
        ("events/00000000-0000-4000-8000-000000000000", 404, "event.not_found"),
        ("lineage", 400, "query.unreadable"),
        ("lineage?figure=nothing", 400, "query.unknown_figure"),
        ("changes", 400, "query.unreadable"),
        ("changes?since=2117-01-01", 400, "query.unreadable"),
        ("compare", 400, "query.unreadable"),
        ("compare?with_region=R07", 400, "query.unreadable"),
        ("compare?region=R07&with_region=R08&with_programme=x", 400, "query.unreadable"),
        ("compare?region=R07&with_region=R99", 404, "programme.unknown_region"),
        ("compare?with_programme=none", 404, "programme.unknown"),
    ],
)
async def test_what_is_not_there_is_told_with_its_code(shared: Site, view: str, status: int, code: str) -> None:
    answer = await get(shared, view)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_lang_goes_before_the_header_in_problems(shared: Site) -> None:
    asked = {"Accept-Language": "en"}
    assert (await get(shared, "regions/R99", asked, lang="th")).headers["content-language"] == "th"
    assert (await get(shared, "regions/R99", asked)).headers["content-language"] == "en"


async def test_two_regions_stand_side_by_side_with_what_each_says(shared: Site) -> None:
    found = (await get(shared, "compare", region="R07", with_region="R08")).json()
    rows = {(row["figure"], row["member"]): row for row in found["figures"]}
    assert (found["left"], found["right"]) == ("R07", "R08")
    state = rows["committee", "state"]
    assert (state["left"], state["right"]) == ("appointed", "proposed")
    assert (state["left_lineage"], state["right_lineage"]) == ("committee/R07", "committee/R08")
    figure = rows["QN3/2560-Q2", "figure"]
    assert (figure["left"], figure["right"]) == (None, "40")


async def test_two_periods_stand_side_by_side(shared: Site) -> None:
    found = (await get(shared, "compare", period="2560-Q1", with_period="2560-Q2")).json()
    rows = {(row["figure"], row["member"]): row for row in found["figures"]}
    assert (rows["QN3/R07", "figure"]["left"], rows["QN3/R07", "figure"]["right"]) == ("45", None)
    assert rows["QN3/R08", "figure"]["right"] == "40"


async def test_two_programmes_stand_side_by_side(shared: Site) -> None:
    found = (await get(shared, "compare", with_programme=PROGRAMME)).json()
    rows = {(row["figure"], row["member"]): row for row in found["figures"]}
    assert rows["committees", "text"]["left"] == rows["committees", "text"]["right"] == "1/19"


async def test_a_score_shows_its_working(shared: Site) -> None:
    found = (await get(shared, "indicators/QN3")).json()
    (steps,) = [row for row in found["workings"] if row["scope"] == "R07"]
    definition = found["indicator"]
    assert steps["bands"] == definition["bands"]
    assert (steps["kind"], steps["figure"], steps["score"]) == ("bands", "45", "4.50")
    assert steps["lineage"] == "score/QN3/R07/2560-Q1"


async def test_a_score_shows_its_working_by_the_bands_that_were_known_then(site: Site) -> None:
    old = next(each for each in definition().indicators if each.code == "QN3")
    first, second = (old.model_copy(update={"bands": tuple(map(Decimal, bands))}) for bands in (WIDE, NARROW))
    log = Log()
    log.register()
    set_of = f"indicators:{PROGRAMME}"
    told = {
        "programme": PROGRAMME,
        "code": "QN3",
        "version": 2,
        "old": old,
        "revised_on": "2016-11-01",
        "reason": "ปรับ",
    }
    wrong = log.at("2017-01-20").tell(set_of, TargetRevised(**told, new=first))
    log.verify(log.measure("QN3:R07:2560-Q1", "45"))
    log.score("QN3:R07:2560-Q1", "45", "1.50", wrong, indicator_version=2)
    log.at("2017-03-01").void(wrong)
    log.tell(set_of, TargetRevised(**told, new=second))
    log.at("2017-03-02")
    await site.project(log)

    async def bands(**query: str) -> list[str]:
        (steps,) = (await get(site, "indicators/QN3", **query)).json()["workings"]
        return list(steps["bands"])

    assert await bands(as_of="2017-02-01") == WIDE
    assert await bands() == await bands(as_of="2017-03-01") == NARROW


async def test_evidence_stands_beside_the_figure_with_who_assessed_it(shared: Site) -> None:
    found = (await get(shared, "indicators/QN3")).json()
    cell = next(row for row in found["cells"] if (row["scope"], row["period"]) == ("R07", "2560-Q1"))
    its = [row for row in found["evidence"] if (row["scope"], row["period"]) == ("R07", "2560-Q1")]
    assert len(its) == cell["evidence"] > 0
    assert all(row["title"] and row["assessor"] for row in its)


async def test_an_event_tells_where_it_came_from_and_what_it_moved(shared: Site) -> None:
    behind = (await get(shared, "lineage?figure=committee/R07")).json()["events"]
    appointed = next(each for each in behind if each["name"] == "CommitteeAppointed")
    found = (await get(shared, f"events/{appointed['id']}")).json()
    assert (found["event"]["name"], found["event"]["stream"]) == ("CommitteeAppointed", appointed["stream"])
    assert "actor" not in orjson.dumps(found).decode()
    moved = {(row["figure"], row["member"]): (row["before"], row["after"]) for row in found["moved"]}
    assert moved["committees", "appointed"] == (0, 1)
    assert moved["committee/R07", "state"] == ("proposed", "appointed")


async def test_an_event_that_was_not_known_then_is_not_there(shared: Site) -> None:
    behind = (await get(shared, "lineage?figure=committee/R07")).json()["events"]
    path = f"events/{next(each['id'] for each in behind if each['name'] == 'CommitteeAppointed')}"
    assert (await get(shared, path)).status_code == 200
    assert (await get(shared, path, as_of="2017-01-19")).json()["code"] == "event.not_found"


async def test_a_committee_shows_its_roll_at_any_time(shared: Site) -> None:
    now = (await get(shared, "committees/R07")).json()
    then = (await get(shared, "committees/R07", effective_at="2017-01-09")).json()
    assert (now["committee"]["state"], then["committee"]["state"]) == ("appointed", "proposed")
    assert len(now["members"]) > 0


async def test_programmes_are_listed(shared: Site) -> None:
    found: Any = (await shared.client.get("/v1/programmes")).json()
    assert [each["programme"] for each in found["programmes"]] == [PROGRAMME]
