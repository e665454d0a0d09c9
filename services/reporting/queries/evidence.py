"""What stands behind the figures of one indicator: pieces of evidence, and the definitions that it was scored by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from services.reporting.queries.asked import Answering
from services.reporting.sql import statements

_SQL = statements("services.reporting.queries", "events.sql")

Definition = Mapping[str, Any]


async def evidence(answer: Answering, cells: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each piece of evidence of the current figures: scope, period, title, uri or sha256, reporter, assessor.

    Reporter and assessor (who verified it) are opaque ids of accounts.
    """
    by_id = {row["measured_id"]: row for row in cells if row["measured_id"] is not None}
    rows = await answer.connection.fetch(_SQL["bodies"], answer.question.programme, "IndicatorMeasured", list(by_id))
    bodies = {row["event_id"]: orjson.loads(row["data"]) for row in rows if row["data"]}
    return [
        {
            "scope": row["scope"],
            "period": row["period"],
            "title": piece.get("title"),
            "uri": piece.get("uri"),
            "sha256": piece.get("sha256"),
            "reporter": row["reporter"],
            "assessor": row["verifier"],
            "assessed_at": row["verified_at"],
        }
        for measured, row in by_id.items()
        for piece in bodies.get(measured, {}).get("evidence", ())
    ]


async def definitions(answer: Answering, code: str) -> dict[int, Definition]:
    """The definitions that an indicator had, by version, as was known at the answer's positions."""
    rows = await answer.connection.fetch(
        _SQL["definitions"],
        answer.question.programme,
        code,
        [each.store for each in answer.positions],
        [each.shard for each in answer.positions],
        [each.position for each in answer.positions],
    )
    found = {}
    for row in rows:
        body = orjson.loads(row["data"])
        found[int(body["version"])] = body["indicator"] if row["name"] == "IndicatorDefined" else body["new"]
    return found
