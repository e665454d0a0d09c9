"""Figures as a page shows them, and as the programming interface gives them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from tests.scenarios.product import Product

Known = Mapping[tuple[str, str], set[str]]
"""Values by a figure's name and member, as text."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure on a page: its name and member, its exact value, and what people read."""

    figure: str
    member: str
    value: str
    text: str


def shown_in(html: str) -> Sequence[Shown]:
    """Every figure of a page as it was sent, in its order."""
    reading = _Reading()
    reading.feed(html)
    return reading.shown


class _Reading(HTMLParser):
    """Finds ``<data value data-figure data-member>text</data>``."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Shown] = []
        self._open: dict[str, str] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "data" and "data-figure" in given:
            self._open, self._text = given, ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "data" and self._open is not None:
            given, self._open = self._open, None
            self.shown.append(
                Shown(given["data-figure"], given["data-member"], given["value"], " ".join(self._text.split()))
            )


def told_in(*answers: Any) -> Known:
    """Every member of every figure in these answers, nested ones too, and those that are laid side by side."""
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in (row for answer in answers for row in _rows(answer)):
        for member, value in row.items() if "lineage" in row else ():
            known[row["lineage"], member].add(_text(value))
        for side in ("left", "right") if "left_lineage" in row else ():
            known[row[f"{side}_lineage"], row["member"]].add(_text(row[side]))
    return known


async def told_of(product: Product, figure: str, **query: str) -> Known:
    """Every member of one figure, asked for by its name."""
    value = (await product.ask("lineage", figure=figure, **query))["value"]
    return {(figure, member): {_text(each)} for member, each in value.items()}


def _rows(answer: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(answer, dict):
        yield answer
        for each in answer.values():
            yield from _rows(each)
    elif isinstance(answer, list):
        for each in answer:
            yield from _rows(each)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
