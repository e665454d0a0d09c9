"""What a sender wrote made what is stored: text repaired, places as codes, B.E. dates; nothing personal gets in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.ingress.facts import Fact
from shared.thai.errors import ThaiConventionError
from shared.thai.personal import in_json
from shared.thai.places import NATION, region_code
from shared.thai.repair import repair
from shared.web.jsonable import dump
from shared.web.validation import Invalid, validated

DATA = "/data"
_CODE = re.compile(r"CTR|R(0[1-9]|1[0-8])")
_YEAR = re.compile(r"(2[45][0-9]{2})-")
_PLACES = ("region", "scope")
_NOT_AN_OBJECT = {"pointer": DATA, "code": "dict_type", "th": "ต้องเป็นออบเจกต์ JSON", "en": "a JSON object is needed"}
_PERSONAL = {
    "code": "text.personal_data",
    "th": "มีชื่อบุคคลหรือช่องทางติดต่อ ให้ลงทะเบียนบุคคลก่อนแล้วใช้ person_id",
    "en": "it holds a person's name or contact: register the person and send the person_id",
}


def read_data(fact: Fact, data: Any) -> Any:
    """The data of a fact as its model. Raises Invalid, whose pointers lead into the event."""
    if not isinstance(data, dict):
        raise Invalid([_NOT_AN_OBJECT])
    told, errors = _with_places(_repaired(data, DATA))
    personal = dict.fromkeys(pointer for pointer, _ in in_json(told, DATA))
    errors += [{"pointer": each, **_PERSONAL} for each in personal]
    try:
        read = validated(fact.model, dump(fact.change(told)), told)
    except Invalid as invalid:
        known = {each["pointer"] for each in errors}
        found = [{**each, "pointer": f"{DATA}{each['pointer']}"} for each in invalid.errors]
        errors += [each for each in found if each["pointer"] not in known]
    if errors:
        raise Invalid(errors)
    return read


def places_of(data: Any) -> dict[str, str]:
    """The places that data speaks of, by field, as codes; what cannot be read is left to ``read_data``."""
    if not isinstance(data, dict):
        return {}
    told, errors = _with_places(data)
    return {} if errors else {name: told[name] for name in _PLACES if isinstance(told.get(name), str)}


def _repaired(value: Any, pointer: str) -> Any:
    match value:
        case str():
            try:
                return repair(value)
            except ThaiConventionError as error:
                raise Invalid([_error(pointer, error)]) from error
        case dict():
            return {name: _repaired(each, f"{pointer}/{name}") for name, each in value.items()}
        case list():
            return [_repaired(each, f"{pointer}/{index}") for index, each in enumerate(value)]
        case _:
            return value


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
            errors.append(_error(f"{DATA}/{name}", error))
    return found, errors


def _error(pointer: str, error: ThaiConventionError) -> dict[str, Any]:
    return {"pointer": pointer, "code": error.code, "th": error.thai, "en": error.english}
