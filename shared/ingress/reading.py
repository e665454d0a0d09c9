"""What a sender wrote made what is stored: text repaired, places as codes, B.E. dates; nothing personal gets in."""

from __future__ import annotations

from typing import Any

from shared.ingress.facts import Fact
from shared.ingress.places import DATA, with_places
from shared.web.jsonable import dump
from shared.web.text import personal, repaired, stands
from shared.web.validation import Invalid, validated

_NOT_AN_OBJECT = {"pointer": DATA, "code": "dict_type", "th": "ต้องเป็นออบเจกต์ JSON", "en": "a JSON object is needed"}


def read_data(fact: Fact, data: Any) -> tuple[Any, bool]:
    """The data of a fact as its model, and whether its text is stored otherwise than it was written.

    Raises Invalid, whose pointers lead into the event.
    """
    if not isinstance(data, dict):
        raise Invalid([_NOT_AN_OBJECT])
    as_it_is = stands(data)
    clean = data if as_it_is else repaired(data, DATA)
    told, errors = with_places(clean)
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
