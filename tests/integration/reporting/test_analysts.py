"""Analysts' views: the API's figures in SQL, for a role that reads them and nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.reporting.analysis.install import ROLE, VIEWS, column_words, dictionary, install, view_words
from services.reporting.rebuilding.schemas import make_schema
from tests.integration.reporting.site import Site, shared_site
from tests.integration.reporting.test_lineage import full
from tests.servers import Servers
from tests.unit.reporting.log import PROGRAMME, Log

DICTIONARY = Path(__file__).parents[3] / "docs" / "analysis.md"
OF_PERSONS = re.compile(r"person|citizen|reporter|verifier|publisher|actor|attend|signatory", re.IGNORECASE)


async def fill(site: Site) -> None:
    """A little of everything, judged at the time of the simulated clock, with the views put up."""
    await site.project(full())
    await site.pool.execute("INSERT INTO simulated_clock (now) VALUES ($1)", site.clock.moment)
    await install(site.owner_dsn)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(servers: Servers) -> AsyncIterator[Site]:
    """A filled site to look at."""
    async with shared_site(servers, Log()) as site:
        await fill(site)
        yield site


@pytest.fixture
async def filled(site: Site) -> Site:
    """A filled site of this test."""
    await fill(site)
    return site


@asynccontextmanager
async def analyst(servers: Servers, site: Site) -> AsyncIterator[asyncpg.Connection]:
    """A session with the rights of the analysts' role, on the site's database."""
    name = site.owner_dsn.rpartition("/")[2]
    connection = await asyncpg.connect(f"{servers.admin_dsn.rpartition('/')[0]}/{name}")
    try:
        await connection.execute(f"SET SESSION AUTHORIZATION {ROLE}")
        yield connection
    finally:
        await connection.close()


def plain(value: Any) -> Any:
    """A value as JSON would have it, in which the API answers."""
    match value:
        case Decimal():
            return format(value.normalize(), "f")
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return value


def as_told(value: Any) -> Any:
    """A value of the API in the same form."""
    if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value):
        return format(Decimal(value).normalize(), "f")
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
        return datetime.fromisoformat(value.replace("Z", "+00:00")).isoformat().replace("+00:00", "Z")
    return value


SAME: Mapping[str, tuple[str, str, tuple[str, ...], Mapping[str, str]]] = {
    "committees": ("committees", "committees", ("region",), {"committee": "stream"}),
    "meetings": ("meetings", "meetings", ("meeting",), {"meeting": "stream"}),
    "activities": ("activities", "activities", ("activity",), {"activity": "code"}),
    "indicators": ("indicators", "indicators", ("indicator",), {"indicator": "code"}),
    "budget": ("budget", "by_activity_and_region", ("activity", "region"), {}),
    "recommendations": ("recommendations", "recommendations", ("recommendation",), {"recommendation": "stream"}),
    "measurements": ("regions/R07", "cells", ("indicator", "scope", "period"), {}),
    "visits": ("regions/R07", "visit_list", ("visit",), {"visit": "stream"}),
    "briefings": ("activities", "briefings", ("briefing",), {"briefing": "stream"}),
    "due": ("regions/R07", "due_list", ("kind", "about"), {}),
}
"""By view: the question that the API answers alike, its list, what tells rows apart, and columns of another name."""


@pytest.mark.parametrize("view", SAME)
async def test_a_view_gives_the_figures_that_the_api_gives(shared: Site, servers: Servers, view: str) -> None:
    question, part, key, names = SAME[view]
    told = (await shared.get(question))[part]
    async with analyst(servers, shared) as connection:
        rows = await connection.fetch(f"SELECT * FROM analysis.{view} WHERE programme = $1", PROGRAMME)
    found = {tuple(row[each] for each in key): {name: plain(value) for name, value in row.items()} for row in rows}

    assert told
    for row in told:
        mine = found[tuple(row[names.get(each, each)] for each in key)]
        common = {name: names.get(name, name) for name in mine if names.get(name, name) in row}
        assert {name: mine[name] for name in common} == {name: as_told(row[theirs]) for name, theirs in common.items()}
        assert len(common) >= len(mine) - 3


async def test_totals_completeness_and_the_nation_are_the_api_s_too(shared: Site, servers: Servers) -> None:
    national = await shared.get("national")
    regions = {row["region"]: row for row in (await shared.get("regions"))["regions"]}
    async with analyst(servers, shared) as connection:
        totals = {row["scope"]: row for row in await connection.fetch("SELECT * FROM analysis.totals")}
        complete = await connection.fetch("SELECT * FROM analysis.completeness")
        standing = await connection.fetch("SELECT * FROM analysis.regions ORDER BY place")
        nation = await connection.fetch("SELECT * FROM analysis.national_measurements WHERE score IS NOT NULL")

    assert plain(totals["TH"]["total"]) == as_told(national["total"]["total"])
    assert sum(row["verified"] for row in complete) == national["completeness"]["verified"]
    assert [row["region"] for row in standing] == list(regions)
    assert {row["region"]: plain(row["total"]) for row in standing} == {
        region: as_told(row["total"]["total"]) for region, row in regions.items()
    }
    assert [(row["indicator"], row["period"], row["regions_counted"]) for row in nation] == [("QN3", "2560-Q1", 2)]


async def test_members_are_told_by_office_and_seat_alone(shared: Site, servers: Servers) -> None:
    (committee,) = [
        each for each in (await shared.get("committees"))["committees"] if each["region"] == "R07" and each["members"]
    ]
    async with analyst(servers, shared) as connection:
        rows = await connection.fetch("SELECT * FROM analysis.members WHERE region = 'R07' ORDER BY place")

    assert [(row["office"], row["seat"], row["votes"]) for row in rows] == [
        (member["office"], member["seat"], member["voting"]) for member in committee["members"]
    ]


async def test_figures_are_judged_at_the_simulated_clock(shared: Site, servers: Servers) -> None:
    async with analyst(servers, shared) as connection:
        row = await connection.fetchrow("SELECT * FROM analysis.freshness")

    assert row is not None
    assert (row["judged_at"], row["simulated"]) == (shared.clock.moment, True)


async def test_without_a_simulated_clock_figures_are_judged_now(site: Site, servers: Servers) -> None:
    await install(site.owner_dsn)
    async with analyst(servers, site) as connection:
        row = await connection.fetchrow("SELECT *, now() AS now FROM analysis.freshness")

    assert row is not None
    assert (row["judged_at"], row["simulated"]) == (row["now"], False)


async def test_the_role_can_read_the_views_and_no_other_relation(shared: Site, servers: Servers) -> None:
    async with analyst(servers, shared) as connection:
        readable = await connection.fetch(
            """SELECT n.nspname AS schema, c.relname AS name
               FROM pg_class c
               JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
                 AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                 AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')"""
        )
        schemas = await connection.fetch(
            """SELECT nspname FROM pg_namespace
               WHERE has_schema_privilege(oid, 'USAGE') AND nspname NOT IN ('pg_catalog', 'information_schema')"""
        )
        changeable = await connection.fetchval(
            """SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind <> 'S' AND n.nspname <> 'pg_catalog'
                 AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"""
        )

    assert {(row["schema"], row["name"]) for row in readable} == {("analysis", view) for view in VIEWS}
    assert [row["nspname"] for row in schemas] == ["analysis"]
    assert changeable == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM reporting.events",
        "SELECT * FROM reporting.committee",
        "SELECT * FROM public.events",
        "SELECT * FROM public.report_file",
        "SELECT * FROM analysis_figures.cells('2560-cluster', now())",
        "SELECT public.business_now()",
        "DELETE FROM analysis.visits",
        "UPDATE analysis.budget SET allocated = 0",
        "INSERT INTO analysis.visits (visit) VALUES ('x')",
        "CREATE TABLE analysis.mine (n int)",
        "CREATE TABLE public.mine (n int)",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (n int)",
        "SET ROLE obec_reporting_app",
        "COPY (SELECT 1) TO '/tmp/mine'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
