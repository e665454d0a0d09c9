"""What operators order of rebuilds: an order is checked and kept; the process ``rebuilder`` carries it out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from services.reporting.sql import statements
from shared.contracts import Rejected, require
from shared.operating.deciding import Operators
from shared.web.auth import Caller

_SQL = statements("services.reporting.rebuilding", "orders.sql")

ASK = "rebuild"
ORDERS: Mapping[str, frozenset[str]] = {
    "compare": frozenset({"filled", "compared"}),
    "swap": frozenset({"filled", "compared"}),
    "roll-back": frozenset({"live"}),
    "drop": frozenset({"asked", "filling", "filled", "compared", "failed", "former", "rolled_back"}),
}
"""What may be ordered, by its address, and the states in which it may."""
DESTRUCTIVE = frozenset({"swap", "roll-back", "drop"})
_NAME = re.compile(r"reporting_v[0-9]{1,9}")
_TEXTS = ("key", "live", "rebuilt")


def register(operators: Operators) -> None:
    """Have these actions asked for like every other."""
    operators.on(ASK, _ask)
    for order in ORDERS:
        operators.on(action_of(order), _ordering(order), destructive=order in DESTRUCTIVE)


def action_of(order: str) -> str:
    """Under which name an order stands in the audit."""
    return f"{ASK}.{order}"


async def every(pool: Any) -> Sequence[dict[str, Any]]:
    """All versions of the views, newest first."""
    return [_shown(row) for row in await pool.fetch(_SQL["every"])]


async def one(pool: Any, schema: str, limit: int) -> dict[str, Any]:
    """One of them with the rows that its comparison found different, at most ``limit``.

    Raises Rejected ``ops.rebuild_not_found``.
    """
    row = await _found(pool, "one", schema)
    found = await pool.fetch(_SQL["differences"], schema, limit)
    rows = [
        {"table": each["table_name"], **{name: each[name] and orjson.loads(each[name]) for name in _TEXTS}}
        for each in found
    ]
    return {**_shown(row), "rows": rows}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**dict(row), "positions": orjson.loads(row["positions"])}


async def _found(connection: Any, statement: str, schema: str) -> Any:
    row = await connection.fetchrow(_SQL[statement], schema) if _NAME.fullmatch(schema) else None
    if row is None:
        raise Rejected("ops.rebuild_not_found", schema=schema[:100])
    return row


async def _ask(connection: Any, params: Mapping[str, Any], caller: Caller) -> str:
    """A new version of the views; one is made at a time. Raises Rejected ``ops.rebuild_unfinished``."""
    await connection.execute(_SQL["alone"])
    unfinished = await connection.fetchval(_SQL["unfinished"])
    require(unfinished is None, "ops.rebuild_unfinished", schema=unfinished)
    schema: str = await connection.fetchval(_SQL["ask"], caller.id, params["reason"])
    return schema


def _ordering(order: str) -> Any:
    async def act(connection: Any, params: Mapping[str, Any], caller: Caller) -> str:
        schema = params["schema"]
        row = await _found(connection, "hold", schema)
        require(row["ordered"] is None, "ops.rebuild_ordered", schema=schema, order=row["ordered"])
        require(row["state"] in ORDERS[order], "ops.rebuild_state", schema=schema, state=row["state"], order=order)
        if order == "swap":
            _require_known(schema, row, params.get("differences"))
        if order == "roll-back":
            require(row["replaced"] is not None, "ops.rebuild_no_former", schema=schema)
        await connection.execute(_SQL["order"], schema, order.replace("-", "_"), caller.id, params["reason"])
        return f"{order} of {schema} ordered"

    return act


def _require_known(schema: str, row: Mapping[str, Any], known: int | None) -> None:
    """A swap needs a comparison; where it found differences, that whoever orders it says how many they know of."""
    require(row["state"] == "compared", "ops.rebuild_not_compared", schema=schema)
    found = row["differences"]
    require((known or 0) == found, "ops.rebuild_differs", schema=schema, differences=found)
