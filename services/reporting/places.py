"""Positions as one opaque word, for cursors and for ids of server-sent events."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

import orjson

from services.reporting.queries.history import Position
from shared.contracts import Rejected
from shared.web.jsonable import dump

LONGEST = 16_000
"""Characters of a word; 64 shards of every store take 10,000."""
SHARDS, POSITIONS = 2**31, 2**63


def written(positions: Iterable[Position], *more: Any) -> str:
    """The word for these positions and whatever JSON goes with them."""
    places = [(each.store, each.shard, each.position) for each in positions]
    return base64.urlsafe_b64encode(dump([places, *more])).decode()


def read(name: str, word: str) -> tuple[tuple[Position, ...], list[Any]]:
    """The positions of a word, and what goes with them. Rejected ``query.unreadable`` of the parameter ``name``."""
    try:
        places, *more = orjson.loads(base64.urlsafe_b64decode(word[:LONGEST].encode("ascii")))
        return tuple(_position(*place) for place in places), more
    except (binascii.Error, ValueError, TypeError) as error:
        raise Rejected("query.unreadable", name=name, value=word[:100]) from error


def whole(number: Any, most: int = POSITIONS) -> int:
    """A number from 0 to below ``most``. Raises ValueError."""
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < most:
        raise ValueError("no whole number")
    return number


def _position(store: Any, shard: Any, place: Any) -> Position:
    if not isinstance(store, str) or "\0" in store:
        raise ValueError("no store")
    return Position(store, whole(shard, SHARDS), whole(place))
