"""What Prometheus and Grafana are given: it speaks of metrics that exist, and every alert has a page to go by."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml  # type: ignore[import-untyped]
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client import REGISTRY

from deploy.local.ports import HOST, Ports
from deploy.local.stack import programs_of
from deploy.local.supervisor import ROOT
from shared import telemetry
from shared.operating.verdicts import VERDICTS

FOLDER = ROOT / "deploy" / "prometheus"
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"
PAGES = ROOT / "docs" / "alerts"
ELSEWHERE = frozenset({"up", "process_resident_memory_bytes", "process_cpu_seconds_total"})
"""Metrics that Prometheus or its client library makes."""
PROMTOOL = shutil.which("promtool")
# Not a part of set-up: Debian's package starts a server. Without it expressions are read by another parser.
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def alerts() -> list[Mapping[str, Any]]:
    return [rule for group in read(FOLDER / "rules.yml")["groups"] for rule in group["rules"]]


def panels() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            yield path.name, panel


def expressions() -> list[str]:
    shown = [target["expr"] for _, panel in panels() for target in panel["targets"]]
    return [*(alert["expr"] for alert in alerts()), *shown]


@cache
def known() -> frozenset[str]:
    """Names of all samples that the product's own metrics can make."""
    assert telemetry.VERDICT is not None
    made: set[str] = set()
    for family in REGISTRY.collect():
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
        made |= {family.name + ending for ending in endings}
    return frozenset(made)


@pytest.mark.parametrize("expression", expressions())
def test_every_metric_that_is_asked_for_exists(expression: str) -> None:
    without_labels = re.sub(r"\{[^}]*\}", "", expression)
    named = set(re.findall(r"\b(?:obec|process)_[a-z_]+\b|\bup\b", without_labels))
    assert named, expression
    assert named - known() - ELSEWHERE == set()


@pytest.mark.parametrize("expression", expressions())
def test_every_verdict_that_is_asked_for_is_one(expression: str) -> None:
    assert set(re.findall(r'verdict!?="(\w+)"', expression)) <= set(VERDICTS)


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    told = {ROOT / alert["annotations"]["runbook_url"]: alert["alert"] for alert in alerts()}
    assert set(told) == {path for path in PAGES.glob("*.md") if path.name != "README.md"}
    for path, alert in told.items():
        assert f"`{alert}`" in path.read_text("utf-8"), path


def test_a_page_tells_the_expression_and_severity_of_its_alert() -> None:
    for alert in alerts():
        page = (ROOT / alert["annotations"]["runbook_url"]).read_text("utf-8")
        assert f"`{alert['alert']}`, {alert['labels']['severity']}." in page
        assert f"`{alert['expr']}`" in page
        assert (f" for {alert['for']}." if "for" in alert else ", at once.") in page


def test_every_alert_is_listed() -> None:
    index = (PAGES / "README.md").read_text("utf-8")
    for alert in alerts():
        page = Path(alert["annotations"]["runbook_url"]).name
        assert f"| [{alert['alert']}]({page}) |" in index


def test_every_process_of_the_stack_is_asked_at_its_port() -> None:
    [job] = read(FOLDER / "prometheus.yml")["scrape_configs"]
    asked = {each["labels"]["process"]: each["targets"] for each in job["static_configs"]}
    for program in programs_of(Ports()):
        if program.name != "issuer":
            assert asked[program.name] == [f"{HOST}:{program.port}"]


def test_dashboards_ask_the_datasource_that_is_provisioned() -> None:
    [source] = read(PROVISIONING / "datasources" / "prometheus.yml")["datasources"]
    assert source["type"] == "prometheus"
    for name, panel in panels():
        assert panel["datasource"]["uid"] == source["uid"], name
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {source["uid"]}, name


def test_panels_of_a_dashboard_have_places_of_their_own() -> None:
    assert len(DASHBOARDS) == 3
    for path in DASHBOARDS:
        board = json.loads(path.read_text("utf-8"))
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
        assert len(set(places)) == len(places)
        assert len({panel["id"] for panel in board["panels"]}) == len(places)
        assert board["uid"].startswith("obec-")


@pytest.mark.parametrize("expression", expressions())
def test_every_expression_is_promql(expression: str) -> None:
    promql_parser.parse(expression)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_grafana_s_own_model_reads_every_dashboard_whole(path: Path) -> None:
    board = json.loads(path.read_text("utf-8"))
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    assert list(lost(board, read)) == []


def lost(said: Any, read: Any, place: str = "") -> Iterator[str]:
    """Places of what a reader passed over, or understood otherwise."""
    match said, read:
        case dict(), dict():
            for name, value in said.items():
                yield from lost(value, read.get(name), f"{place}/{name}")
        case list(), list() if len(said) == len(read):
            for number, (value, other) in enumerate(zip(said, read, strict=True)):
                yield from lost(value, other, f"{place}/{number}")
        case _ if said != read:
            yield place


@needs_promtool
@pytest.mark.parametrize(
    "words",
    [("check", "config", "prometheus.yml"), ("check", "rules", "rules.yml"), ("test", "rules", "rules_test.yml")],
    ids=" ".join,
)
def test_promtool_accepts(words: tuple[str, ...]) -> None:
    accepts(*words, folder=FOLDER)


@needs_promtool
def test_promtool_can_read_every_expression_of_the_dashboards(tmp_path: Path) -> None:
    rules = [{"record": f"panel_{number}", "expr": each} for number, each in enumerate(expressions())]
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    accepts("check", "rules", "panels.yml", folder=tmp_path)


def accepts(*words: str, folder: Path) -> None:
    assert PROMTOOL is not None
    ended = subprocess.run([PROMTOOL, *words], cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
