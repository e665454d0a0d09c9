"""The form in which text is stored: Unicode NFC, without characters that a database cannot hold."""

from __future__ import annotations

import re
import unicodedata

from shared.thai.errors import ThaiConventionError

_SURROGATE = re.compile("[\ud800-\udfff]")


class TextRefused(ThaiConventionError):
    """A text that cannot be stored: ``text.null_character`` or ``text.lone_surrogate``."""


def normalise(text: str) -> str:
    """``text`` in NFC; never NFKC, which would split ำ into ◌ํ and า.

    Raises :class:`TextRefused` for U+0000, which Postgres cannot store, and for half of a surrogate pair, which UTF-8
    cannot write.
    """
    if "\x00" in text:
        raise TextRefused(
            "text.null_character",
            "ข้อความมีอักขระ U+0000 ซึ่งจัดเก็บไม่ได้",
            "The text contains the character U+0000, which cannot be stored.",
        )
    if text.isascii():
        return text
    if _SURROGATE.search(text):
        raise TextRefused(
            "text.lone_surrogate",
            "ข้อความมีอักขระที่ไม่สมบูรณ์ (surrogate) ซึ่งจัดเก็บไม่ได้",
            "The text contains half of a surrogate pair, which cannot be stored.",
        )
    return unicodedata.normalize("NFC", text)
