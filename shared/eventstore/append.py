"""What is appended: a decision with its events, what it read, its claims and the id under which it came."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson

from shared.contracts import Claim, Rejected

LARGEST_EVENT = 256 * 1024
"""Bytes of ``data`` and ``metadata`` together; a larger event is refused."""


class _Salts:
    """Random salts, many drawn from the system at once: to ask it takes longer than all else about a small event."""

    SIZE = 16
    AT_ONCE = 256

    def __init__(self) -> None:
        self._drawn: list[bytes] = []

    def next(self) -> bytes:
        """A salt that was never given before."""
        if not self._drawn:
            drawn = os.urandom(self.SIZE * self.AT_ONCE)
            self._drawn = [drawn[begin : begin + self.SIZE] for begin in range(0, len(drawn), self.SIZE)]
        return self._drawn.pop()

    def forget(self) -> None:
        """Draw anew; what was drawn belongs to the process that drew it."""
        self._drawn.clear()


_salts = _Salts()
os.register_at_fork(after_in_child=_salts.forget)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event ready to be stored; ``data`` and ``metadata`` are kept byte for byte."""

    id: UUID
    stream: str
    type: str
    schema_version: int
    occurred_at: datetime
    data: str
    metadata: str
    salt: bytes = field(default_factory=_salts.next)

    def __post_init__(self) -> None:
        if len(self.data) * 3 > LARGEST_EVENT and len(self.data.encode()) + len(self.metadata.encode()) > LARGEST_EVENT:
            raise Rejected("event.too_large", limit=LARGEST_EVENT)


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """A claim that ``stream`` takes or, if ``take`` is false, releases."""

    claim: Claim
    stream: str
    take: bool


Outcome = Literal["accepted", "rejected", "quarantined", "waiting"]
"""What became of a fact."""


class Verdict(NamedTuple):
    """What an append carries besides, when it is of a fact that another system sent: its outcome, and its receipt.

    ``reason``: {code, params, pointer, errors} as JSON, of everything but an accepted fact. Of a waiting one,
    ``waits_for`` names streams, ``claim:<scope>/<key>`` and ``learned:<stream of another service>``; ``fact`` is what
    is needed to decide it again. ``again``: it waits already, and had been woken ``woken`` times when it was decided.
    """

    outcome: Outcome
    publisher: str
    type: str
    occurred_at: datetime
    reason: str | None = None
    waits_for: Sequence[str] = ()
    fact: str = ""
    expires_at: datetime | None = None
    again: bool = False
    woken: int = 0


class Append(NamedTuple):
    """A decision. ``versions`` names every stream it writes or only read, with the version it was decided on."""

    source: str
    id: str
    digest: bytes
    stream: str
    """The stream it is about, which the answer speaks of."""
    events: Sequence[NewEvent]
    versions: Mapping[str, int]
    received_at: datetime
    claims: Sequence[ClaimChange] = ()
    verdict: Verdict | None = None

    def has_to_itself(self) -> set[str]:
        """Names of what no other append of its group may touch: its id, its claims, the streams it writes."""
        return {
            f"id {self.source} {self.id}",
            *(f"claim {change.claim.scope} {change.claim.key}" for change in self.claims),
            *(event.stream for event in self.events),
        }

    def only_reads(self) -> set[str]:
        """Streams that others of its group may read too, but not write."""
        return set(self.versions).difference(event.stream for event in self.events)


class Answer(NamedTuple):
    """What became of a decision: the same for every repetition of its id."""

    stream: str
    version: int
    store: str
    shard: int
    position: int
    events: Sequence[Mapping[str, str]]
    """Each {id, type}; empty when there was nothing to do."""
    recorded_at: datetime
    repeated: bool = False
    """This id had been answered before."""
    outcome: Outcome = "accepted"
    reason: Mapping[str, Any] | None = None
    """Of a fact that was not accepted: {code, params, pointer, errors}."""


class Stale(Exception):
    """A stream moved on between reading and appending; nothing was appended."""

    def __init__(self, stream: str, actual: int, expected: int) -> None:
        super().__init__(f"{stream} is at version {actual}, not {expected}")
        self.stream, self.actual, self.expected = stream, actual, expected


class OtherContent(Exception):
    """This (source, id) was used before for something else."""


class StoreUnavailable(ConnectionError):
    """The database could not be asked, or did not say whether it committed."""


def shard_of(name: str, shards: int) -> int:
    """The shard that a stream, or a claim ``claim:<scope>/<key>``, lives in; fixed for ever by name and shard count."""
    if shards == 1:
        return 0
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % shards


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def payload_digest(secret: bytes, payload: Any) -> bytes:
    """HMAC-SHA-256 of a payload's canonical JSON: sorted keys, no blanks, UTF-8."""
    try:
        canonical = orjson.dumps(payload, default=str, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer of more than 64 bits, a key that is no string
        canonical = _CANONICAL.encode(payload).encode()
    return hmac.digest(secret, canonical, "sha256")
