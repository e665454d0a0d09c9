"""The operators' console: seen by operators alone, readable by everybody of them, and what is ordered there is done."""

import asyncio

import pytest
from playwright.async_api import Locator, expect

from services.reporting.pages.console.sheets import PAGES
from tests.browser.axe import findings
from tests.browser.test_reports import press, signed_in
from tests.browser.visitor import Visitors

SOON_MILLISECONDS = 20_000
"""Within which what happens in a service is seen."""
CONSUMER = "activity.progress"
LINE = f"{CONSUMER} ← committee/0"


async def test_every_page_of_the_console_can_be_read_in_either_language_on_any_screen(visitors: Visitors) -> None:
    operator = await signed_in(visitors, "operator")
    for lang, width in (("th", 1440), ("en", 360)):
        await operator.page.set_viewport_size({"width": width, "height": 800})
        for page in PAGES:
            opened = await operator.go(f"/console/{page.path}".rstrip("/"), lang=lang)
            assert await opened.locator("main h1").count() == 1, page.path
            assert await findings(opened) == [], (page.path, lang)
            assert await operator.sideways() == [], (page.path, width)


async def test_nobody_but_an_operator_sees_the_console(visitors: Visitors) -> None:
    officer = await signed_in(visitors, "officer")
    await expect(officer.page.get_by_role("link", name="Console")).to_have_count(0)
    officer.expected.add(403)
    page = await officer.go("/console", lang="en")
    await expect(page.locator("main")).to_contain_text("auth.forbidden")


async def test_a_consumer_is_paused_and_goes_on_seen_by_who_watches_and_written_into_the_audit(
    visitors: Visitors,
) -> None:
    operator, watcher, writer = await asyncio.gather(*(signed_in(visitors, "operator") for _ in range(3)))
    await watcher.go("/console", lang="en")
    unsent = (await writer.go("/console", lang="en")).locator("#line-list details").first
    await unsent.locator("summary").click()
    await unsent.get_by_label("Reason").fill("not sent yet")
    await unsent.get_by_label("Reason").blur()
    await expect(line(watcher.page.locator("#line-list"))).to_contain_text("Well", timeout=SOON_MILLISECONDS)

    page = await operator.go("/console", lang="en")
    for label, verdict, reason in (("Pause", "Paused", "repairing a disk"), ("Go on", "Well", "repaired")):
        await expect(line(page.locator("#line-list")).get_by_text(label, exact=True).first).to_be_visible(
            timeout=SOON_MILLISECONDS
        )
        await line(page.locator("#line-list")).locator("summary").first.click()
        await line(page.locator("#line-list")).get_by_label("Reason").fill(reason)
        await press(page, label)
        await expect(page.locator("main")).to_contain_text("Done.")
        assert await findings(page) == []
        await expect(line(watcher.page.locator("#line-list"))).to_contain_text(verdict, timeout=SOON_MILLISECONDS)
        await operator.go("/console", lang="en")

    await expect(unsent.get_by_label("Reason")).to_have_value("not sent yet")
    await unsent.locator("summary").click()
    await expect(unsent.get_by_label("Reason")).to_have_value(
        "", timeout=SOON_MILLISECONDS
    )  # shown anew once it is shut

    await operator.go("/console/audit", lang="en")
    audit = page.locator("#audit-list tbody")
    await expect(audit.locator("tr", has_text="repairing a disk")).to_contain_text(CONSUMER)
    await expect(audit.locator("tr", has_text="repaired").first).to_contain_text("Go on")


async def test_an_order_without_a_reason_is_refused_in_words(visitors: Visitors) -> None:
    operator = await signed_in(visitors, "operator")
    page = await operator.go("/console", lang="en")
    form = line(page.locator("#line-list")).locator("form").first
    await form.get_by_label("Reason").evaluate("field => field.required = false")
    await line(page.locator("#line-list")).locator("summary").first.click()
    await press(page, "Pause")
    await expect(page.locator("main")).to_contain_text("ops.reason_missing")
    assert await findings(page) == []


async def test_what_was_written_into_an_order_that_is_refused_can_be_corrected(visitors: Visitors) -> None:
    operator = await signed_in(visitors, "operator")
    page = await operator.go("/console/periods", lang="en")
    row = page.locator("main tbody tr", has_text="Not closed").first
    await row.get_by_text("Extend a period", exact=True).first.click()
    await row.get_by_label("Region").select_option("R07")
    await row.get_by_label("Until").fill("2010-01-01")
    await row.get_by_label("Reason").last.fill("a flood")
    await press(page, "Extend a period")
    await expect(page.locator("main")).to_contain_text("period.extension_too_early")
    assert await findings(page) == []
    await expect(page.get_by_label("Region")).to_have_value("R07")
    await expect(page.get_by_label("Until")).to_have_value("2010-01-01")
    await expect(page.get_by_label("Reason")).to_have_value("a flood")


@pytest.mark.parametrize(("path", "code"), [("trace?id=none", "trace"), ("streams?person=nobody", "query.unreadable")])
async def test_what_cannot_be_found_is_told_on_the_page(visitors: Visitors, path: str, code: str) -> None:
    operator = await signed_in(visitors, "operator")
    page = await operator.go(f"/console/{path}&lang=en")
    await expect(page.locator("main")).to_contain_text(code)


def line(table: Locator) -> Locator:
    """The line of the consumer that these tests pause."""
    return table.locator("tbody tr", has_text=LINE)
