"""Which language a page speaks, and its sentences: English ones stand in the code, Thai ones in catalogues/th.po."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.pofile import read_po

from shared.web.problems import LANGUAGES, Language, preferred


def language_of(asked: str | None, accepted: str) -> Language:
    """The language that the address asks for, else the one that the browser likes best, else Thai."""
    named = next((language for language in LANGUAGES if language == asked), None)
    return named or preferred(accepted)


@cache
def sentences(language: Language) -> Mapping[str, str]:
    """The sentences of a language by their English form; English itself needs none."""
    if language == "en":
        return {}
    text = (files("services.reporting.pages") / "catalogues" / f"{language}.po").read_bytes()
    return {str(each.id): str(each.string) for each in read_po(BytesIO(text), locale=language) if each.id}


def said(language: Language, sentence: str) -> str:
    """A sentence in a language; in English where it was not translated."""
    return sentences(language).get(sentence) or sentence


def marked(sentence: str) -> str:
    """The sentence as it is: marks one that is translated where it is shown."""
    return sentence
