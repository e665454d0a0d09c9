"""Measure: ``python -m bench [figure …] [--size quick|full]``; all figures when none is named."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
from dataclasses import replace

import structlog
import uvloop

from bench import results
from bench.harness import SIZES, Size
from bench.site import started


async def measure(figures: list[str], size: Size) -> None:
    """Measure figures one after the other, each on servers of its own, and write down each when it is done."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for figure in figures:
        module = importlib.import_module(f"bench.{figure}")
        async with started() as site:
            report = await module.measure(site, size)
        results.keep(report, size)
        results.write()
        for check in report.checks:
            print(f"  {'met   ' if check.met else 'MISSED'}  {check.goal}: {check.measured}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"one of {', '.join(results.ORDER)}")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--rounds", type=int, help="how often each side runs; 5 at full size")
    asked = parser.parse_args()
    unknown = set(asked.figures) - set(results.ORDER)
    if unknown:
        parser.error(f"no figure is called {', '.join(sorted(unknown))}; there are {', '.join(results.ORDER)}")
    size = SIZES[asked.size]
    size = replace(size, rounds=asked.rounds or size.rounds)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(asked.figures or list(results.ORDER), size))


if __name__ == "__main__":
    main()
