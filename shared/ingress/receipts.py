"""What became of each fact, as its publisher is told: over HTTP, in a listing, and on a topic of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from pydantic import BaseModel, Field

from shared.contracts.rejection import codes
from shared.contracts.types import bangkok_midnight
from shared.eventstore.append import Answer
from shared.eventstore.store import EventStore
from shared.ingress.sql import statement
from shared.web.reading import place
from shared.web.validation import filled

_ONE, _PAGE, _BY_DAY = statement("receipt"), statement("receipts"), statement("by_day")
_CORRECTED_BY = statement("corrected_by")


class Reason(BaseModel):
    """Why a fact was not accepted, or what it waits for."""

    code: str = Field(description="Stable code.", examples=["committee.one_chair"])
    th: str
    en: str
    pointer: str = Field(default="", description="JSON pointer into the event.", examples=["/data/members"])
    errors: list[dict[str, Any]] | None = Field(default=None, description="Every place that is not valid.")


class Receipt(BaseModel):
    """What became of one fact."""

    source: str = Field(examples=["/ext/e-meeting/central"])
    id: str
    type: str = Field(examples=["th.go.obec.cluster.MeetingHeld.v1"])
    outcome: str = Field(description="accepted, rejected, waiting or quarantined.")
    duplicate: bool = Field(default=False, description="It had come before; this is what became of it then.")
    stream: str = Field(default="", description="Stream that it is about; empty while that is not known.")
    version: int = Field(default=0, description="Version of the stream after it.")
    position: str | None = Field(default=None, description="<store>:<shard>:<position>, to be passed on as `after`.")
    events: list[dict[str, str]] = Field(default_factory=list, description="Events that it became, {id, type} each.")
    reason: Reason | None = None
    corrected_by: dict[str, str] | None = Field(
        default=None, description="{source, id} of the accepted fact that was sent in its place (`corrects`)."
    )


def told(source: str, fact_id: str, event_type: str, answer: Answer) -> dict[str, Any]:
    """A receipt of what was just answered."""
    reached = answer.outcome == "accepted" and answer.position > 0  # there is none where nothing was appended
    return {
        "source": source,
        "id": fact_id,
        "type": event_type,
        "outcome": answer.outcome,
        "duplicate": answer.repeated,
        "stream": answer.stream,
        "version": answer.version,
        "position": place(answer.store, answer.shard, answer.position) if reached else None,
        "events": [dict(each) for each in answer.events],
        "reason": reason_of(answer.reason),
    }


def reason_of(reason: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A reason with its sentences in both languages; None where there is none."""
    if not reason:
        return None
    code, params = reason["code"], reason.get("params", {})
    known = codes().get(code)
    found = {
        "code": code,
        "th": reason.get("th") or (filled(known.th, params) if known else code),
        "en": reason.get("en") or (filled(known.en, params) if known else code),
        "pointer": reason.get("pointer", ""),
    }
    if reason.get("errors"):
        found["errors"] = reason["errors"]
    return found


def of_row(store: str, row: Any) -> dict[str, Any]:
    """A receipt that was kept."""
    reached = row["outcome"] == "accepted"
    return {
        "serial": row["serial"],
        "source": row["source"],
        "id": row["id"],
        "type": row["type"],
        "outcome": row["outcome"],
        "stream": row["stream"],
        "version": row["stream_version"],
        "position": place(store, row["shard"], row["position"]) if reached else None,
        "events": orjson.loads(row["events"]),
        "reason": reason_of(orjson.loads(row["reason"]) if row["reason"] else None),
        "received_at": row["received_at"],
        "decided_at": row["decided_at"],
    }


async def receipt(store: EventStore, publisher: str, source: str, fact_id: str) -> dict[str, Any] | None:
    """The present receipt of a publisher's fact; None when nothing is known of it."""
    row = await store.pool.fetchrow(_ONE, publisher, source, fact_id)
    return None if row is None else (await _with_corrections(store, publisher, [of_row(store.name, row)]))[0]


async def receipts(
    store: EventStore, publisher: str, after: int, limit: int, outcome: str | None = None
) -> Sequence[dict[str, Any]]:
    """A publisher's receipts behind a serial number, in order."""
    rows = await store.pool.fetch(_PAGE, publisher, after, limit, outcome)
    return await _with_corrections(store, publisher, [of_row(store.name, row) for row in rows])


async def _with_corrections(store: EventStore, publisher: str, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, with what was accepted in place of those that were refused."""
    sources, ids = [each["source"] for each in told], [each["id"] for each in told]
    rows = await store.pool.fetch(_CORRECTED_BY, publisher, sources, ids) if told else []
    by = {(row["source"], row["id"]): {"source": row["by_source"], "id": row["by_id"]} for row in rows}
    return [{**each, "corrected_by": by.get((each["source"], each["id"]))} for each in told]


async def by_day(store: EventStore, publisher: str, begin: date, end: date) -> list[dict[str, Any]]:
    """Per Bangkok day on which facts were received: counts by outcome, and the hash of their ids.

    The hash is SHA-256 over the lines ``<source> <id> <outcome>``, sorted by code point, each ended by a newline.
    """
    first, last = bangkok_midnight(begin), bangkok_midnight(end)
    rows = await store.pool.fetch(_BY_DAY, publisher, first, last)
    days: dict[date, dict[str, Any]] = {}
    for row in rows:
        day = days.setdefault(row["day"], {"day": row["day"], "outcomes": {}, "sha256": row["sha256"]})
        day["outcomes"][row["outcome"]] = row["facts"]
    return list(days.values())
