"""A broker or a database that goes away under load and comes back: processes go on by themselves, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.stack import Stack as Servers
from shared.eventstore.migrate import folders, migrate
from shared.streams.topics import Topics
from tests.eventually import eventually
from tests.faults.issuer import RunningIssuer
from tests.faults.office import REGIONS, Office
from tests.faults.stage import Stage
from tests.servers import Servers as Addresses
from tests.servers import embedded, psql, run_folder
from tests.stack import Database, fresh_topics

COMMANDS = 150


@pytest.fixture(scope="module")
def servers_to_break(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A broker and a database for the tests of this module alone."""
    stack = embedded(run_folder() / f"own-{tmp_path_factory.mktemp('servers').name}")
    stack.home.mkdir(parents=True)
    stack.start_servers()
    asyncio.run(_migrate(stack))
    yield stack
    stack.reset()


async def _migrate(stack: Servers) -> None:
    for service in ("committee", "reporting"):
        for folder in folders(service):
            await migrate(stack.dsn(service, "owner"), folder)


def clone(stack: Servers, service: str) -> Database:
    """A migrated database of a service on the servers that will break."""
    name = f"broken_{service}_{secrets.token_hex(4)}"
    roles = {"owner": f"obec_{service}_owner", "app": f"obec_{service}_app"}
    psql(stack.postgres.admin_dsn, "clone.sql", database=name, template=f"obec_{service}", **roles)
    owner, app = (f"{stack.dsn(service, role).rpartition('/')[0]}/{name}" for role in ("owner", "app"))
    return Database(service, name, owner, app, f"{stack.postgres.admin_dsn.rpartition('/')[0]}/{name}")


@pytest.fixture
async def fragile(servers_to_break: Servers, issuer: RunningIssuer, tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage on servers that may break, its API and its projector running."""
    stack = servers_to_break
    addresses = Addresses(stack.broker, stack.postgres.admin_dsn, "", "", dict(stack.kafka.passwords))
    async with fresh_topics(addresses) as names:
        store, views = clone(stack, "committee"), clone(stack, "reporting")
        stage = Stage({"committee": store}, views, names, Topics(names.prefix), 1, issuer, tmp_path)
        try:
            await asyncio.gather(stage.api().start(), stage.projector().start())
            yield stage
        finally:
            stage.end()


@asynccontextmanager
async def under_load(stage: Stage, office: Office, before: int) -> AsyncIterator[None]:
    """Load that is under way when the block begins and is all answered when it has ended."""
    load = asyncio.create_task(office.work(COMMANDS, REGIONS))
    await office.has_answered(before)
    yield
    await load
    assert all(each.lives for each in stage.processes), "a process gave up"


async def kill(server: Kafka | Postgres) -> None:
    """End a server as hard as can be."""
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: server.pid is None)


async def test_events_and_views_survive_a_broker_that_is_killed_under_load(
    fragile: Stage, servers_to_break: Servers, chance: Random
) -> None:
    async with fragile.office() as office, fragile.watching() as console, fragile.witness():
        await office.open()
        async with under_load(fragile, office, chance.randrange(10, COMMANDS // 3)):
            await kill(servers_to_break.kafka)
            await office.has_answered(20)
            away = ("broker.unreachable", "kafka")
            await console.sees("consumer", "reporting", "unknown", rings=[away], end_offset=None)
            assert await fragile.is_ready("api"), "commands are taken while the broker is away"
            await asyncio.to_thread(servers_to_break.kafka.start)
        await fragile.nothing_unasked(office)
        await asyncio.gather(fragile.check(office), console.falls_silent())


@pytest.mark.parametrize("way", ["restarted", "killed"])
async def test_acknowledged_commands_and_views_survive_a_database_that_goes_under_load(
    fragile: Stage, servers_to_break: Servers, way: str, chance: Random
) -> None:
    postgres = servers_to_break.postgres
    async with fragile.office() as office, fragile.witness():
        await office.open()
        async with under_load(fragile, office, chance.randrange(10, COMMANDS // 3)):
            if way == "killed":
                await kill(postgres)
            else:
                await asyncio.to_thread(postgres.stop)
            again = office.sent_again
            await eventually(lambda: office.sent_again > again)
            await asyncio.to_thread(postgres.start)
        await fragile.nothing_unasked(office)
        await fragile.check(office)
