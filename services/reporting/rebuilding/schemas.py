"""Making and dropping a schema of reporting's tables beside the live one."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

import asyncpg

from services.reporting.rebuilding.standing import LIVE, NAMES
from services.reporting.sql import statements

_SQL = statements("services.reporting.rebuilding", "schemas.sql")


async def make_schema(owner_dsn: str, schema: str) -> None:
    """Make reporting's tables, empty, in a new schema. Raises asyncpg.DuplicateSchemaError."""
    owner = await asyncpg.connect(owner_dsn)
    try:
        async with owner.transaction():
            await owner.execute(_SQL["target"], schema)
            for file in _migrations():
                await owner.execute(file.read_text("utf-8"))
    finally:
        await owner.close()


async def drop_schema(owner: asyncpg.Connection, schema: str) -> None:
    """Drop a schema with all that is known of its consumer, inside the owner's transaction; the live one never."""
    if schema == LIVE:
        raise ValueError("the live views are not dropped")
    await owner.execute(NAMES["name_schemas"])
    await owner.execute(await owner.fetchval(_SQL["drop"], schema))
    for what in ("forget_offsets", "forget_parked", "forget_differences"):
        await owner.execute(_SQL[what], schema)


def made_of() -> str:
    """Tells one release's tables from another's: a digest of the migrations."""
    found = hashlib.sha256()
    for file in _migrations():
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:16]


def _migrations() -> list[Traversable]:
    folder = files("services.reporting") / "migrations"
    return sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=lambda file: file.name)
