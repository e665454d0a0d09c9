"""The projection from offset 0 of 0.1, 1 and 3 million events: what an event costs as the log grows."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.bounds.copy_rows import copy_back, export
from bench.harness import Report, Side, Size, interleaved
from bench.product import project
from bench.site import Site
from bench.topic import DESCRIBED, STORE, filled_topic

MILLIONS = (0.1, 1.0, 3.0)
FEWEST = 40_000
"""Events of the smallest topic at any size: less is one batch."""

COMPARED = f"""\
{DESCRIBED}
**Product**: the projector as in *projection*. **Bare**: binary COPY of the rows that came of it into the same empty
tables, a transaction for every 10,000 events."""


async def measure(site: Site, size: Size) -> Report:
    """The figure *growth*."""
    runs: dict[str, list[dict[str, float]]] = {}
    for millions in MILLIONS:
        runs |= await _of(site, max(FEWEST, size.of(int(millions * 1e6))), f"{millions:g} M", size.rounds)
    report = Report("growth", "Projection as the log grows", runs, COMPARED)
    ratios = {m: report.ratio(f"product, {m:g} M", f"bare COPY, {m:g} M", "us_per_event") for m in MILLIONS}
    flat = max(ratios.values()) / min(ratios.values()) - 1
    report.at_most("cost per event as a ratio to bare COPY, flat within 15 %", flat * 100, 15, "%")
    memory = [report.median(f"product, {m:g} M", "peak_mib") for m in MILLIONS]
    report.at_most("memory flat (largest / smallest)", max(memory) / min(memory), 1.15)
    report.where = [f"{m:g} M events: {ratio:.2f} × bare COPY" for m, ratio in ratios.items()]
    return report


async def _of(site: Site, events: int, label: str, rounds: int) -> dict[str, list[dict[str, float]]]:
    async with filled_topic(site, events) as topics:
        with tempfile.TemporaryDirectory() as folder:
            rows = Path(folder)

            async def product() -> dict[str, float]:
                async with site.database("reporting") as database:
                    done = await project(site, database, topics.prefix, STORE, events)
                    if not any(rows.iterdir()):
                        await export(database.app_dsn, events, rows)
                return {"us_per_event": 1e6 / done.per_second, "peak_mib": done.peak_mib}

            async def bare() -> dict[str, float]:
                async with site.database("reporting") as database:
                    return {"us_per_event": await copy_back(database.app_dsn, events, rows) / events * 1e6}

            sides = [Side(f"product, {label}", product), Side(f"bare COPY, {label}", bare)]
            return await interleaved(f"growth {label}", sides, rounds)
