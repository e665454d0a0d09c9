"""Keeps heads: what stores announce of how far they are, which tells "nothing happened" from "stuck"."""

from __future__ import annotations

from collections.abc import Iterable

from services.reporting.sql import statements
from shared.streams.heads import Head
from shared.streams.projection import Connection

_SQL = statements("services.reporting.projections", "statements.sql")


async def apply_heads(connection: Connection, rows: Iterable[Head]) -> None:
    """Remember heads, in any order and however often; drops those older than the newest that was applied."""
    heads = list(rows)
    await connection.execute(
        _SQL["add_heads"],
        [head.store for head in heads],
        [head.shard for head in heads],
        [head.position for head in heads],
        [head.time for head in heads],
    )
    await connection.execute(_SQL["drop_passed_heads"])
    await connection.execute(_SQL["drop_heads_passed_by_canaries"])
