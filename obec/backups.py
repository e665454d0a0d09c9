"""Backups of the services' databases by PostgreSQL's own tools: a folder of dumps with a manifest that tells of them.

A dump and the positions beside it are of one moment. What a service recorded after that moment is on its topic, from
which a store that was brought back is completed.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.local.postgres import program
from services.reporting.sql import statements
from shared.contracts.coded import CodedError
from shared.contracts.envelope import wire_time
from shared.eventstore.migrate import folders
from shared.eventstore.restoring import clear, mark, require_whole

MANIFEST = "manifest.json"
UNHURRIED = {"idle_in_transaction_session_timeout": "0", "lock_timeout": "10s"}
READ_BYTES = 1 << 20
_RELEASE = re.compile(r"\b[0-9]+")

Report = Callable[[str], None]

_SQL = statements("obec", "backups.sql")
_EMPTY = (files("obec") / "empty.sql").read_text("utf-8")


class BackupError(CodedError):
    """A backup cannot be made or brought back; ``code`` is ``backup.…``."""


class Dump(BaseModel):
    """One service's database, in PostgreSQL's custom format."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(pattern=r"^[a-z]+\.dump$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    """Bytes."""
    positions: dict[int, int]
    """Last position by shard; empty when there was no store yet."""
    migrations: tuple[str, ...]
    server: str
    tool: str
    """Versions of the server and of pg_dump."""


