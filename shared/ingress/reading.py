"""What a sender wrote made what is stored: text repaired, places as codes, B.E. dates; nothing personal gets in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.ingress.facts import Fact
from shared.thai.errors import ThaiConventionError
from shared.thai.places import NATION, region_code
from shared.web.jsonable import dump
from shared.web.text import personal, repaired, stands
from shared.web.text import told as told_of
from shared.web.validation import Invalid, validated

DATA = "/data"
_CODE = re.compile(r"CTR|R(0[1-9]|1[0-8])")
_YEAR = re.compile(r"(2[45][0-9]{2})-")
_PLACES = ("region", "scope")
_NOT_AN_OBJECT = {"pointer": DATA, "code": "dict_type", "th": "ต้องเป็นออบเจกต์ JSON", "en": "a JSON object is needed"}


def read_data(fact: Fact, data: Any) -> tuple[Any, bool]:
    """The data of a fact as its model, and whether its text is stored otherwise than it was written.

    Raises Invalid, whose pointers lead into the event.
    """
    if not isinstance(data, dict):
        raise Invalid([_NOT_AN_OBJECT])
    as_it_is = stands(data)
    clean = data if as_it_is else repaired(data, DATA)
    told, errors = _with_places(clean)
    if not as_it_is:
        errors += personal(told, DATA)
    try:
        read = validated(fact.model, dump(fact.change(told)), told)
    except Invalid as invalid:
        known = {each["pointer"] for each in errors}
        found = [{**each, "pointer": f"{DATA}{each['pointer']}"} for each in invalid.errors]
        errors += [each for each in found if each["pointer"] not in known]
    if errors:
        raise Invalid(errors)
    return read, not as_it_is and clean != data


def places_of(data: Any) -> dict[str, str]:
    """The places that data speaks of, by field, as codes; what cannot be read is left to ``read_data``."""
    if not isinstance(data, dict):
        return {}
    told, errors = _with_places(data)
    return {} if errors else {name: told[name] for name in _PLACES if isinstance(told.get(name), str)}


def _with_places(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Regions by whatever sure name become codes of the list of the programme's year; and those that are not sure."""
    found, errors = dict(data), []
    year = _YEAR.match(str(data.get("programme", "")))
    for name in _PLACES:
        text = data.get(name)
        if year is None or not isinstance(text, str) or _CODE.fullmatch(text) or text == NATION:
            continue
        try:
            found[name] = region_code(text, int(year[1]))
        except ThaiConventionError as error:
            errors.append(told_of(f"{DATA}/{name}", error))
    return found, errors
