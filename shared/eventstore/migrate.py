"""Migrations: numbered ``.sql`` files, each run once in a transaction of its own by the role that owns the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import asyncpg

from shared.eventstore.restoring import require_whole

COMMON = Path(str(files("shared.eventstore"))) / "migrations"
"""The event store's own migrations, which every service with a store runs before its own."""

STREAMS = Path(str(files("shared.streams"))) / "migrations"
"""What a service that consumes topics needs."""

_JOURNAL = (Path(str(files("shared.eventstore"))) / "sql" / "journal.sql").read_text("utf-8")


class MigrationChanged(Exception):
    """A migration that has run was edited afterwards."""


async def migrate(dsn: str, folder: Path) -> list[str]:
    """Run the migrations of ``folder`` that this database has not seen, in order of name; returns their names.

    ``dsn`` is the owner's. The folder's name and the file's make the name in the journal. Raises MigrationChanged,
    RestoreUnfinished.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await require_whole(connection)
        await connection.execute("SELECT pg_advisory_lock(71000)")
        await connection.execute(_JOURNAL)
        seen = {row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM migrations")}
        return [name for name in [await _run(connection, file, seen) for file in _in_order(folder)] if name]
    finally:
        await connection.close()


def _in_order(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.sql"), key=lambda file: file.name)


def folders(service: str) -> list[Path]:
    """Migration folders of a service, in the order in which they run."""
    own = Path(str(files("services"))) / service / "migrations"
    return [COMMON, STREAMS, *([own] if own.is_dir() else [])]


async def _run(connection: asyncpg.Connection, file: Path, seen: dict[str, str]) -> str | None:
    name = f"{file.parent.parent.name}/{file.name}"
    text = file.read_text("utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    if name in seen:
        if seen[name] != digest:
            raise MigrationChanged(f"{name} has run here with other content; write a new migration instead")
        return None
    async with connection.transaction():
        await connection.execute(text)
        await connection.execute("INSERT INTO migrations (name, sha256) VALUES ($1, $2)", name, digest)
    return name
