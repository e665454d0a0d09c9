"""Who looks at a view: a program with a token, somebody who is signed in, or everybody where the settings say so."""

from __future__ import annotations

from fastapi import Request

from shared.contracts import Rejected
from shared.web.auth import READERS, Authenticator, Caller
from shared.web.session import session_user

LOOKING = frozenset({"GET", "HEAD"})
"""Methods that a session is good for: they change nothing, whoever has a browser send them."""


async def viewer(request: Request) -> Caller | None:
    """Who looks; None for anybody else where the settings open the views to everybody.

    An Authorization header stands before a session. Raises Rejected ``auth.*``, and ``service.unavailable`` when an
    issuer's keys cannot be had.
    """
    found = await _known(request)
    if request.app.state.public_read and (found is None or found.roles.isdisjoint(READERS)):
        return None
    return _reading(found)


async def reader(request: Request) -> Caller:
    """Who looks, who has to be known even where views are open to everybody. Raises as ``viewer`` does."""
    return _reading(await _known(request))


async def _known(request: Request) -> Caller | None:
    authorization = request.headers.get("authorization")
    if authorization is not None:
        authenticator: Authenticator = request.app.state.authenticator
        return await authenticator.authenticate(authorization)
    person = session_user(request) if request.method in LOOKING else None
    return None if person is None else Caller(person.id, person.roles)


def _reading(found: Caller | None) -> Caller:
    if found is None:
        raise Rejected("auth.required")
    if found.roles.isdisjoint(READERS):
        raise Rejected("auth.forbidden", roles=", ".join(sorted(READERS)))
    return found
