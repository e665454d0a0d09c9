"""A service that takes facts, over a store of its own, and a publisher that sends them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from services.committee.facts import FACTS
from services.committee.http import COLLECTIONS, LEARNED
from shared.contracts import Command
from shared.contracts.committee import PublisherRights
from shared.eventstore.append import Answer
from shared.eventstore.commands import CommandHandler, Request
from shared.eventstore.store import EventStore
from shared.ingress.cloudevents import Incoming, from_object
from shared.ingress.drain import Drainer
from shared.ingress.facts import Facts
from shared.ingress.handler import FactHandler
from shared.ingress.register import Publisher
from tests.stack import Database
from tests.unit.committee.examples import PROGRAMME_ID, UNIT, member, order

SOURCE = "/ext/personnel/central"
TYPES = tuple(fact.name for fact in FACTS)
PERSONNEL = Publisher("personnel", "สำนักงาน ก.ค.ศ.", PublisherRights(sources=(SOURCE,), types=TYPES))
MEMBERS = [member(1, "chair"), member(2), member(3, "secretary")]  # type: ignore[arg-type]


@dataclass
class Desk:
    """Takes the facts of the committee service."""

    store: EventStore
    handler: CommandHandler
    facts: FactHandler
    drainer: Drainer
    ids: count[int] = field(default_factory=lambda: count(1))

    async def send(self, event: dict[str, Any], publisher: Publisher = PERSONNEL, *, dry_run: bool = False) -> Answer:
        """Take one event."""
        return await self.facts.take(incoming(event), publisher, dry_run=dry_run)

    async def command(self, collection: str, command: Command, verb: str = "", stream: str = "") -> Answer:
        """Carry out an officer's command."""
        kind = next(each for each in COLLECTIONS if each.name == collection)
        where = stream or await kind.locate(command, self.handler)
        key = f"officer-{next(self.ids)}"
        return await self.handler.handle(
            Request(
                kind.aggregate, where, command, "/callers/usr-officer", key, {}, "usr-officer", frozenset({"officer"})
            )
        )

    async def outcomes(self) -> list[tuple[str, str]]:
        """Id and outcome of every receipt, in order."""
        rows = await self.store.pool.fetch("SELECT id, outcome FROM receipts ORDER BY serial")
        return [(row["id"], row["outcome"]) for row in rows]

    async def events(self) -> list[str]:
        """Names of all events, in order."""
        rows = await self.store.pool.fetch("SELECT type FROM events ORDER BY position")
        return [row["type"].split(".")[-2] for row in rows]


@asynccontextmanager
async def desk(database: Database, facts: Facts = FACTS, shards: int = 1) -> AsyncIterator[Desk]:
    """The committee service over a store."""
    store = await EventStore.open(database.app_dsn, "committee", shards=shards)
    try:
        handler = CommandHandler(store, [each.aggregate for each in COLLECTIONS], LEARNED)
        handling = FactHandler(handler, facts)
        yield Desk(store, handler, handling, Drainer(handling))
    finally:
        await store.close()


def incoming(event: dict[str, Any]) -> Incoming:
    """An event as it comes in structured mode."""
    return from_object(event)


def event(name: str, id: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """An event of the personnel system."""
    kind = f"th.go.obec.cluster.{name}.v1"
    return {"specversion": "1.0", "id": id, "source": SOURCE, "type": kind, "data": data, **attributes}


def members() -> list[dict[str, Any]]:
    """A chair, a member and a secretary."""
    return [each.model_dump(mode="json") for each in MEMBERS]


def proposed(id: str = "p-1", region: str = "R07", **changes: Any) -> dict[str, Any]:
    """A committee is proposed."""
    data = {
        "programme": PROGRAMME_ID,
        "region": region,
        "proposed_on": "2016-12-15",
        "proposed_by": UNIT,
        "members": members(),
        **changes,
    }
    return event("CommitteeProposed", id, data)


def appointed(id: str = "a-1", region: str = "R07", number: int = 12, **changes: Any) -> dict[str, Any]:
    """A committee is appointed."""
    data = {
        "programme": PROGRAMME_ID,
        "region": region,
        "order": order(number).model_dump(mode="json"),
        "order_date": "2017-01-12",
        "signatory_office": "เลขาธิการ",
        "effective_from": "2017-01-12",
        "mandate_version": 1,
        "members": members(),
        **changes,
    }
    return event("CommitteeAppointed", id, data)
