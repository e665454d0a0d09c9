"""The whole product as it is shipped: its processes under the supervisor, with databases and topics of their own."""

from __future__ import annotations

import asyncio
import xmlrpc.client
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from supervisor.xmlrpc import SupervisorTransport

from demo.client import Offices
from demo.example import PROGRAMME
from deploy.local.given import Given
from deploy.local.ports import HOST, Ports
from deploy.local.stack import Stack, programs_of
from deploy.local.supervisor import Supervisor
from deploy.local.topics import SERVICES
from oracle.guarantees.every import told_by
from oracle.told import Told
from tests.eventually import eventually
from tests.faults.process import clean_environment
from tests.oracle_check import check_guarantees, read_store
from tests.servers import Servers, run_folder
from tests.stack import Database, Topics, fresh_database, fresh_topics

STORES = ("committee", "activity", "evaluation")
READERS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "activity": {"activity.learner": ("committee", "evaluation"), "activity.progress": STORES},
    "evaluation": {"evaluation.learner": ("committee",), "evaluation.reactions": ("committee", "evaluation")},
    "reporting": {"reporting": STORES},
}
"""By database: its consumers, and the stores of which they must have read everything before the system is at rest."""
SIMULATED = {"OBEC_CLOCK": "simulated", "OBEC_EMBEDDED": "1", "OBEC_PUBLIC_READ": "1"}
REST_SECONDS = 120.0
DUE = "SELECT count(*) FROM waiting WHERE woken > looked_at"
"""Facts that wait and are to be decided again."""
LAST = "SELECT coalesce(max(position), 0) FROM events"
"""A store's last position."""
SEARCH_PATH = {"search_path": "reporting, public"}

Answer = Any
Positions = Mapping[str, int]
"""Last position by store."""


