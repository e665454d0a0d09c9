"""The mark on a database that a backup is being brought back into: until all of it is whole, nothing works there.

It is a table, which the role that runs can see; it is made in every database of a backup before the first is changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from shared.contracts.coded import CodedError
from shared.eventstore.store import statement

_MAKE, _MARK = statement("make_restoring"), statement("mark_restoring")
_CLEAR = "DROP TABLE IF EXISTS public.restoring"
_THERE = "SELECT to_regclass('public.restoring') IS NOT NULL"
_FOLDER = "SELECT folder FROM public.restoring"


class RestoreUnfinished(CodedError):
    """A backup was not brought back whole; ``code`` is ``restore.unfinished``."""


async def mark(owner_dsn: str, folder: str) -> None:
    """Mark a database: the backup in ``folder`` is being brought back. Again: that of this folder."""
    async with _transaction(owner_dsn) as connection:
        await connection.execute(_MAKE)
        await connection.execute(_MARK, folder)


async def clear(owner_dsn: str) -> None:
    """Take the mark away; where there is none: nothing."""
    async with _transaction(owner_dsn) as connection:
        await connection.execute(_CLEAR)


async def require_whole(asked: asyncpg.Connection | asyncpg.Pool) -> None:
    """Look for the mark. Raises RestoreUnfinished, which names the folder."""
    if await asked.fetchval(_THERE):
        folder = await asked.fetchval(_FOLDER)
        why = f"bringing back {folder} was not finished: run `obec restore {folder}` again"
        raise RestoreUnfinished("restore.unfinished", why)


@asynccontextmanager
async def _transaction(owner_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()
