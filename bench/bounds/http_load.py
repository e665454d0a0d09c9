"""Sends the same kind of request over some connections as fast as it is answered: given as JSON on standard input.

Bytes are prepared beforehand and answers are not parsed beyond their status, so that the server is what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Iterator
from functools import partial
from time import perf_counter

import uvloop

END = b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """Sends one request after the other; the next once the last is answered."""

    def __init__(self, requests: Iterator[bytes], done: asyncio.Future[None], statuses: dict[int, int]) -> None:
        self._requests, self._done, self._statuses = requests, done, statuses
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first."""
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Count a whole answer, and send the next."""
        self._read += data
        head, end, rest = self._read.partition(END)
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(rest) < length:
            return
        status = int(head[9:12])
        self._statuses[status] = self._statuses.get(status, 0) + 1
        self._read = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that it is over."""
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)  # type: ignore[attr-defined]
        elif not self._done.done():
            self._done.set_result(None)


async def load(host: str, port: int, requests: list[bytes], connections: int) -> dict[str, float]:
    """Requests a second. Raises RuntimeError when one was not answered with success."""
    loop, statuses, waiting = asyncio.get_running_loop(), dict[int, int](), iter(requests)
    ends = [loop.create_future() for _ in range(connections)]
    begun = perf_counter()
    made = [await loop.create_connection(partial(Connection, waiting, end, statuses), host, port) for end in ends]
    await asyncio.gather(*ends)
    seconds = perf_counter() - begun
    for transport, _ in made:
        transport.abort()
    if set(statuses) - {200, 201}:
        raise RuntimeError(f"answered with {statuses}")
    return {"per_second": len(requests) / seconds}


def main() -> None:
    """Read what to send, send it, and say how fast it was."""
    given = json.load(sys.stdin)
    head = "".join(f"{name}: {value}\r\n" for name, value in given["headers"].items())
    requests = []
    for body in map(base64.b64decode, given["bodies"]):
        first = f"POST {given['path']} HTTP/1.1\r\nHost: bench\r\n{head}Content-Length: {len(body)}\r\n\r\n"
        requests.append(first.encode() + body)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told = runner.run(load(given["host"], given["port"], requests, given["connections"]))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
