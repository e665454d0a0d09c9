"""The least that reads an answer's rows: its statements by asyncpg, nothing made of them.

Arguments: file, DSN, readers, connections, seconds. The file is a pickle of the statements with their values, written
by bench/reading.py a moment before.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
import uvloop

from bench.bounds.read_load import percentiles

Statement = tuple[str, tuple[Any, ...]]
SEARCH_PATH = {"search_path": "reporting, public"}


async def read(
    dsn: str, asked: Sequence[Statement], readers: int, connections: int, seconds: float
) -> dict[str, float]:
    """Milliseconds that the statements of an answer took, one after the other in one transaction."""
    took: list[float] = []
    async with asyncpg.create_pool(dsn, min_size=1, max_size=connections, server_settings=SEARCH_PATH) as pool:
        until = perf_counter() + seconds

        async def reader() -> None:
            while (began := perf_counter()) < until:
                async with (
                    pool.acquire() as connection,
                    connection.transaction(isolation="repeatable_read", readonly=True),
                ):
                    for statement, values in asked:
                        await connection.fetch(statement, *values)
                took.append(perf_counter() - began)

        await asyncio.gather(*(reader() for _ in range(readers)))
    return percentiles(took, seconds)


def main() -> None:
    """Read what to ask, ask it, and say how long it took."""
    file, dsn, readers, connections, seconds = sys.argv[1:]
    asked = pickle.loads(Path(file).read_bytes())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told = runner.run(read(dsn, asked, int(readers), int(connections), float(seconds)))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
