"""One event: where it came from, and which figures it moved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from services.reporting.changes import differences
from services.reporting.queries.asked import Answering, earlier
from services.reporting.sql import statements
from shared.contracts import Rejected, require

_SQL = statements("services.reporting.queries", "events.sql")

ORIGIN = ("source", "correlation", "causation", "traceparent")
"""Of an event's metadata, what says where it came from; the account that sent it is nobody else's business."""
_INSTANT = timedelta(microseconds=1)


async def event(answer: Answering, event_id: str) -> dict[str, Any]:
    """An event of the programme, where it stands and came from, and the figures as they were before and after it.

    Raises Rejected ``event.not_found``.
    """
    row = await _row(answer, event_id)
    about = orjson.loads(row["metadata"])
    told = {name: value for name, value in row.items() if name != "metadata"}
    return {
        "event": {**told, **{name: about.get(name) or None for name in ORIGIN}},
        "moved": await _moved(answer, row),
    }


async def _row(answer: Answering, event_id: str) -> dict[str, Any]:
    try:
        wanted = UUID(event_id)
    except ValueError as error:
        raise Rejected("event.not_found", event_id=event_id[:100]) from error
    known = answer.positions
    row = await answer.connection.fetchrow(
        _SQL["event"],
        wanted,
        [each.store for each in known],
        [each.shard for each in known],
        [each.position for each in known],
    )
    of_programme = row is not None and row["programme"] in (None, answer.question.programme)
    require(of_programme and await _is_of(answer, row), "event.not_found", event_id=event_id[:100])
    return dict(row)


async def _is_of(answer: Answering, row: Any) -> bool:
    """Whether an event that names no programme voids one of this programme."""
    if row["programme"] is not None:
        return True
    return bool(await answer.connection.fetchval(_SQL["is_of"], row["stream"], answer.question.programme))


async def _moved(answer: Answering, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures that were another just before it was recorded; none where the programme was not known before."""
    try:
        before = await earlier(answer, row["recorded_at"] - _INSTANT)
    except Rejected:
        return []
    return await differences(before, await earlier(answer, row["recorded_at"]))
