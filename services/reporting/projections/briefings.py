"""A briefing's stream: whose committees were called, and which have acknowledged the policy."""

from __future__ import annotations

from typing import ClassVar

from services.reporting.projections.fact import Fact
from services.reporting.projections.tables import Given, Row
from services.reporting.projections.values import day, json


class BriefingFold:
    """Gives the rows of ``briefing`` and ``acknowledgement``."""

    tables: ClassVar[tuple[str, ...]] = ("briefing", "acknowledgement")
    __slots__ = ("_acknowledged", "_briefed", "_stream")

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._briefed: Row | None = None
        self._acknowledged: dict[str, Row] = {}

    def step(self, fact: Fact) -> None:
        """The last of each committee counts."""
        body = fact.body
        if fact.name == "PolicyBriefed":
            self._briefed = (
                self._stream,
                body["programme"],
                body["activity"],
                body["title"],
                day(body["briefed_on"]),
                json(body["regions"]),
            )
        elif fact.name == "PolicyAcknowledged":
            self._acknowledged[body["committee"]] = (
                self._stream,
                body["committee"],
                body["programme"],
                body["activity"],
                body["region"],
                day(body["acknowledged_on"]),
            )

    def give(self, rows: Given) -> None:
        """The briefing's row, and one a committee."""
        if self._briefed:
            rows["briefing"].append(self._briefed)
        rows["acknowledgement"] += self._acknowledged.values()