async def test_the_role_is_refused_everything_else(shared: Site, servers: Servers, statement: str) -> None:
    async with analyst(servers, shared) as connection:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ObjectNotInPrerequisiteStateError)):
            await connection.execute(statement)


async def test_what_only_the_tables_hold_is_in_no_view(shared: Site, servers: Servers) -> None:
    async with analyst(servers, shared) as connection:
        columns = await connection.fetch(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'analysis'"
        )

    assert [row for row in columns if OF_PERSONS.search(row["column_name"])] == []
    assert {row["data_type"] for row in columns} & {"jsonb", "json", "uuid"} == set()


async def test_every_view_and_column_says_in_both_languages_what_it_is(shared: Site, servers: Servers) -> None:
    async with analyst(servers, shared) as connection:
        views = await connection.fetch(
            "SELECT relname, obj_description(oid) AS said FROM pg_class WHERE relnamespace = 'analysis'::regnamespace"
        )
        columns = await connection.fetch(
            """SELECT c.relname, a.attname, col_description(c.oid, a.attnum) AS said
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
               WHERE c.relnamespace = 'analysis'::regnamespace"""
        )

    assert {row["relname"]: row["said"] for row in views} == {view: view_words(view).comment for view in VIEWS}
    assert len(columns) > 100
    for row in columns:
        assert row["said"] == column_words(row["relname"], row["attname"]).comment
        assert re.search(r"[ก-๙].* / .*[A-Za-z]", row["said"]), row["said"]


