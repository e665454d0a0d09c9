"""The fonts of a report, which characters they have, and texts with only those: PDF/A allows no others."""

from __future__ import annotations

import struct
import unicodedata
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

from shared.packages import npm_package

WEIGHTS = {400: "400Regular", 700: "700Bold"}
FORMAT, UNICODE = 4, ((3, 1), (0, 3))
"""The table of the basic plane, and the (platform, encoding) under which it stands."""
UNSEEN = frozenset("\n\u00ad\u200b\u200c\u200d\u2060")
"""Needs no glyph."""


def font_files() -> list[Path]:
    """Sarabun, regular and bold. Raises FileNotFoundError when set-up did not bring it."""
    folder = npm_package("@expo-google-fonts/sarabun")
    return [folder / weight / f"Sarabun_{weight}.ttf" for weight in WEIGHTS.values()]


@cache
def embedded() -> list[tuple[int, str]]:
    """Each font's weight and its file in base64, for a page that has nothing to fetch them from."""
    return [(weight, b64encode(path.read_bytes()).decode()) for weight, path in zip(WEIGHTS, font_files(), strict=True)]


def printable(value: Any) -> Any:
    """A JSON value whose texts have only what can be printed; another character is named, such as ``[U+4E2D]``."""
    match value:
        case str():
            return "".join(each if _has_glyph(each) else f"[U+{ord(each):04X}]" for each in value)
        case dict():
            return {name: printable(each) for name, each in value.items()}
        case list():
            return [printable(each) for each in value]
        case _:
            return value


def _has_glyph(character: str) -> bool:
    # Whoever copies a text has no use for what means something in one font only.
    own = unicodedata.category(character) in ("Cc", "Co")
    return character in UNSEEN or (ord(character) in _covered() and not own)


@cache
def _covered() -> frozenset[int]:
    """Code points of the basic plane that every font has."""
    return frozenset.intersection(*(_characters(path.read_bytes()) for path in font_files()))


def _characters(font: bytes) -> frozenset[int]:
    """Code points in a TrueType font's character map (OpenType specification, ``cmap``)."""
    start = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    for place in range(count):
        platform, encoding, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * place)
        if (platform, encoding) in UNICODE and struct.unpack_from(">H", font, start + offset) == (FORMAT,):
            return _segments(font, start + offset)
    raise ValueError("the font has no map of Unicode characters")


def _table(font: bytes, tag: bytes) -> int:
    """Where a table begins."""
    (count,) = struct.unpack_from(">H", font, 4)
    records = (struct.unpack_from(">4sLLL", font, 12 + 16 * place) for place in range(count))
    begins: dict[bytes, int] = {name: offset for name, _checksum, offset, _length in records}
    return begins[tag]


def _segments(font: bytes, at: int) -> frozenset[int]:
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    count = doubled // 2
    lasts = struct.unpack_from(f">{count}H", font, at + 14)
    firsts = struct.unpack_from(f">{count}H", font, at + 16 + doubled)
    # The last segment, of U+FFFF alone, only ends the list.
    return frozenset(
        code for first, last in zip(firsts[:-1], lasts[:-1], strict=True) for code in range(first, last + 1)
    )
