"""The data dictionary: what every column of every file means, in Thai and in English, and its unit."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Word(NamedTuple):
    """One column's meaning; ``unit`` empty where there is none."""

    column: str
    thai: str
    english: str
    unit: str


def dictionary() -> list[dict[str, str]]:
    """Every word, in the file's order."""
    return [word._asdict() for word in _words().values()]


def meaning(column: str) -> Word:
    """What a column means; of ``outer.inner`` that very name, else the inner one. Empty where nobody has said it."""
    words = _words()
    found = words.get(column) or words.get(column.rpartition(".")[2])
    return found or Word(column, "", "", "")


@cache
def _words() -> Mapping[str, Word]:
    text = (files("services.reporting.exports") / "dictionary.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["column"]: Word(row["column"], row["thai"], row["english"], row["unit"]) for row in rows}
