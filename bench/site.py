"""The servers that are measured on: an embedded stack with a folder and ports of its own, flushing to disk."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.ports import Ports
from deploy.local.postgres import create_databases
from deploy.local.stack import Stack
from shared.streams.broker import Broker
from tests.servers import FOLDER, Servers, run_folder
from tests.stack import Database, Topics, fresh_database, fresh_topics

HOME = FOLDER / "bench"


class Site:
    """Kafka and PostgreSQL of a bench run, with databases and topics made for each run of a side."""

    def __init__(self, stack: Stack, servers: Servers) -> None:
        self.stack, self.servers = stack, servers

    @property
    def broker(self) -> Broker:
        """The broker as one that may do everything."""
        return self.servers.broker

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        """A migrated database of a service, dropped in the end."""
        async with fresh_database(self.servers, service) as database:
            yield database

    @asynccontextmanager
    async def topics(self) -> AsyncIterator[Topics]:
        """The product's topics under a prefix of their own, deleted in the end."""
        async with fresh_topics(self.servers) as topics:
            yield topics


@asynccontextmanager
async def started() -> AsyncIterator[Site]:
    """Start the servers, and throw them away in the end."""
    home = HOME / secrets.token_hex(4)
    stack = Stack(home, Ports.free(), cache=FOLDER / "cache", programs=())
    await asyncio.to_thread(stack.start_servers)
    try:
        passwords = secrets.token_hex(16), secrets.token_hex(16)
        servers = Servers(stack.kafka.broker, stack.postgres.admin_dsn, *passwords, dict(stack.kafka.passwords))
        create_databases(servers.admin_dsn, servers.owner_password, servers.app_password)
        yield Site(stack, servers)
    finally:
        await asyncio.to_thread(stack.reset)
        _forget(home)


def _forget(home: Path) -> None:
    home.with_suffix(".lock").unlink(missing_ok=True)
    shutil.rmtree(run_folder(), ignore_errors=True)
