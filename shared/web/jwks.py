"""The keys of one issuer of tokens: fetched, kept, and fetched again when a token names one that is not known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import httpx
import jwt
import orjson
import structlog

from shared.settings import Issuer

log = structlog.get_logger(__name__)

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Signatures that are taken: with a public key only, so that who checks a token cannot make one."""

FRESH = 600.0
"""Seconds for which keys are used without asking again."""
AGAIN = 10.0
"""Seconds between two questions at least, however many tokens name unknown keys."""
STALE = 24 * 3600.0
"""Seconds for which known keys serve while their issuer does not answer."""
LARGEST = 256 * 1024
"""Bytes of a key set at most."""


class KeysUnavailable(Exception):
    """The issuer's keys are not known and cannot be had now."""


class KeySet:
    """The keys of ``issuer`` by their id. ``machine`` is the machine's monotonic clock in seconds."""

    def __init__(
        self, issuer: Issuer, client: httpx.AsyncClient, machine: Callable[[], float] = time.monotonic
    ) -> None:
        self.issuer = issuer
        self.generation = 0
        """Counted up when the keys change."""
        self._client, self._machine = client, machine
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._body = b""
        self._fetched = self._asked = float("-inf")
        self._asking = asyncio.Lock()

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """The key of that id, None when the issuer has none. Raises KeysUnavailable."""
        await self.refresh()
        if kid not in self._keys:
            await self.refresh(unknown=kid)
        if self._machine() - self._fetched > STALE:
            raise KeysUnavailable(self.issuer.jwks_url)
        return self._keys.get(kid)

    async def refresh(self, unknown: str | None = None) -> None:
        """Ask the issuer when its keys are old or do not have ``unknown``, but not too often."""
        if not self._due(unknown):
            return
        async with self._asking:
            if self._due(unknown):  # nobody else asked meanwhile
                await self._ask()

    def _due(self, unknown: str | None) -> bool:
        old = self._machine() - self._fetched > FRESH
        wanted = unknown is not None and unknown not in self._keys
        return (old or wanted) and self._machine() - self._asked > AGAIN

    async def _ask(self) -> None:
        self._asked = self._machine()
        try:
            body = await self._fetch()
            self._keys = _read(body)
        except (httpx.HTTPError, ValueError) as error:
            log.warning("keys of an issuer cannot be fetched", issuer=self.issuer.issuer, error=repr(error))
            return
        self._fetched = self._asked
        if body != self._body:
            self._body = body
            self.generation += 1

    async def _fetch(self) -> bytes:
        async with self._client.stream("GET", self.issuer.jwks_url) as answer:
            answer.raise_for_status()
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise ValueError("the key set is too large")
            return body


def _read(body: bytes) -> dict[str, jwt.PyJWK]:
    """The keys for signatures in a key set (RFC 7517); those that are not taken are left out."""
    found = orjson.loads(body)
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise ValueError("not a key set")
    keys: dict[str, jwt.PyJWK] = {}
    for each in found["keys"]:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig" or not isinstance(each.get("kid"), str):
            continue
        try:
            key = jwt.PyJWK(each)
        except (jwt.PyJWTError, ValueError, TypeError, LookupError, AttributeError):
            continue  # one key that cannot be read does not take the others away
        if key.algorithm_name in ALGORITHMS:
            keys[each["kid"]] = key
    return keys
