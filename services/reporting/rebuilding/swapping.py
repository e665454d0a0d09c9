"""Puts a schema in the place of the live one, with its offsets and what it parked; an answer is of one or the other.

Who asks names tables without their schema, analysts' views among them: none of that is made anew.
"""

from __future__ import annotations

from typing import Any

from services.reporting.rebuilding.standing import NAMES
from services.reporting.sql import statements

_SQL = statements("services.reporting.rebuilding", "swapping.sql")


async def exchange(owner: Any, incoming: str, outgoing: str) -> int:
    """Make ``incoming`` the live schema; the live one is called ``outgoing`` from then on. Returns the new revision.

    ``owner`` is inside a transaction that holds the live consumer. Raises asyncpg.LockNotAvailableError when readers
    hold the views for longer than others can be kept waiting: the transaction is to be tried again.
    """
    await owner.execute(NAMES["name_schemas"])
    await _hold(owner)
    for statement in ("clear_heads", "copy_heads"):
        await _made(owner, statement, incoming)
    await _made(owner, "rename_outgoing", outgoing)
    await _made(owner, "rename_incoming", incoming)
    epoch = await owner.fetchval(_SQL["put_offsets_aside"], outgoing)
    await owner.execute(_SQL["take_offsets"], incoming, epoch)
    await owner.execute(_SQL["put_parked_aside"], outgoing)
    await owner.execute(_SQL["take_parked"], incoming)
    revision: int = await owner.fetchval(_SQL["revise"])
    return revision


async def _hold(owner: Any) -> None:
    """Wait for whoever reads or announces, and keep others waiting."""
    await owner.execute(_SQL["soon"])
    await owner.execute(_SQL["hold_readers"])
    analysts = await owner.fetchval(_SQL["hold_analysts"])
    if analysts is not None:
        await owner.execute(analysts)
    await owner.execute(_SQL["hold_heads"])


async def _made(owner: Any, statement: str, name: str) -> None:
    """Run the statement that a statement gives."""
    await owner.execute(await owner.fetchval(_SQL[statement], name))
