"""Events that every service writes."""

from __future__ import annotations

from pydantic import Field

from shared.contracts.event import Event
from shared.contracts.types import EventId, Prose


class FactVoided(Event, owner="any", aggregate="any"):
    """A fact was wrong and is left out of every later fold; what was right follows as a new event."""

    event_id: EventId = Field(description="The voided event, of the same stream.")
    reason: Prose
