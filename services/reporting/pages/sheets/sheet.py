"""What a kind of page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.reporting.asking import Wanted
from services.reporting.pages.showing import Showing

Parts = Sequence[Mapping[str, Any]]
"""The answers to what a page wanted, in its order; before them always stands the ``national`` view."""
Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What one page is asked for: ``of`` from its path, such as ``{"region": "R07"}``, ``query`` of its own."""

    of: Mapping[str, str]
    query: Mapping[str, str]


def _nothing(_asked: Asked) -> Sequence[Wanted]:
    return ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of page; ``path`` is its route below the programme's, ``section`` where it stands in the navigation."""

    path: str
    template: str
    make: Callable[[Showing, Parts, Asked, Mapping[str, Any]], Context]
    """From the answers and their ``meta`` to what the template shows. May raise HTTPException 404."""
    wants: Callable[[Asked], Sequence[Wanted]] = _nothing
    ignores: tuple[str, ...] = ()
    """Filters that say nothing on this page."""
    persons: Callable[[Parts], Sequence[str]] | None = None
    """Ids of the persons on it, whose names it shows to who may see them; None where it never shows any."""

    @property
    def section(self) -> str:
        """Address of the section that it belongs to."""
        return self.path.partition("/")[0]


def one(view: str) -> Callable[[Asked], Sequence[Wanted]]:
    """A single view, with what the path names."""

    def wants(asked: Asked) -> Sequence[Wanted]:
        return (Wanted(view, asked.of),)

    return wants
