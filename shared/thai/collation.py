"""Thai dictionary order as a key of bytes, stored as data, for databases that have no Thai collation.

The order is the Royal Institute dictionary's, as Unicode's Thai collation (CLDR) has it: consonants, then vowels; a
leading vowel (เ แ โ ใ ไ) is read after the consonant that it stands before; tone marks and the signs ็ ์ ๎ count only
between texts that are otherwise the same, and blanks, punctuation, ฯ and ๆ only after those.
"""

from __future__ import annotations

import re
import unicodedata

from shared.thai.digits import to_arabic
from shared.thai.text import normalise

_LEADING_VOWEL = re.compile("([เแโใไ])([ก-ฮ])")

_SAME_PLACE = str.maketrans({"ๅ": "า", "ํ": "ฯ", "ฺ": "ๅ"})
"""Letters that do not sort by code point: ๅ as า, ◌ํ before ะ where ฯ leaves its place free, ◌ฺ after ไ."""

_MARK_WEIGHT = {mark: bytes((weight,)) for weight, mark in enumerate("๎์็่้๊๋", start=2)}
_LETTER_WEIGHT = b"\x01"
_END_OF_LEVEL = b"\x00"


def sort_key(text: str) -> bytes:
    """The key by which ``text`` sorts; bytes (Postgres: ``bytea``), because their order depends on no locale.

    Three levels, each ended by a zero byte: letters and digits, alike in both scripts' digits and in either case;
    marks; the text itself, so that two texts never share a key. Raises :class:`shared.thai.text.TextRefused`.
    """
    text = normalise(text)
    spoken = "".join(character for character in text if not _is_silent(character))
    letters = _LEADING_VOWEL.sub(r"\2\1", to_arabic(spoken).translate(_SAME_PLACE).casefold())
    first = "".join(letter for letter in letters if letter not in _MARK_WEIGHT).encode()
    second = b"".join(_MARK_WEIGHT.get(letter, _LETTER_WEIGHT) for letter in letters)
    return _END_OF_LEVEL.join((first, second, text.encode()))


def _is_silent(character: str) -> bool:
    """Blanks, punctuation and invisible characters, among them the zero-width space that parts Thai words."""
    return character in "ฯๆ" or unicodedata.category(character)[0] in "ZPC"
