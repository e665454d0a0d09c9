"""Searches what reporting alone has for a person's name: the events of its views, and the archive of reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.reporting.sql import statements
from shared.operating.forgetting import Place

_SQL = statements("services.reporting", "mentions.sql")


class Mentions:
    """A search for ``shared.operating.forgetting``; ``pool`` is asyncpg's on the views' database."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def __call__(self, texts: Sequence[str]) -> Sequence[Place]:
        """Every place, and in how many of its rows any of the texts stands."""
        rows = await self._pool.fetch(_SQL["mentions"], list(texts))
        return [Place(place=row["place"], checked=row["checked"], found=row["found"]) for row in rows]
