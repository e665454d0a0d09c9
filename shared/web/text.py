"""What is written made what may be stored: damaged Thai repaired, and what names a person or is a contact found."""

from __future__ import annotations

from typing import Any

from shared.thai.errors import ThaiConventionError
from shared.thai.personal import in_json, personal_data
from shared.thai.repair import repair
from shared.web.validation import Invalid

_PERSONAL = {
    "code": "text.personal_data",
    "th": "มีชื่อบุคคลหรือช่องทางติดต่อ ให้ลงทะเบียนบุคคลก่อนแล้วใช้ person_id",
    "en": "it holds a person's name or contact: register the person and send the person_id",
}

KNOWN, LONGEST_KNOWN = 4096, 100
"""How many texts that stand as they are are remembered, and how long they are at most: codes, days, offices, places."""
# Of what is damaged or personal nothing is remembered, as a cache of answers would.
_standing: set[str] = set()


def stands(value: Any) -> bool:
    """Whether a JSON value may be stored as it is: no text in it is damaged, or personal. Most are so."""
    if isinstance(value, str):
        return value in _standing or _stands(value)
    if isinstance(value, dict):
        return all(map(stands, value.values()))
    if isinstance(value, list):
        return all(map(stands, value))
    return True


def _stands(text: str) -> bool:
    try:
        found = repair(text) == text and not personal_data(text)
    except ThaiConventionError:
        return False
    if found and len(text) <= LONGEST_KNOWN:
        if len(_standing) >= KNOWN:
            _standing.clear()
        _standing.add(text)
    return found


def repaired(value: Any, pointer: str = "") -> Any:
    """A JSON value with every text in it repaired. Raises Invalid, with the pointer of what cannot be read."""
    match value:
        case str():
            try:
                return repair(value)
            except ThaiConventionError as error:
                raise Invalid([told(pointer, error)]) from error
        case dict():
            return {name: repaired(each, f"{pointer}/{name}") for name, each in value.items()}
        case list():
            return [repaired(each, f"{pointer}/{index}") for index, each in enumerate(value)]
        case _:
            return value


def personal(value: Any, pointer: str = "") -> list[dict[str, Any]]:
    """Errors of Invalid for every text in a JSON value that is personal."""
    found = dict.fromkeys(place for place, _ in in_json(value, pointer))
    return [{"pointer": each, **_PERSONAL} for each in found]


def fit(value: Any) -> Any:
    """A body's JSON with its texts repaired. Raises Invalid for what cannot be read for sure or names a person."""
    clean = repaired(value)
    if named := personal(clean):
        raise Invalid(named)
    return clean


def told(pointer: str, error: ThaiConventionError) -> dict[str, Any]:
    """An error of Invalid."""
    return {"pointer": pointer, "code": error.code, "th": error.thai, "en": error.english}
