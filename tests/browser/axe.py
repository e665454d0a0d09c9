"""What axe-core finds wrong with a page for people who do not see, hear or move as most do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from playwright.async_api import Page

from shared.packages import npm_package

RUN = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations"], preload: false});
    return found.violations.flatMap(rule => rule.nodes.map(
        node => `${rule.id} (${rule.impact}): ${node.target.join(" ")}: ${node.failureSummary.replace(/\\s+/g, " ")}`
    ));
}"""


async def findings(page: Page) -> Sequence[str]:
    """A line for every element that breaks a rule; none on a good page."""
    # Given through the debugger, as the page's own policy rightly refuses scripts from elsewhere.
    await page.evaluate(_source())
    found: Sequence[str] = await page.evaluate(RUN)
    return found


@cache
def _source() -> str:
    return (npm_package("axe-core") / "axe.min.js").read_text(encoding="utf-8")
