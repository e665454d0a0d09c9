"""Signing in, and a report's way from draft to publication, by those whose part it is."""

import hashlib

from playwright.async_api import Page, expect

from demo.example import PROGRAMME
from deploy.local.users import NAMES
from tests.browser.axe import findings
from tests.browser.visitor import Visitor, Visitors

PUBLISHING_MILLISECONDS = 60_000
"""Files are made for it, on a machine that has other work."""
TITLE = "Results of the year, seen in a browser"


async def test_a_report_is_drafted_by_an_officer_published_by_an_approver_and_read_by_everybody(
    visitors: Visitors,
) -> None:
    officer = await signed_in(visitors, "officer")
    page = await officer.open("reports")
    await page.get_by_label("Title").fill(TITLE)
    await page.get_by_label("Text").fill("How it went.")
    await press(page, "Save the draft")
    await expect(page.locator("h1")).to_contain_text(TITLE)
    edition = page.url.rsplit("/", 1)[1]
    assert await findings(page) == []
    await press(page, "Submit for approval")
    officer.expected.add(422)
    await press(page, "Approve")
    await expect(page.locator("main")).to_contain_text("does not decide")

    everybody = await visitors(lang="th", width=360)
    everybody.expected.add(404)
    await everybody.open(f"reports/{edition}")
    await expect(everybody.page.get_by_text(TITLE)).to_have_count(0)

    approver = await signed_in(visitors, "approver")
    page = await approver.open(f"reports/{edition}")
    await press(page, "Approve")
    await press(page, "Publish with the figures of now")
    assert await page.locator("#file-list tbody tr").count() >= 2
    assert await findings(page) == []

    page = await everybody.open("reports")
    assert await findings(page) == []
    assert await everybody.sideways() == []
    await page.get_by_role("link", name=edition, exact=True).click()
    await expect(page.locator("h1")).to_contain_text(TITLE)
    await expect(page.locator("main form")).to_have_count(0)
    assert await findings(page) == []
    assert await everybody.sideways() == []
    row = page.locator("#file-list tbody tr").first
    file = await page.request.get(f"{everybody.address}{await row.locator('a').get_attribute('href')}")
    assert file.ok
    assert hashlib.sha256(await file.body()).hexdigest() == await row.locator(".hash").inner_text()


async def test_who_signs_in_comes_back_to_where_they_were_and_who_signs_out_may_no_longer_write(
    visitors: Visitors,
) -> None:
    visitor = await signed_in(visitors, "officer", "reports")
    assert visitor.page.url.startswith(f"{visitor.address}/{PROGRAMME}/reports")
    await expect(visitor.page.get_by_label("Title")).to_be_visible()
    await press(visitor.page, "Sign out")
    await expect(visitor.page.get_by_role("link", name="Sign in")).to_be_visible()
    await expect(visitor.page.get_by_label("Title")).to_have_count(0)


async def test_a_form_that_no_page_of_ours_sent_is_refused(visitors: Visitors) -> None:
    officer = await signed_in(visitors, "officer")
    officer.expected.add(403)
    page = await officer.open("reports")
    before = await page.locator("#editions tbody tr").count()
    await page.get_by_label("Title").fill("Forged")
    await page.get_by_label("Text").fill("Forged")
    await page.locator("main input[name=csrf]").evaluate("field => field.remove()")
    async with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        await page.get_by_role("button", name="Save the draft").click()
    assert (await sent.value).status == 403
    assert await findings(page) == []
    page = await officer.open("reports")
    assert await page.locator("#editions tbody tr").count() == before


async def test_a_reader_has_no_form_to_write_in(visitors: Visitors) -> None:
    reader = await signed_in(visitors, "reader", "reports")
    await expect(reader.page.locator("main form")).to_have_count(0)


async def signed_in(visitors: Visitors, user: str, path: str = "") -> Visitor:
    """A visitor who signed in as a demonstration user from a page, and is back on it."""
    visitor = await visitors(lang="en")
    page = await visitor.open(path)
    await page.get_by_role("link", name="Sign in").click()
    await page.locator(f"button[value={user}]").click()
    await page.wait_for_url(f"{visitor.address}/**")
    await expect(page.locator("header")).to_contain_text(NAMES[user][0])
    return visitor


async def press(page: Page, button: str) -> None:
    """Press a button that sends a form, and wait for the page that answers it."""
    async with page.expect_navigation(timeout=PUBLISHING_MILLISECONDS):
        await page.get_by_role("button", name=button, exact=True).click()