@dataclass(frozen=True)
class Product:
    """A running product on the simulated clock."""

    supervisor: Supervisor
    ports: Ports
    databases: Mapping[str, Database]
    names: Topics

    @property
    def addresses(self) -> Mapping[str, str]:
        """Base URLs of the services that run, and of the issuer."""
        running = {each.name.removesuffix("-api") for each in self.supervisor.programs}
        named = (name for name in ("issuer", *STORES, "reporting") if name in running)
        return {name: f"http://{HOST}:{getattr(self.ports, name)}" for name in named}

    @property
    def dsns(self) -> Mapping[str, str]:
        """Databases of the services with a store."""
        return {service: self.databases[service].app_dsn for service in STORES}

    @property
    def topics(self) -> Mapping[str, str]:
        """Topics of the services with a store."""
        return {service: self.names.of(service) for service in STORES}

    @property
    def reporting_dsn(self) -> str:
        """Where the views are."""
        return self.databases["reporting"].app_dsn

    @property
    def logs(self) -> Path:
        """What the processes have said."""
        return self.supervisor.home / "log"

    async def get(self, path: str, *, service: str = "reporting", **query: str) -> httpx.Response:
        """What a service answers to whoever asks."""
        async with httpx.AsyncClient(
            base_url=self.addresses[service], timeout=60, trust_env=False, verify=False
        ) as client:
            return await client.get(path, params=query)

    async def ask(self, question: str, programme: str = PROGRAMME, **query: str) -> Answer:
        """What reporting says of a programme: ``national``, ``regions/R07``, …"""
        answer = await self.get(f"/v1/programmes/{programme}/{question}", **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @asynccontextmanager
    async def offices(self) -> AsyncIterator[Offices]:
        """The demonstration's users, with tokens."""
        async with Offices(self.addresses) as opened:
            yield opened

    @asynccontextmanager
    async def views(self) -> AsyncIterator[Any]:
        """A pool on the views' database."""
        async with asyncpg.create_pool(self.reporting_dsn, min_size=1, max_size=2, server_settings=SEARCH_PATH) as pool:
            yield pool

    async def told(self) -> Sequence[Told]:
        """Every event of every store, for the oracle."""
        return told_by({service: await read_store(dsn) for service, dsn in self.dsns.items()})

    async def now(self) -> datetime:
        """Where the simulated clock stands."""
        moment: datetime = await self.value("evaluation", "SELECT business_now()")
        return moment

    async def rows(self, service: str, sql: str) -> Sequence[Any]:
        """Rows from a service's database."""
        async with connected(self.databases[service].app_dsn) as connection:
            found: Sequence[Any] = await connection.fetch(sql)
            return found

    async def faults(self) -> Sequence[str]:
        """Every guarantee that does not hold, the views held against the oracle's fold."""
        return await check_guarantees(self.dsns, self.names.broker, self.topics, reporting_dsn=self.reporting_dsn)

    async def heads(self) -> Positions:
        """The stores' last positions."""
        return {service: await self.value(service, LAST) for service in STORES}

    async def value(self, service: str, sql: str, *arguments: Any) -> Any:
        """One value from a service's database."""
        async with connected(self.databases[service].app_dsn) as connection:
            return await connection.fetchval(sql, *arguments)

    async def at_rest(self) -> Positions:
        """Wait until everybody has read all there is and nothing more follows from it; returns the heads."""
        async with AsyncExitStack() as opened:
            looking = {
                service: await opened.enter_async_context(connected(self.databases[service].app_dsn))
                for service in SERVICES
            }
            await eventually(lambda: _at_rest(looking), REST_SECONDS, pause=0.05)
            return await _heads(looking)

    def end(self, process: str) -> None:
        """Have the supervisor end one process, and not start it again."""
        with self._supervisord() as supervisord:
            supervisord.stopProcess(f"stack:{process}", True)

    def begin(self, process: str) -> None:
        """Have the supervisor start a process that was ended."""
        with self._supervisord() as supervisord:
            supervisord.startProcess(f"stack:{process}", False)

    @contextmanager
    def _supervisord(self) -> Iterator[Any]:
        transport = SupervisorTransport(serverurl=f"unix://{self.supervisor._socket}")
        try:
            yield xmlrpc.client.ServerProxy("http://stack", transport).supervisor
        finally:
            transport.close()


async def _at_rest(looking: Mapping[str, Any]) -> bool:
    heads = await _heads(looking)
    for service, consumers in READERS.items():
        rows = await looking[service].fetch("SELECT consumer, store, position FROM consumer_offsets")
        read = {(row["consumer"], row["store"]): row["position"] for row in rows}
        for consumer, stores in consumers.items():
            if any(read.get((consumer, store), 0) < heads[store] for store in stores):
                return False
    due = sum([await looking[service].fetchval(DUE) for service in STORES])
    return not due and await _heads(looking) == heads


async def _heads(looking: Mapping[str, Any]) -> Positions:
    """The stores' last positions."""
    return {service: await looking[service].fetchval(LAST) for service in STORES}


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Any]:
    """A connection for a moment."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def running_product(servers: Servers, name: str, *, without: Collection[str] = ()) -> Iterator[Product]:
    """Start all processes on the run's servers; everything is ended and deleted with the block.

    ``without``: programs that nobody asks anything here, as the supervisor calls them.
    """
    ports = Ports.free()
    with asyncio.Runner() as runner:
        made = AsyncExitStack()
        try:
            databases = {
                service: runner.run(made.enter_async_context(fresh_database(servers, service))) for service in SERVICES
            }
            names = runner.run(made.enter_async_context(fresh_topics(servers)))
            supervisor = _supervisor(servers, run_folder() / name, ports, databases, names, without)
            try:
                supervisor.start()
                yield Product(supervisor, ports, databases, names)
            finally:
                supervisor.stop()
        finally:
            runner.run(made.aclose())


def _supervisor(
    servers: Servers,
    home: Path,
    ports: Ports,
    databases: Mapping[str, Database],
    names: Topics,
    without: Collection[str],
) -> Supervisor:
    dsns = {
        (service, role): dsn
        for service, made in databases.items()
        for role, dsn in (("app", made.app_dsn), ("owner", made.owner_dsn))
    }
    settings = {**SIMULATED, "OBEC_TOPIC_PREFIX": names.prefix}
    stack = Stack(home, ports, given=Given(servers.broker, dsns), settings=settings)
    shipped = programs_of(ports, servers.broker_of)
    programs = [each for each in shipped if not each.background and each.name not in without]
    return Supervisor(stack.home, programs, clean_environment() | stack.environment())
