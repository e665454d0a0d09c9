"""Serves the console's pages and takes its forms; for people who are signed in as operators alone."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

import orjson
from fastapi import FastAPI, Request, Response
from sse_starlette import EventSourceResponse

from services.reporting.pages.address import address_of
from services.reporting.pages.console.actions import ACTIONS, WRITTEN, body_of, path_of, target_of, written_in
from services.reporting.pages.console.services import SERVICES, Services
from services.reporting.pages.console.sheets import PAGES, TONES, ConsolePage, Operator, lines_of
from services.reporting.pages.language import language_of
from services.reporting.pages.readers import Reader
from services.reporting.pages.serving import NOT_KEPT, Endpoint, add, sent
from services.reporting.pages.showing import Showing
from shared.contracts import Rejected
from shared.thai.regions import CODES
from shared.web.auth import OPERATOR
from shared.web.session import SignInFirst, access_token, can_sign_in, csrf_token, require_csrf, require_role

CONSOLE = "console"
_AROUND = ("csrf", "service", "back", "key")
"""Fields that every form has."""
LOOK_SECONDS = 2.0
"""How often who watches is told of what changed."""
NAVIGATION = tuple((page.path, page.name) for page in PAGES if page.name)


class Console:
    """The console over all ``services``. ``stop`` ends what is still watched."""

    def __init__(self, services: Services, stop: asyncio.Event) -> None:
        self._services, self._stop = services, stop

    def add_to(self, app: FastAPI) -> None:
        """Serve it."""
        for page in PAGES:
            add(app, "GET", f"/{CONSOLE}/{page.path}".rstrip("/"), self._of(page))
        add(app, "POST", f"/{CONSOLE}/actions/{{action}}", self._act)
        add(app, "GET", f"/{CONSOLE}/changes", self._changes)

    def _of(self, page: ConsolePage) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            operator, show = _looking(request, self._services, page.path)
            context = {**_around(request, show, page.path), **await page.make(operator)}
            return await sent(request, show, page.template, lambda: context, {"Cache-Control": NOT_KEPT})

        return endpoint

    async def _act(self, request: Request) -> Response:
        """Order what a form asks for, and show what became of it."""
        require_role(request, OPERATOR)
        await require_csrf(request)
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        name, service = request.path_params["action"], form.get("service", "")
        action = ACTIONS.get(name)
        if action is None or service not in SERVICES:
            raise Rejected("not_found")
        back = form.get("back", "")
        known_back = back if back in {page.path for page in PAGES} else ""
        operator, show = _looking(request, self._services, known_back)
        path, body = path_of(action, form), body_of(action, form)
        key = _key(form, path, body) if action.commands else None
        told = await self._services.order(service, path, operator.token, operator.language, body, key)
        context = {
            **_around(request, show, known_back),
            "action": name,
            "told": told,
            "form": form,
            "back": known_back,
            "later": action.later,
            "regions": CODES,
            "target": target_of(form),
            "written": written_in(action, form),
            "preview": told.is_well and form.get("dry_run") == "yes",
            "again": {name: text for name, text in form.items() if name not in (*_AROUND, *WRITTEN, "dry_run")},
        }
        return await sent(request, show, "console/result.html", lambda: context, {"Cache-Control": NOT_KEPT})

    async def _changes(self, request: Request) -> Response:
        """Tell a page that watches when a verdict, an alarm or what is parked is another (server-sent events)."""
        operator, _show = _looking(request, self._services, "")

        async def changes() -> AsyncIterator[dict[str, str]]:
            last = request.headers.get("last-event-id", "")
            while not self._stop.is_set():
                digest = await _digest(operator)
                if digest != last:
                    last = digest
                    yield {"event": "changed", "id": digest, "data": ""}
                try:
                    await asyncio.wait_for(self._stop.wait(), LOOK_SECONDS)
                except TimeoutError:
                    continue

        return EventSourceResponse(changes(), headers={"Cache-Control": "no-store"}, ping=15)


async def _digest(operator: Operator) -> str:
    """Changes when something does that the overview shows and is no mere progress."""
    statuses, alarms = await asyncio.gather(operator.ask_all("status"), operator.ask("alarms", query={"cleared": "0"}))
    seen = [
        [[line["name"], line["verdict"], line.get("parked", 0)] for told in statuses for line in lines_of(told)],
        [[told.body[name] for name in ("parked", "waiting", "quarantined")] for told in statuses if told.is_well],
        alarms.body["counts"] if alarms.is_well else None,
    ]
    return hashlib.sha256(orjson.dumps(seen)).hexdigest()[:16]


def _key(form: Mapping[str, str], path: str, body: Mapping[str, Any]) -> str:
    """A command's idempotency key: a form sent twice commands once, what was filled in otherwise commands anew."""
    return str(uuid5(NAMESPACE_OID, f"{form.get('key', uuid4())} {path} {sorted(body.items())}"))


def _looking(request: Request, services: Services, path: str) -> tuple[Operator, Showing]:
    """Who looks and how pages are shown to them. Raises SignInFirst, Rejected ``auth.*``."""
    require_role(request, OPERATOR)
    address = address_of(CONSOLE, path, request.query_params)
    token = access_token(request)
    if token is None:  # the process that knew it was started again
        raise SignInFirst(address.here())
    language = language_of(address.kept.get("lang"), request.headers.get("accept-language", ""))
    return Operator(services, token, language, address.query), Showing(language, address)


def _around(request: Request, show: Showing, path: str) -> dict[str, Any]:
    """What stands around every page."""
    person = require_role(request, OPERATOR)
    return {
        "show": show,
        "reader": Reader(person, can_sign_in(request), csrf_token(request)),
        "frame": None,
        "section": path.partition("/")[0],
        "navigation": NAVIGATION,
        "tones": TONES,
        "key": str(uuid4()),
    }
