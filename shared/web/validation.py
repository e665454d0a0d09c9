"""What pydantic finds wrong with a body, place by place, in Thai and in English, never repeating what was sent."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from shared.contracts import Rejected
from shared.thai.errors import ThaiConventionError

M = TypeVar("M", bound=BaseModel)

MOST, LONGEST_POINTER = 50, 500
"""How many places of one body are told at most, and of each how much: what is told is kept, and sent in a record."""
FLAT = 250
"""Brackets in a body that cannot be nested too deep to be written again, whatever is in them."""


class Both(NamedTuple):
    """The same words in both languages."""

    th: str
    en: str


class Invalid(Exception):
    """A body that does not fit its model; each error is {pointer, code, th, en}."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("request.invalid")
        self.errors = [{**each, "pointer": each["pointer"][:LONGEST_POINTER]} for each in errors[:MOST]]


def read_json(body: bytes) -> Any:
    """What a body says. Raises Rejected ``request.not_json``, also when it is nested too deep."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Rejected("request.not_json") from error
    if body.count(b"[") + body.count(b"{") > FLAT and not writable(found):
        raise Rejected("request.not_json")
    return found


def writable(value: Any) -> bool:
    """Whether JSON that was read can be written again as a part of something else: it is not nested too deep."""
    try:
        orjson.dumps([value])
    except TypeError:
        return False
    return True


def validated(model: type[M], body: bytes, sent: Any) -> M:
    """A body (and the same, read) as what it is meant to be. Raises Invalid."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise Invalid(told(error.errors(include_url=False, include_input=False), sent)) from None


def told(errors: Iterable[Any], sent: Any, *, skip: int = 0) -> list[dict[str, Any]]:
    """Errors of pydantic as {pointer, code, th, en}; ``skip`` leaves out so many first parts of each place."""
    found = [_told(error, sent, skip) for error in errors]
    unique = {(each["pointer"], each["code"]): each for each in found}
    # A list of which an item is not valid is called too short as well, because pydantic counts only the valid ones.
    return [each for each in unique.values() if each["code"] != "too_short" or not _is_inside(each["pointer"], found)]


def _is_inside(pointer: str, errors: Sequence[Mapping[str, Any]]) -> bool:
    return any(each["pointer"].startswith(f"{pointer}/") for each in errors)


def _told(error: Mapping[str, Any], sent: Any, skip: int) -> dict[str, Any]:
    cause = (error.get("ctx") or {}).get("error")
    pointer = pointer_to(error["loc"][skip:], sent, missing=error["type"] == "missing")
    if isinstance(cause, ThaiConventionError):
        return {"pointer": pointer, "code": cause.code, "th": cause.thai, "en": cause.english}
    return {"pointer": pointer, "code": error["type"], "th": _in_thai(error), "en": _in_english(error)}


def pointer_to(place: Sequence[int | str], sent: Any, *, missing: bool = False) -> str:
    """The JSON pointer (RFC 6901) of a place that pydantic names; ``missing``: its last part is not there.

    pydantic names the branches of unions as well; only what leads on in ``sent`` is kept.
    """
    pointer, here = "", sent
    for index, part in enumerate(place):
        if _leads_on(here, part):
            here = here[part]
        elif not missing or index < len(place) - 1 or not isinstance(here, dict):
            continue
        pointer += "/" + str(part).replace("~", "~0").replace("/", "~1")
    return pointer


def _leads_on(here: Any, part: int | str) -> bool:
    if isinstance(here, dict):
        return part in here
    return isinstance(here, list) and isinstance(part, int) and part < len(here)


def filled(sentence: str, params: Mapping[str, Any]) -> str:
    """A sentence with its ``{name}`` filled in; what was not given is left blank rather than failing the answer."""
    return sentence.format_map(_Given(params))


class _Given(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


@cache
def _sentences() -> Mapping[str, str]:
    text = (files("shared.web") / "validation.toml").read_text("utf-8")
    found: dict[str, str] = tomllib.loads(text)
    return found


def _in_thai(error: Mapping[str, Any]) -> str:
    sentences = _sentences()
    kind = "string_too_long" if _is_text(error) else error["type"]
    sentence = sentences.get(kind, sentences["otherwise"])
    told = error.get("ctx") or {}
    return filled(sentence, {name: str(value).replace("' or '", "' หรือ '") for name, value in told.items()})


def _in_english(error: Mapping[str, Any]) -> str:
    if error["type"] == "date_from_datetime_parsing":
        return "A day is needed, YYYY-MM-DD"
    if _is_text(error):
        return f"Text should have at most {error['ctx']['max_length']} characters"
    return str(error["msg"]).removeprefix("Value error, ")


def _is_text(error: Mapping[str, Any]) -> bool:
    """Whether a text is too long: what was cleaned before is measured as any value, by its items."""
    return bool(error["type"] == "too_long" and error["ctx"]["field_type"] == "Value")
