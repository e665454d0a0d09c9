"""Serves a service's HTTP and relays its events, all in one process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

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
from shared.operating.canary import Canary
from shared.operating.consumers import Consumer
from shared.operating.deciding import Operators
from shared.operating.forgetting import Forgetting
from shared.operating.http import OperatorApi
from shared.operating.orders import Orders
from shared.operating.redacting import RedactApi
from shared.operating.rewinding import RewindApi
from shared.operating.status_http import StatusApi
from shared.operating.watcher import Watcher, watcher_of
from shared.process import Run, StartRefused, in_background, opened_store, ready
from shared.settings import Settings
from shared.starting import loaded
from shared.streams.declared import WRITE_SERVICES
from shared.streams.topics import Topics
from shared.web.api import Api
from shared.web.app import VERSION, make_app
from shared.web.auth import Authenticator
from shared.web.collection import Collection
from shared.web.health import Check
from shared.web.published import Published
from shared.web.serving import CannotListen, Server, bound


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
    processes: Sequence[str] = ()
    """The service's other processes without which it does not do its work."""
    operating: Callable[[Api, Operators, EventStore], None] = lambda _api, _operators, _store: None
    """What operators may ask of it beside what they may ask of every service."""
    consumers: Callable[[CommandHandler], Sequence[Consumer]] = lambda _handler: ()
    """What reads topics for it, so that its API can show what a replay would change."""

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
        watcher = watcher_of(settings, service, relays, parts.processes)
        app = app_of(
            service,
            parts,
            facts,
            authenticator,
            {each: settings.url(each) for each in WRITE_SERVICES},
            checks=[Check("relay", states_of(relays), required=False)] if relays else [],
            watcher=watcher,
            two_person=settings.two_person,
            orders=orders_of(settings),
        )
        work: list[Run] = [watcher.run, *(relay.run for relay in relays)]
        work += [Drainer(facts).run, facts.originals.dropping, *parts.work(store)]
        if settings.canary_seconds:
            work.append(Canary(store, settings.canary_seconds).run)
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
    watcher: Watcher | None = None,
    *,
    two_person: bool = False,
    orders: Orders | None = None,
) -> FastAPI:
    """A write service's application: its commands, and where other systems' facts come in."""
    store, handler = facts.store, facts.handler
    ingress = Ingress(facts, facts.register or Register(store), urls)

    published = Published(service, parts.facts.schemas(), VERSION)
    operators = Operators(service, lambda: store.pool, two_person=two_person)

    def more(api: Api) -> None:
        published.add_to(api)
        ingress.add_to(api)
        if watcher is not None:
            StatusApi(watcher).add_to(api)
        OperatorApi(operators, store, parts.consumers(handler)).add_to(api)
        RewindApi(operators).add_to(api)
        RedactApi(operators, store.name).add_to(api)
        Forgetting(store, orders=orders).add_to(api)
        parts.operating(api, operators, store)
        parts.more(api, handler)

    app = make_app(
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
    app.state.operators = operators
    return app


def orders_of(settings: Settings) -> Orders | None:
    """What two operators ordered, where it takes two."""
    return Orders(settings.url("committee")) if settings.two_person else None


def relays_of(settings: Settings, store: EventStore) -> list[Relay]:
    """A relay for each shard; none without a broker."""
    broker, topics = settings.broker, Topics(settings.topic_prefix)
    return [] if broker is None else [Relay(store, broker, topics, shard) for shard in range(store.shards)]


@contextmanager
def listen(settings: Settings, service: str) -> Iterator[socket.socket]:
    """A socket bound to the service's address, not yet listening. Raises StartRefused."""
    try:
        with bound(settings.host, settings.port(service), f"OBEC_{service.upper()}_PORT") as made:
            yield made
    except CannotListen as refused:
        raise StartRefused(str(refused)) from refused


async def serve(app: FastAPI, listening: socket.socket, stop: asyncio.Event, settings: Settings) -> None:
    """Serve until ``stop``, then let requests in flight end."""
    server = Server(app)
    ending = asyncio.create_task(_end_when(stop, server, settings))
    loaded()
    try:
        await server.serve(sockets=[listening])
    finally:
        ending.cancel()


async def _end_when(stop: asyncio.Event, server: Server, settings: Settings) -> None:
    """Say that it is ready once it is, and end it when ``stop`` is set."""
    await server.up.wait()
    with ready(settings):
        await stop.wait()
        server.should_exit = True


def states_of(relays: Sequence[Relay]) -> Callable[[], Awaitable[Any]]:
    """For a health check: how each relay is doing."""

    async def probe() -> Any:
        return [relay.state for relay in relays]

    return probe
