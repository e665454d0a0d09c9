"""Views as files: every cell of every kind of file is what the JSON says."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import parse_qsl

import openpyxl
import orjson
import pytest
import pytest_asyncio
from pyarrow import parquet

from services.reporting.asking import Desk
from services.reporting.exports.dictionary import dictionary, meaning
from services.reporting.following import Watch
from services.reporting.http import Views
from shared.clock import RealClock
from shared.contracts.evaluation import IndicatorScored
from shared.thai.fiscal import BANGKOK
from shared.web.api import Api
from tests.integration.reporting.full import full
from tests.integration.reporting.site import Site, shared_site
from tests.servers import Servers
from tests.unit.reporting.log import PROGRAMME

LOG = full()
SCORED = next(each.event_id for each in LOG.sent if each.type == IndicatorScored.spec.type)
VIEWS = (
    *(
        "national",
        "regions",
        "regions/R07",
        "activities",
        "indicators",
        "indicators/QN3",
        "committees",
        "committees/R07",
    ),
    *("meetings", "budget", "recommendations", "completeness", "due", "compare?region=R07&with_region=R08"),
    *("lineage?figure=committee/R07", "changes?since=2017-01-19", f"events/{SCORED}"),
)
FIGURES = (
    *("committees", "committee/R07", "meetings", "meetings/R07", "activity/2", "briefing/briefing:a"),
    *("budget", "budget/activity/3", "budget/region/R07", "budget/3/R07"),
    *("cell/QN3/R07/2560-Q1", "score/QN3/R07/2560-Q1", "nation/QN3/2560-Q1", "total/R07"),
    *("completeness", "completeness/R07", "recommendations", "recommendations/R07", "visits", "visits/R07"),
)
"""One of every kind that has a lineage."""
META = "meta"
Rows = list[dict[str, Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers) -> AsyncIterator[Site]:
    """A site on which every part of every view has rows."""
    async with shared_site(servers, LOG) as site:
        yield site


def flat(row: Mapping[str, Any], outer: str = "") -> dict[str, Any]:
    """A row of the JSON under the columns that files have."""
    made: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and value:
            made.update(flat(value, f"{outer}{name}."))
        else:
            made[outer + name] = orjson.dumps(value).decode() if isinstance(value, (dict, list)) else value
    return made


def rows_of(part: Any) -> Rows:
    """The rows of a part of the JSON."""
    if part is None:
        return []
    return [
        flat(row if isinstance(row, dict) else {"value": row}) for row in (part if isinstance(part, list) else [part])
    ]


def same(cell: Any, value: Any) -> bool:
    """Whether a cell, of whatever file, is what the JSON has."""
    if value is None or cell is None:
        return cell in (None, "") and value in (None, "")
    if isinstance(value, bool):
        return str(cell).lower() == str(value).lower()
    try:
        return float(cell) == float(value)
    except (TypeError, ValueError):
        return str(cell) == str(value) or moment(cell) == moment(value)


def moment(value: Any) -> str:
    """An instant or a day as the files write it, to compare; a workbook has whole seconds."""
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return str(value)
    known = read if read.tzinfo else read.replace(tzinfo=BANGKOK)
    return known.astimezone(UTC).isoformat(timespec="seconds")


def read_csv(body: bytes) -> Rows:
    rows = csv.DictReader(StringIO(body.decode(), newline=""))
    return [{name: cell for name, cell in row.items() if not name.startswith("meta.")} for row in rows]


def read_parquet(body: bytes) -> Rows:
    found: Rows = parquet.read_table(BytesIO(body)).to_pylist()
    return found


async def get(site: Site, view: str, **query: str) -> Any:
    """An answer of a view, which must be one."""
    path, _, given = view.partition("?")
    answer = await site.client.get(f"/v1/programmes/{PROGRAMME}/{path}", params={**dict(parse_qsl(given)), **query})
    assert answer.status_code == 200, answer.text
    return answer


async def columns(site: Site) -> set[tuple[str, str]]:
    """Table and column of every file there can be."""
    views = (*VIEWS, *(f"lineage?figure={figure}" for figure in FIGURES))
    parts = [part for view in views for part in (await get(site, view)).json().items() if part[0] != META]
    parts += (await site.client.get("/v1/dictionary")).json().items()
    assert [name for name, part in parts if not rows_of(part)] == []
    return {(name, column) for name, part in parts for row in rows_of(part) for column in row}


def equal(found: Rows, rows: Rows) -> bool:
    """Whether all rows of a file are those of the JSON, column by column."""
    columns = {column for row in rows for column in row}
    return len(found) == len(rows) and all(
        set(cells) == columns and all(same(cells[column], row.get(column)) for column in columns)
        for cells, row in zip(found, rows, strict=True)
    )


@pytest.mark.parametrize(("form", "read"), [("csv", read_csv), ("parquet", read_parquet)])
async def test_every_part_of_every_view_is_given_as_a_table(
    shared: Site, form: str, read: Callable[[bytes], Rows]
) -> None:
    for view in VIEWS:
        answer = (await get(shared, view)).json()
        for part in answer.keys() - {META}:
            found = read((await get(shared, view, format=form, table=part)).content)
            assert equal(found, rows_of(answer[part])), (view, part)


async def test_a_workbook_has_every_part_of_a_view(shared: Site) -> None:
    for view in VIEWS:
        answer = (await get(shared, view)).json()
        book = openpyxl.load_workbook(BytesIO((await get(shared, view, format="xlsx")).content))
        assert book.sheetnames == ["About", *(name for name in answer if name != META), "Dictionary"]
        for sheet in book.worksheets[1:-1]:
            titles, *rows = sheet.iter_rows(values_only=True) if answer[sheet.title] else [()]
            found: Rows = [dict(zip(map(str, titles), row, strict=True)) for row in rows]
            assert equal(found, rows_of(answer[sheet.title])), (view, sheet.title)


async def test_a_file_without_a_table_named_holds_the_view_s_main_one(shared: Site) -> None:
    answer = (await get(shared, "regions")).json()
    assert equal(read_csv((await get(shared, "regions", format="csv")).content), rows_of(answer["regions"]))


async def test_the_accept_header_says_the_form_unless_the_address_does(shared: Site) -> None:
    path = f"/v1/programmes/{PROGRAMME}/regions"
    accepted = {"Accept": "application/json;q=0.4, text/csv;q=0.9"}
    assert (await shared.client.get(path, headers=accepted)).headers["content-type"] == "text/csv; charset=utf-8"
    named = await shared.client.get(path, headers=accepted, params={"format": "json"})
    assert named.headers["content-type"] == "application/json"
    assert (await shared.client.get(path, headers={"Accept": "*/*, text/csv;q=0.2"})).json()["regions"]


async def test_a_file_s_name_says_what_it_holds(shared: Site) -> None:
    answer = await get(shared, "regions/R07", format="csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="2560-cluster-regions-R07-cells.csv"'
    book = await get(shared, "lineage?figure=committee/R07", format="xlsx")
    assert 'filename="2560-cluster-lineage-committee-R07.xlsx"' in book.headers["content-disposition"]


async def test_a_workbook_says_what_it_is_as_of(shared: Site) -> None:
    answer = await get(shared, "regions/R07", format="xlsx", as_of="2560-02-28")
    about = openpyxl.load_workbook(BytesIO(answer.content))["About"]
    told = {row[0]: row[2] for row in about.iter_rows(min_row=2, values_only=True)}
    assert told["question"] == "regions R07"
    assert str(told["as_of"]).startswith("2017-02-28 23:59:59")
    assert {"final", "complete_up_to", "completeness.expected", "positions"} <= told.keys()


@pytest.mark.parametrize("query", [{"format": "pdf"}, {"format": "csv", "table": "persons"}, {"format": ""}])
async def test_a_form_or_a_table_that_there_is_not_is_said_so(shared: Site, query: dict[str, str]) -> None:
    problem = await shared.get("regions", status=400, **query)
    assert problem["code"] == "query.unreadable"


def test_every_view_is_among_those_whose_files_are_looked_at() -> None:
    api = Api()
    Views(Desk(lambda: None, RealClock()), Watch(lambda: None)).add_to(api)
    served = [each.path.partition("{programme}/")[2] for each in api.operations if each.files]
    assert "national" in served
    for view in filter(None, served):
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(view))
        assert any(re.fullmatch(pattern, each.partition("?")[0]) for each in VIEWS), view


async def test_every_column_of_every_file_has_a_meaning_and_no_word_is_of_none(shared: Site) -> None:
    words = {each: meaning(*each) for each in await columns(shared)}
    assert [each for each, word in words.items() if not (word.thai and word.english)] == []
    said = {(word["table"], word["column"]) for word in dictionary() if not word["column"].startswith("meta.")}
    assert said - {word[:2] for word in words.values()} == set()


async def test_what_a_workbook_says_of_itself_is_explained_and_nothing_else(shared: Site) -> None:
    about = openpyxl.load_workbook(BytesIO((await get(shared, "national", format="xlsx")).content))["About"]
    rows = list(about.iter_rows(min_row=2, values_only=True))
    explained = {word["column"]: f"{word['thai']} / {word['english']}" for word in dictionary()}
    told = {name: text for name, text in explained.items() if name.startswith("meta.")}
    assert {f"meta.{name}": text for name, text, _ in rows} == told


async def test_the_dictionary_is_given_as_a_file_too(shared: Site) -> None:
    answer = await shared.client.get("/v1/dictionary", params={"format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="dictionary-columns.csv"'
    assert list(csv.DictReader(StringIO(answer.text))) == dictionary()
