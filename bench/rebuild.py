"""A rebuild of all rows beside the live ones, as operators order it; after the projection that made the live ones."""

from __future__ import annotations

from contextlib import AsyncExitStack
from time import perf_counter

import asyncpg

from bench.harness import Report, Side, Size, interleaved
from bench.product import PATIENCE, applied, project, worker
from bench.site import Site
from bench.spent import spent, told
from bench.topic import DESCRIBED, STORE, filled_topic
from services.reporting.rebuilding import orders
from services.reporting.rebuilding.standing import LIVE
from shared.operating.deciding import Operators
from shared.web.auth import OPERATOR, Caller
from tests.eventually import eventually
from tests.stack import Database

EVENTS = 300_000
MADE = "reporting_v2"
WHY = "measured"

COMPARED = f"""\
{DESCRIBED}
**Rebuild**: `python -m services.reporting rebuilder`, one process, ordered as operators order it: a schema of its own
beside the live one, with the same checks, rows and transactions, stopping at an event that cannot be applied, its
progress written down every second; from the first commit to the last. **Comparison**: every row of both, read and
compared at the same positions; from the order to its result.
**Projection**: `python -m services.reporting projector` on an empty database, just before, as in the figure of that
name. Nothing else is at work in either."""


async def measure(site: Site, size: Size) -> Report:
    """The figure *rebuild*."""
    events = size.of(EVENTS)
    async with filled_topic(site, events) as topics, AsyncExitStack() as stack:
        live: list[Database] = []

        async def projection() -> dict[str, float]:
            live.append(await stack.enter_async_context(site.database("reporting")))
            with spent(site, events) as took:
                done = await project(site, live[-1], topics.prefix, STORE, events)
            took["python_us"] = done.cpu_microseconds
            return {"per_second": done.per_second, **took}

        async def rebuild() -> dict[str, float]:
            database = live.pop()
            async with (
                asyncpg.create_pool(database.app_dsn, min_size=1, max_size=2) as pool,
                worker(site, database, topics.prefix, "rebuilder") as process,
            ):
                with spent(site, events) as took:
                    await _ordered(pool, orders.ASK, LIVE)
                    done = await applied(database, process, MADE, STORE, events)
                took["python_us"] = done.cpu_microseconds
                await _compared(pool)
                begun = perf_counter()
                await _ordered(pool, orders.action_of("compare"), MADE)
                await _compared(pool)
                compared = events / (perf_counter() - begun)
            await stack.aclose()
            return {"per_second": done.per_second, "compared_per_second": compared, **took}

        runs = await interleaved("rebuild", [Side("projection", projection), Side("rebuild", rebuild)], size.rounds)
    report = Report("rebuild", "Rebuild beside the live views", runs, COMPARED)
    report.at_least("≥ 0.9 × projection from offset 0", report.ratio("rebuild", "projection", "per_second"), 0.9)
    report.where = [
        *(told(report, side) for side in ("rebuild", "projection")),
        f"comparison: {report.median('rebuild', 'compared_per_second'):,.0f} events a second, with the rows of both",
    ]
    return report


async def _ordered(pool: asyncpg.Pool, action: str, target: str) -> None:
    operators = Operators("reporting", lambda: pool, two_person=False)
    orders.register(operators)
    await operators.ask(Caller("bench", OPERATOR), action, target, {"schema": target, "reason": WHY}, reason=WHY)


async def _compared(pool: asyncpg.Pool) -> None:
    async def is_so() -> bool:
        shown = await orders.one(pool, MADE, 1)
        if shown["differences"]:
            raise RuntimeError(f"{shown['differences']} rows differ")
        return bool(shown["state"] == "compared" and shown["ordered"] is None)

    await eventually(is_so, PATIENCE)
