"""Facts of other systems: what became of the newest of each publisher, those that wait, and those in quarantine."""

from __future__ import annotations

from typing import Any

import orjson

from shared.operating.sql import statement

_WAITING, _QUARANTINED, _RECEIPTS = (statement(name) for name in ("waiting_facts", "quarantined_facts", "receipts"))

NEWEST_RECEIPTS = 100
"""Of each publisher so many are held against as many before; not those of an hour: business time may stand still."""


async def receipts(pool: Any) -> list[dict[str, Any]]:
    """Of each publisher what its newest receipts came to, by outcome, and how many were refused of those before."""
    return [dict(row) for row in await pool.fetch(_RECEIPTS, NEWEST_RECEIPTS)]


async def facts(pool: Any, limit: int) -> dict[str, Any]:
    """``waiting`` and ``quarantined``, each with its ``count`` and at most ``limit`` facts, without what was sent."""
    return {
        "waiting": _told(await pool.fetch(_WAITING, limit)),
        "quarantined": _told(await pool.fetch(_QUARANTINED, limit)),
    }


def _told(rows: Any) -> dict[str, Any]:
    found = [{**dict(row), "reason": orjson.loads(row["reason"])} for row in rows]
    total = found[0]["total"] if found else 0
    return {"count": total, "facts": [{k: v for k, v in each.items() if k != "total"} for each in found]}
