"""A process of the product that says nothing of itself: ``python -m bench.untold projector``.

Its metrics count nothing and it has no heart. It is there to measure what telling costs; the product has no such
switch.
"""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from prometheus_client import Counter, Gauge, Histogram

from shared.operating.heartbeats import Heart

SAYING = ((Counter, "inc"), (Gauge, "set"), (Gauge, "inc"), (Gauge, "dec"), (Histogram, "observe"))


@contextmanager
def untold() -> Iterator[None]:
    """Have no metric count anything while the block lasts: what is left of one is the call of an empty function."""
    patches = [patch.object(kind, name, _nothing) for kind, name in SAYING]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


def _nothing(_metric: Any, *_amount: Any) -> None:
    return


async def _no_beats(_heart: Heart, stop: asyncio.Event) -> None:
    await stop.wait()


if __name__ == "__main__":
    with untold(), patch.object(Heart, "run", _no_beats):
        runpy.run_module("services.reporting", run_name="__main__", alter_sys=True)
