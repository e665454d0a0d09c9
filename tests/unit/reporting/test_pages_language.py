"""The pages' sentences: every one has its Thai, and both say the same of what is filled in."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from services.reporting.pages import states
from services.reporting.pages.language import language_of, said, sentences

FOLDER = Path(states.__file__).parent
FILLED = re.compile(r"%\((\w+)\)s")
THAI = re.compile("[\u0e01-\u0e5b]")


def in_the_code() -> set[str]:
    found: set[str] = set()
    for path in FOLDER.rglob("*.py"):
        told = extract_from_file("python", path, keywords={"_": None, "marked": None, "say": None})
        found |= {str(message) for _, message, *_ in told}
    for path in FOLDER.rglob("*.html"):
        told = extract_from_file("jinja2.ext:babel_extract", path, keywords={"_": None, "gettext": None})
        found |= {str(message) for _, message, *_ in told}
    return found


def test_every_sentence_has_its_thai_and_no_thai_is_left_over() -> None:
    assert in_the_code() == set(sentences("th"))


def test_every_thai_sentence_is_in_thai_and_has_the_same_places_to_fill() -> None:
    for english, thai in sentences("th").items():
        assert THAI.search(thai), english
        assert set(FILLED.findall(english)) == set(FILLED.findall(thai)), english


def test_templates_hold_no_words_of_their_own() -> None:
    """What stands between tags comes from the catalogue; names of languages, signs and abbreviations do not."""
    for path in FOLDER.rglob("*.html"):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        assert re.findall(r"[^\W\d_]{2,}", text) in ([], ["doctype", "html"], ["OBEC"]), path.name


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "th"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "de,th;q=0.5,en;q=0.4", "th"),
        ("en", "th", "en"),
        ("th", "en", "th"),
        ("de", "en", "en"),
    ],
)
def test_the_address_decides_the_language_then_the_browser_then_it_is_thai(
    asked: str | None, accepted: str, language: str
) -> None:
    assert language_of(asked, accepted) == language


def test_a_sentence_that_was_not_translated_is_shown_in_english() -> None:
    assert said("th", "Nobody wrote this down") == "Nobody wrote this down"


def test_every_state_of_the_figures_has_a_word() -> None:
    assert {"verified", "waiting", "returned", "not_reported", "not_due", "not_applicable"} <= set(
        states.STATES["cell"]
    )
    assert {"appointed", "proposed", "dissolved", "withdrawn", "none"} == set(states.STATES["committee"])
    assert {"held", "scheduled", "adjourned", "cancelled"} == set(states.STATES["meeting"])
    assert {"draft", "submitted", "returned", "approved", "published"} <= set(states.STATES["report"])
