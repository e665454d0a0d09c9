"""Every code that is raised has its sentences, every sentence has a code that is raised, and they fit each other."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.contracts.rejection import codes

ROOT = Path(__file__).parents[3]
FOLDERS = ("services", "shared")
SHAPE = re.compile(r"[a-z_]+(\.[a-z0-9_]+)?")


class Refusal(NamedTuple):
    """A place in the code that refuses with a code, and the params it gives; None where they are not written out."""

    place: str
    code: str
    params: frozenset[str] | None


@cache
def trees() -> dict[str, ast.Module]:
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text("utf-8")) for file in files}


def refusals() -> Iterator[Refusal]:
    """Calls of Rejected("…") and require(…, "…") with the code written out."""
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                at = {"Rejected": 0, "require": 1}.get(called)
                if at is not None and len(node.args) > at:
                    yield from _refusals(f"{name}:{node.lineno}", node, node.args[at])


def _refusals(place: str, call: ast.Call, code: ast.expr) -> Iterator[Refusal]:
    written_out = all(keyword.arg for keyword in call.keywords) and len(call.args) <= 2
    params = frozenset(keyword.arg for keyword in call.keywords if keyword.arg) - {"pointer"}
    branches = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
    for each in branches:
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield Refusal(place, each.value, params if written_out else None)


def texts() -> Iterator[tuple[str, str]]:
    """Every text in the code that has the shape of a code, with its place."""
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SHAPE.fullmatch(node.value):
                yield f"{name}:{node.lineno}", node.value


def placeholders(sentence: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


def test_there_is_something_to_check() -> None:
    assert len(list(refusals())) > 50
    assert len(codes()) > 50


def test_every_code_that_is_raised_has_its_sentences() -> None:
    assert {refusal for refusal in refusals() if refusal.code not in codes()} == set()


def test_every_text_of_a_known_area_is_a_known_code() -> None:
    """Codes that reach a refusal through a variable or a table are seen by their area, where rules are kept."""
    areas = {code.partition(".")[0] for code in codes() if "." in code}
    rules = {refusal.place.partition(":")[0] for refusal in refusals() if refusal.place.startswith("services/")}
    strangers = {
        (place, text)
        for place, text in texts()
        if place.partition(":")[0] in rules and "." in text and text.partition(".")[0] in areas
        if text not in codes()
    }
    assert strangers == set()


def test_every_sentence_is_of_a_code_that_is_raised() -> None:
    raised = {text for _, text in texts()}
    assert codes().keys() - raised == set()


@pytest.mark.parametrize("code", codes())
def test_a_code_has_a_thai_and_an_english_sentence_that_ask_for_the_same(code: str) -> None:
    known = codes()[code]
    assert 400 <= known.status < 600
    assert any("ก" <= letter <= "๛" for letter in known.th)
    assert not any("ก" <= letter <= "๛" for letter in known.en)
    assert placeholders(known.th) == placeholders(known.en)


def test_who_refuses_gives_what_the_sentence_asks_for() -> None:
    lacking = [
        (refusal.place, refusal.code, sorted(placeholders(codes()[refusal.code].en) - refusal.params))
        for refusal in refusals()
        if refusal.code in codes() and refusal.params is not None
        if not placeholders(codes()[refusal.code].en) <= refusal.params
    ]
    assert lacking == []
