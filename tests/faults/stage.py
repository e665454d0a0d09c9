"""A service, its broker and its views, with processes to break; and everything that must hold afterwards."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from deploy.local.ports import HOST, Ports
from deploy.local.topics import connect
from services.committee import http as committee
from services.evaluation import http as evaluation
from services.reporting.processes import SEARCH_PATH
from services.reporting.projections.projection import ReportingProjection
from shared.eventstore.relay import Relay
from shared.eventstore.store import EventStore
from shared.service import Parts
from shared.settings import Issuer
from shared.streams.broker import Broker
from shared.streams.runner import Runner
from shared.streams.topics import Topics
from shared.web.app import make_app
from shared.web.auth import Authenticator
from tests.eventually import eventually
from tests.faults.issuer import RunningIssuer
from tests.faults.office import Office
from tests.faults.process import Process, clean_environment
from tests.faults.rebuilding import rebuild_differences
from tests.faults.seen import Console, console_at, watching
from tests.faults.witness import Witness
from tests.oracle_check import check_guarantees, consumer_faults
from tests.stack import Database
from tests.stack import Topics as Names

SERVICE = "committee"
CONSUMER = "reporting"
PARTS = {
    "committee": Parts(committee.COLLECTIONS, committee.LEARNED),
    "evaluation": Parts(evaluation.COLLECTIONS, evaluation.LEARNED),
}
HEADS = "SELECT shard, max(position) AS position FROM events GROUP BY shard"
READ = "SELECT store, shard, position FROM consumer_offsets WHERE consumer = $1"
SETTLE_SECONDS = 40.0


SHARDED = pytest.mark.parametrize(
    "shards",
    [1, 3] if "OBEC_EVERY_SHARDING" in os.environ else [3],
    ids=lambda number: "1 shard" if number == 1 else f"{number} shards",
)
"""A store of three shards, and in the campaign one of a single shard too, of which most other tests are."""


@dataclass
class Stage:
    """Stores by service, of ``shards`` shards each, their topics, reporting's views. Made by the fixture ``stage``."""

    stores: dict[str, Database]
    views: Database
    names: Names
    topics: Topics
    shards: int
    issuer: RunningIssuer
    folder: Path
    processes: list[Process] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def store(self) -> Database:
        """The store that most tests have alone: committee's."""
        return self.stores[SERVICE]

    @property
    def broker(self) -> Broker:
        """The broker as one that may do everything."""
        return self.names.broker

    def api(self, name: str = "api", **settings: str) -> Process:
        """A process that serves committee's HTTP and relays its events; not started."""
        self.ports[name] = Ports.free().committee
        return self.process(name, "services.committee", "api", OBEC_COMMITTEE_PORT=str(self.ports[name]), **settings)

    def projector(self, name: str = "projector", **settings: str) -> Process:
        """A process that keeps reporting's views; not started."""
        return self.process(name, "services.reporting", "projector", **settings)

    def process(self, name: str, *words: str, **settings: str) -> Process:
        """Any process of the product; not started."""
        user = self.names.broker_of(words[0].removeprefix("services."))
        made = Process(words, {**self.environment(), **user.environment(), **settings}, self.folder / name)
        self.processes.append(made)
        return made

    def running(self, name: str) -> Process:
        """The process of that name."""
        return next(each for each in self.processes if each.folder.name == name)

    def environment(self) -> dict[str, str]:
        """What every process is told."""
        return {
            **clean_environment(),
            "OBEC_TOPIC_PREFIX": self.topics.prefix,
            "OBEC_SHARDS": str(self.shards),
            "OBEC_ISSUERS": json.dumps([self.issuer.named]),
            "OBEC_REPORTING_DSN": self.views.app_dsn,
            **{f"OBEC_{service.upper()}_DSN": database.app_dsn for service, database in self.stores.items()},
        }

    def office(self, *apis: str, name: str = "k") -> Office:
        """An officer's client of these APIs, the first that answers."""
        addresses = [f"http://{HOST}:{self.ports[each]}" for each in apis or ("api",)]
        return Office(addresses, self.issuer.bearer("officer"), name)

    @asynccontextmanager
    async def desk(self, service: str = SERVICE) -> AsyncIterator[Office]:
        """An office whose service, relays included, is in this process; for tests that break something else."""
        async with self.opened(service) as store, self.desk_at(store) as office:
            yield office

    @asynccontextmanager
    async def desk_at(self, store: EventStore, *, relaying: bool = True) -> AsyncIterator[Office]:
        """The same at a store that is open already, perhaps without relays."""
        authenticator = Authenticator([Issuer.model_validate(self.issuer.named)])
        parts = PARTS[store.name]
        app = make_app(store.name, parts.collections, parts.handler(store), store, authenticator)
        door = httpx.ASGITransport(app)
        async with AsyncExitStack() as opened:
            opened.push_async_callback(authenticator.close)
            if relaying:
                await opened.enter_async_context(self.relaying(store))
            yield await opened.enter_async_context(
                Office(["http://desk"], self.issuer.bearer("officer"), "desk", transport=door)
            )

    @asynccontextmanager
    async def opened(self, service: str = SERVICE) -> AsyncIterator[EventStore]:
        """A store, opened in this process."""
        store = await EventStore.open(self.stores[service].app_dsn, service, shards=self.shards)
        try:
            yield store
        finally:
            await store.close()

    @asynccontextmanager
    async def projecting(self) -> AsyncIterator[Runner]:
        """A projector in this process, for tests that break something else."""
        runner = Runner(
            ReportingProjection(), self.views.app_dsn, self.broker, self.topics, recompute=True, settings=SEARCH_PATH
        )
        async with running(runner):
            yield runner

    @asynccontextmanager
    async def relaying(self, store: EventStore) -> AsyncIterator[list[Relay]]:
        """Relays in this process, for tests that break something else."""
        relays = [Relay(store, self.broker, self.topics, shard) for shard in range(self.shards)]
        async with running(*relays):
            yield relays

    async def group_is(self, state: str) -> bool:
        """Whether the consumer group of the views is in that state, such as PreparingRebalance."""
        admin = await connect(self.broker)
        try:
            [answer] = await admin.describe_consumer_groups([f"{self.topics.prefix}obec.{CONSUMER}"])
        finally:
            await admin.close()
        return any(group[2] == state for group in answer.groups)

    def console(self, api: str, service: str = SERVICE) -> AbstractAsyncContextManager[Console]:
        """What an operator sees at an API that runs."""
        return console_at(f"http://{HOST}:{self.ports[api]}", service, self.views.app_dsn, self.issuer)

    def watching(self, service: str = CONSUMER) -> AbstractAsyncContextManager[Console]:
        """What an operator of a service sees whose API does not run: it is looked at from this process."""
        dsn = self.views.app_dsn if service == CONSUMER else self.stores[service].app_dsn
        broker = self.names.broker_of(service)
        return watching(
            service, dsn, broker, self.topics, self.issuer, views_dsn=self.views.app_dsn, shards=self.shards
        )

    def witness(self) -> Witness:
        """Watches the offsets of the views while something is broken (I5)."""
        return Witness(self.views.app_dsn, CONSUMER)

    async def heads(self) -> dict[tuple[str, int], int]:
        """Last position by store and shard."""
        return {
            (service, row["shard"]): row["position"]
            for service, database in self.stores.items()
            for row in await self.ask(database.app_dsn, HEADS)
        }

    async def read(self, dsn: str, consumer: str) -> dict[tuple[str, int], int]:
        """How far a consumer has read, by store and shard."""
        return {(row["store"], row["shard"]): row["position"] for row in await self.ask(dsn, READ, consumer)}

    async def stored(self) -> int:
        """How many events the store holds."""
        return await self.stored_in(self.store)

    async def stored_in(self, database: Database) -> int:
        """How many events a service's database holds."""
        return int((await self.ask(database.app_dsn, "SELECT count(*) AS n FROM events"))[0]["n"])

    async def settled(self) -> None:
        """Wait until everything that is in the stores is in the views too."""
        heads = await self.heads()

        async def projected() -> bool:
            read = await self.read(self.views.app_dsn, CONSUMER)
            return all(read.get(place, 0) >= position for place, position in heads.items())

        await eventually(projected, SETTLE_SECONDS, pause=0.05)

    async def relays(self, api: str) -> Sequence[Mapping[str, Any]]:
        """What an API says of its relays; nothing when it does not answer."""
        async with httpx.AsyncClient(timeout=2.0, trust_env=False, verify=False) as client:
            try:
                answer = await client.get(f"http://{HOST}:{self.ports[api]}/readyz")
            except httpx.TransportError:
                return []
        found: Sequence[Mapping[str, Any]] = answer.json()["checks"]["relay"]
        return found

    async def is_ready(self, api: str) -> bool:
        """Whether an API says that it is ready."""
        async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
            return (await client.get(f"http://{HOST}:{self.ports[api]}/readyz")).is_success

    async def check(self, *offices: Office, settled_at: datetime | None = None) -> None:
        """Everything that must hold once nothing is broken any more. Raises AssertionError with all that does not."""
        await self.settled()
        faults = [line for office in offices for line in await self._promises(office)]
        faults += await check_guarantees(
            {service: database.app_dsn for service, database in self.stores.items()},
            self.broker,
            {service: self.topics.events(service) for service in self.stores},
            reporting_dsn=self.views.app_dsn,
            settled_at=settled_at,
        )
        faults += await consumer_faults(self.views.app_dsn, CONSUMER)
        faults += await rebuild_differences(self.views, self.broker, self.topics, list(self.stores), self.shards)
        assert faults == [], "\n".join(faults[:20])

    async def _promises(self, office: Office) -> list[str]:
        """I8: what was acknowledged is stored; I9: sent again it is answered alike, and nothing more is stored."""
        before = await self.event_ids()
        lines = await office.repeat()
        after = await self.event_ids()
        lines += [f"I9: {more} came when everything was sent again" for more in sorted(after - before)]
        return lines + [f"I8: {lost} was acknowledged and is not stored" for lost in set(office.event_ids) - after]

    async def nothing_unasked(self, *offices: Office) -> None:
        """Every stored event is of an answer that somebody got."""
        assert await self.event_ids() == {each for office in offices for each in office.event_ids}

    async def event_ids(self) -> set[str]:
        """Ids of all events of all stores."""
        ids = "SELECT event_id::text AS id FROM events"
        return {row["id"] for database in self.stores.values() for row in await self.ask(database.app_dsn, ids)}

    async def ask(self, dsn: str, sql: str, *arguments: Any) -> list[Any]:
        """Rows of any of the databases."""
        connection = await asyncpg.connect(dsn)
        try:
            return list(await connection.fetch(sql, *arguments))
        finally:
            await connection.close()

    def end(self) -> None:
        """End whatever still runs."""
        for each in self.processes:
            each.kill()


@asynccontextmanager
async def running(*workers: Runner | Relay) -> AsyncIterator[None]:
    """Runners or relays of this process, until the block ends."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(each.run(stop)) for each in workers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
