"""The pages over HTTP: every kind in both languages, its figures those of the interface, and what is no page."""

import gzip
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from html import unescape
from itertools import pairwise
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from services.reporting.pages.routes import Pages
from services.reporting.pages.sheets import SHEETS
from shared.contracts.evaluation import RecommendationClosed
from tests.conftest import NewDatabase
from tests.integration.reporting.full import MEETING, REGION, full
from tests.integration.reporting.site import Site, open_site, shared_site
from tests.servers import Servers
from tests.unit.reporting.log import PAPER, PROGRAMME

FIRST_VISIT_BYTES = 150_000
HTML = {"Accept": "text/html"}
FIGURE = re.compile(r'<data value="([^"]*)" data-figure="([^"]*)" data-member="([^"]*)">')
LINK = re.compile(r' href="(/[^"#]*)')
PATHS = {
    "": "",
    "regions": "regions",
    "regions/{region}": f"regions/{REGION}",
    "committees": "committees",
    "committees/{region}": f"committees/{REGION}",
    "meetings": "meetings",
    "meetings/{stream}": f"meetings/{MEETING}",
    "activities": "activities",
    "activities/{code}": "activities/2",
    "recommendations": "recommendations",
    "recommendations/{stream}": "recommendations/recommendation:a",
    "budget": "budget",
    "indicators": "indicators",
    "indicators/{code}": "indicators/QN3",
    "changes": "changes?since=2017-01-13",
    "compare": f"compare?this_region={REGION}&with_region=R08",
    "lineage": f"lineage?figure=completeness/{REGION}",
    "events/{event_id}": "events/{event}",
}
"""An example of every kind of page."""
FORMS_ONLY = ("changes", "compare", "compare?this_period=2560-Q1&with_period=2560-Q2", "indicators/QL1")
"""More of some kinds."""

REFUSED = (
    ("regions/R99", 404, "programme.unknown_region"),
    ("committees/R99", 404, "programme.unknown_region"),
    ("indicators/QN9", 404, "programme.unknown_indicator"),
    ("meetings/meeting:none", 404, "not_found"),
    ("recommendations/recommendation:none", 404, "not_found"),
    ("activities/9.9", 404, "not_found"),
    ("events/none", 404, "event.not_found"),
    ("nowhere", 404, "not_found"),
    ("?as_of=2099-01-01", 400, "query.as_of_in_future"),
    ("?as_of=1474-01-12", 400, "query.unreadable"),
    ("?effective_at=yesterday", 400, "query.unreadable"),
    ("?region=R99", 404, "programme.unknown_region"),
    ("?period=2561-Q1", 404, "programme.unknown_period"),
    ("changes?since=2099-01-01", 400, "query.unreadable"),
    ("lineage?figure=nothing", 400, "query.unknown_figure"),
    ("lineage", 400, "query.unreadable"),
)
"""What there is no page of, with status and code."""


