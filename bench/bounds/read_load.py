"""Readers who ask over HTTP, each again as soon as it is answered: given as JSON on standard input.

Answers are not parsed beyond status and length, so that the server is what is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle
from time import perf_counter

import uvloop

END = b"\r\n\r\n"


class Reader(asyncio.Protocol):
    """One connection that is kept; ``took`` gets the seconds from each question to the last byte of its answer."""

    def __init__(self, asked: Iterator[bytes], took: list[float], until: float, done: asyncio.Future[None]) -> None:
        self._asked, self._took, self._until, self._done = asked, took, until, done
        self._read = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first."""
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Note a whole answer, and ask again."""
        self._read += data
        head, end, rest = self._read.partition(END)
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self._took.append(perf_counter() - self._began)
        if head[9:12] != b"200":
            self._end(RuntimeError(f"answered with {bytes(head[9:12])!r}: {bytes(rest[:300])!r}"))
        self._read.clear()
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that it is over."""
        self._end(exc or ConnectionError("the server hung up"))

    def _next(self) -> None:
        if perf_counter() >= self._until:
            self._end(None)
            return
        self._began = perf_counter()
        self._transport.write(next(self._asked))  # type: ignore[attr-defined]

    def _end(self, error: Exception | None) -> None:
        if not self._done.done():
            if error is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(error)


async def read(host: str, port: int, paths: Sequence[str], readers: int, seconds: float) -> dict[str, float]:
    """Milliseconds that answers took. Raises RuntimeError when one was not a success."""
    loop, took = asyncio.get_running_loop(), list[float]()
    asked = cycle([f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode() for path in paths])
    until = perf_counter() + seconds
    ends = [loop.create_future() for _ in range(readers)]
    made = [await loop.create_connection(partial(Reader, asked, took, until, end), host, port) for end in ends]
    try:
        await asyncio.gather(*ends)
    finally:
        for transport, _ in made:
            transport.abort()
    return percentiles(took, seconds)


def percentiles(took: Sequence[float], seconds: float) -> dict[str, float]:
    """Of seconds: p50 and p99 in milliseconds, and how many a second."""
    late = sorted(took)
    return {
        "p50_ms": late[len(late) // 2] * 1000,
        "p99_ms": late[len(late) * 99 // 100] * 1000,
        "per_second": len(late) / seconds,
    }


def main() -> None:
    """Read what to ask, ask it, and say how long answers took."""
    given = json.load(sys.stdin)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told = runner.run(read(**given))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
