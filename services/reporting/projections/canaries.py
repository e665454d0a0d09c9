"""Canaries: kept in a table of their own with the time at which they arrived, and in no view."""

from __future__ import annotations

from collections.abc import Sequence

from services.reporting.sql import statements
from shared.contracts.common import CanarySent
from shared.contracts.envelope import Envelope
from shared.streams.projection import Connection

_SQL = statements("services.reporting.projections", "statements.sql")
_TYPE = CanarySent.spec.type


def is_canary(event: Envelope) -> bool:
    """Whether an event is there only to be timed."""
    return event.type == _TYPE


async def add_canaries(connection: Connection, events: Sequence[Envelope]) -> None:
    """Keep canaries of one batch; those that were kept before stay as they are.

    Raises ValueError for one that says nothing.
    """
    sent = [CanarySent.model_validate_json(event.data) for event in events]
    await connection.execute(
        _SQL["add_canaries"],
        [event.store for event in events],
        [event.shard for event in events],
        [event.position for event in events],
        [event.event_id for event in events],
        [each.sent_at for each in sent],
        [event.recorded_at for event in events],
    )
