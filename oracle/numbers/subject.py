"""What every number is computed from: the row tables, one programme of them, and T."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from oracle.asked import World
from oracle.days import is_past
from oracle.told import Told
from oracle.views import Row, tables
from shared.contracts.definition import ProgrammeDefinition


class Subject:
    """One programme at T."""

    def __init__(self, world: World, programme: str) -> None:
        self.world = world
        self.programme = programme
        self.at = world.asked.at
        self.tables = tables(world)

    @property
    def living(self) -> Mapping[str, Sequence[Told]]:
        """The programme's living events by stream."""
        return {
            stream: [told for told in facts if told.payload.get("programme") == self.programme]
            for stream, facts in self.world.streams.items()
        }

    def rows(self, table: str) -> list[Row]:
        """The programme's rows of a table."""
        return [row for row in self.tables[table] if row["programme"] == self.programme]

    @property
    def definition(self) -> ProgrammeDefinition | None:
        """The programme's definition; None while it is not registered."""
        return next((ProgrammeDefinition.model_validate(row["definition"]) for row in self.rows("programme")), None)

    @property
    def regions(self) -> tuple[str, ...]:
        """The definition's regions, in its order."""
        return self.definition.regions if self.definition else ()

    def is_past(self, due: date) -> bool:
        """Whether a due day is over at T."""
        return is_past(due, self.at)


def only(rows: list[Row], **columns: Any) -> Row | None:
    """The row with these values; None when there is none."""
    return next((row for row in rows if all(row[name] == value for name, value in columns.items())), None)
