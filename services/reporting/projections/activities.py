"""An activity's stream: how far it has got."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from services.reporting.projections.fact import Fact
from services.reporting.projections.tables import Given
from services.reporting.projections.values import day, json

_OF_ACTIVITIES = frozenset(
    {"ActivityPlanned", "ActivityStarted", "ActivityCompleted", "ActivityCancelled", "DeadlineExtended"}
)


class ActivityFold:
    """Gives the row of ``activity``."""

    tables: ClassVar[tuple[str, ...]] = ("activity",)
    __slots__ = (
        "_cancelled_on",
        "_closes",
        "_code",
        "_completed_on",
        "_deadline",
        "_extensions",
        "_opens",
        "_outputs",
        "_planned_deadline",
        "_programme",
        "_started_on",
        "_state",
        "_stream",
    )

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._programme = self._code = self._state = ""
        self._opens: date | None = None
        self._closes: date | None = None
        self._planned_deadline: date | None = None
        self._deadline: date | None = None
        self._extensions = 0
        self._started_on: date | None = None
        self._completed_on: date | None = None
        self._cancelled_on: date | None = None
        self._outputs: list[Any] = []

    def step(self, fact: Fact) -> None:
        """The state only goes on."""
        if fact.name not in _OF_ACTIVITIES:
            return
        body = fact.body
        self._programme, self._code = body["programme"], body["code"]
        match fact.name:
            case "ActivityPlanned":
                self._opens, self._closes = day(body["opens"]), day(body["closes"])
                self._planned_deadline = self._deadline = day(body["deadline"])
                self._state = self._state or "planned"
            case "ActivityStarted":
                self._started_on = day(body["started_on"])
                self._state = "started" if self._state in ("", "planned") else self._state
            case "ActivityCompleted":
                self._completed_on = day(body["completed_on"])
                self._outputs = body["outputs"]
                self._state = "completed" if self._state != "cancelled" else self._state
            case "ActivityCancelled":
                self._cancelled_on = day(body["cancelled_on"])
                self._state = "cancelled" if self._state != "completed" else self._state
            case "DeadlineExtended":
                self._extensions += 1
                self._deadline = day(body["deadline"])

    def give(self, rows: Given) -> None:
        """One row, or none before anything has happened."""
        if self._code:
            row = (
                self._stream,
                self._programme,
                self._code,
                self._state or None,
                self._opens,
                self._closes,
                self._planned_deadline,
                self._deadline,
                self._extensions,
                self._started_on,
                self._completed_on,
                self._cancelled_on,
                json(self._outputs),
            )
            rows["activity"].append(row)
