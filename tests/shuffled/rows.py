"""The rows of the views as they must be alike however the facts came: without ids and places in a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import asyncpg

TABLES = (
    *("programme", "committee", "meeting", "activity", "briefing", "acknowledgement", "indicator", "period"),
    *("period_extension", "measurement", "score", "voided", "visit", "recommendation", "budget"),
)
LEFT_OUT = frozenset(
    {
        *("event_id", "measured_id", "verified_measured", "verified_id", "cause", "voided_by"),  # ids of events
        *("position", "committee_version", "recorded_at"),
        *("received_at", "first_received_at"),  # a fact that was sent twice may be received by either
    }
)
RANDOM = ("meeting:", "workshop:", "briefing:", "supervision:", "recommendation:")
"""Kinds of stream whose names are given when they begin."""
CURRENT = "SELECT DISTINCT ON (stream) * FROM score ORDER BY stream, position DESC"
"""Scores that hold: how many came before depends on how many figures there were each time."""


async def rows(dsn: str) -> Mapping[str, Counter[str]]:
    """By table, how often there is each row."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "reporting, public"})
    try:
        found = {}
        for table in TABLES:
            question = CURRENT if table == "score" else f"SELECT * FROM {table}"
            found[table] = Counter(_comparable(row) for row in await connection.fetch(question))
        return found
    finally:
        await connection.close()


def differences(left: Mapping[str, Counter[str]], right: Mapping[str, Counter[str]]) -> list[str]:
    """Rows that are in one and not in the other."""
    return [
        f"{table} {side} {row}"
        for table in TABLES
        for side, more in (("-", left[table] - right[table]), ("+", right[table] - left[table]))
        for row in sorted(more)
    ]


def _comparable(row: Any) -> str:
    told: dict[str, Any] = {name: value for name, value in row.items() if name not in LEFT_OUT}
    return str({name: _kind(value) for name, value in told.items()})


def _kind(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(RANDOM):
        return value.partition(":")[0]
    return value
