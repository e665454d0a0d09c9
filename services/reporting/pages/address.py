"""The address of a page: which programme and page it is, and what it keeps of the question from page to page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

TIMES = ("as_of", "effective_at")
FILTERS = ("region", "period")
KEPT = (*TIMES, *FILTERS, "lang")
"""Parameters that every link keeps."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a reader is: ``path`` within the programme, ``own`` what only this page takes."""

    programme: str
    path: str
    kept: Mapping[str, str]
    own: Mapping[str, str]

    @property
    def query(self) -> Mapping[str, str]:
        """Everything that was asked for."""
        return {**self.kept, **self.own}

    @property
    def bare(self) -> str:
        """The address of this page without a question: where its forms are sent."""
        return _address(self.programme, self.path, {})

    @property
    def hidden(self) -> Mapping[str, str]:
        """What the form of the question keeps besides its own fields."""
        return {name: value for name, value in self.query.items() if name not in (*TIMES, *FILTERS)}

    def to(self, path: str = "", **query: str | None) -> str:
        """Another page of the programme; ``query`` is added to what is kept, None takes something away."""
        return _address(self.programme, path, {**self.kept, **query})

    def here(self, **query: str | None) -> str:
        """This page, asked in another way."""
        return _address(self.programme, self.path, {**self.query, **query})

    def now(self) -> str:
        """This page as it is known and in effect now."""
        return self.here(**dict.fromkeys(TIMES))

    def without(self, *names: str) -> Address:
        """The same without some of what is kept."""
        return replace(self, kept={name: value for name, value in self.kept.items() if name not in names})


def address_of(programme: str, path: str, query: Mapping[str, str]) -> Address:
    """The address of a request; parameters without a value, as a form sends them, count as not given."""
    given = {name: value.strip() for name, value in query.items() if value.strip()}
    return Address(
        programme,
        path,
        {name: given[name] for name in KEPT if name in given},
        {name: value for name, value in given.items() if name not in KEPT},
    )


def _address(programme: str, path: str, query: Mapping[str, str | None]) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    place = "/".join(part for part in (programme, path) if part)
    return quote(f"/{place}", safe="/:") + (f"?{urlencode(given)}" if given else "")
