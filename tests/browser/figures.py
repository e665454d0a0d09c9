"""Figures as a page shows them, and as the programming interface gives them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from tests.scenarios.product import Product

Known = Mapping[tuple[str, str], set[str]]
"""Values by a figure's name and member, as text."""

COLLECT = """() => [...document.querySelectorAll("data[data-figure]")].map(
    ({dataset, value, textContent}) => ({...dataset, value, text: textContent.trim()})
)"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure on a page: its name and member, its exact value, and what people read."""

    figure: str
    member: str
    value: str
    text: str


async def shown_on(page: Page) -> Sequence[Shown]:
    """Every figure of a page, in its order."""
    return [Shown(**each) for each in await page.evaluate(COLLECT)]


def told_in(*answers: Any) -> Known:
    """Every member of every figure in these answers, nested ones too."""
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in (row for answer in answers for row in _figures(answer)):
        for member, value in row.items():
            known[row["lineage"], member].add(_text(value))
    return known


async def told_of(product: Product, figure: str, **query: str) -> Known:
    """Every member of one figure, asked for by its name."""
    value = (await product.ask("lineage", figure=figure, **query))["value"]
    return {(figure, member): {_text(each)} for member, each in value.items()}


def _figures(answer: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(answer, dict):
        if "lineage" in answer:
            yield answer
        for each in answer.values():
            yield from _figures(each)
    elif isinstance(answer, list):
        for each in answer:
            yield from _figures(each)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
