"""Strong validators: the same tag is the same bytes, and what is tagged otherwise may differ."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from shared.web.app import VERSION
from shared.web.jsonable import dump

PACKAGES = ("services.reporting", "shared.thai", "shared.web")
"""What an answer's bytes are made by."""
DIGITS = 32


def tag_of(*parts: Any) -> str:
    """A tag of whatever has a form in JSON: 32 hexadecimal digits."""
    return hashlib.sha256(dump(parts)).hexdigest()[:DIGITS]


@cache
def build() -> str:
    """Changes with the program that answers: a hash of its version and of every file it answers with."""
    found = hashlib.sha256(VERSION.encode())
    for package in PACKAGES:
        _add(files(package), found)
    return found.hexdigest()[:DIGITS]


def quoted(tag: str) -> str:
    """As the header has it."""
    return f'"{tag}"'


def matches(given: str | None, tag: str) -> bool:
    """Whether an If-None-Match names the tag; weak comparison, as RFC 9110 has it for GET."""
    if given is None:
        return False
    named = [each.strip().removeprefix("W/") for each in given.split(",")]
    return "*" in named or quoted(tag) in named


def _add(folder: Traversable, found: Any) -> None:
    for each in sorted(folder.iterdir(), key=lambda one: one.name):
        if each.is_dir():
            _add(each, found)
        elif not each.name.endswith(".pyc"):
            found.update(each.name.encode() + b"\0")
            found.update(each.read_bytes())
