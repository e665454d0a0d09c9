"""What a projection is to the runner that feeds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from shared.contracts.coded import CodedError
from shared.contracts.envelope import Envelope

Connection = Any
"""An asyncpg connection inside a transaction; asyncpg's own classes are not generic over records."""


class Unappliable(CodedError):
    """One event cannot be applied; the runner parks it and what follows it in its stream.

    ``code`` is stable, such as ``projection.figure_out_of_range``.
    """


class Projection(Protocol):
    """Turns events into rows. Everything it keeps is in Postgres; ``apply`` runs inside the runner's transaction.

    Events of one (store, shard) come in position order, each exactly once; stores come interleaved in any way, so what
    ``apply`` writes must not depend on their interleaving.
    """

    name: str
    """Names its offsets; a new name starts from the beginning."""

    stores: Sequence[str]
    """Whose topics it reads, such as ("committee", "activity")."""

    async def apply(self, connection: Connection, events: Sequence[Envelope]) -> None:
        """Write the effect of a batch of one (store, shard). Raises Unappliable for an event it cannot apply.

        When it raises, the runner rolls back and applies the batch event by event, parking the one that fails.
        """

    async def event_id_at(self, connection: Connection, store: str, shard: int, position: int) -> str | None:
        """Id of the event that was seen at a position; None when the projection does not keep that."""

    def forget(self) -> None:
        """Drop whatever is cached: the last batch did not commit, or another process has taken over."""
