"""Facts of other systems that wait for what comes before them, and those in quarantine."""

from __future__ import annotations

from typing import Any

import orjson

from shared.operating.sql import statement

_WAITING, _QUARANTINED = statement("waiting_facts"), statement("quarantined_facts")


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