class Manifest(BaseModel):
    """What a folder says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["obec-backup-1"]
    made_at: str
    dumps: dict[Literal["committee", "activity", "evaluation", "reporting"], Dump]
    """By service."""


class Backup(Manifest):
    """A backup in its folder."""

    folder: Path


async def tool(name: str, release: int) -> tuple[str, str]:
    """Path and version of one of PostgreSQL's programs, from PATH or else from the embedded server's.

    ``release``: the least that will do, such as 18; an older one reads neither the server nor its dumps. Raises
    BackupError ``backup.tool``.
    """
    for path in (shutil.which(name), program(name)):
        version = await _version(path) if path else ""
        if path and _release(version) >= release:
            return path, version
    raise BackupError("backup.tool", f"no {name} of PostgreSQL {release} is on PATH")


async def back_up(folder: Path, owners: Mapping[str, str], report: Report = lambda _done: None) -> Backup:
    """Dump each database (owner's address by service) into a new folder, which has its name once it is whole.

    Raises BackupError ``backup.folder``, ``backup.tool``; RestoreUnfinished.
    """
    if folder.exists():
        raise BackupError("backup.folder", f"{folder} exists already: a backup is made in a folder of its own")
    unfinished = folder.with_name(f".{folder.name}.unfinished-{os.getpid()}")
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        dumps = {}
        for service, dsn in owners.items():
            dumps[service] = await _dump(unfinished / f"{service}.dump", dsn)
            report(service)
        manifest = Manifest(format="obec-backup-1", made_at=wire_time(datetime.now(UTC)), dumps=dumps)
        (unfinished / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", "utf-8")
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Backup(**manifest.model_dump(), folder=folder)


async def _dump(file: Path, dsn: str) -> Dump:
    connection = await asyncpg.connect(dsn, timeout=10, server_settings=UNHURRIED)
    try:
        await require_whole(connection)
        server = str(await connection.fetchval("SHOW server_version"))
        pg_dump, version = await tool("pg_dump", _release(server))
        # What the manifest tells and what pg_dump reads is one snapshot.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            made = await connection.fetchrow(_SQL["made"])
            positions = await connection.fetch(_SQL["positions"], made["shards"] if made else 0)
            migrations = await connection.fetch(_SQL["migrations"])
            await _run(pg_dump, dsn, "--format=custom", f"--snapshot={snapshot}", f"--file={file}")
        return Dump(
            file=file.name,
            sha256=_sha256(file),
            size=file.stat().st_size,
            positions={row["shard"]: row["position"] for row in positions},
            migrations=tuple(row["name"] for row in migrations),
            server=server,
            tool=version,
        )
    finally:
        await connection.close()


def opened(folder: Path) -> Backup:
    """A backup whose every dump is what the manifest tells. Raises BackupError.

    ``backup.foreign``: no backup, or one of a newer version; ``backup.damaged``: a dump is missing or was changed.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise BackupError("backup.foreign", f"{folder} is no backup: it holds no {MANIFEST}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise BackupError("backup.foreign", f"{folder / MANIFEST} is of no backup: {place} {first['msg']}") from None
    for service, dump in manifest.dumps.items():
        _require_known(service, dump.migrations)
        file = folder / dump.file
        if not file.is_file() or file.stat().st_size != dump.size or _sha256(file) != dump.sha256:
            raise BackupError("backup.damaged", f"{file} is not what the manifest tells: it is missing or was changed")
    return Backup(**manifest.model_dump(), folder=folder)


async def bring_back(backup: Backup, owners: Mapping[str, str], report: Report = lambda _done: None) -> None:
    """Put every dump in the place of what its database holds; no service may run on any of them.

    From the first change until ``finish`` each of them bears a mark with which no service starts: a run that was
    interrupted anywhere is found by that, and run again from its beginning. Raises BackupError ``backup.in_use``, and
    ``backup.tool`` where there is no tool that reads a dump, and then nothing was changed; ``backup.tool`` later where
    the tool fails.
    """
    tools = {
        service: (await tool("pg_restore", max(_release(dump.tool), _release(dump.server))))[0]
        for service, dump in backup.dumps.items()
    }
    for service in backup.dumps:
        await _require_unused(service, owners[service])
    for service in backup.dumps:
        await mark(owners[service], str(backup.folder.absolute()))
    for service, dump in backup.dumps.items():
        await _empty(owners[service])
        options = ("--single-transaction", "--exit-on-error", "--no-owner")
        await _run(tools[service], owners[service], *options, str(backup.folder / dump.file))
        report(service)


async def finish(backup: Backup, owners: Mapping[str, str]) -> None:
    """Say of every database that it is whole: its dump is there, and its store was completed."""
    for service in backup.dumps:
        await clear(owners[service])


async def _require_unused(service: str, dsn: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        sessions = await connection.fetchval(_SQL["sessions"])
    finally:
        await connection.close()
    if sessions:
        what = f"{sessions} sessions are open on the database of {service}"
        raise BackupError("backup.in_use", f"{what}: end the services and whatever else works there")


async def _empty(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=10, server_settings=UNHURRIED)
    try:
        async with connection.transaction():
            await connection.execute(_EMPTY)
    finally:
        await connection.close()


def _require_known(service: str, migrations: Sequence[str]) -> None:
    """A database that migrations made which this version does not have cannot be worked with."""
    known = {f"{folder.parent.name}/{file.name}" for folder in folders(service) for file in folder.glob("*.sql")}
    unknown = [name for name in migrations if name not in known]
    if unknown:
        why = f"{service} was backed up by another version: {unknown[0]} is not known here"
        raise BackupError("backup.foreign", why)


async def _run(command: str, dsn: str, *options: str) -> None:
    """Run a tool on a database; the password is no argument, which every user of the machine could read."""
    parts = urlsplit(dsn)
    address = urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")))
    environment = {**os.environ, "PGPASSWORD": unquote(parts.password or "")}
    run = await asyncio.create_subprocess_exec(
        command, f"--dbname={address}", *options,
        env=environment, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await run.communicate()
    if run.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines()
        # What follows it are details, such as the statement that was refused.
        told = next((line for line in lines if "error:" in line), lines[-1] if lines else "it said nothing")
        raise BackupError("backup.tool", f"{Path(command).name} failed: {told}")


def _release(version: str) -> int:
    """18 of ``18.4`` and of ``pg_dump (PostgreSQL) 18.4 (Debian …)``; 0 where none is told."""
    found = _RELEASE.search(version)
    return int(found[0]) if found else 0


async def _version(command: str) -> str:
    run = await asyncio.create_subprocess_exec(command, "--version", stdout=asyncio.subprocess.PIPE)
    said, _ = await run.communicate()
    return said.decode().strip()


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened_file:
        while part := opened_file.read(READ_BYTES):
            digest.update(part)
    return digest.hexdigest()
