"""A small application with sign-in, a browser that goes through it, and issuers to sign in at, sound and not."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import APIRouter, FastAPI, Request
from starlette.types import ASGIApp

from deploy.local.ports import HOST
from deploy.local.supervisor import ROOT
from shared.settings import Settings
from shared.web import session
from shared.web.app import base_app
from shared.web.auth import Caller
from shared.web.sign_in import SignIn
from tests.contract.process import free_port
from tests.eventually import eventually
from tests.tokens import TestIssuer

PAGES = "http://127.0.0.1:8400"
BROWSER = {"Accept": "text/html"}


def pages_app(*, issuer: ASGIApp | None = None, public_read: bool = False, **settings: Any) -> FastAPI:
    """An application with a page, a form and sign-in; ``settings`` as Settings takes them.

    ``issuer``: what answers for the issuer, without a network.
    """
    routes = APIRouter()

    @routes.get("/page/{rest:path}")
    async def page(request: Request) -> dict[str, Any]:
        person = session.page_viewer(request)
        return {
            "person": None if person is None else {"id": person.id, "roles": sorted(person.roles), "name": person.name},
            "csrf": session.csrf_token(request),
            "token": session.access_token(request),
            "can_sign_in": session.can_sign_in(request),
        }

    @routes.post("/begin")
    async def begin(request: Request) -> None:
        """Sign somebody in without an issuer."""
        said = await request.json()
        caller = Caller(said["id"], frozenset(said["roles"]))
        session.begin(request, caller, said["name"], said["token"], time.time() + said["seconds"])

    @routes.post("/form")
    async def form(request: Request) -> str:
        person = session.require_role(request, frozenset({"officer"}))
        await session.require_csrf(request)
        return f"{person.id} {(await request.form())['word']}"

    app = base_app("pages", TestIssuer().authenticator(), routers=[routes], public_read=public_read)
    said = {"public_address": PAGES, "sign_in": None, "session_secret": None, **settings}
    SignIn(Settings(**said), issuer and httpx.ASGITransport(issuer)).add_to(app)
    return app


class Browser:
    """A browser: keeps cookies, follows no redirect by itself; ``apps`` by their addresses, all else is on the net."""

    def __init__(self, app: ASGIApp, address: str = PAGES, **apps: ASGIApp) -> None:
        mounts = {each: httpx.ASGITransport(found) for each, found in {address: app, **apps}.items()}
        self.http = httpx.AsyncClient(base_url=address, mounts=mounts, headers=BROWSER, verify=False)

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def get(self, address: str, **headers: str) -> httpx.Response:
        """Look at an address."""
        return await self.http.get(address, headers=headers)

    async def to_issuer(self, next: str = "/page/") -> str:
        """Begin; the address of the issuer's page."""
        answer = await self.http.get("/sign-in", params={"next": next})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def choose(self, page: str, user: str) -> str:
        """Choose a user on the issuer's page; where the issuer sends the browser on to."""
        shown = await self.get(page)
        assert shown.status_code == 200, shown.text
        fields = {name: html.unescape(value) for name, value in _HIDDEN.findall(shown.text)}
        target = f"{page.partition('/authorize')[0]}/authorize"
        answer = await self.http.post(target, data={**fields, "user": user})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def sign_in(self, user: str = "officer", next: str = "/page/") -> httpx.Response:
        """Go through it all; the answer to coming back."""
        return await self.get(await self.choose(await self.to_issuer(next), user))

    async def begin(self, *roles: str, seconds: float = 600) -> dict[str, Any]:
        """Be signed in without an issuer; what the page shows then."""
        said = {"id": "usr-1", "roles": roles, "name": "เจ้าหน้าที่", "token": "a.b.c", "seconds": seconds}
        assert (await self.http.post("/begin", json=said)).status_code == 200
        return await self.page()

    async def page(self) -> dict[str, Any]:
        """What the page shows."""
        answer = await self.get("/page/")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def query_of(address: str) -> dict[str, str]:
    """The query of an address, each name once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@contextmanager
def issuer_process(folder: Path, port: int | None = None) -> Iterator[str]:
    """The embedded stack's issuer as a process of its own; yields its address."""
    port = port or free_port()
    environment = {**os.environ, "OBEC_STACK": str(folder), "OBEC_HOST": HOST, "OBEC_ISSUER_PORT": str(port)}
    command = [sys.executable, "-m", "deploy.local.issuer"]
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        running.terminate()
        running.wait(10)


async def answering(address: str) -> None:
    """Wait until an issuer answers."""

    async def answers() -> bool:
        try:
            return (await client.get(f"{address}/readyz")).is_success
        except httpx.TransportError:
            return False

    async with httpx.AsyncClient(verify=False) as client:
        await eventually(answers, seconds=20)
