"""Who looks at a page: everybody where that is allowed, who is signed in, or a program with a token."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from shared.web.auth import NAME_READERS
from shared.web.session import Person, can_sign_in, csrf_token, page_viewer
from shared.web.viewing import viewer


@dataclass(frozen=True, slots=True)
class Reader:
    """What a page needs to know of who looks at it; nobody is signed in where ``person`` is None."""

    person: Person | None
    can_sign_in: bool
    csrf: str
    """What forms of this reader's pages carry."""

    @property
    def id(self) -> str:
        """Tells readers apart who must not share a page."""
        return self.person.id if self.person else ""

    @property
    def roles(self) -> frozenset[str]:
        """What the reader may do."""
        return self.person.roles if self.person else frozenset()

    @property
    def sees_names(self) -> bool:
        """Whether the reader may see names of persons."""
        return not self.roles.isdisjoint(NAME_READERS)


async def reader_of(request: Request) -> Reader:
    """Who asks for a page. Raises SignInFirst, Rejected ``auth.*``."""
    if "authorization" in request.headers:
        await viewer(request)
        return Reader(None, False, "")
    person = page_viewer(request)
    return Reader(person, can_sign_in(request), csrf_token(request))
