"""The archive of published reports: content and files, kept by their hashes, and never given out damaged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from services.reporting.documents.rendering import File
from services.reporting.sql import statements
from shared.contracts import Rejected

_SQL = statements("services.reporting.documents", "archive.sql")
CONTENT = "content.json"
"""By this name the content is told to be damaged."""


class Archive:
    """Reads and writes it. ``pool`` gives asyncpg's; rows are only ever added."""

    def __init__(self, pool: Callable[[], Any]) -> None:
        self._pool = pool

    async def keep(self, programme: str, edition: int, content: bytes, files: Iterable[File]) -> None:
        """Keep all of an edition in one transaction; what is there already is found again and stays as it is.

        It comes before the event that names it. Rows without an event are harmless: nothing leads to them.
        """
        async with self._pool().acquire() as connection, connection.transaction():
            await connection.execute(_SQL["add_content"], programme, edition, sha256(content), content)
            for file in files:
                await connection.execute(
                    _SQL["add_file"],
                    programme,
                    edition,
                    file.name,
                    file.media_type,
                    sha256(file.body),
                    len(file.body),
                    file.body,
                )

    async def content(self, programme: str, edition: int, digest: str) -> bytes:
        """Canonical JSON of what an edition says. Raises Rejected ``report.archive_damaged``."""
        return _whole(CONTENT, await self._pool().fetchval(_SQL["content"], programme, edition, digest), digest)

    async def file(self, programme: str, edition: int, name: str, digest: str) -> bytes:
        """Bytes of a file of that hash. Raises Rejected ``report.archive_damaged`` when they are not those."""
        return _whole(name, await self._pool().fetchval(_SQL["file"], programme, edition, name, digest), digest)


def sha256(body: bytes) -> str:
    """The hash by which it is kept, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def _whole(name: str, found: bytes | None, digest: str) -> bytes:
    if found is None or sha256(found) != digest:
        raise Rejected("report.archive_damaged", name=name)
    return found