class Reader:
    """Looks at pages."""

    def __init__(self, site: Site) -> None:
        self.site = site

    async def look(self, path: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A page below the programme's address."""
        address = f"/{PROGRAMME}{path if path.startswith('?') or not path else f'/{path}'}"
        answer = await self.site.client.get(address, headers={**HTML, **(headers or {})})
        assert answer.status_code == status, f"{address}: {answer.status_code} {answer.text[:2000]}"
        return answer

    async def paths(self) -> list[str]:
        """Examples of all kinds and more of some."""
        event = (await self.site.get("lineage", figure="committees"))["events"][-1]["id"]
        return [each.format(event=event) for each in (*PATHS.values(), *FORMS_ONLY)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers) -> AsyncIterator[Reader]:
    """A reader of a programme in which every part of every view has rows."""
    async with shared_site(servers, full()) as site:
        Pages(site.desk).add_to(site.app)
        yield Reader(site)


def with_language(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


def figures(page: str) -> set[tuple[str, str, str]]:
    """(figure, member, value) of every figure on a page."""
    return {(unescape(figure), member, unescape(value)) for value, figure, member in FIGURE.findall(page)}


def told(answer: Any) -> Iterator[tuple[str, str, str]]:
    """(figure, member, value) of every member of every figure in an answer of the interface."""
    if isinstance(answer, dict):
        for member, value in answer.items():
            if "lineage" in answer:
                yield answer["lineage"], member, as_text(value)
            yield from told(value)
    elif isinstance(answer, list):
        for each in answer:
            yield from told(each)


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def test_there_is_an_example_of_every_kind_of_page() -> None:
    assert {sheet.path for sheet in SHEETS} == set(PATHS)


async def test_no_two_pages_have_the_same_title_and_every_page_says_whose_time_it_is(shared: Reader) -> None:
    examples = [*PATHS.values(), "meetings/" + MEETING, "lineage?figure=committees", "indicators/QL1", "activities/1"]
    event = (await shared.site.get("lineage", figure="committees"))["events"][-1]["id"]
    pages = [(await shared.look(each.format(event=event))).text for each in dict.fromkeys(examples)]
    titles = [re.findall("<title>(.*?)</title>", page)[0] for page in pages]
    assert len(set(titles)) == len(titles), sorted(titles)
    assert all("UTC+7" in page for page in pages)
    meeting = (await shared.look(f"meetings/{MEETING}?lang=en")).text
    assert "Region 7" in re.findall("<title>(.*?)</title>", meeting)[0]


async def test_every_page_is_there_in_either_language_with_nothing_inline(shared: Reader) -> None:
    for path in await shared.paths():
        for language in ("th", "en"):
            answer = await shared.look(with_language(path, language))
            page = answer.text

            assert f'<html lang="{language}">' in page, path
            assert answer.headers["content-language"] == language
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'self'; "), path
            assert "unsafe" not in policy
            assert not re.search(r"<style|\sstyle=|<script(?! src=)|\son\w+=", page), path
            assert len(re.findall("<h1", page)) == 1, path
            levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
            assert all(after <= before + 1 for before, after in pairwise(levels)), (path, levels)
            assert len(re.findall("<table", page)) == len(re.findall("<caption", page)), path
            assert language == "en" or not re.search(r"\bNone\b|Decimal\(", page), path


async def test_every_figure_on_every_page_is_the_interface_s(shared: Reader) -> None:
    views = ["national", "regions", f"regions/{REGION}", "meetings", "budget", "recommendations", "committees"]
    views += ["activities", "indicators", "indicators/QN3", "indicators/QL1"]
    known = {each for view in views for each in told(await shared.site.get(view))}
    asked: set[str] = set()
    shown = 0
    for path in await shared.paths():
        found = figures((await shared.look(path)).text)
        for figure in {figure for figure, *_ in found - known} - asked:
            value = (await shared.site.get("lineage", figure=figure))["value"]
            known |= {(figure, member, as_text(each)) for member, each in value.items()}
            asked.add(figure)
        assert found - known == set(), path
        shown += len(found)
    assert shown > 500


async def test_every_link_on_the_board_leads_to_a_page(shared: Reader) -> None:
    links = {unescape(link) for link in LINK.findall((await shared.look("?as_of=2017-02-20&lang=en")).text)}
    below = {link for link in links if link.startswith(f"/{PROGRAMME}/") and "/reports" not in link}

    assert len(below) > 60
    assert all("as_of=2017-02-20" in link and "lang=en" in link for link in below)
    for section in {link.partition("?")[0] for link in below}:
        answer = await shared.site.client.get(section, params={"figure": "committees"}, headers=HTML)
        assert answer.status_code == 200, section


async def test_a_page_shows_what_was_known_on_the_day_that_is_asked_for(shared: Reader) -> None:
    before, after = await shared.look("?as_of=2016-12-31"), await shared.look("?as_of=2560-01-13")

    assert ("committees", "appointed", "0") in figures(before.text)
    assert ("committees", "appointed", "1") in figures(after.text)
    assert 'value="2017-01-13"' in after.text


async def test_of_very_many_events_the_first_are_shown_and_where_all_are(
    shared: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await shared.site.get("lineage", figure="committees")
    monkeypatch.setattr("services.reporting.pages.sheets.tracing.MOST_EVENTS", 2)
    page = (await shared.look("lineage?figure=committees&lang=en")).text

    assert f"Events behind it: {len(whole['events'])}" in page
    assert page.count("/events/") == 2 < len(whole["events"])
    [link] = re.findall(r'href="(/v1/[^"]+/lineage[^"]*)"', page)
    assert (await shared.site.client.get(unescape(link))).json()["events"] == whole["events"]


async def test_an_empty_cell_says_why(shared: Reader) -> None:
    page = (await shared.look("indicators/QN3?lang=en")).text

    assert {"Not due", "Not reported"} <= set(re.findall(r'<span class="why">([^<]*)</span>', page))
    assert not re.findall(r"<td[^>]*>\s*[-–—]?\s*</td>", page)


async def test_simulated_data_says_so_and_a_doubtful_region_too(shared: Reader) -> None:
    assert "ข้อมูลจำลอง" in (await shared.look("")).text
    assert "หลักฐานอ้างอิงน้อยกว่าเขตอื่น" in (await shared.look("regions/R08")).text
    assert "หลักฐานอ้างอิงน้อยกว่าเขตอื่น" not in (await shared.look("regions/R07")).text


async def test_members_are_shown_by_office_and_persons_not_at_all(shared: Reader) -> None:
    page = (await shared.look(f"committees/{REGION}")).text

    assert "ผู้ตรวจราชการ" in page
    assert "00000000-0000-4000-8000" not in page


async def test_a_page_is_sent_again_only_when_something_on_it_is_another(site: Site) -> None:
    Pages(site.desk).add_to(site.app)
    log = full()
    await site.project(log)
    reader = Reader(site)
    first = await reader.look("recommendations")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"

    await reader.look("recommendations", status=304, headers={"If-None-Match": tag})
    await reader.look("recommendations?lang=en", headers={"If-None-Match": tag})
    await reader.look("recommendations", headers={"If-None-Match": tag, "Accept-Language": "en"})
    closed = RecommendationClosed.model_validate(
        {"programme": PROGRAMME, "closed_on": "2017-03-01", "closer": "usr-closer", "evidence": (PAPER,)}
    )
    log.tell("recommendation:a", closed)
    await site.project(log)
    await reader.look("recommendations", headers={"If-None-Match": tag})


async def test_what_cannot_be_shown_is_a_page_for_people_and_a_problem_for_programs(shared: Reader) -> None:
    for path, status, code in REFUSED:
        program = await shared.look(path, status=status, headers={"Accept": "application/json"})
        problem = program.json()
        assert program.headers["content-type"] == "application/problem+json", path
        assert problem["code"] == code, path
        for language in ("th", "en"):
            page = await shared.look(with_language(path, language), status=status)
            assert page.headers["content-type"].startswith("text/html"), path
            assert page.headers["content-security-policy"].startswith("default-src 'self'"), path
            assert f'<html lang="{language}">' in page.text, path
            assert code in page.text
            assert problem[language].partition("(")[0] in unescape(page.text), path


async def test_a_failure_inside_is_a_page_for_people_and_a_problem_for_programs(
    shared: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_asked: object) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(shared.site.desk, "ask", fail)
    program = await shared.look("", status=500, headers={"Accept": "application/json"})
    assert program.json()["code"] == "service.failed"
    page = await shared.look("?lang=en", status=500)
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert page.headers["cache-control"] == "no-store"
    assert '<html lang="en">' in page.text
    assert "service.failed" in page.text
    assert f'href="/{PROGRAMME}?lang=en"' in page.text
    assert "secret" not in page.text

    monkeypatch.setattr("services.reporting.pages.problems.page", fail_at_once)
    bare = await shared.look("", status=500)
    assert bare.json()["code"] == "service.failed"


def fail_at_once(*_given: object) -> None:
    raise ZeroDivisionError("no page can be made")


async def test_a_programme_that_nobody_registered_is_no_page(shared: Reader) -> None:
    answer = await shared.site.client.get("/2599-nothing", headers=HTML)

    assert (answer.status_code, "programme.unknown" in answer.text) == (404, True)


async def test_below_the_interface_s_address_a_browser_gets_what_programs_get(shared: Reader) -> None:
    answer = await shared.site.client.get(f"/v1/programmes/{PROGRAMME}/regions/R99", headers=HTML)

    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_way_in_leads_to_the_newest_programme(shared: Reader) -> None:
    entrance = await shared.site.client.get("/?lang=en", headers=HTML)
    listed = await shared.site.client.get("/programmes", headers=HTML)

    assert (entrance.status_code, entrance.headers["location"]) == (303, f"/{PROGRAMME}?lang=en")
    assert f'href="/{PROGRAMME}"' in listed.text


async def test_while_there_is_no_programme_the_way_in_says_so(database: NewDatabase) -> None:
    async with open_site(database) as site:
        Pages(site.desk).add_to(site.app)
        entrance = await site.client.get("/", headers=HTML, follow_redirects=True)

    assert "ยังไม่มีชุดโครงการที่ขึ้นทะเบียน" in entrance.text


async def test_files_are_kept_for_ever_under_their_hash_and_a_first_visit_is_light(shared: Reader) -> None:
    board = await shared.look("")
    weight = len(gzip.compress(board.content, 6))
    files = set(re.findall(r'"(/assets/[^"]+)"', board.text))

    assert len(files) == 5
    for address in files:
        answer = await shared.site.client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-encoding"] == "gzip"
        weight += int(answer.headers["content-length"])
    assert weight <= FIRST_VISIT_BYTES
    address = next(iter(files))
    old = await shared.site.client.get(re.sub("/assets/[^/]+", "/assets/before", address))
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
    assert (await shared.site.client.get("/assets/before/nothing.css")).status_code == 404


async def test_pages_that_are_not_open_to_everybody_need_a_reader(database: NewDatabase) -> None:
    async with open_site(database, public_read=False) as site:
        Pages(site.desk).add_to(site.app)
        answer = await site.client.get(f"/{PROGRAMME}", headers=HTML)

    assert (answer.status_code, "auth.required" in answer.text) == (401, True)
