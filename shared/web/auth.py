"""Who is calling: bearer tokens checked against the keys of the issuers that the settings name."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
from fastapi import Request

from shared.contracts import Rejected
from shared.settings import Issuer
from shared.web.jwks import ALGORITHMS, KeySet, KeysUnavailable

READERS = frozenset({"reader", "officer", "approver", "operator"})
"""Roles of which one is needed to read."""
OPERATOR = frozenset({"operator"})
NAME_READERS = READERS - OPERATOR
"""Roles of which one is needed to see names of persons."""

LEEWAY = 30.0
"""Seconds by which the issuer's clock may differ from this machine's."""
LONGEST_TOKEN = 8 * 1024
RULE = "rule:"
"""How the names begin under which rules act; no account may have such a one."""
REMEMBERED = 4096
"""How many checked tokens are remembered."""
_REQUIRED = ["exp", "iss", "aud", "sub"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token speaks for; ``id`` is opaque and stands in the metadata of events."""

    id: str
    roles: frozenset[str]

    @property
    def source(self) -> str:
        """What the caller's idempotency keys belong to."""
        return f"/callers/{self.id}"


@dataclass(frozen=True, slots=True)
class _Checked:
    caller: Caller
    expires: float
    keys: KeySet
    generation: int

    def holds(self) -> bool:
        return time.time() < self.expires + LEEWAY and self.generation == self.keys.generation


class Authenticator:
    """Checks tokens of the issuers given; close it with ``close``. Without issuers every token is refused."""

    def __init__(self, issuers: Iterable[Issuer], client: httpx.AsyncClient | None = None) -> None:
        self._client = client or httpx.AsyncClient(timeout=3.0, follow_redirects=False, trust_env=False)
        self._keys = {issuer.issuer: KeySet(issuer, self._client) for issuer in issuers}
        self._checked: OrderedDict[str, _Checked] = OrderedDict()

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def authenticate(self, authorization: str | None) -> Caller:
        """The caller that an Authorization header names.

        Raises Rejected ``auth.required``, and ``service.unavailable`` when an issuer's keys cannot be had.
        """
        token = _token(authorization)
        known = self._checked.get(token)
        if known is not None:
            await known.keys.refresh()
            if known.holds():
                return known.caller
            self._checked.pop(token, None)  # it may have been forgotten while keys were asked for
        checked = await self._check(token)
        self._checked[token] = checked
        if len(self._checked) > REMEMBERED:
            self._checked.popitem(last=False)
        return checked.caller

    async def _check(self, token: str) -> _Checked:
        try:
            header = jwt.get_unverified_header(token)
            keys = self._keys.get(jwt.decode(token, options={"verify_signature": False}).get("iss", ""))
        except (jwt.PyJWTError, TypeError) as error:
            raise _refused("it cannot be read") from error
        if keys is None:
            raise _refused("its issuer is not known here")
        key = await _key(keys, header)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=keys.issuer.audience,
                issuer=keys.issuer.issuer,
                leeway=LEEWAY,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError as error:
            raise _refused("it has expired") from error
        except jwt.PyJWTError as error:
            raise _refused("it is not valid") from error
        return _Checked(caller_of(claims), float(claims["exp"]), keys, keys.generation)


def authorise(roles: frozenset[str]) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency: the caller, who must have one of ``roles``."""

    async def caller(request: Request) -> Caller:
        return await authorised(request, roles)

    return caller


async def authorised(request: Request, roles: frozenset[str]) -> Caller:
    """The caller of a request, who must have one of ``roles``. Raises Rejected ``auth.*``."""
    authenticator: Authenticator = request.app.state.authenticator
    caller = await authenticator.authenticate(request.headers.get("authorization"))
    if caller.roles.isdisjoint(roles):
        raise Rejected("auth.forbidden", roles=", ".join(sorted(roles)))
    return caller


def _token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Rejected("auth.required")
    if len(token) > LONGEST_TOKEN:
        raise _refused("it is too long")
    return token


async def _key(keys: KeySet, header: dict[str, Any]) -> jwt.PyJWK:
    if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid"), str):
        raise _refused("it is not signed in a way that is taken here")
    try:
        key = await keys.key(header["kid"])
    except KeysUnavailable as error:
        raise Rejected("service.unavailable") from error
    if key is None:
        raise _refused("its key is not known")
    return key


def caller_of(claims: Mapping[str, Any]) -> Caller:
    """Who checked claims speak for. Raises Rejected ``auth.required`` when that is no account."""
    subject, roles = claims["sub"], claims.get("roles", [])
    if not isinstance(subject, str) or not 1 <= len(subject) <= 200:
        raise _refused("its subject is no account")
    if not subject.isprintable() or subject.startswith(RULE):
        raise _refused("its subject is no account")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise _refused("its roles cannot be read")
    return Caller(subject, frozenset(roles))


def _refused(reason: str) -> Rejected:
    return Rejected("auth.required", reason=reason)
