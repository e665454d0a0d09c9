"""Events that every service writes."""

from __future__ import annotations

from pydantic import Field

from shared.contracts.event import Event
from shared.contracts.types import EventId, Instant, Prose


class FactVoided(Event, owner="any", aggregate="any"):
    """A fact was wrong and is left out of every later fold; what was right follows as a new event."""

    event_id: EventId = Field(description="The voided event, of the same stream.")
    reason: Prose


class CanarySent(Event, owner="any", aggregate="canary"):
    """A service sends itself through the whole way, so that the time it takes can be told; it has no other effect."""

    sent_at: Instant = Field(description="When it was sent, by the machine's clock, whatever the business clock says.")
