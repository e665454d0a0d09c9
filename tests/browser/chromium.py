"""The browser that tests drive: Chromium as the machine has it, none is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

MISSING = "Chromium is missing: apt-get install --no-install-recommends chromium, or set OBEC_CHROMIUM to a program"


def program() -> str | None:
    """Where it is: what OBEC_CHROMIUM names, else ``chromium`` on the PATH."""
    return shutil.which(os.environ.get("OBEC_CHROMIUM") or "chromium")


@asynccontextmanager
async def opened_browser() -> AsyncIterator[Browser]:
    """A browser without a window, closed with the block."""
    # Its own sandbox does not work for root, and these are our own pages.
    unconfined = ["--no-sandbox"] if os.geteuid() == 0 else []
    # How fields for days are written to depends on the browser's own language, whatever the page's.
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=program(), args=["--lang=en-US", "--disable-gpu", *unconfined]
        )
        try:
            yield opened
        finally:
            await opened.close()
