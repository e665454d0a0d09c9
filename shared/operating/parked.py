"""Parked events as operators see them: by cause and stream; what is in one is shown by its own address alone."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from shared.contracts import Rejected, require
from shared.operating.sql import statement
from shared.web.auth import Caller

_CAUSES, _PARKED, _ONE, _SKIP, _PLACE = (
    statement(name) for name in ("parked_causes", "parked", "parked_one", "skip", "place_known")
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parked record is kept: whose it is, and its topic, partition and offset."""

    consumer: str
    topic: str
    shard: int
    record: int


BEGINNING = Address("", "", -1, -1)
"""Before every record."""


@dataclass(frozen=True, slots=True)
class Of:
    """Which parked events are looked at; None: whichever."""

    consumer: str | None = None
    code: str | None = None
    stream: str | None = None


async def causes(pool: Any, of: Of) -> Sequence[dict[str, Any]]:
    """Why they are parked, most first: consumer, code, count, skipped, streams, oldest (None: all are skipped)."""
    return [dict(row) for row in await pool.fetch(_CAUSES, of.consumer, of.code, of.stream)]


async def listed(pool: Any, of: Of, after: Address, limit: int) -> Sequence[dict[str, Any]]:
    """Parked records in order of their addresses, without what is in them."""
    behind = (after.consumer, after.topic, after.shard, after.record)
    return [dict(row) for row in await pool.fetch(_PARKED, of.consumer, of.code, of.stream, *behind, limit)]


async def one(pool: Any, address: Address) -> dict[str, Any]:
    """A parked record with ``headers`` and what is in it: ``text``, or ``base64`` where that is no UTF-8.

    Both are None for a record without a value. Raises Rejected ``ops.parked_not_found``.
    """
    row = await pool.fetchrow(_ONE, address.consumer, address.topic, address.shard, address.record)
    if row is None:
        raise Rejected("ops.parked_not_found")
    about = {name: value for name, value in row.items() if name not in ("headers", "value")}
    return {**about, "headers": orjson.loads(row["headers"]), **_payload(row["value"])}


def _payload(value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {"text": None, "base64": None}
    try:
        return {"text": value.decode("utf-8"), "base64": None}
    except UnicodeDecodeError:
        return {"text": None, "base64": base64.b64encode(value).decode("ascii")}


async def skip(connection: Any, params: Mapping[str, Any], caller: Caller) -> str:
    """Leave a record (``store``, ``shard``, ``record``) out of what every consumer and every rebuild reads.

    Raises Rejected ``ops.parked_not_found`` for a partition that nobody here reads, ``ops.already_skipped``.
    """
    store, shard, record = params["store"], params["shard"], params["record"]
    require(await connection.fetchval(_PLACE, store, shard), "ops.parked_not_found")
    made = await connection.fetchval(_SKIP, store, shard, record, params["reason"], caller.id)
    require(made is not None, "ops.already_skipped", record=record)
    return f"{store}/{shard}/{record} is left out"
