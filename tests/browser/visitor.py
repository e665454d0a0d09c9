"""A visitor of the pages, with a browser window of their own, who hears of everything that goes wrong in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response

from demo.example import PROGRAMME

LOCALES = {"th": "th-TH", "en": "en-GB"}
HEIGHTS = {360: 780, 768: 1024, 1440: 900}
"""Heights of the windows that are tested, in CSS pixels, by their width."""
LEFT = "net::ERR_ABORTED"
"""What becomes of a request whose page is left: no fault."""
NOT_SERVED = "Failed to load resource"
"""Told by the console of a file or page that was answered with an error; the answer itself tells more."""


@dataclass
class Visitor:
    """Someone who reads in one language in a window of one width."""

    page: Page
    address: str
    expected: set[int] = field(default_factory=set)
    """Statuses of errors that this visitor provokes."""
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str = "", *, programme: str = PROGRAMME, **query: str) -> Page:
        """A page of a programme; returns when it is loaded with its fonts."""
        await self.go("/".join(("", programme, *([path] if path else []))), **query)
        return self.page

    async def go(self, path: str, **query: str) -> Page:
        """A page by its whole path."""
        await self.page.goto(f"{self.address}{path}{'?' + urlencode(query) if query else ''}")
        await self.page.evaluate("document.fonts.ready.then(() => null)")
        return self.page

    async def sideways(self) -> Sequence[str]:
        """Elements that stick out of the window, so that it must be scrolled sideways; none if it need not."""
        found: Sequence[str] = await self.page.evaluate(
            """() => {
                const width = document.documentElement.clientWidth;
                if (document.documentElement.scrollWidth <= width) return [];
                return [...document.querySelectorAll("body *")]
                    .filter(each => each.getBoundingClientRect().right > width + 1)
                    .map(each => each.outerHTML.slice(0, 120));
            }"""
        )
        return found

    def heard(self) -> list[str]:
        """What the window complained of since this was last asked."""
        found, self.complaints = self.complaints, []
        return found

    def hears(self) -> None:
        """Begin to listen to what the window complains of."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(NOT_SERVED):
            self.complaints.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT:
            self.complaints.append(f"{request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.url}: {response.status}")


class Visitors(Protocol):
    """Opens windows."""

    async def __call__(self, *, lang: str = "th", width: int = 1440, script: bool = True) -> Visitor:
        """A fresh visitor, who has been nowhere and is signed in nowhere."""


@asynccontextmanager
async def visitor(
    browser: Browser, address: str, *, lang: str = "th", width: int = 1440, script: bool = True
) -> AsyncIterator[Visitor]:
    """A visitor of the service at ``address``; the window is closed with the block."""
    context = await browser.new_context(
        locale=LOCALES[lang],
        viewport={"width": width, "height": HEIGHTS[width]},
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    try:
        made = Visitor(await context.new_page(), address)
        made.hears()
        yield made
    finally:
        await context.close()
