"""Who may send what: the publisher register as committee tells it, in memory, read anew every second."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from time import monotonic

from shared.contracts import Event, Rejected
from shared.contracts.committee import (
    CredentialIssued,
    CredentialRevoked,
    PublisherChanged,
    PublisherRegistered,
    PublisherRights,
    PublisherSuspended,
)
from shared.contracts.recorded import Recorded
from shared.contracts.types import BANGKOK
from shared.eventstore.history import living
from shared.eventstore.store import EventStore, by_stream
from shared.ingress.sql import statement

FRESH_SECONDS = 1.0
"""For so long the register is used without reading it anew: a credential that is revoked is refused after it."""
NEWS_SECONDS = 0.05
"""For so long even where a credential is not known: who guesses has the register read no more often than that."""
OWNER = "committee"

_LEARNED_SO_FAR = statement("learned_so_far")


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential by its fingerprint; never the secret."""

    id: str
    kind: str
    fingerprint: str
    expires_on: date | None
    revoked: bool = False

    def valid_at(self, now: datetime) -> bool:
        """Whether it is good at an instant; it is until the end of the day on which it expires."""
        return not self.revoked and (self.expires_on is None or now.astimezone(BANGKOK).date() <= self.expires_on)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Another system that sends facts."""

    name: str = ""
    office: str = ""
    rights: PublisherRights | None = None
    suspended: bool = False
    credentials: Mapping[str, Credential] = field(default_factory=dict)

    @property
    def actor(self) -> str:
        """Under which its facts stand in the metadata of events."""
        return f"publisher:{self.name}"


def _evolve(publisher: Publisher, event: Event) -> Publisher:
    match event:
        case (
            PublisherRegistered(publisher=name, office=office, rights=rights)
            | PublisherChanged(publisher=name, office=office, rights=rights)
        ):
            return replace(publisher, name=name, office=office, rights=rights, suspended=False)
        case PublisherSuspended():
            return replace(publisher, suspended=True)
        case CredentialIssued(credential=id_, kind=kind, fingerprint=fingerprint, expires_on=expires_on):
            issued = Credential(id_, kind, fingerprint, expires_on)
            return replace(publisher, credentials={**publisher.credentials, id_: issued})
        case CredentialRevoked(credential=id_) if id_ in publisher.credentials:
            revoked = replace(publisher.credentials[id_], revoked=True)
            return replace(publisher, credentials={**publisher.credentials, id_: revoked})
        case _:
            return publisher


class Register:
    """The register as one service knows it: committee has the events itself, the others their copies."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._read_at = float("-inf")
        self._by_name: Mapping[str, Publisher] = {}
        self._by_credential: Mapping[tuple[str, str], Sequence[tuple[Publisher, Credential]]] = {}
        self._reading = asyncio.Lock()

    async def by_name(self, name: str) -> Publisher | None:
        """A publisher; None when none is registered by that name. Raises Rejected ``register.not_loaded``."""
        return (await self.all()).get(name)

    async def by_api_key(self, key: str, now: datetime) -> Publisher | None:
        """Whose valid key it is. Raises Rejected ``register.not_loaded``."""
        return await self._of_credential("api_key", fingerprint(key), now)

    async def by_client(self, client: str, now: datetime) -> Publisher | None:
        """Whose OAuth2 client it is, valid now. Raises Rejected ``register.not_loaded``."""
        return await self._of_credential("oauth2_client", client, now)

    async def all(self) -> Mapping[str, Publisher]:
        """Every publisher by name. Raises Rejected ``register.not_loaded`` until committee's events have come once."""
        asked = monotonic()
        if asked - self._read_at > FRESH_SECONDS:
            async with self._reading:
                if asked - self._read_at > FRESH_SECONDS:  # else somebody else has read it meanwhile
                    await self._read()
        return self._by_name

    async def _of_credential(self, kind: str, name: str, now: datetime) -> Publisher | None:
        await self.all()
        found = self._holder(kind, name, now)
        if found is None:
            await self._anew()
            found = self._holder(kind, name, now)
        return found

    def _holder(self, kind: str, name: str, now: datetime) -> Publisher | None:
        """Whose valid credential it is, by what is read."""
        known = self._by_credential.get((kind, name), ())
        return next((publisher for publisher, credential in known if credential.valid_at(now)), None)

    async def _anew(self) -> None:
        """Read every publisher as it is now: what was not known may have been issued a moment ago."""
        asked = monotonic()
        async with self._reading:
            if self._read_at < asked:
                await asyncio.sleep(max(0.0, self._read_at + NEWS_SECONDS - asked))
                await self._read()

    async def _read(self) -> None:
        folded = [_folded(history) for history in (await self._histories()).values()]
        self._by_name = {publisher.name: publisher for publisher in folded if publisher.name}
        self._by_credential = _by_credential(self._by_name.values())
        self._read_at = monotonic()

    async def _histories(self) -> Mapping[str, list[Recorded]]:
        if self._store.name == OWNER:
            return await self._store.histories("publisher:")
        if not await self._store.pool.fetchval(_LEARNED_SO_FAR, f"{self._store.name}.learner", OWNER):
            raise Rejected("register.not_loaded")
        return by_stream(await self._store.learned("publisher:*"))


def _folded(history: list[Recorded]) -> Publisher:
    publisher = Publisher()
    for each in living(history):
        publisher = _evolve(publisher, each.event)
    return publisher


def _by_credential(publishers: Iterable[Publisher]) -> dict[tuple[str, str], list[tuple[Publisher, Credential]]]:
    """By kind and by what a caller shows of it, the credentials and whose they are."""
    found: dict[tuple[str, str], list[tuple[Publisher, Credential]]] = {}
    for publisher in publishers:
        for each in publisher.credentials.values():
            shown = each.fingerprint if each.kind == "api_key" else each.id
            found.setdefault((each.kind, shown), []).append((publisher, each))
    return found


def fingerprint(secret: str) -> str:
    """SHA-256 (hex) of a secret. Keys are random, 256 bits: there is nothing to guess, so nothing to slow down."""
    return hashlib.sha256(secret.encode()).hexdigest()
