"""A service with notes in this process on a real database; and the committee service as a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from shared.clock import ClockMode
from shared.eventstore.commands import CommandHandler
from shared.eventstore.store import EventStore
from shared.settings import Issuer
from shared.web.app import make_app
from tests.conftest import NewDatabase
from tests.contract.notes import COLLECTIONS
from tests.contract.process import ServiceProcess, environment_of, process
from tests.stack import Database
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
async def app(store: EventStore, issuer: TestIssuer) -> FastAPI:
    return app_at(store, issuer)


def app_at(store: EventStore, issuer: TestIssuer) -> FastAPI:
    """The service with notes at a store."""
    handler = CommandHandler(store, [each.aggregate for each in COLLECTIONS])
    return make_app("notes", COLLECTIONS, handler, store, issuer.authenticator())


@pytest.fixture
async def http(app: FastAPI, issuer: TestIssuer) -> AsyncIterator[httpx.AsyncClient]:
    """An officer's client."""
    async with client_of(app, issuer.bearer("officer")) as client:
        yield client


def client_of(app: FastAPI, headers: dict[str, str]) -> httpx.AsyncClient:
    """A client that speaks to the application in this process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test", headers=headers)


@pytest.fixture
async def committee(database: NewDatabase) -> Database:
    return await database("committee")


@pytest.fixture
def named(issuer: TestIssuer) -> Iterator[Issuer]:
    with issuer.on_loopback() as served:
        yield served


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
async def running(committee: Database, named: Issuer, log: Path, tmp_path: Path) -> AsyncIterator[ServiceProcess]:
    environment = environment_of(committee, named, OBEC_READY_FILE=tmp_path / "ready")
    with process("committee", environment, log) as made:
        await made.ready()
        yield made
