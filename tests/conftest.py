"""What every test can ask for: the run's servers, a fresh migrated database, topics of its own, a stack to break."""

import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pytest_asyncio import is_async_test
from xdist.scheduler import LoadScopeScheduling

from deploy.local.stack import Stack
from shared.starting import loaded
from shared.streams.broker import Broker
from tests.cli import Settings, own_settings
from tests.servers import Servers, embedded, run_folder, servers, stop_servers
from tests.stack import Database, Topics, fresh_database, fresh_topics

pytest_plugins = ("tests.lived",)

ONE_PROCESS = ("tests/scenarios/", "tests/browser/")
"""Folders whose tests share one running product, which lives through its years once."""
IN_THIS_ORDER = (*ONE_PROCESS, "tests/faults/", "tests/shuffled/", "tests/fuzzed/")
"""What takes long in one piece begins first; the many small pieces fill up what is left of the processes' time."""
PATIENCE_SECONDS = 600.0
"""For the first of them, which waits until processes have started and lived a year on a machine that has other work."""

SHARED = "shared"
"""The fixture of a module whose tests only look at what is there: made once, and left as it is."""

SEED = "OBEC_FAULT_SEED"

NewDatabase = Callable[[str], Awaitable[Database]]
NewTopics = Callable[..., Awaitable[Topics]]


class Together(LoadScopeScheduling):
    """Spread over several processes, what shares something stays in one: a file's tests, the lived year's tests."""

    def _split_scope(self, nodeid: str) -> str:
        return "the lived year" if shares_the_year(nodeid) else nodeid.partition("::")[0]


def shares_the_year(nodeid: str) -> bool:
    """Whether a test is one of those that share the running product."""
    return nodeid.startswith(ONE_PROCESS)


def place_of(nodeid: str) -> int:
    """When a test's turn comes, among those of other folders."""
    return next((at for at, folder in enumerate(IN_THIS_ORDER) if nodeid.startswith(folder)), len(IN_THIS_ORDER))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long ones first; who waits for the product has patience; what a module shares lives in one event loop."""
    items.sort(key=lambda item: place_of(item.nodeid))
    for item in items:
        if shares_the_year(item.nodeid):
            item.add_marker(pytest.mark.timeout(PATIENCE_SECONDS))
        if isinstance(item, pytest.Function) and SHARED in item.fixturenames and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


def pytest_sessionstart() -> None:
    """Nothing of what tests are collected from is garbage: looking for cycles in it took a tenth of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """As processes of the product: what is there by now stays, and it is looked for cycles seldom."""
    loaded()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """How tests are spread. (pytest-xdist 3.8 overlooks its own group marks under pytest 9.)"""
    return Together(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The main process of the run ends what the run started."""
    if not hasattr(session.config, "workerinput"):
        stop_servers()


@pytest.fixture(scope="session", name="servers")
def the_servers() -> Servers:
    """The run's Kafka and PostgreSQL; a test that stops or kills one asks for `own_stack` instead."""
    return servers()


@pytest.fixture
def kafka(servers: Servers) -> Broker:
    """The run's broker, as one that may do everything."""
    return servers.broker


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Random:
    """Decides when something breaks: the same in every run, unless the campaign names a seed."""
    return Random(f"{os.environ.get(SEED, '2560')} {request.node.name}")


@pytest.fixture
async def database(servers: Servers) -> AsyncIterator[NewDatabase]:
    """Makes a fresh migrated database of a service: `committee = await database("committee")`."""
    async with AsyncExitStack() as made:
        yield lambda service: made.enter_async_context(fresh_database(servers, service))


@pytest.fixture
async def topics(servers: Servers) -> AsyncIterator[NewTopics]:
    """Makes the product's topics under a fresh prefix: `topics = await topics(shards=3)`."""
    async with AsyncExitStack() as made:
        yield lambda shards=1: made.enter_async_context(fresh_topics(servers, shards))


@pytest.fixture
def own_stack(tmp_path: Path, servers: Servers) -> Iterator[Stack]:
    """A stack for this test alone, not started, without processes; `start_servers()` takes two seconds.

    The run's own servers come first: whoever starts them clears away what lies in the run's folder.
    """
    assert servers
    stack = embedded(run_folder() / f"own-{tmp_path.name}")
    stack.home.mkdir(parents=True)
    yield stack
    stack.reset()


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """An environment in which `obec` has a data folder and ports of its own."""
    with own_settings(tmp_path.name) as made:
        yield made
