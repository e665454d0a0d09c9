"""Verifies what was published: content and files in the archive are the bytes that the event names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson

from services.reporting.documents.archive import CONTENT, sha256
from services.reporting.documents.digests import RENDERER
from services.reporting.sql import statements
from shared.contracts.event import REGISTRY, ContractError
from shared.contracts.reporting import PublishedFile, ReportPublished
from shared.eventstore.finding import Finding, Progress

PART, SERVICE = "reports", "reporting"

_SQL = statements("services.reporting.proving", "published.sql")


async def verify_reports(dsn: str, progress: Progress = lambda _count: None) -> Finding:
    """Verify every published edition, one file in memory at a time; names the first that is not what was published."""
    connection = await asyncpg.connect(dsn, timeout=10)
    checked = 0
    try:
        for row in await connection.fetch(_SQL["published"]):
            try:
                published = REGISTRY.read(row["type"], row["data"].encode())
            except ContractError as error:
                wrong = f"its event cannot be read: {error.code}"
                return Finding(PART, SERVICE, "published reports", checked, "files", row["stream"], wrong)
            assert isinstance(published, ReportPublished)
            async for name, wrong in _compared(connection, published):
                if wrong:
                    place = f"{row['stream']} {name}"
                    return Finding(PART, SERVICE, "published reports", checked, "files", place, wrong)
                checked += 1
                progress(1)
    finally:
        await connection.close()
    return Finding(PART, SERVICE, "published reports", checked, "files")


async def _compared(connection: asyncpg.Connection, published: ReportPublished) -> AsyncIterator[tuple[str, str]]:
    """By name, content first: what is wrong with each; empty when nothing is."""
    of = published.programme, published.edition
    content = await connection.fetchval(_SQL["content"], *of, published.content_hash)
    yield CONTENT, _wrong_content(content, published)
    for file in published.files:
        yield file.name, _wrong_file(await connection.fetchrow(_SQL["file"], *of, file.name, file.sha256), file)


def _wrong_content(content: bytes | None, published: ReportPublished) -> str:
    wrong = _wrong_bytes(content, published.content_hash)
    if wrong or content is None:
        return wrong
    sources = orjson.loads(content)["sources"]
    if sources["digests"] != _plain([each for each in published.digests if each.of != RENDERER], "of"):
        return "tells other digests than the event"
    if sources["positions"] != _plain(published.positions, "store", "shard"):
        return "tells other positions than the event"
    return ""


def _wrong_file(row: Any, file: PublishedFile) -> str:
    wrong = _wrong_bytes(row and row["bytes"], file.sha256)
    if wrong:
        return wrong
    if (row["media_type"], row["size"]) != (file.media_type, file.size):
        return (
            f"is kept as {row['size']} bytes of {row['media_type']}, was published as {file.size} of {file.media_type}"
        )
    return ""


def _wrong_bytes(found: bytes | None, digest: str) -> str:
    if found is None:
        return f"is not in the archive by the hash that the event names, {digest}"
    return "" if sha256(found) == digest else f"has the hash {sha256(found)}, the event names {digest}"


def _plain(parts: Any, *order: str) -> list[dict[str, Any]]:
    """Parts of an event as the content tells them."""
    said: list[dict[str, Any]] = [each.model_dump(mode="json") for each in parts]
    return sorted(said, key=lambda each: [each[name] for name in order])
