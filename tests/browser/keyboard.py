"""Going through a page by keyboard alone."""

from __future__ import annotations

from playwright.async_api import Locator, Page

MOST_STEPS = 250
SEEN = """() => {
    const here = document.activeElement;
    const look = () => [here, ...here.querySelectorAll("path")].map(each => {
        const {outline, boxShadow, stroke, strokeWidth} = getComputedStyle(each);
        return [outline, boxShadow, stroke, strokeWidth].join();
    }).join();
    const focused = look();
    here.blur();
    const left = look();
    here.focus();
    return focused !== left;
}"""
"""Whether what has the focus looks otherwise than without it."""


async def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until what is wanted has the focus, and can be seen to have it."""
    here = await wanted.element_handle()
    for _ in range(MOST_STEPS):
        await page.keyboard.press("Tab")
        if await page.evaluate("wanted => document.activeElement === wanted", here):
            assert await page.evaluate(SEEN), "the focus cannot be seen"
            return
    raise AssertionError(f"Tab does not come to {wanted}")