async def test_the_document_has_every_view_and_column_with_the_database_s_words(shared: Site, servers: Servers) -> None:
    async with analyst(servers, shared) as connection:
        columns = await connection.fetch(
            """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS kind
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
               WHERE c.relnamespace = 'analysis'::regnamespace ORDER BY c.relname, a.attnum"""
        )
    said = DICTIONARY.read_text("utf-8")

    assert set(re.findall(r"^### `(\w+)`$", said, re.MULTILINE)) == set(VIEWS)
    for view in VIEWS:
        part = said.partition(f"### `{view}`\n")[2].partition("\n### ")[0]
        words = view_words(view)
        rows = [
            (row["attname"], row["kind"], column_words(view, row["attname"]))
            for row in columns
            if row["relname"] == view
        ]
        assert f"{words.th}\n\n{words.en}\n" in part
        assert re.findall(r"^\| `.*$", part, re.MULTILINE) == [
            f"| `{name}` | {kind} | {meaning.th} | {meaning.en} |" for name, kind, meaning in rows
        ]


def test_no_word_of_the_dictionary_is_left_over() -> None:
    text = "\n".join(VIEWS.values())

    assert set(dictionary()["views"]) == set(VIEWS)
    assert [name for name in dictionary()["columns"] if not re.search(rf"\b{name}\b", text)] == []


async def test_putting_up_what_is_there_changes_nothing(filled: Site) -> None:
    before = await filled.pool.fetchval("SELECT 'analysis'::regnamespace::oid")

    assert await install(filled.owner_dsn) is False
    assert await filled.pool.fetchval("SELECT 'analysis'::regnamespace::oid") == before


async def test_views_read_the_schema_that_took_the_place_of_another(filled: Site, servers: Servers) -> None:
    await make_schema(filled.owner_dsn, "made_anew")
    owner = await asyncpg.connect(filled.owner_dsn)
    try:
        await owner.execute("ALTER SCHEMA reporting RENAME TO before; ALTER SCHEMA made_anew RENAME TO reporting")
        async with analyst(servers, filled) as connection:
            assert await connection.fetchval("SELECT count(*) FROM analysis.programmes") == 0
        await owner.execute("ALTER SCHEMA reporting RENAME TO made_anew; ALTER SCHEMA before RENAME TO reporting")
    finally:
        await owner.close()
    async with analyst(servers, filled) as connection:
        assert await connection.fetchval("SELECT count(*) FROM analysis.programmes") == 1


async def test_the_role_reads_only_and_not_for_ever(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.admin_dsn)
    try:
        role = await connection.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", ROLE)
        connects = await connection.fetchval(
            "SELECT array_agg(datname) FROM pg_database WHERE has_database_privilege($1, oid, 'CONNECT') "
            "AND datname IN ('obec_committee', 'obec_activity', 'obec_evaluation', 'obec_reporting')",
            ROLE,
        )
        temporary = await connection.fetchval("SELECT has_database_privilege($1, 'obec_reporting', 'TEMPORARY')", ROLE)
    finally:
        await connection.close()

    assert role is not None
    assert not any(
        role[right] for right in ("rolsuper", "rolcreaterole", "rolcreatedb", "rolbypassrls", "rolreplication")
    )
    assert role["rolconnlimit"] == 10
    assert {"default_transaction_read_only=on", "statement_timeout=60s"} <= set(role["rolconfig"])
    assert (connects, temporary) == (["obec_reporting"], False)
