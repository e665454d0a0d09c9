"""The audit of what operators do: a line is part of the transaction of the action itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.operating.sql import statement

_AUDIT, _AUDITED = statement("audit"), statement("audited")

NEWEST = 2**62
"""Above every line's id."""


async def record(
    connection: Any,
    actor: str,
    action: str,
    target: str,
    reason: str,
    *,
    seconded_by: str | None = None,
    outcome: str = "",
) -> int:
    """Write a line on the connection (asyncpg) of the action, inside its transaction; returns its id."""
    made: int = await connection.fetchval(_AUDIT, actor, seconded_by, action, target, reason, outcome)
    return made


async def lines(asked: Any, before: int = NEWEST, limit: int = 100) -> Sequence[dict[str, Any]]:
    """Lines older than the line ``before``, newest first. ``asked``: an asyncpg connection or pool."""
    return [dict(row) for row in await asked.fetch(_AUDITED, before, limit)]
