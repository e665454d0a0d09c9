"""The reporting service put together in one place: its questions, its pages, and what they stand on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import httpx
from fastapi import FastAPI

from services.reporting.alarms.http import AlarmApi
from services.reporting.asking import Desk
from services.reporting.following import Watch
from services.reporting.http import Views
from services.reporting.mentions import Mentions
from services.reporting.monitor.reading import Limits
from services.reporting.operating_http import OperatorViews
from services.reporting.pages.console.routes import Console
from services.reporting.pages.console.services import SERVICES, Services
from services.reporting.pages.people import People
from services.reporting.pages.routes import Pages
from services.reporting.processes import PROCESSES, SEARCH_PATH, opened_pool
from services.reporting.projections.projection import ReportingProjection
from services.reporting.proving.http import ProofRoutes
from services.reporting.rebuilding.routes import RebuildRoutes
from services.reporting.receipts import Receipts
from services.reporting.reports import Reports
from services.reporting.reports_http import ReportRoutes
from shared.operating.consumers import Consumer
from shared.operating.deciding import Operators
from shared.operating.forgetting import Forgetting
from shared.operating.http import OperatorApi
from shared.operating.redacting import RedactApi
from shared.operating.status_http import StatusApi
from shared.operating.watcher import watcher_of
from shared.process import in_background, opened_store
from shared.service import listen, orders_of, relays_of, serve, states_of
from shared.settings import Settings
from shared.streams.declared import WRITE_SERVICES
from shared.web.api import Api
from shared.web.app import VERSION, base_app
from shared.web.auth import Authenticator
from shared.web.health import Check
from shared.web.published import Published
from shared.web.sign_in import SignIn

CONSUMERS = (Consumer("reporting", ReportingProjection, settings=SEARCH_PATH),)
"""Of which this process can show what a replay would change."""


async def serve_reporting(settings: Settings, stop: asyncio.Event) -> None:
    """Serve questions until ``stop``. Raises StartRefused."""
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(listen(settings, "reporting"))
        pool = await stack.enter_async_context(opened_pool(settings))
        authenticator = Authenticator(settings.issuers)
        stack.push_async_callback(authenticator.close)
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        store = await stack.enter_async_context(opened_store(settings, "reporting"))
        desk = Desk(lambda: pool, store.clock)
        api = Api()
        Views(desk, Watch(lambda: pool, stop)).add_to(api)
        Published("reporting", {}, VERSION).add_to(api)
        Receipts({service: settings.url(service) for service in WRITE_SERVICES}, client).add_to(api)
        reports = Reports(desk, store)
        ReportRoutes(reports).add_to(api)
        relays = relays_of(settings, store)
        watcher = watcher_of(settings, "reporting", relays, PROCESSES)
        StatusApi(watcher).add_to(api)
        operators = Operators("reporting", lambda: store.pool, two_person=settings.two_person)
        OperatorApi(operators, store, CONSUMERS).add_to(api)
        RedactApi(operators, store.name).add_to(api)
        RebuildRoutes(operators).add_to(api)
        OperatorViews(desk, Limits.of(settings)).add_to(api)
        AlarmApi(store, operators).add_to(api)
        Forgetting(store, [Mentions(pool)], orders_of(settings)).add_to(api)
        ProofRoutes(operators).add_to(api)
        checks = [Check("relay", states_of(relays), required=False)] if relays else []
        app = application(desk, authenticator, api, public_read=settings.public_read, checks=checks)
        app.state.operators = operators
        SignIn(settings).add_to(app)
        pages = Pages(desk, reports, People(client, settings.url("committee")))
        pages.add_to(app)
        urls = {service: settings.url(service) for service in SERVICES}
        Console(Services(client, urls), stop).add_to(app)
        await pages.prepare()
        await stack.enter_async_context(in_background(watcher.run, *(relay.run for relay in relays)))
        await serve(app, listening, stop, settings)


def application(
    desk: Desk, authenticator: Authenticator, api: Api, *, public_read: bool, checks: Sequence[Check] = ()
) -> FastAPI:
    """The application that serves ``api`` and the pages, all asking at one desk."""

    async def reached() -> str:
        await desk.pool().fetchval("SELECT 1")
        return "reached"

    return base_app(
        "reporting",
        authenticator,
        checks=[Check("views", reached), *checks],
        clock=desk.clock,
        api=api,
        public_read=public_read,
    )
