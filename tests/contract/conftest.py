"""A service with notes on a real database, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from shared.clock import ClockMode
from shared.eventstore.commands import CommandHandler
from shared.eventstore.store import EventStore
from shared.web.app import make_app
from tests.conftest import NewDatabase
from tests.contract.notes import COLLECTIONS
from tests.tokens import TestIssuer


@pytest.fixture(scope="session")
def issuer() -> TestIssuer:
    return TestIssuer()


@pytest.fixture
def clock_mode() -> ClockMode:
    return ClockMode.REAL


@pytest.fixture
async def store(database: NewDatabase, clock_mode: ClockMode) -> AsyncIterator[EventStore]:
    made = await database("activity")
    opened = await EventStore.open(made.app_dsn, "activity", clock=clock_mode)
    yield opened
    await opened.close()


@pytest.fixture
async def app(store: EventStore, issuer: TestIssuer) -> AsyncIterator[FastAPI]:
    authenticator = issuer.authenticator()
    handler = CommandHandler(store, [each.aggregate for each in COLLECTIONS])
    yield make_app("notes", COLLECTIONS, handler, store, authenticator)
    await authenticator.close()


@pytest.fixture
async def http(app: FastAPI, issuer: TestIssuer) -> AsyncIterator[httpx.AsyncClient]:
    """An officer's client."""
    async with client_of(app, issuer.bearer("officer")) as client:
        yield client


def client_of(app: FastAPI, headers: dict[str, str]) -> httpx.AsyncClient:
    """A client that speaks to the application in this process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test", headers=headers)
