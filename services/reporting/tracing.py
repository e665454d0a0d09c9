"""One fact's way through all services: what it caused, and when each was received, recorded, sent and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.reporting.monitor.counting import publisher_in
from services.reporting.projections.projection import STORES
from services.reporting.queries.asked import opened
from services.reporting.sql import statements
from shared.clock import ClockMode
from shared.contracts import Rejected
from shared.contracts.event import split_type
from shared.web.tracing import is_correlation

MOST = 500
"""Events of a trace at most."""
CONSUMER = "reporting"
PARKED = ("code", "message", "parked_at", "record")
"""What is told of an event that the projector has parked."""
_UUID = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"
_SQL = statements("services.reporting.queries", "tracing.sql")

Row = Mapping[str, Any]
Place = tuple[str, int, int]


async def trace(pool: Any, asked: str, clock: ClockMode, consumer: str = CONSUMER) -> dict[str, Any]:
    """The way of the event, or of everything of the correlation, whose id is ``asked``; by time of recording.

    Raises Rejected ``ops.trace_not_found``.
    """
    async with opened(pool) as connection:
        rows = await _found(connection, asked)
        if not rows:
            raise Rejected("ops.trace_not_found", id=asked[:128])
        standing = await _standing(connection, rows[:MOST], consumer)
    steps = [_step(row, standing[_place(row)], clock) for row in rows[:MOST]]
    ids = {each["event_id"]: each for each in steps}
    for each in steps:
        cause = ids.get(each["causation"])
        each["caused_by"] = None if cause is None else cause["event_id"]
        if cause is not None:
            cause["caused"].append(each["event_id"])
    return {
        "asked": asked,
        "correlations": sorted({each["correlation"] for each in steps if each["correlation"]}),
        "traceparents": sorted({each["traceparent"] for each in steps if each["traceparent"]}),
        "events": steps,
        "more": len(rows) > MOST,
        "elapsed_seconds": _elapsed(steps) if clock is ClockMode.REAL else None,
    }


async def _found(connection: Any, asked: str) -> Sequence[Row]:
    """Rows of the monitor's, else what the views hold of the one event."""
    event_id = _event_id(asked)
    if event_id is not None:
        rows: Sequence[Row] = await connection.fetch(_SQL["around"], event_id, _UUID, MOST + 1)
        if not rows:
            rows = [_as_seen(row) for row in await connection.fetch(_SQL["copy"], event_id)]
        if rows:
            return rows
    if not is_correlation(asked):
        return []
    found: Sequence[Row] = await connection.fetch(_SQL["of_correlation"], asked, MOST + 1)
    return found


def _as_seen(row: Row) -> Row:
    about = orjson.loads(row["metadata"])
    told = {name: about.get(name, "") for name in ("correlation", "causation", "traceparent")}
    return {**row, **told, "publisher": publisher_in(about), "relayed_at": None}


async def _standing(connection: Any, rows: Sequence[Row], consumer: str) -> Mapping[Place, Row]:
    places = [list(column) for column in zip(*map(_place, rows), strict=True)]
    return {_place(row): row for row in await connection.fetch(_SQL["standing"], *places, consumer)}


def _step(row: Row, stands: Row, clock: ClockMode) -> dict[str, Any]:
    """An event with its times. Business time: received, recorded; machine time: relayed, applied."""
    applied_at = stands["applied_at"] if stands["applied"] else None
    between = _seconds if clock is ClockMode.REAL else _unknown
    return {
        "event_id": str(row["event_id"]),
        "service": row["store"],
        "stream": row["stream"],
        "type": row["type"],
        "name": split_type(row["type"])[0],
        "shard": row["shard"],
        "position": row["position"],
        "publisher": row["publisher"],
        "correlation": row["correlation"],
        "causation": row["causation"],
        "traceparent": row["traceparent"],
        "occurred_at": row["occurred_at"],
        "received_at": row["received_at"],
        "recorded_at": row["recorded_at"],
        "relayed_at": row["relayed_at"],
        "applied_at": applied_at,
        "state": _state(row, stands),
        "parked": None if stands["code"] is None else {name: stands[name] for name in PARKED},
        "seconds": {
            "recorded": _seconds(row["received_at"], row["recorded_at"]),
            "relayed": between(row["recorded_at"], row["relayed_at"]),
            "applied": between(row["recorded_at"], applied_at),
        },
        "caused": [],
    }


def _state(row: Row, stands: Row) -> str:
    """applied; parked, skipped; coming: recorded, and not in the views yet; no_view: no view is made of it."""
    if row["store"] not in STORES:
        return "no_view"
    if stands["applied"]:
        return "applied"
    if stands["code"] is not None:
        return "skipped" if stands["skipped"] else "parked"
    return "coming"


def _elapsed(steps: Sequence[Mapping[str, Any]]) -> float:
    """Seconds from when the first was received until the last of what is known."""
    ends = [each[name] for each in steps for name in ("recorded_at", "relayed_at", "applied_at") if each[name]]
    return float((max(ends) - min(each["received_at"] for each in steps)).total_seconds())


def _seconds(begin: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - begin).total_seconds()


def _unknown(_begin: datetime, _end: datetime | None) -> None:
    """Business time that is simulated cannot be held against the machine's."""


def _event_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _place(row: Row) -> Place:
    return row["store"], row["shard"], row["position"]
