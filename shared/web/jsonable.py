"""A state as JSON: dataclasses as objects, decimals as strings, sets in order."""

from __future__ import annotations

from collections.abc import Mapping, Set
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel
from starlette.responses import Response

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def dump(value: Any) -> bytes:
    """JSON, UTF-8; instants in UTC as ``…Z``. Raises TypeError for what has no form in JSON."""
    return orjson.dumps(value, _other, OPTIONS)


class Json(Response):
    """An answer of JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return dump(content)


def _other(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value, "f")
        case BaseModel():
            return value.model_dump(mode="json")
        case Set():
            return [orjson.Fragment(each) for each in sorted(dump(each) for each in value)]
        case UUID():  # the driver's own, which orjson does not know
            return str(value)
        case Mapping():
            return dict(value)
        case tuple():
            return value._asdict() if hasattr(value, "_asdict") else list(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")
