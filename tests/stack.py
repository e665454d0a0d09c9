"""What a test gets of the run's servers: a fresh migrated database, topics under a prefix of its own.

A database is a clone of its service's template, which is migrated once a run.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from deploy.local.rights import grant_services
from deploy.local.topics import create_topics, delete_topics
from shared.eventstore.migrate import folders, migrate
from shared.streams.broker import Broker
from shared.streams.topics import Topics as Names
from tests.servers import Servers, locked, psql, run_folder


@dataclass(frozen=True, slots=True)
class Database:
    """A database of one test: the addresses for the role that migrates, the role that runs, and the superuser."""

    service: str
    name: str
    owner_dsn: str
    app_dsn: str
    admin_dsn: str


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one test."""

    servers: Servers
    prefix: str
    shards: int

    @property
    def broker(self) -> Broker:
        """The broker as one that may do everything."""
        return self.servers.broker

    def broker_of(self, service: str) -> Broker:
        """The broker as a service comes to it."""
        return self.servers.broker_of(service)

    def of(self, service: str) -> str:
        """The topic of a service's events."""
        return Names(self.prefix).events(service)

    @property
    def heads(self) -> str:
        """The topic of heads."""
        return Names(self.prefix).heads


@asynccontextmanager
async def fresh_database(servers: Servers, service: str) -> AsyncIterator[Database]:
    """A migrated database of a service, dropped in the end."""
    template = await asyncio.to_thread(_template, servers, service)
    name = f"test_{service}_{secrets.token_hex(6)}"
    await asyncio.to_thread(psql, servers.admin_dsn, "clone.sql", database=name, template=template, **_roles(service))
    try:
        owner, app = (servers.dsn(name, service, role) for role in ("owner", "app"))
        yield Database(service, name, owner, app, f"{servers.admin_dsn.rpartition('/')[0]}/{name}")
    finally:
        await asyncio.to_thread(psql, servers.admin_dsn, "drop.sql", prefix=name)


@asynccontextmanager
async def fresh_topics(servers: Servers, shards: int = 1) -> AsyncIterator[Topics]:
    """The product's topics under a prefix of their own, deleted in the end."""
    topics = Topics(servers, f"t{secrets.token_hex(6)}.", shards)
    names = await create_topics(servers.broker, topics.prefix, shards)
    await grant_services(servers.broker, topics.prefix)
    try:
        yield topics
    finally:
        await delete_topics(servers.broker, names)


def _template(servers: Servers, service: str) -> str:
    """The name of a service's template, made and migrated by whoever needs it first in this run."""
    name = f"template_{run_folder().name}_{service}"
    made = run_folder() / name
    with locked(name):
        if not made.exists():
            psql(servers.admin_dsn, "template.sql", database=name, **_roles(service))
            asyncio.run(_migrate(servers.dsn(name, service, "owner"), service))
            made.touch()
    return name


async def _migrate(dsn: str, service: str) -> None:
    for folder in folders(service):
        await migrate(dsn, folder)


def _roles(service: str) -> dict[str, str]:
    return {"owner": f"obec_{service}_owner", "app": f"obec_{service}_app"}
