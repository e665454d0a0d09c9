"""``python -m tests.browser.screenshots [folder]``: pictures of the pages, of a fiscal year that is lived for them."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.local.supervisor import ROOT
from tests.browser.chromium import opened_browser
from tests.browser.visitor import visitor
from tests.scenarios.product import running_product
from tests.scenarios.year import LAST_DAY, live
from tests.servers import servers, stop_servers

FOLDER = ROOT / "docs" / "screenshots"
LARGEST_BYTES = 300_000


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a page as it was known on a day; ``height`` in CSS pixels is how much of it is seen."""

    name: str
    path: str
    as_of: str
    lang: str
    width: int
    height: int


IN_APRIL = "2017-04-20"
"""A day on which some regions were late and others not."""
SHOTS = (
    Shot("board-th", "", IN_APRIL, "th", 1440, 1200),
    Shot("board-en-360", "", IN_APRIL, "en", 360, 1400),
    Shot("region-th", "regions/R11", IN_APRIL, "th", 1440, 1200),
    Shot("indicator-en", "indicators/QN3", LAST_DAY, "en", 1440, 1200),
)


def main(folder: Path) -> int:
    """Live the year and take the pictures; returns the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with running_product(servers(), "screenshots") as product:
            asyncio.run(live(product))
            asyncio.run(take(product.addresses["reporting"], folder))
    finally:
        stop_servers()
    return 0


async def take(address: str, folder: Path) -> None:
    """Take every picture of a product that has lived the year. Raises ValueError for one that is too large."""
    async with opened_browser() as browser:
        for shot in SHOTS:
            async with visitor(browser, address, lang=shot.lang, width=shot.width) as reader:
                page = await reader.open(shot.path, as_of=shot.as_of)
                await page.set_viewport_size({"width": shot.width, "height": shot.height})
                picture = await page.screenshot(animations="disabled")
            if len(picture) > LARGEST_BYTES:
                raise ValueError(f"{shot.name} has {len(picture):,} bytes, at most {LARGEST_BYTES:,} are allowed")
            (folder / f"{shot.name}.png").write_bytes(picture)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
