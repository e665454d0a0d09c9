"""Repairs Thai text that was damaged on its way out of a PDF; text without that damage comes out as it went in.

Two kinds of damage are known, both from the programme page: a tone mark before the vowel that it follows, or ◌ํ and า
for ำ, which PyThaiNLP puts right; and a blank where ำ lost its ring ("ส านัก" for สำนัก), restored in known words
alone: a word that is not in ``sara-am-words.txt`` is left as it is rather than guessed.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from shared.thai.text import normalise

_OUT_OF_ORDER = re.compile("เเ|[่้๊๋์][ัิีึืํุู็]|ํ[่้๊๋]*า|[ะาำๅ][่้๊๋]|[^ฤฦ]ๅ")
_LOST = " า"


def repair(text: str) -> str:
    """``text`` in NFC with its damage repaired. Raises TextRefused, as ``normalise`` does."""
    text = normalise(text)
    if text.isascii():
        return text
    if _OUT_OF_ORDER.search(text):
        text = _reordered(text)
    if _LOST in text:
        text = _words().sub(lambda found: found[0].replace(_LOST, "ำ"), text)
    return text


def _reordered(text: str) -> str:
    from pythainlp.util import reorder_vowels  # takes a tenth of a second, and most text never needs it

    return str(reorder_vowels(text))


@cache
def _words() -> re.Pattern[str]:
    """Known words with ำ as they come when it is lost, the longest first."""
    listed = files("shared.thai").joinpath("sara-am-words.txt").read_text("utf-8").split()
    damaged = sorted((word.replace("ำ", _LOST) for word in listed), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, damaged)))
