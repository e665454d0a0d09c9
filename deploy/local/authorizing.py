"""Authorization codes of the embedded issuer (OpenID Connect, code flow with PKCE): asked for, given, redeemed."""

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from deploy.local.users import USERS

CLIENT = "obec-reporting"
"""The one application that may ask; it has no secret."""
CODE_SECONDS = 60.0
MOST_CODES = 1000
"""Codes that wait at once; the oldest gives way."""

ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)
"""What a request may say."""

_OWN_MACHINE = re.compile(r'http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?(?:/[!-"$-\[\]-~]*)?')
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Refused(Exception):
    """A request was refused (RFC 6749, 4.1.2.1 and 5.2); ``redirect`` is where the browser may be told, if anywhere."""

    def __init__(self, error: str, description: str, redirect: str | None = None) -> None:
        super().__init__(error)
        self.error, self.description, self.redirect = error, description, redirect


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What an application asks for; ``state`` and ``nonce`` are empty where it named none."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> "AuthorizationRequest":
        """The request that a query or form makes. Raises Refused."""
        redirect_uri, state = fields.get("redirect_uri", ""), fields.get("state", "")
        if fields.get("client_id") != CLIENT:
            raise Refused("unauthorized_client", f"client_id must be {CLIENT}")
        if not _OWN_MACHINE.fullmatch(redirect_uri):
            raise Refused("invalid_request", "redirect_uri must be an address of this machine (http, loopback)")
        asked = cls(redirect_uri, state, fields.get("nonce", ""), fields.get("code_challenge", ""))
        for holds, error, description in (
            (fields.get("response_type") == "code", "unsupported_response_type", "response_type must be code"),
            ("openid" in fields.get("scope", "").split(), "invalid_scope", "scope must have openid"),
            (fields.get("code_challenge_method") == "S256", "invalid_request", "code_challenge_method must be S256"),
            (_CHALLENGE.fullmatch(asked.challenge), "invalid_request", "code_challenge must be of S256"),
        ):
            if not holds:
                raise Refused(error, description, asked.answered(error=error, error_description=description))
        return asked

    def answered(self, **answer: str) -> str:
        """The address that takes an answer back to the application."""
        fields = {**answer, **({"state": self.state} if self.state else {})}
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{urlencode(fields)}"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for."""

    asked: AuthorizationRequest
    user: str
    expires: float


class Codes:
    """Codes that wait for being redeemed, each once and within a minute. ``machine``: monotonic seconds."""

    def __init__(self, machine: Callable[[], float] = time.monotonic) -> None:
        self._machine = machine
        self._grants: dict[str, Grant] = {}

    def issue(self, asked: AuthorizationRequest, user: str) -> str:
        """A code for the user who was chosen. Raises Refused for a user nobody knows."""
        if user not in USERS:
            description = f"users: {', '.join(USERS)}"
            redirect = asked.answered(error="access_denied", error_description=description)
            raise Refused("access_denied", description, redirect)
        if len(self._grants) >= MOST_CODES:
            del self._grants[next(iter(self._grants))]
        code = secrets.token_urlsafe(32)
        self._grants[code] = Grant(asked, user, self._machine() + CODE_SECONDS)
        return code

    def redeem(self, fields: Mapping[str, str]) -> Grant:
        """What the code in a form stands for; a code is used up by the attempt. Raises Refused."""
        grant = self._grants.pop(fields.get("code", ""), None)
        if grant is None or grant.expires <= self._machine():
            raise Refused("invalid_grant", "the code is not known, was used before, or has expired")
        if (fields.get("client_id"), fields.get("redirect_uri")) != (CLIENT, grant.asked.redirect_uri):
            raise Refused("invalid_grant", "the code was given to another client or redirect_uri")
        verifier = fields.get("code_verifier", "")
        if not _VERIFIER.fullmatch(verifier) or challenge_of(verifier) != grant.asked.challenge:
            raise Refused("invalid_grant", "code_verifier does not fit the code_challenge")
        return grant


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
