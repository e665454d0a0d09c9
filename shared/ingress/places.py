"""Which places a fact speaks of, by whatever sure name they are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from shared.thai.digits import to_arabic
from shared.thai.errors import ThaiConventionError
from shared.thai.places import NATION, region_code
from shared.web.text import told
from shared.web.validation import MOST

DATA = "/data"
_CODE = re.compile(r"CTR|R(0[1-9]|1[0-8])")
_YEAR = re.compile(r"(2[45][0-9]{2})-")
_PLACES = ("region", "scope")
_SEVERAL = "regions"


def programme_of(data: Mapping[str, Any]) -> str:
    """The programme that data speaks of, as it is stored; empty when it names none."""
    return to_arabic(str(data.get("programme", "")).strip())


def place_of(data: Mapping[str, Any]) -> str:
    """The one place that data speaks of, as a code; empty when there is none, or what is told is not sure."""
    text = data.get("region") or data.get("scope")
    if isinstance(text, str) and _CODE.fullmatch(text):
        return text
    found = places_of(data) if text else {}
    return found.get("region") or found.get("scope") or ""


def places_of(data: Any, left_out: Iterable[str] = ()) -> dict[str, str]:
    """The places that data speaks of, by path in it, as codes; what cannot be read is left to ``read_data``.

    ``left_out``: fields without which it speaks of the nation, whose code stands for them then.
    """
    if not isinstance(data, dict):
        return {}
    found, errors = with_places(data)
    told = dict.fromkeys(left_out, NATION) | {name: found[name] for name in _PLACES if found.get(name) is not None}
    told |= {f"{_SEVERAL}/{index}": each for index, each in enumerate(_several(found))}
    return {} if errors else {path: each for path, each in told.items() if isinstance(each, str)}


def names_places(model: type[BaseModel]) -> bool:
    """Whether what is told so says of which places it speaks."""
    return not model.model_fields.keys().isdisjoint((*_PLACES, _SEVERAL))


def may_be_left_out(model: type[BaseModel]) -> Sequence[str]:
    """Fields for a place without which data speaks of the whole nation."""
    fields = model.model_fields
    return [name for name in _PLACES if name in fields and not fields[name].is_required()]


def places_told(event: BaseModel) -> frozenset[str] | None:
    """The places that an event speaks of, as codes, the nation's too; None of one that has no field for any."""
    if not names_places(type(event)):
        return None
    single = [getattr(event, name) or NATION for name in _PLACES if name in type(event).model_fields]
    return frozenset([*single, *getattr(event, _SEVERAL, ())])


def with_places(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Regions by whatever sure name become codes of the list of the programme's year; and those that are not sure."""
    found: dict[str, Any] = dict(data)
    errors: list[dict[str, Any]] = []
    year = _YEAR.match(programme_of(data))
    if year is None:
        return found, errors

    def coded(text: Any, path: str) -> Any:
        if not isinstance(text, str) or _CODE.fullmatch(text) or text == NATION:
            return text
        if len(errors) >= MOST:  # no more are told, and what a name may have meant takes long to find
            return text
        try:
            return region_code(text, int(year[1]))
        except ThaiConventionError as error:
            errors.append(told(f"{DATA}/{path}", error))
            return text

    found |= {name: coded(data[name], name) for name in _PLACES if name in data}
    if several := _several(data):
        found[_SEVERAL] = [coded(each, f"{_SEVERAL}/{index}") for index, each in enumerate(several)]
    return found, errors


def _several(data: Mapping[str, Any]) -> Sequence[Any]:
    """What is told of several places at once."""
    several = data.get(_SEVERAL)
    return several if isinstance(several, list) else ()
