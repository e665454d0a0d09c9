"""An application of this process, answering on this machine, for those who ask over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from shared.web.serving import Server, bound


@asynccontextmanager
async def answering(app: FastAPI) -> AsyncIterator[str]:
    """The application served on this machine; yields where."""
    with bound("127.0.0.1", 0, "") as listening:
        server = Server(app)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await server.up.wait()
        try:
            yield "http://{}:{}".format(*listening.getsockname())
        finally:
            server.should_exit = True
            await serving
