"""The write services as they are served, for tests that hold for each of them."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from services.committee import persons
from services.committee.credentials import Credentials
from shared.clock import ClockMode
from shared.contracts.common import FactVoided
from shared.contracts.document import example
from shared.eventstore.store import EventStore
from shared.ingress.handler import FactHandler
from shared.ingress.register import Register
from shared.service import Parts
from shared.service import app_of as served
from shared.web.auth import authorise
from shared.web.collection import Collection
from tests.tokens import TestIssuer

WRITE_SERVICES = ("committee", "activity", "evaluation")


@dataclass(frozen=True, slots=True)
class Sent:
    """A command as it is sent: its address with a stream of its collection, and its body's model."""

    path: str
    template: str
    model: type[BaseModel]
    collection: Collection

    @property
    def body(self) -> Any:
        """A body that the model takes."""
        return example(self.model.model_json_schema())


def parts_of(service: str) -> Parts:
    """What a service says of itself."""
    http = importlib.import_module(f"services.{service}.http")
    facts = importlib.import_module(f"services.{service}.facts").FACTS
    if service == "committee":
        return Parts(http.COLLECTIONS, http.LEARNED, _people, Credentials(None).add_to, facts)
    return Parts(http.COLLECTIONS, http.LEARNED, facts=facts)


def _people(store: EventStore) -> list[APIRouter]:
    return [persons.router(lambda: store.pool, authorise, persons.officers_or_itself(Register(store)))]


def app_of(service: str, store: EventStore, issuer: TestIssuer, **instead: Any) -> FastAPI:
    """A service's application in this process; ``instead``: what it says otherwise of itself."""
    parts = replace(parts_of(service), **instead)
    urls = {each: f"http://{each}.test" for each in WRITE_SERVICES}
    return served(service, parts, FactHandler(parts.handler(store), parts.facts), issuer.authenticator(), urls)


@asynccontextmanager
async def opened(dsn: str, service: str, clock: ClockMode = ClockMode.REAL) -> AsyncIterator[EventStore]:
    """A service's store."""
    store = await EventStore.open(dsn, service, clock=clock)
    try:
        yield store
    finally:
        await store.close()


def commands_of(service: str) -> Iterator[Sent]:
    """Every command of a service."""
    for each in parts_of(service).collections:
        if each.create is not None:
            yield Sent(f"/v1/{each.name}", f"/v1/{each.name}", each.create, each)
        verbs: dict[str, type[BaseModel]] = {**each.verbs, "void": FactVoided}
        for verb, model in verbs.items():
            path = f"/v1/{each.name}/{each.aggregate.name}:x/{verb}"
            yield Sent(path, f"/v1/{each.name}/{{stream}}/{verb}", model, each)
