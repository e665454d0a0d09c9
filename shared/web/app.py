"""Makes the application of a service from what the service says of itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI

from shared.clock import Clock
from shared.eventstore.commands import CommandHandler
from shared.eventstore.store import EventStore
from shared.web import problems
from shared.web.api import Api
from shared.web.auth import Authenticator
from shared.web.collection import Collection
from shared.web.commanding import command_routes
from shared.web.docs import docs_route
from shared.web.edge import LARGEST_BODY, Edge
from shared.web.health import Check
from shared.web.health_routes import health_routes
from shared.web.reading import events_route, state_route
from shared.web.straight import App, Straight
from shared.web.timekeeping import clock_routes

VERSION = "0.1.0"

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def base_app(
    service: str,
    authenticator: Authenticator,
    *,
    routers: Iterable[APIRouter] = (),
    checks: Sequence[Check] = (),
    clock: Clock | None = None,
    api: Api | None = None,
    public_read: bool = False,
    lifespan: Lifespan | None = None,
    largest_body: int = LARGEST_BODY,
    larger: Mapping[str, int] | None = None,
) -> FastAPI:
    """What every service serves: its ``routers``, health, metrics, the clock if it has one, problems for what fails.

    In ``app.state`` handlers find ``authenticator`` and ``public_read``, for the dependencies ``auth.authorise(roles)``
    and ``viewing.viewer``; ``failed`` answers for a service that itself failed. A handler may raise ``Rejected``.
    """
    app = App(
        title=f"OBEC CLUSTER: {service}",
        version=VERSION,
        description="Problems are RFC 9457, in Thai and in English. Days are C.E.; B.E. years are understood.",
        lifespan=lifespan or _nothing,
        docs_url=None,
        redoc_url=None,
    )
    app.state.authenticator, app.state.public_read = authenticator, public_read
    app.state.failed = problems.failed
    known = api or Api()
    health_routes(known, checks)
    if clock is not None:
        clock_routes(known, clock)
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(known.routes)
    problems.handle(app)
    app.add_middleware(Edge, service=service, largest_body=largest_body, larger=larger)
    app.straight = {
        address: Edge(Straight(route, app.exception_handlers), service, largest_body, larger)
        for address, route in known.straight.items()
    }
    _document(app, known)
    docs_route(app)
    return app


def make_app(
    service: str,
    collections: Iterable[Collection],
    handler: CommandHandler,
    store: EventStore,
    authenticator: Authenticator,
    *,
    routers: Iterable[APIRouter] = (),
    checks: Sequence[Check] = (),
    lifespan: Lifespan | None = None,
    largest_body: int = LARGEST_BODY,
    larger: Mapping[str, int] | None = None,
    more: Callable[[Api], None] = lambda _api: None,
) -> FastAPI:
    """The application of a service with an event store: commands, states and events of its collections.

    ``more`` adds operations, which come before those of collections; ``larger`` tells addresses that take more than
    ``largest_body``.
    Handlers of ``routers`` find ``store`` and ``handler`` in ``app.state`` besides what ``base_app`` puts there.
    """
    api = Api()
    more(api)
    events_route(api, store)
    for collection in collections:
        command_routes(api, handler, service, collection)
        state_route(api, store, collection)
    app = base_app(
        service,
        authenticator,
        routers=routers,
        checks=[Check("store", _reached(store)), *checks],
        clock=store.clock,
        api=api,
        lifespan=lifespan,
        largest_body=largest_body,
        larger=larger,
    )
    app.state.store, app.state.handler = store, handler
    return app


def _document(app: FastAPI, api: Api) -> None:
    """Have the OpenAPI document made once, when it is first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = api.document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _reached(store: EventStore) -> Callable[[], Any]:
    async def probe() -> str:
        await store.pool.fetchval("SELECT 1")
        return "reached"

    return probe


@asynccontextmanager
async def _nothing(_app: FastAPI) -> AsyncIterator[None]:
    yield
