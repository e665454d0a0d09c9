"""The addresses at which people sign in to the pages and out again."""

from __future__ import annotations

import secrets

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

from shared.contracts import Rejected
from shared.settings import Settings
from shared.web import session
from shared.web.provider import Provider
from shared.web.session import LONGEST_SESSION, SIGN_IN, Sessions
from shared.web.vault import Vault

CALLBACK = "/sign-in/callback"
SIGN_OUT = "/sign-out"

_NEXT = "next"


class SignIn:
    """Signing in at the issuer that the settings name; without one, nobody can. ``transport`` leads to it."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.address = settings.pages_address
        self.vault = Vault()
        self._secret = settings.session_secret or secrets.token_urlsafe(32)
        self._provider: Provider | None = None
        if settings.sign_in:
            begin = f"{self.address}{SIGN_IN}"
            client, secret = settings.sign_in_client, settings.sign_in_secret
            self._provider = Provider(settings.sign_in, client, secret, begin, transport)

    @property
    def cookie(self) -> str:
        """Name of the cookie; of its own for each port, because browsers give a host's cookies to all its ports."""
        scheme, _, host = self.address.partition("://")
        return "__Host-obec" if scheme == "https" else f"obec-{host.rpartition(':')[2]}"

    def add_to(self, app: FastAPI) -> None:
        """Give an application its sessions, and the addresses to begin and end them."""
        app.state.sessions = Sessions(self.address, self._provider is not None, self.vault)
        app.add_middleware(
            SessionMiddleware,
            secret_key=self._secret,
            session_cookie=self.cookie,
            max_age=LONGEST_SESSION,
            same_site="lax",
            https_only=self.address.startswith("https://"),
        )
        session.redirect_to_sign_in(app)
        for path, endpoint, method in (
            (SIGN_IN, self.begin, "GET"),
            (CALLBACK, self.come_back, "GET"),
            (SIGN_OUT, self.sign_out, "POST"),
        ):
            app.add_api_route(path, endpoint, methods=[method], response_model=None, include_in_schema=False)

    async def begin(self, request: Request) -> Response:
        """Send a browser to the issuer; ``next`` in the query is where it comes to in the end."""
        provider = self._configured()
        request.session[_NEXT] = session.local_path(request.query_params.get("next", "/"))
        return await provider.redirect(request, f"{self.address}{CALLBACK}")

    async def come_back(self, request: Request) -> Response:
        """Sign in who comes from the issuer."""
        found = await self._configured().redeem(request)
        path = session.local_path(request.session.get(_NEXT, "/"))
        session.begin(request, found.caller, found.name, found.token, found.expires)
        return RedirectResponse(path, 303)

    async def sign_out(self, request: Request) -> Response:
        """Sign out; ``next`` in the form is where the browser goes on to."""
        if session.session_user(request) is not None:
            await session.require_csrf(request)
        path = session.local_path(str((await request.form(max_files=0)).get("next", "/")))
        session.end(request)
        return RedirectResponse(path, 303)

    def _configured(self) -> Provider:
        if self._provider is None:
            raise Rejected("session.not_configured")
        return self._provider
