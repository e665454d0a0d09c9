"""From a fresh clone to the tables, and the demo again when all is there."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from bench.harness import Report, Side, Size, interleaved
from bench.product import ROOT
from bench.site import Site
from deploy.local.ports import Ports, variable

COMPARED = """\
`make demo ONCE=1` in a fresh clone of what is committed, from its first character to its end with everything stopped.
*With downloads*, once: nothing in the caches of pip, uv and Maven. *Fresh clone*: the caches hold what that download
brought, so the difference is the time of downloading. *Warm*: the same command again in the same clone."""


async def measure(_site: Site, size: Size) -> Report:
    """The figure *demo*."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        cold = await asyncio.to_thread(_demo, work, fresh=True)
        sides = [
            Side("fresh clone", lambda: asyncio.to_thread(_demo, work, fresh=True)),
            Side("warm", lambda: asyncio.to_thread(_demo, work, fresh=False)),
        ]
        runs = {"with downloads": [cold], **await interleaved("demo", sides, size.rounds)}
    report = Report("demo", "From nothing to the tables (s)", runs, COMPARED)
    fresh, warm = report.median("fresh clone", "seconds"), report.median("warm", "seconds")
    report.at_most("fresh clone → tables ≤ 90 s besides downloads", fresh, 90, "s")
    report.at_most("warm demo ≤ 30 s", warm, 30, "s")
    report.where = [f"downloads took {cold['seconds'] - fresh:,.0f} s of {cold['seconds']:,.0f} s"]
    return report


def _demo(work: Path, *, fresh: bool) -> dict[str, float]:
    """Seconds of one run. Raises CalledProcessError, with what the demo said."""
    clone = work / "clone"
    began = perf_counter()
    if fresh:
        shutil.rmtree(clone, ignore_errors=True)
        began = perf_counter()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    subprocess.run(["make", "demo", "ONCE=1"], cwd=clone, env=_environment(work), check=True, capture_output=True)
    return {"seconds": perf_counter() - began}


def _environment(work: Path) -> dict[str, str]:
    """Caches and ports of its own; nothing of the environment that this runs in but the path and the home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OBEC_", "KAFKA_", "VIRTUAL_"))}
    ports = {variable(name): str(port) for name, port in asdict(Ports.free()).items()}
    caches = {"PIP_CACHE_DIR": str(work / "pip"), "UV_CACHE_DIR": str(work / "uv")}
    return {**kept, **ports, **caches, "MAVEN_OPTS": f"-Dmaven.repo.local={work / 'maven'}"}
