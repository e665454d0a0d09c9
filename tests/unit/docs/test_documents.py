"""What the documents name is there: files, headings, commands, variables, tests, constants, addresses, roles."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import typer.main

from deploy.local.supervisor import ROOT
from obec.__main__ import command_line
from services.activity import http as activity
from services.committee import http as committee
from services.evaluation import http as evaluation
from services.reporting.asking import Desk
from services.reporting.following import Watch
from services.reporting.http import Views
from shared.clock import RealClock
from shared.contracts.rejection import codes
from shared.eventstore.migrate import folders
from shared.settings import Settings
from shared.web.api import Api

DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "programmes").rglob("*.md"))
    if path.is_file()
)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
PATH = re.compile(r"(?<![\w./<-])(?:services|shared|deploy|obec|demo|tests|bench|docs|programmes)/[\w./*{},-]*[\w*}/]")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def prose(name: str) -> str:
    """A document without its fenced examples."""
    return FENCE.sub("", text_of(name))


def anchors(name: str) -> set[str]:
    """What links to headings of a document may name."""
    headings = re.findall(r"^#+ (.+)$", prose(name), re.MULTILINE)
    named = set(re.findall(r"<a id=\"([^\"]+)\"", text_of(name)))
    return named | {
        re.sub(r"[^\w\- ]", "", heading.replace("`", "")).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    for target in LINK.findall(prose(name)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        assert path.exists(), f"{name} links to {target}"
        if anchor and path.suffix == ".md":
            assert anchor in anchors(str(path.resolve().relative_to(ROOT))), f"{name} links to {target}"


def test_every_decision_is_in_the_index() -> None:
    index = text_of("docs/adr/README.md")
    for decision in (ROOT / "docs" / "adr").glob("[0-9]*.md"):
        assert f"({decision.name})" in index, decision.name


def test_every_document_is_reached_from_the_readme() -> None:
    reached, new = set[Path](), {ROOT / "README.md"}
    while new:
        reached |= new
        linked = (each.parent / target.partition("#")[0] for each in new for target in LINK.findall(each.read_text()))
        new = {path.resolve() for path in linked if path.suffix == ".md"} - reached
    assert {path for path in DOCUMENTS if path.is_relative_to(ROOT / "docs")} - reached == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_path_that_is_named_exists(name: str) -> None:
    for code in (*CODE.findall(prose(name)), *FENCE.findall(text_of(name))):
        for path in PATH.findall(code):
            assert any(matches(path)), f"{name} names {path}"


def matches(path: str) -> Iterator[bool]:
    """Whether a path with ``*`` and ``{a,b}`` names something, alternative by alternative."""
    found = re.search(r"\{([^}]*)\}", path)
    if found is None:
        yield any(ROOT.glob(path.rstrip("/"))) or any(ROOT.glob(f"{path}.*"))
        return
    alternatives = found[1].split(",")
    yield all(any(matches(path.replace(found[0], each, 1))) for each in alternatives)


@cache
def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_that_is_named_exists(name: str) -> None:
    for code in (*CODE.findall(prose(name)), *FENCE.findall(text_of(name)), *indented(name)):
        for target in re.findall(r"(?:^|[(;]|&&|=\w+)\s*make ([a-z]+)", code, re.MULTILINE):
            assert target in targets(), f"{name}: make {target}"


def indented(name: str) -> list[str]:
    return re.findall(r"^ {4}\S.*$", prose(name), re.MULTILINE)


def test_the_readme_names_every_make_target_for_people() -> None:
    said = " ".join([*CODE.findall(prose("README.md")), *indented("README.md")])
    for target in re.findall(r"^([a-z]+):.*## ", text_of("Makefile"), re.MULTILINE):
        assert target == "help" or re.search(rf"\b{target}\b", said), target


@cache
def commands() -> dict[str, set[str]]:
    """Every command of the command line, with those under it; '' where it does something without one."""
    made = typer.main.get_command(command_line())
    return {
        name: {*getattr(command, "commands", {}), *([""] if getattr(command, "invoke_without_command", False) else [])}
        for name, command in made.commands.items()  # type: ignore[attr-defined]
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_is_named_exists(name: str) -> None:
    for code in (*CODE.findall(prose(name)), *FENCE.findall(text_of(name))):
        for command, below in re.findall(r"(?:^|[\s(/])obec ([a-z]+)(?: ([a-z][a-z-]*))?", code):
            assert command in commands(), f"{name}: obec {command}"
            assert not commands()[command] or below in commands()[command], f"{name}: obec {command} {below}"


@cache
def sources() -> str:
    """The text of everything that could read a variable."""
    files = [ROOT / "Makefile", *(ROOT / "deploy").rglob("*.sh")]
    for folder in ("services", "shared", "deploy", "obec", "tests", "bench"):
        files += (ROOT / folder).rglob("*.py")
    return "\n".join(file.read_text("utf-8") for file in files)


def settings() -> set[str]:
    """The variables that processes read."""
    return {f"OBEC_{name.upper()}" for name in Settings.model_fields if not name.startswith("kafka")}


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_that_is_named_is_read(name: str) -> None:
    ports = {f"OBEC_{server}_PORT" for server in ("KAFKA", "CONTROLLER", "POSTGRES", "ISSUER")}
    for variable in re.findall(r"\bOBEC_[A-Z_]*[A-Z]\b", text_of(name)):
        assert variable in settings() | ports or variable in sources(), f"{name}: {variable}"


def test_every_setting_is_documented() -> None:
    said = text_of("docs/architecture.md")
    pattern = re.compile(r"OBEC_(ACTIVITY|EVALUATION|REPORTING)_(OWNER_DSN|PORT)")  # "and so on"
    assert [each for each in sorted(settings()) if each not in said and not pattern.fullmatch(each)] == []


@cache
def names_of_tests() -> set[str]:
    trees = (ast.parse(path.read_text("utf-8")) for path in (ROOT / "tests").rglob("test_*.py"))
    return {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_test_that_is_named_exists(name: str) -> None:
    named = set(re.findall(r"`(test_\w+)`", text_of(name)))
    assert named - names_of_tests() == set()


def test_every_guarantee_names_its_tests() -> None:
    rows = re.findall(r"^\| I(\d+) \|.*$", text_of("docs/guarantees.md"), re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, 13))
    for line in re.findall(r"^\| I\d+ \|.*$", text_of("docs/guarantees.md"), re.MULTILINE):
        assert "`test_" in line, line


LIMITS = re.findall(r"`([\w/]+)\.py` `(\w+)` \| (\S+) \|", text_of("docs/guarantees.md"))


def test_limits_are_listed() -> None:
    assert len(LIMITS) > 20


@pytest.mark.parametrize(("module", "constant", "said"), LIMITS)
def test_a_limit_is_what_the_code_says(module: str, constant: str, said: str) -> None:
    value = getattr(import_module(module.replace("/", ".")), constant)
    if isinstance(value, timedelta):
        value = value.total_seconds()
    assert said == (value if isinstance(value, str) else f"{value:g}" if value % 1 else str(int(value)))


@cache
def addresses() -> list[re.Pattern[str]]:
    """The addresses that the services serve."""
    paths = ["/v1/streams/{stream}/events", "/v1/clock", "/v1/persons", "/v1/persons/{a}", "/v1/persons/{a}/{b}"]
    for collection in (*committee.COLLECTIONS, *activity.COLLECTIONS, *evaluation.COLLECTIONS):
        verbs = [*collection.verbs, "void"]
        paths += [f"/v1/{collection.name}", f"/v1/{collection.name}/{{stream}}"]
        paths += [f"/v1/{collection.name}/{{stream}}/{verb}" for verb in verbs]
    views = Api()
    Views(Desk(lambda: None, RealClock()), Watch(lambda: None)).add_to(views)
    paths += [operation.path for operation in views.operations]
    return [re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))) for path in paths]


def test_every_address_in_the_examples_is_served() -> None:
    called = re.findall(r"(?:REPORTING|COMMITTEE|ACTIVITY)(/v1/[^\s\"?]+)", text_of("docs/http.md"))
    assert len(called) > 10
    for address in called:
        assert any(pattern.fullmatch(address) for pattern in addresses()), address


@pytest.mark.parametrize("name", ["docs/http.md", "docs/guarantees.md"])
def test_every_code_that_is_named_is_one(name: str) -> None:
    areas = {code.partition(".")[0] for code in codes()}
    for code in re.findall(r"`([a-z_]+\.[a-z_]+)`", text_of(name)):
        if code.partition(".")[0] in areas and not code.endswith((".py", ".md", ".json", ".clock")):
            assert code in codes(), f"{name}: {code}"


def test_every_code_that_stops_something_is_in_the_runbook() -> None:
    made = set(re.findall(r"(?:Halted|RelayRefused|CannotRestore)\(\s*\"([a-z_.]+)\"", sources()))
    assert len(made) > 6
    assert {code for code in made if f"`{code}`" not in text_of("docs/runbook.md")} == set()


def test_every_table_is_in_the_architecture() -> None:
    said = text_of("docs/architecture.md")
    for folder in folders("committee"):
        for file in folder.glob("*.sql"):
            for table in re.findall(r"^CREATE TABLE (\w+)", file.read_text("utf-8"), re.MULTILINE):
                assert f"`{table}`" in said, table


def test_the_version_is_in_the_list_of_changes() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert f"## [{version}]" in text_of("CHANGELOG.md") or f"## {version}" in text_of("CHANGELOG.md")
