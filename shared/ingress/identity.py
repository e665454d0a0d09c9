"""Which publisher is calling: by an API key, or by the token of an OAuth2 client that it was given."""

from __future__ import annotations

from fastapi import Request

from shared.contracts import Rejected
from shared.ingress.register import Publisher, Register
from shared.web.auth import Authenticator

API_KEY = "x-api-key"
ROLE = "publisher"
LONGEST_KEY = 200


async def publisher_of(request: Request, register: Register) -> Publisher:
    """The publisher that a request comes from.

    Raises Rejected ``auth.required``, ``auth.forbidden``, ``register.not_loaded``.
    """
    now = await request.app.state.store.clock.now()
    key = request.headers.get(API_KEY)
    if key is not None:
        found = await register.by_api_key(key, now) if len(key) <= LONGEST_KEY else None
        if found is None:
            raise Rejected("auth.required", reason="the API key is not valid")
        return found
    authenticator: Authenticator = request.app.state.authenticator
    caller = await authenticator.authenticate(request.headers.get("authorization"))
    if ROLE not in caller.roles:
        raise Rejected("auth.forbidden", roles=ROLE)
    found = await register.by_client(caller.id, now)
    if found is None:
        raise Rejected("publisher.unknown_client")
    return found
