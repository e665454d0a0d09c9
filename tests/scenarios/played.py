"""The demonstration's year on a stack of its own, played once for many tests to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx

from demo.client import Offices
from demo.example import PROGRAMME
from demo.play import play
from deploy.local.ports import HOST, Ports
from deploy.local.stack import Stack
from tests.eventually import eventually
from tests.servers import FOLDER, run_folder

STORES = ("committee", "activity", "evaluation")
CONSUMERS = {
    "activity": ("activity.learner", "activity.progress"),
    "evaluation": ("evaluation.learner", "evaluation.reactions"),
    "reporting": ("reporting",),
}
"""By database, the consumers that must have read everything before the system is at rest."""


@dataclass(frozen=True)
class Played:
    """The stack after its year."""

    stack: Stack

    @property
    def addresses(self) -> Mapping[str, str]:
        """Base URLs of the services and of the issuer."""
        names = ("issuer", *STORES, "reporting")
        return {name: f"http://{HOST}:{getattr(self.stack.ports, name)}" for name in names}

    def dsn(self, service: str) -> str:
        """A service's database, as the role that runs."""
        return self.stack.dsn(service)

    @property
    def dsns(self) -> Mapping[str, str]:
        """Databases of the services with a store."""
        return {service: self.dsn(service) for service in STORES}

    @property
    def topics(self) -> Mapping[str, str]:
        """Topics of the services with a store."""
        return {service: f"obec.cluster.{service}" for service in STORES}

    async def ask(self, path: str, programme: str = PROGRAMME, **params: str) -> Any:
        """What reporting answers; anything but 200 is an error."""
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.get(f"{self.addresses['reporting']}/v1/programmes/{programme}{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def heads(self) -> dict[str, int]:
        """Last position of each store."""
        return {
            service: await self.value(service, "SELECT coalesce(max(position), 0) FROM events") for service in STORES
        }

    async def value(self, service: str, sql: str, *arguments: Any) -> Any:
        """One value from a service's database."""
        async with connected(self.dsn(service)) as connection:
            return await connection.fetchval(sql, *arguments)

    async def at_rest(self) -> dict[str, int]:
        """Wait until every consumer has read all there is and nothing more follows; returns the stores' heads."""
        await eventually(self._is_at_rest, 120, 0.2)
        return await self.heads()

    async def _is_at_rest(self) -> bool:
        before = await self.heads()
        for service, consumers in CONSUMERS.items():
            async with connected(self.dsn(service)) as connection:
                rows = await connection.fetch(
                    "SELECT consumer, store, position FROM consumer_offsets WHERE consumer = ANY ($1)", list(consumers)
                )
            if any(row["position"] < before.get(row["store"], 0) for row in rows) or not rows:
                return False
        return await self.heads() == before


@asynccontextmanager
async def connected(dsn: str) -> Any:
    """A connection for a moment."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def played_year() -> Iterator[Played]:
    """Start a stack, play the year, wait until all is at rest; everything is deleted in the end."""
    settings = {"OBEC_CLOCK": "simulated", "OBEC_PUBLIC_READ": "1"}
    stack = Stack(
        run_folder() / "year",
        Ports.free(),
        cache=FOLDER / "cache",
        settings=settings,
        postgres_settings={"fsync": "off"},
    )
    played = Played(stack)
    try:
        stack.start()
        asyncio.run(_play(played))
        yield played
    finally:
        stack.reset()


async def _play(played: Played) -> None:
    await play(played.addresses)
    await played.at_rest()


@asynccontextmanager
async def offices(played: Played) -> Any:
    """The offices of the demonstration, with tokens."""
    async with Offices(played.addresses) as opened:
        yield opened
