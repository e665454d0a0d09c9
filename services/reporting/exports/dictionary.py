"""The data dictionary: what every column of every file means, in Thai and in English, and its unit."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Word(NamedTuple):
    """One column's meaning; ``table`` empty where it means the same in every other, ``unit`` where there is none."""

    table: str
    column: str
    thai: str
    english: str
    unit: str


def dictionary() -> list[dict[str, str]]:
    """Every word, in the file's order."""
    return [word._asdict() for word in _words().values()]


def meaning(table: str, column: str) -> Word:
    """What a column means: in that very table, else in all; of ``outer.inner`` that very name, else the inner one.

    Empty where nobody has said it.
    """
    words = _words()
    said = ((table, column), ("", column), ("", column.rpartition(".")[2]))
    return next((words[each] for each in said if each in words), Word(table, column, "", "", ""))


@cache
def _words() -> Mapping[tuple[str, str], Word]:
    text = (files("services.reporting.exports") / "dictionary.csv").read_text("utf-8")
    words = [Word(**row) for row in csv.DictReader(text.splitlines())]
    return {(word.table, word.column): word for word in words}
