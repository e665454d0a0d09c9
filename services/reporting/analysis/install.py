"""Puts up the views of schema ``analysis``: functions made of the figures' own queries, views on them, their words."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import asyncpg

from services.reporting.queries.figures import QUERIES
from services.reporting.sql import statements, text_of

PACKAGE = "services.reporting.analysis"
VIEWS = statements(PACKAGE, "views.sql")
"""The statement of each view."""
ROLE = "obec_reporting_analyst"

_SQL = statements(PACKAGE, "install.sql")
_BASE = ("clock", "programmes")
_FIGURE = re.compile(r"analysis_figures\.(\w+)\(")


@dataclass(frozen=True, slots=True)
class Words:
    """What a view or a column means."""

    th: str
    en: str

    @property
    def comment(self) -> str:
        """Both languages, as the comment in the database has them."""
        return f"{self.th} / {self.en}"


@cache
def dictionary() -> Mapping[str, Any]:
    """Words by view and by column; a view has ``columns`` of its own where they mean another thing there."""
    return tomllib.loads(text_of(PACKAGE, "dictionary.toml"))


def view_words(view: str) -> Words:
    """What a view holds. Raises KeyError."""
    told = dictionary()["views"][view]
    return Words(told["th"], told["en"])


def column_words(view: str, column: str) -> Words:
    """What a column of a view means. Raises KeyError."""
    own: Mapping[str, Mapping[str, str]] = dictionary()["views"][view].get("columns", {})
    return Words(**(own.get(column) or dictionary()["columns"][column]))


async def install(owner_dsn: str) -> bool:
    """Put up the views in one transaction; False when they are there already, word for word.

    Rights are granted either way, when there is the role ``obec_reporting_analyst``.
    """
    connection = await asyncpg.connect(owner_dsn, server_settings={"search_path": "reporting, public"})
    try:
        async with connection.transaction():
            text = _digest()
            changed: bool = text not in (await connection.fetchval(_SQL["installed"]) or "")
            if changed:
                await _put_up(connection)
                about = f"Figures of the programmes as of now, for analysts: docs/analysis.md ({text})"
                await _made(connection, "comment_schema", about)
            await connection.execute(_SQL["grant"])
            return changed
    finally:
        await connection.close()


async def _put_up(connection: asyncpg.Connection) -> None:
    await connection.execute(_SQL["begin"])
    await connection.execute(_SQL["base"])
    for query in _figures():
        text = QUERIES[query].now
        columns = (await connection.prepare(text)).get_attributes()
        names, kinds = [each.name for each in columns], [each.type.name for each in columns]
        await _made(connection, "figure", query, names, kinds, text)
    for view, text in VIEWS.items():
        await _made(connection, "view", view, text)
        await _made(connection, "comment_view", view, view_words(view).comment)
    for column in await connection.fetch(_SQL["columns"]):
        words = column_words(column["view"], column["name"])
        await _made(connection, "comment_column", column["view"], column["name"], words.comment)


async def _made(connection: asyncpg.Connection, statement: str, *values: Any) -> None:
    """Run the statement that a statement gives."""
    await connection.execute(await connection.fetchval(_SQL[statement], *values))


def _figures() -> list[str]:
    """Queries that the views read."""
    named = {name for text in VIEWS.values() for name in _FIGURE.findall(text)}
    return sorted(named - set(_BASE))


def _digest() -> str:
    """Tells one set of views from another."""
    return hashlib.sha256("\n".join(_texts()).encode()).hexdigest()[:16]


def _texts() -> Iterator[str]:
    yield from (text_of(PACKAGE, name) for name in ("install.sql", "views.sql", "dictionary.toml"))
    yield from (QUERIES[query].now for query in _figures())
