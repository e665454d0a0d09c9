"""Keeps a figure's runs as JSON, and writes bench/RESULTS.md from all that is kept."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.harness import Report, Size

HERE = Path(__file__).parent
RAW = HERE / "raw"
ORDER = (
    "append",
    "relay",
    "projection",
    "rebuild",
    "visible",
    "growth",
    "memory",
    "ingress",
    "reading",
    "verify",
    "telemetry",
    "demo",
)
HEAD = """\
# Measured

Written by `make bench`; every run is in `bench/raw/`. Read the ratios: each is the median of the ratios within a round,
in which the sides ran one after the other on the same servers (one Kafka broker, one PostgreSQL, flushing to disk).
A **bare** side does the same bytes, rows and durability with nothing else; a **peer** runs with the fast settings its
documentation names, in an environment of its own.
"""


def keep(report: Report, size: Size) -> None:
    """Write a figure's runs, with the machine they ran on."""
    RAW.mkdir(exist_ok=True)
    kept = {
        **asdict(report),
        "size": size.name,
        "at": datetime.now(UTC).isoformat("T", "seconds"),
        "machine": machine(),
    }
    (RAW / f"{report.figure}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def write() -> None:
    """Write RESULTS.md anew from every figure that is kept."""
    known = {path.stem: json.loads(path.read_text()) for path in RAW.glob("*.json")}
    parts = [_section(known[figure]) for figure in ORDER if figure in known]
    (HERE / "RESULTS.md").write_text(HEAD + "".join(parts))


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "java": _java(),
        "product's libraries": ", ".join(f"{name} {version(name)}" for name in ("aiokafka", "asyncpg", "orjson")),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _java() -> str:
    said = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.splitlines()
    return said[0] if said else "none"


def _section(kept: Mapping[str, Any]) -> str:
    lines = [f"\n## {kept['title']}\n", kept["compared"], ""]
    if kept["size"] != "full":
        lines += [f"**Measured at size {kept['size']} only: an indication, no result.**", ""]
    lines += _goals(kept["checks"])
    lines += _medians(kept["runs"])
    if kept["where"]:
        lines += ["", "Where the time goes:", "", *(f"- {each}" for each in kept["where"])]
    if kept["versions"]:
        lines += ["", "Peers: " + "; ".join(f"{name} {which}" for name, which in kept["versions"].items()) + "."]
    about = ", ".join(f"{name} {fact}" for name, fact in kept["machine"].items())
    lines += ["", f"<sub>{kept['at']}, size {kept['size']}; {about}.</sub>", ""]
    return "\n".join(lines)


def _goals(checks: list[Mapping[str, Any]]) -> list[str]:
    if not checks:
        return []
    rows = [f"| {each['goal']} | {each['measured']} | {'met' if each['met'] else '**missed**'} |" for each in checks]
    return ["| goal | measured | |", "|---|---|---|", *rows, ""]


def _medians(runs: Mapping[str, list[Mapping[str, float]]]) -> list[str]:
    names = list(dict.fromkeys(name for its in runs.values() for run in its for name in run))
    lines = [f"| median of {max(map(len, runs.values()))} | {' | '.join(names)} |", "|---|" + "--:|" * len(names)]
    for side, its in runs.items():
        cells = [_spread([run[name] for run in its if name in run]) for name in names]
        lines.append(f"| {side} | {' | '.join(cells)} |")
    return lines


def _spread(values: list[float]) -> str:
    if not values:
        return ""
    digits = 0 if statistics.median(values) >= 100 else 2
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"
