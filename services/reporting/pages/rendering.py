"""Makes pages of templates: each language has its own environment; what is shown is escaped, what is missing raises."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.reporting.pages.assets import assets
from services.reporting.pages.language import marked as _
from services.reporting.pages.language import said
from shared.web.problems import Language

SECTIONS: tuple[tuple[str, str], ...] = (
    ("", _("Board")),
    ("regions", _("Regions")),
    ("committees", _("Committees")),
    ("meetings", _("Meetings")),
    ("indicators", _("Indicators")),
    ("activities", _("Activities")),
    ("recommendations", _("Recommendations")),
    ("budget", _("Budget")),
    ("changes", _("Changes")),
    ("compare", _("Compare")),
    ("reports", _("Reports")),
)
"""Address below the programme's and name of every section, in the order of the navigation."""


@cache
def environment(language: Language) -> Environment:
    """The templates of a language."""
    made = Environment(
        loader=PackageLoader("services.reporting.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )

    def one(sentence: str) -> str:
        return said(language, sentence)

    def several(singular: str, plural: str, number: int) -> str:
        return said(language, singular if number == 1 else plural)

    made.install_gettext_callables(one, several, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {"asset": assets().address, "language": language, "sections": SECTIONS}
    return made


def page(language: Language, template: str, context: Mapping[str, Any]) -> bytes:
    """A page as UTF-8. Raises jinja2's errors for a template that asks for what the context has not."""
    return environment(language).get_template(template).render(context).encode()
