"""The business clock: what stamps and judges facts. Leases, tokens, metrics and logs use the machine's clock instead.

``real`` is the machine's clock in UTC. ``simulated`` stands still until it is set, moves forward only and is for the
embedded stack; it is kept in the store's database, so that every process of a service reads the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from importlib.resources import files
from typing import Any, Protocol

from shared.contracts import Rejected

_SQL = files("shared.eventstore") / "sql"
_SET, _BEGIN = ((_SQL / f"{name}.sql").read_text("utf-8") for name in ("set_clock", "begin_clock"))


class ClockMode(StrEnum):
    """Which clock a store is made for; it never changes."""

    REAL = "real"
    SIMULATED = "simulated"


class Clock(Protocol):
    """Tells business time."""

    mode: ClockMode

    async def now(self) -> datetime:
        """Business time, UTC."""


class RealClock:
    """The machine's clock."""

    mode = ClockMode.REAL

    async def now(self) -> datetime:
        """The machine's time, UTC."""
        return datetime.now(UTC)


class SimulatedClock:
    """A clock in the database that moves when it is told to; it begins at the Unix epoch. ``pool``: asyncpg's."""

    mode = ClockMode.SIMULATED

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def now(self) -> datetime:
        """Where the clock stands."""
        moment: datetime = await self._pool.fetchval("SELECT business_now()")
        return moment.astimezone(UTC)

    async def begin(self) -> None:
        """Have a clock that was never set begin: else the machine's time would stamp what comes before."""
        await self._pool.execute(_BEGIN)

    async def set(self, moment: datetime) -> datetime:
        """Move the clock forward; Rejected ``clock.backwards``."""
        moved = await self._pool.fetchval(_SET, moment)
        if moved is None:
            raise Rejected("clock.backwards", now=(await self.now()).isoformat())
        return moment
