"""Who is signed in to the pages: a signed cookie that holds no token, forms that only our pages can send, roles."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from shared.contracts import Rejected
from shared.web.auth import READERS, Caller
from shared.web.vault import Kept, Vault

LONGEST_SESSION = 8 * 3600
"""Seconds for which a session lasts at most; less when the access token ends before."""
SIGN_IN = "/sign-in"

_WHO = "who"
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]{0,999}")
"""A path on this host, with its query: printable ASCII without ``\\``, which browsers take for ``/``."""
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in. ``name`` is for showing; it is empty when this process does not know it."""

    id: str
    roles: frozenset[str]
    name: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """What an application knows of its sessions; ``app.state.sessions``."""

    address: str
    """What browsers call it, without a slash at its end."""
    open: bool
    """Whether there is an issuer to sign in at."""
    vault: Vault


class SignInFirst(Exception):
    """A page is for people who are signed in: the browser is sent to sign in and comes back to ``next``."""

    def __init__(self, next: str) -> None:
        super().__init__(next)
        self.next = next


def session_user(request: Request) -> Person | None:
    """Who is signed in; None when nobody is, or the session is over."""
    who = _who(request)
    if who is None:
        return None
    kept = _kept(request, who)
    return Person(who["id"], frozenset(who["roles"]), kept.name if kept else "")


def can_sign_in(request: Request) -> bool:
    """Whether there is an issuer to sign in at, so that a page may offer it."""
    sessions = _sessions(request)
    return sessions is not None and sessions.open


def access_token(request: Request) -> str | None:
    """The token with which other services are asked in the name of who is signed in.

    None when nobody is, or when this process does not know it: a page then shows what needs no token.
    """
    who = _who(request)
    kept = None if who is None else _kept(request, who)
    return None if kept is None else kept.token


def page_viewer(request: Request) -> Person | None:
    """Who looks at a page: who is signed in, or None where the settings open the pages to everybody.

    Raises SignInFirst for browsers that can sign in, else Rejected ``auth.required``; Rejected ``auth.forbidden`` for
    a person without a role that reads.
    """
    if request.app.state.public_read:
        return session_user(request)
    return require_role(request, READERS)


def require_role(request: Request, roles: frozenset[str]) -> Person:
    """Who is signed in, who must have one of ``roles``. Raises as ``page_viewer`` does."""
    person = session_user(request)
    if person is None:
        if can_sign_in(request) and request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            raise SignInFirst(_here(request))
        raise Rejected("auth.required")
    if person.roles.isdisjoint(roles):
        raise Rejected("auth.forbidden", roles=", ".join(sorted(roles)))
    return person


def csrf_token(request: Request) -> str:
    """What a form of this session carries in its field ``csrf``; empty when nobody is signed in."""
    who = _who(request)
    return "" if who is None else str(who["csrf"])


async def require_csrf(request: Request) -> None:
    """Let only forms through that a page of this session sent. Raises Rejected ``session.csrf``.

    The form stays readable by ``await request.form()``; it holds no files.
    """
    expected = csrf_token(request)
    sent = (await request.form(max_files=0)).get("csrf")
    same = isinstance(sent, str) and secrets.compare_digest(sent.encode(), expected.encode())
    if not expected or not same or not _sent_from_here(request):
        raise Rejected("session.csrf")


def local_path(path: str) -> str:
    """A path to go on to, which must be on this host. Raises Rejected ``query.unreadable``."""
    if not _LOCAL.fullmatch(path):
        raise Rejected("query.unreadable", name="next", value=path[:100])
    return path


def begin(request: Request, caller: Caller, name: str, token: str, expires: float) -> None:
    """Sign somebody in, whatever the cookie held before; ``expires`` in seconds since 1970."""
    key = secrets.token_urlsafe(24)
    until = min(expires, time.time() + LONGEST_SESSION)
    request.session.clear()
    request.session[_WHO] = {
        "id": caller.id,
        "roles": sorted(caller.roles),
        "expires": until,
        "csrf": secrets.token_urlsafe(24),
        "key": key,
    }
    sessions: Sessions = request.app.state.sessions
    sessions.vault.keep(key, token, name, until)


def end(request: Request) -> None:
    """Sign out whoever is signed in; a copy of the cookie is no good to this process any more."""
    who = _who(request)
    if who is not None:
        sessions: Sessions = request.app.state.sessions
        sessions.vault.end(who["key"], who["expires"])
    request.session.clear()


def redirect_to_sign_in(app: FastAPI) -> None:
    """Have browsers that must sign in first sent there."""

    async def sign_in_first(_request: Request, error: Exception) -> Response:
        assert isinstance(error, SignInFirst)
        return RedirectResponse(f"{SIGN_IN}?next={quote(error.next, safe='/')}", 303)

    app.add_exception_handler(SignInFirst, sign_in_first)


def _sessions(request: Request) -> Sessions | None:
    found: Sessions | None = getattr(request.app.state, "sessions", None)
    return found


def _who(request: Request) -> Mapping[str, Any] | None:
    """What the cookie says of who is signed in, while that holds."""
    sessions = _sessions(request)
    if sessions is None:
        return None
    who: Mapping[str, Any] | None = request.session.get(_WHO)
    if who is None or who["expires"] <= time.time() or sessions.vault.has_ended(who["key"]):
        return None
    return who


def _kept(request: Request, who: Mapping[str, Any]) -> Kept | None:
    sessions: Sessions = request.app.state.sessions
    return sessions.vault.of(who["key"])


def _here(request: Request) -> str:
    """The address that was asked for, or the front page where it is no address to come back to."""
    query = f"?{request.url.query}" if request.url.query else ""
    here = f"{quote(request.scope['path'])}{query}"
    return here if _LOCAL.fullmatch(here) else "/"


def _sent_from_here(request: Request) -> bool:
    """Whether a browser that says where a form was sent from names this host."""
    said = request.headers.get("origin") or request.headers.get("referer")
    if said is None:
        return True
    sessions: Sessions = request.app.state.sessions
    return _origin(said) in (_origin(sessions.address), _origin(str(request.base_url)))


def _origin(address: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
