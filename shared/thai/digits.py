"""Thai digits ๐–๙ and Arabic digits 0–9, one into the other; everything else in a text stays as it is."""

from __future__ import annotations

ARABIC = "0123456789"
THAI = "๐๑๒๓๔๕๖๗๘๙"

_TO_ARABIC = str.maketrans(THAI, ARABIC)
_TO_THAI = str.maketrans(ARABIC, THAI)


def to_arabic(text: str) -> str:
    """``text`` with every Thai digit as an Arabic one: what is stored."""
    return text if text.isascii() else text.translate(_TO_ARABIC)


def to_thai(text: str) -> str:
    """``text`` with every Arabic digit as a Thai one: what official documents show."""
    return text.translate(_TO_THAI)
