"""The issuer that people sign in at (OpenID Connect, code flow with PKCE), as Authlib speaks with it."""

from __future__ import annotations

import re
import ssl
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import authlib.deprecate
import httpx
import structlog
from fastapi import Request, Response
from joserfc.errors import JoseError

from shared.contracts import Rejected
from shared.settings import is_protected
from shared.web.auth import LEEWAY, Caller, caller_of
from shared.web.jwks import ALGORITHMS

with warnings.catch_warnings():
    # Authlib prefers the next httpx as soon as that is installed; which one it uses makes no difference here.
    warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
    from authlib.common.errors import AuthlibBaseError
    from authlib.integrations.base_client.errors import MismatchingStateError
    from authlib.integrations.starlette_client import OAuth

log = structlog.get_logger(__name__)

TIMEOUT = 5.0
"""Seconds that the issuer has for an answer."""
FRESH = 600.0
"""Seconds for which its configuration and keys are used without asking again."""
LONGEST_NAME = 200

_NAME = "obec"
_REASON = re.compile(r"[a-z_]{1,60}")
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_PASSING = frozenset({"server_error", "temporarily_unavailable"})
_UNREADABLE: tuple[type[Exception], ...] = (
    httpx.HTTPError,
    httpx.InvalidURL,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RuntimeError,
)
"""What Authlib raises when the issuer does not answer, or answers with something else than it must."""


@cache
def _trusted() -> ssl.SSLContext:
    """Certificates that are trusted, read once: that takes longer than signing in, and Authlib makes clients anew."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and the access token that speaks for them until ``expires`` (seconds since 1970)."""

    caller: Caller
    name: str
    token: str
    expires: float


class Provider:
    """An issuer by its address; ``client_secret`` is empty for a public client, ``address`` is where people begin."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        address: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.issuer, self.client_id, self._secret, self.address = issuer, client_id, client_secret, address
        self._transport = transport
        self._client: Any = None
        self._since = float("-inf")

    async def redirect(self, request: Request, callback: str) -> Response:
        """Send the browser to the issuer; it comes back to ``callback``. Raises Rejected ``session.issuer_away``."""
        try:
            client = await self._configured()
            answer: Response = await client.authorize_redirect(request, callback)
        except (AuthlibBaseError, *_UNREADABLE) as error:
            raise self._away(error) from error
        return answer

    async def redeem(self, request: Request) -> SignedIn:
        """Who came back from the issuer with a code. Raises Rejected ``session.*``."""
        try:
            client = await self._configured()
            token = await client.authorize_access_token(request, claims_options=self._claims(), leeway=LEEWAY)
            return self._read(token)
        except MismatchingStateError as error:
            raise Rejected("session.interrupted", address=self.address) from error
        except AuthlibBaseError as error:
            if error.error in _PASSING:
                raise self._away(error) from error
            known = isinstance(error.error, str) and _REASON.fullmatch(error.error)
            raise Rejected("session.refused", reason=error.error if known else "?") from error
        except JoseError as error:
            log.warning("an id_token proves nothing", issuer=self.issuer, error=repr(error))
            raise Rejected("session.not_proven") from error
        except _UNREADABLE as error:
            raise self._away(error) from error

    async def _configured(self) -> Any:
        """Authlib's client, which has read and kept what the issuer says of itself. Raises ``_UNREADABLE``."""
        if self._client is None or time.monotonic() - self._since > FRESH:
            client = self._registered()
            self._require_sound(await client.load_server_metadata())
            self._client, self._since = client, time.monotonic()
        return self._client

    def _registered(self) -> Any:
        return OAuth().register(
            _NAME,
            client_id=self.client_id,
            client_secret=self._secret or None,
            server_metadata_url=f"{self.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid",
                "code_challenge_method": "S256",
                "timeout": TIMEOUT,
                "follow_redirects": False,
                "trust_env": False,
                "verify": _trusted(),
                "transport": self._transport,
            },
        )

    def _require_sound(self, configuration: dict[str, Any]) -> None:
        """Take a configuration that is this issuer's and safe to follow; only asymmetric signatures stay in it."""
        if configuration.get("issuer") != self.issuer:
            raise ValueError(f"it says it is {configuration.get('issuer')!r}")
        for name in _ENDPOINTS:
            if not is_protected(configuration[name]):
                raise ValueError(f"{name} is not protected: {configuration[name]!r}")
        signatures = configuration.get("id_token_signing_alg_values_supported") or ["RS256"]
        configuration["id_token_signing_alg_values_supported"] = sorted(ALGORITHMS.intersection(signatures))
        if not configuration["id_token_signing_alg_values_supported"]:
            raise ValueError(f"signatures that are not taken: {signatures!r}")

    def _claims(self) -> Mapping[str, Any]:
        return {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }

    def _read(self, token: Mapping[str, Any]) -> SignedIn:
        claims = token.get("userinfo")
        if claims is None or not isinstance(token["access_token"], str):
            raise Rejected("session.not_proven")
        try:
            caller = caller_of(claims)
        except Rejected as refused:
            raise Rejected("session.not_proven") from refused
        name = claims.get("name")
        expires = float(token.get("expires_at") or claims["exp"])
        return SignedIn(caller, name[:LONGEST_NAME] if isinstance(name, str) else "", token["access_token"], expires)

    def _away(self, error: Exception) -> Rejected:
        log.warning("people cannot sign in", issuer=self.issuer, error=repr(error))
        return Rejected("session.issuer_away")
