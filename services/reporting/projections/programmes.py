"""A programme's stream: the definition that holds."""

from __future__ import annotations

from typing import ClassVar

from services.reporting.projections.fact import Fact
from services.reporting.projections.tables import Given, Row
from services.reporting.projections.values import json


class ProgrammeFold:
    """Gives the row of ``programme``."""

    tables: ClassVar[tuple[str, ...]] = ("programme",)
    __slots__ = ("_row", "_stream")

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._row: Row | None = None

    def step(self, fact: Fact) -> None:
        """The last definition counts."""
        if fact.name in ("ProgrammeRegistered", "ProgrammeAmended"):
            body = fact.body
            definition = body["definition"]
            self._row = (
                body["programme"],
                self._stream,
                body["version"],
                definition["fiscal_year"],
                definition["region_list"],
                json(definition["regions"]),
                json(definition),
                body["digest"],
            )

    def give(self, rows: Given) -> None:
        """One row, or none before it is registered."""
        if self._row:
            rows["programme"].append(self._row)
