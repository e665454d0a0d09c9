"""A refusal with a stable code; its Thai and English sentences stand in ``codes.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


class Rejected(Exception):
    """A command or fact was read, decided and refused.

    ``code`` is stable, such as ``committee.one_chair``; ``pointer`` is a JSON pointer into what was sent, or empty;
    ``params`` fill the sentences of the code.
    """

    def __init__(self, code: str, *, pointer: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.pointer = pointer
        self.params: Mapping[str, Any] = params

    def __str__(self) -> str:
        return f"{self.code} {dict(self.params)}" if self.params else self.code


def require(condition: object, code: str, *, pointer: str = "", **params: Any) -> None:
    """Refuse with ``code`` unless ``condition`` holds."""
    if not condition:
        raise Rejected(code, pointer=pointer, **params)


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means: HTTP status (422 a broken rule, 409 the wrong state) and a sentence in each language."""

    status: int
    th: str
    en: str


@cache
def codes() -> Mapping[str, Code]:
    """Every code of the product; ``{name}`` in a sentence is filled from the refusal's params."""
    folder = files("shared.contracts") / "codes"
    found: dict[str, Code] = {}
    for page in sorted(folder.iterdir(), key=lambda each: each.name):
        if page.name.endswith(".toml"):
            for code, entry in tomllib.loads(page.read_text("utf-8")).items():
                if code in found:
                    raise ValueError(f"code {code} is declared twice")
                found[code] = Code(entry.get("status", 422), entry["th"], entry["en"])
    return found
