"""Statements kept in ``.sql`` files beside the code that runs them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def statements(package: str, file: str) -> Mapping[str, str]:
    """The statements of one file by name; ``-- name: x`` stands above each."""
    text = text_of(package, file)
    parts = _NAME.split(text)[1:]
    return {name: body.strip().rstrip(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}


def text_of(package: str, file: str) -> str:
    """The whole text of one file."""
    return (files(package) / file).read_text("utf-8")
