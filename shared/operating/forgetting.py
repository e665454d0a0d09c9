"""Forgets a person: bodies that were kept and name them are deleted; every other place is searched for the name.

Stores, topics and views never hold a name (they hold a random id and an office), which is what the search shows.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from fastapi import Request, Response
from pydantic import BaseModel, Field

from shared.contracts import require
from shared.contracts.types import Contract
from shared.eventstore.store import EventStore
from shared.ingress.originals import opened
from shared.operating import audit
from shared.operating.asking import body_of, operator_of
from shared.operating.http import TAG
from shared.operating.orders import Orders
from shared.operating.sql import statement
from shared.thai.errors import ThaiConventionError
from shared.thai.repair import repair
from shared.web.api import COMMANDING, Api, Operation
from shared.web.auth import Caller
from shared.web.jsonable import Json

_MENTIONS, _ORIGINALS, _FORGET = (statement(name) for name in ("mentions", "kept_originals", "forget_original"))

_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")

ACTION = "forget"
ORIGINALS = "kept originals and quarantine"
SHORTEST = 3
"""Characters; a shorter text stands in everything."""
MOST_NAMES = 20
"""Beside what the register calls a person."""
OF_REGISTER = 2
"""Name and reference."""
ENCODINGS = ("utf-8", "cp874")
"""In which Thai is sent; what came in the old one could not be read, and is kept as it came."""
AT_ONCE = 100
"""Bodies that are opened before others have a turn."""

Search = Callable[[Sequence[str]], Awaitable[Sequence["Place"]]]
"""Searches more places of a service for any of these texts."""


class Forget(Contract):
    """What a person is called, as it may stand in what others sent. It is searched for and not kept."""

    names: tuple[str, ...] = Field(min_length=1, max_length=MOST_NAMES + OF_REGISTER)
    reason: str = Field(default="", description="Why; it is kept in the audit.")
    order: int | None = Field(
        default=None,
        ge=1,
        lt=audit.NEWEST,
        description="Line of committee's audit; asked for where two operators decide.",
    )


class Place(BaseModel):
    """A place that was searched."""

    place: str = Field(examples=["events"])
    checked: int = Field(description="Rows, bodies or files that were looked through.")
    removed: int = 0
    found: int = Field(description="In how many of them the person is still named.")


class Forgotten(BaseModel):
    """What one service did and found."""

    service: str
    places: list[Place]


class Forgetting:
    """Forgets in the databases of one service; ``more`` are places of its own.

    ``orders``: where two operators decide, what they ordered; whoever asks then needs one of these.
    """

    def __init__(self, store: EventStore, more: Sequence[Search] = (), orders: Orders | None = None) -> None:
        self._store, self._more, self._orders = store, more, orders

    def add_to(self, api: Api) -> None:
        """Serve ``POST /v1/ops/forget``."""
        answers = {200: ("Every place, and whether the person is still named there.", Forgotten)}
        summary = "Delete what was kept and names a person; search every other place"
        operation = Operation("POST", "/v1/ops/forget", summary, TAG, answers, Forget, problems=COMMANDING)
        api.add(operation, self._asked)

    async def _asked(self, request: Request) -> Response:
        caller, body = await operator_of(request), await body_of(request, Forget, naming="names")
        if self._orders is not None:
            await self._orders.require(request, body.order)
        return Json(await self.forget(caller, body.names, body.reason))

    async def forget(self, caller: Caller, names: Sequence[str], reason: str) -> Forgotten:
        """Delete and search. Raises Rejected ``ops.name_too_short``, ``ops.reason_missing``."""
        texts = forms_of(names)
        require(reason.strip(), "ops.reason_missing")
        places = [await self._originals(caller, texts, reason.strip())]
        rows = await self._store.pool.fetch(_MENTIONS, list(texts))
        places += [Place(place=row["place"], checked=row["checked"], found=row["found"]) for row in rows]
        for search in self._more:
            places += await search(texts)
        return Forgotten(service=self._store.name, places=places)

    async def _originals(self, caller: Caller, texts: Sequence[str], reason: str) -> Place:
        """Bodies, each under a key of its own: opened, and deleted with its key where it names the person."""
        checked, naming = 0, []
        async with self._store.pool.acquire() as connection, connection.transaction():
            async for row in connection.cursor(_ORIGINALS, prefetch=AT_ONCE):
                checked += 1
                if _names(opened(dict(row)), texts):
                    naming.append((row["source"], row["id"]))
            for source, fact_id in naming:
                await connection.execute(_FORGET, source, fact_id)
            if naming:
                outcome = f"{len(naming)} deleted"
                await audit.record(connection, caller.id, ACTION, ORIGINALS, reason, outcome=outcome)
        return Place(place=ORIGINALS, checked=checked, removed=len(naming), found=0)


def forms_of(names: Sequence[str]) -> Sequence[str]:
    """The texts that are searched for: as given and in NFC and NFD, also as JSON escapes them, each once.

    Raises Rejected ``ops.name_too_short``.
    """
    given = [name.strip() for name in names]
    for name in given:
        require(len(name) >= SHORTEST, "ops.name_too_short", least=SHORTEST)
    forms = [form for name in given for form in (name, *_normal(name))]
    return list(dict.fromkeys([*forms, *(escaped for form in forms for escaped in _escaped(form))]))


def _normal(name: str) -> tuple[str, str]:
    return unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)


def _escaped(name: str) -> tuple[str, str]:
    """Both ways in which libraries write JSON in ASCII."""
    lower = json.dumps(name)[1:-1]
    return lower, _ESCAPE.sub(lambda found: f"\\u{found[1].upper()}", lower)


def _names(body: bytes, texts: Sequence[str]) -> bool:
    """Whether any of the texts stands in a body, in whichever encoding it came, or once its damage is repaired."""
    readings = [body.decode(encoding, "replace") for encoding in ENCODINGS]
    with suppress(ThaiConventionError):
        readings.append(repair(readings[0]))
    return any(text in reading for text in texts for reading in readings)
