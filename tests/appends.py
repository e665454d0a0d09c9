"""Decisions for tests of the store: events of a real type with content of no importance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
import uuid_utils.compat

from shared.contracts.committee import CommitteeDissolved
from shared.eventstore.append import Append, ClaimChange, NewEvent

NOON = datetime(2017, 1, 12, 5, 0, tzinfo=UTC)
DISSOLVED = CommitteeDissolved.model_validate(
    {"programme": "2560-cluster", "region": "R07", "dissolved_on": "2017-01-12", "reason": "ครบวาระ"}
)


def new_event(stream: str, *, data: str | None = None, metadata: str = '{"actor":"usr-officer"}') -> NewEvent:
    """An event of the stream."""
    spec = DISSOLVED.spec
    return NewEvent(
        uuid_utils.compat.uuid7(), stream, spec.type, spec.version, NOON, data or DISSOLVED.to_json(), metadata
    )


def decision(
    stream: str,
    version: int,
    *,
    id: str | None = None,
    events: int = 1,
    digest: bytes = b"one",
    reads: dict[str, int] | None = None,
    claims: Sequence[ClaimChange] = (),
    source: str = "/callers/usr-officer",
) -> Append:
    """A decision of ``events`` events on one stream."""
    return Append(
        source,
        id or str(uuid_utils.compat.uuid7()),
        digest,
        stream,
        [new_event(stream) for _ in range(events)],
        {stream: version, **(reads or {})},
        NOON,
        claims,
    )


def whole(stream: str, version: int, command: str, claims: Sequence[ClaimChange] = ()) -> Append:
    """A decision of two events with the metadata that the product gives them, from which a store is restored."""
    made = decision(stream, version, id=command, events=2, claims=claims)
    about = {"actor": "usr-officer", "command": f"{made.source} {command}"}
    first = {
        **about,
        "digest": made.digest.hex(),
        "answers_for": stream,
        "claims": [[each.claim.scope, each.claim.key, each.stream, each.take] for each in claims],
    }
    texts = [orjson.dumps(first).decode(), orjson.dumps({**about, "nth": 1}).decode()]
    events = [
        NewEvent(each.id, each.stream, each.type, 1, each.occurred_at, each.data, text)
        for each, text in zip(made.events, texts, strict=True)
    ]
    return Append(made.source, made.id, made.digest, stream, events, made.versions, made.received_at, claims)
