"""Serves a service's HTTP and relays its events, all in one process."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI

from shared.contracts import Learned
from shared.eventstore.commands import CommandHandler
from shared.eventstore.relay import Relay
from shared.eventstore.store import EventStore
from shared.ingress.drain import Drainer
from shared.ingress.facts import Facts
from shared.ingress.handler import FactHandler
from shared.ingress.http import LARGEST_BATCH, PATH, Ingress
from shared.ingress.records import RecordIngress
from shared.ingress.register import Register
from shared.ingress.telling import Teller
from shared.process import Run, StartRefused, in_background, opened_store, ready
from shared.settings import Settings
from shared.streams.topics import Topics
from shared.web.api import Api
from shared.web.app import VERSION, make_app
from shared.web.auth import Authenticator
from shared.web.collection import Collection
from shared.web.health import Check
from shared.web.published import Published

WRITE_SERVICES = ("committee", "activity", "evaluation")
"""Those that take facts."""
KEEP_ALIVE_SECONDS = 75
"""Seconds for which an idle connection is kept; longer than clients and proxies keep theirs."""
COLLECT = (20_000, 20, 20)
"""How many objects more there must be before it is looked for cycles among the young, and how often among the older."""
DRAIN_SECONDS = 8
"""Seconds that requests in flight have to end after SIGTERM."""


@dataclass(frozen=True)
class Parts:
    """What a service with an event store says of itself in its ``http.py``."""

    collections: Sequence[Collection]
    learned: Sequence[Learned[Any]] = ()
    routers: Callable[[EventStore], Sequence[APIRouter]] = lambda _store: ()
    """Routes that are of no collection."""
    more: Callable[[Api, CommandHandler], None] = lambda _api, _handler: None
    """Operations of no collection."""
    facts: Facts = field(default_factory=lambda: Facts(()))
    """What other systems may tell it."""
    work: Callable[[EventStore], Sequence[Run]] = lambda _store: ()
    """What it does besides, beside answering."""

    def handler(self, store: EventStore) -> CommandHandler:
        """What carries out the service's commands."""
        return CommandHandler(store, [each.aggregate for each in self.collections], self.learned)


async def serve_store(service: str, parts: Parts, settings: Settings, stop: asyncio.Event) -> None:
    """Serve a write service until ``stop``, and relay its events when there is a broker. Raises StartRefused."""
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(listen(settings, service))
        store = await stack.enter_async_context(opened_store(settings, service))
        authenticator = Authenticator(settings.issuers)
        stack.push_async_callback(authenticator.close)
        relays = relays_of(settings, store)
        handler = parts.handler(store)
        register = Register(store)
        facts = FactHandler(handler, parts.facts, register)
        app = app_of(
            service,
            parts,
            facts,
            authenticator,
            {each: settings.url(each) for each in WRITE_SERVICES},
            checks=[Check("relay", states_of(relays), required=False)] if relays else [],
        )
        work = [*(relay.run for relay in relays), Drainer(facts).run, facts.originals.dropping, *parts.work(store)]
        if settings.broker is not None:
            topics = Topics(settings.topic_prefix)
            work += [
                RecordIngress(facts, register, settings.broker, topics).run,
                Teller(store, settings.broker, topics).run,
            ]
        await stack.enter_async_context(in_background(*work))
        await serve(app, listening, stop, settings)


def app_of(
    service: str,
    parts: Parts,
    facts: FactHandler,
    authenticator: Authenticator,
    urls: Mapping[str, str],
    checks: Sequence[Check] = (),
) -> FastAPI:
    """A write service's application: its commands, and where other systems' facts come in."""
    store, handler = facts.store, facts.handler
    ingress = Ingress(facts, facts.register or Register(store), urls)

    published = Published(service, parts.facts.schemas(), VERSION)

    def more(api: Api) -> None:
        published.add_to(api)
        ingress.add_to(api)
        parts.more(api, handler)

    return make_app(
        service,
        parts.collections,
        handler,
        store,
        authenticator,
        routers=parts.routers(store),
        checks=checks,
        larger={PATH: LARGEST_BATCH},
        more=more,
    )


def relays_of(settings: Settings, store: EventStore) -> list[Relay]:
    """A relay for each shard; none without a broker."""
    broker, topics = settings.broker, Topics(settings.topic_prefix)
    return [] if broker is None else [Relay(store, broker, topics, shard) for shard in range(store.shards)]


@contextmanager
def listen(settings: Settings, service: str) -> Iterator[socket.socket]:
    """A socket bound to the service's address, not yet listening. Raises StartRefused."""
    host, port = settings.host.strip("[]"), settings.port(service)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                what = f"end what listens there or set OBEC_{service.upper()}_PORT"
                raise StartRefused(f"port {port} on {host} is taken: {what}") from error
            raise StartRefused(f"OBEC_HOST: cannot listen on {host}: {error.strerror or error}") from error
        yield bound


async def serve(app: FastAPI, listening: socket.socket, stop: asyncio.Event, settings: Settings) -> None:
    """Serve until ``stop``, then let requests in flight end."""
    server = _Server(
        uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            ws="none",
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    ending = asyncio.create_task(server.end_when(stop, settings))
    _collect_seldom()
    try:
        await server.serve(sockets=[listening])
    finally:
        ending.cancel()


def _collect_seldom() -> None:
    """What is there by now stays for good: looking through it for cycles again and again took a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


class _Server(uvicorn.Server):
    """uvicorn without its own signals, which would have the process end as if it had been killed."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def end_when(self, stop: asyncio.Event, settings: Settings) -> None:
        """Say that it is ready once it is, and end it when ``stop`` is set."""
        await self.up.wait()
        with ready(settings):
            await stop.wait()
            self.should_exit = True


def states_of(relays: Sequence[Relay]) -> Callable[[], Awaitable[Any]]:
    """For a health check: how each relay is doing."""

    async def probe() -> Any:
        return [relay.state for relay in relays]

    return probe
