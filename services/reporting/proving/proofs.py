"""Verifications as they are asked for, taken up and kept, and the checkpoints that were given out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.reporting.sql import statements
from shared.eventstore.checkpoint import Checkpoint
from shared.eventstore.finding import Finding
from shared.web.auth import Caller

SCHEDULE = "schedule"
"""Who asks for a verification that is due."""
SHOWN_RUNS = 20

Row = dict[str, Any]

_SQL = statements("services.reporting.proving", "proofs.sql")


async def ask(connection: Any, asked_by: str, reason: str) -> int:
    """Ask for a verification; returns its number. ``connection``: asyncpg, perhaps inside a transaction."""
    made: int = await connection.fetchval(_SQL["ask"], asked_by, reason)
    return made


async def ask_when_due(connection: Any, every: timedelta) -> None:
    """Ask for one when the last was finished longer ago than ``every``, and nobody waits for one."""
    if await connection.fetchval(_SQL["due"], every):
        await ask(connection, SCHEDULE, f"every {int(every.total_seconds())} s")


async def take(connection: Any) -> int | None:
    """The number of a verification that is to be done now; None when nobody waits. Whoever asked before is answered by
    it too.
    """
    found: int | None = await connection.fetchval(_SQL["take"])
    return found


async def keep(connection: Any, run: int, findings: Sequence[Finding]) -> None:
    """Keep what a verification found, in one transaction; not what skips explain, which the audit tells."""
    told = [
        (each.part, each.service, each.of, each.checked, each.unit, _storable(each.place), _storable(each.message))
        for each in findings
    ]
    async with connection.transaction():
        if told:
            await connection.execute(_SQL["add"], run, *map(list, zip(*told, strict=True)))
        await connection.execute(_SQL["finish"], run, "")


async def give_up(connection: Any, run: int, error: str) -> None:
    """Say why a verification could not be finished."""
    await connection.execute(_SQL["finish"], run, _storable(error[:1000]))


async def keep_checkpoints(connection: Any, checkpoints: Sequence[Checkpoint]) -> None:
    """Keep checkpoints that are given out."""
    told = [
        (each.store, each.shard, each.position, each.hash, each.time, each.key, each.signature) for each in checkpoints
    ]
    await connection.executemany(_SQL["add_checkpoint"], told)


async def last(connection: Any) -> tuple[list[Finding], datetime | None]:
    """What the last verification that was finished found, and when; None when there was none."""
    found = [Finding(**row) for row in await connection.fetch(_SQL["last"])]
    return found, await connection.fetchval(_SQL["last_finished"])


async def shown(pool: Any) -> Mapping[str, Any]:
    """The newest verifications, what the last one found, and the newest checkpoint of every shard."""
    runs, last, checkpoints = [
        [dict(row) for row in await pool.fetch(_SQL[name], *arguments)]
        for name, arguments in (("runs", (SHOWN_RUNS,)), ("last", ()), ("checkpoints", ()))
    ]
    for each in last:
        each["whole"] = not each["place"]
    return {"runs": [_with_verdict(each) for each in runs], "last": last, "checkpoints": checkpoints}


async def asked_for(connection: Any, params: Mapping[str, Any], caller: Caller) -> str:
    """The operators' action: ask for a verification, for the ``reason`` that was given."""
    return f"verification {await ask(connection, caller.id, params['reason'].strip())}"


def _storable(text: str) -> str:
    """What strangers' records say may hold U+0000, which the database does not take."""
    return text.replace("\x00", "\ufffd")


def _with_verdict(run: Row) -> Row:
    """``verdict``: waiting, running, failed (it could not be finished), whole, or different."""
    if run["finished_at"] is None:
        verdict = "waiting" if run["begun_at"] is None else "running"
    elif run["error"]:
        verdict = "failed"
    else:
        verdict = "different" if run["found"] else "whole"
    return {**run, "verdict": verdict}
