"""A wire to PostgreSQL that can be cut on either side of a commit."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self
from urllib.parse import urlsplit, urlunsplit

BIND = b"B"
"""How a client begins to have a prepared statement executed."""
READY_FOR_QUERY = b"Z\x00\x00\x00\x05I"
"""How the server says that the transaction has ended."""


class Proxy:
    """Stands before a server; ``dsn`` leads through it. Cuts connections on which ``marked`` was seen."""

    def __init__(self, dsn: str, marked: bytes) -> None:
        self._parts = urlsplit(dsn)
        self._marked = marked
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()
        self.swallow_answer = 0
        """How many of the next answers are kept from the client, whose connection is then cut."""
        self.refuse_question = 0
        """How many of the next questions are kept from the server; the client's connection is cut."""
        self.cuts = 0

    @property
    def dsn(self) -> str:
        """Address of the same database through here."""
        assert self._server is not None, "not started"
        port = self._server.sockets[0].getsockname()[1]
        credentials = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{credentials}@127.0.0.1:{port}"))

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                there = await asyncio.open_connection(self._parts.hostname, self._parts.port)
                await _Wire(self, (reader, writer), there).carry()
        finally:
            self._running.discard(task)
            writer.close()

    def marks(self, text: bytes) -> bool:
        """Whether a connection on which this was said is one that may be cut."""
        return self._marked in text


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Wire:
    """One connection, carried byte by byte in both directions until it is cut."""

    def __init__(self, proxy: Proxy, client: Ends, server: Ends) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._marked = self._swallowing = False

    async def carry(self) -> None:
        both = [asyncio.ensure_future(self._upstream()), asyncio.ensure_future(self._downstream())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for _, writer in (self._client, self._server):
                writer.close()

    async def _upstream(self) -> None:
        """Client to server. A question is a run of bytes that the client sends while the server is silent."""
        while data := await self._client[0].read(1 << 16):
            first = self._proxy.marks(data) and not self._marked
            self._marked = self._marked or first
            # To prepare a statement is no question: it is answered without a word on the transaction.
            asks = self._marked and not first and data.startswith(BIND)
            if asks and self._proxy.refuse_question:
                self._proxy.refuse_question -= 1
                self._proxy.cuts += 1
                return
            if asks and self._proxy.swallow_answer and not self._swallowing:
                self._proxy.swallow_answer -= 1
                self._swallowing = True
            self._server[1].write(data)
            await self._server[1].drain()

    async def _downstream(self) -> None:
        """Server to client; an answer that is swallowed is read to its end first, so that the commit is over."""
        seen = b""
        while data := await self._server[0].read(1 << 16):
            if self._swallowing:
                seen = (seen + data)[-16:]
                if READY_FOR_QUERY in seen:
                    self._proxy.cuts += 1
                    return
                continue
            self._client[1].write(data)
            await self._client[1].drain()
