"""Reading the pages: by keyboard, in print, on a slow line, in another language, at another time."""

from uuid import uuid4

from playwright.async_api import Page, expect

from demo.example import PROGRAMME
from shared.thai.regions import CODES
from tests.browser.keyboard import tab_to
from tests.browser.kinds import AS_OF
from tests.browser.visitor import Visitors
from tests.scenarios.product import Product

FIRST_VISIT_BYTES = 150_000
A_DAY = "2017-01-24"


async def test_the_first_tab_leads_past_the_navigation(visitors: Visitors) -> None:
    page = await (await visitors()).open()
    skip = page.locator("a[href='#main']")
    await tab_to(page, skip)
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()


async def test_by_keyboard_alone_one_goes_to_an_earlier_day_opens_a_region_and_changes_the_language(
    visitors: Visitors,
) -> None:
    page = await (await visitors(lang="en")).open()
    await tab_to(page, page.locator(".asked summary"))
    await page.keyboard.press("Enter")
    await tab_to(page, page.locator("#as_of"))
    await page.keyboard.type("01242017")  # as an American browser writes the day
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**as_of={A_DAY}**")
    await tab_to(page, page.locator("table a[href*='/regions/R07']").first)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/regions/R07**")
    assert A_DAY in page.url
    await tab_to(page, page.locator("nav.languages a[lang=th]"))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**lang=th**")
    assert A_DAY in page.url
    assert await page.locator("html").get_attribute("lang") == "th"
    await expect(page.locator("h1")).to_contain_text("เขตตรวจราชการที่ 7")


async def test_the_map_leads_to_every_region(visitors: Visitors) -> None:
    page = await (await visitors()).open()
    links = page.locator("svg.map a")
    assert [await link.get_attribute("data-region") for link in await links.all()] == list(CODES)
    await tab_to(page, links.nth(7))
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/{PROGRAMME}/regions/R07**")


async def test_the_nation_s_committees_lead_to_the_events_behind_them(visitors: Visitors) -> None:
    page = await (await visitors()).open(**AS_OF)
    assert await huge(page) == "19/19"
    await page.locator(".huge a").click()
    await page.wait_for_url("**/lineage?**figure=committees**")
    assert await page.locator("main table tbody tr").count() > 19


async def test_without_a_script_the_board_shows_its_figures_and_its_form_leads_to_another_day(
    visitors: Visitors,
) -> None:
    page = await (await visitors(script=False)).open()
    await expect(page.locator("#by-region td.number data").first).to_be_visible()
    await page.locator(".asked summary").click()
    await page.locator("#as_of").fill(A_DAY)
    await page.locator(".asked button[type=submit]").click()
    await page.wait_for_url(f"**as_of={A_DAY}**")
    assert await huge(page) == "18/19"


async def test_in_print_there_is_no_navigation_and_the_figures_are(visitors: Visitors) -> None:
    page = await (await visitors()).open()
    await page.emulate_media(media="print")
    for hidden in ("nav.sections", "nav.languages", ".skip", ".asked form"):
        await expect(page.locator(hidden)).to_be_hidden()
    for shown in (".huge", "svg.map", "#by-region"):
        await expect(page.locator(shown)).to_be_visible()


async def test_a_first_visit_to_the_board_is_a_light_one(visitors: Visitors) -> None:
    visitor = await visitors(width=360)
    devtools = await visitor.page.context.new_cdp_session(visitor.page)
    await devtools.send("Network.enable")
    weights: list[int] = []
    devtools.on("Network.loadingFinished", lambda told: weights.append(told["encodedDataLength"]))
    await visitor.open()
    assert len(weights) >= 4, "page, style, font and script"
    assert sum(weights) <= FIRST_VISIT_BYTES


async def test_thai_is_written_in_a_font_that_the_page_brings_along(visitors: Visitors) -> None:
    visitor = await visitors()
    page = await visitor.open()
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("DOM.enable")
    await devtools.send("CSS.enable")
    root = (await devtools.send("DOM.getDocument"))["root"]["nodeId"]
    for selector in ("h1", "caption", "#by-region th", "svg.map text"):
        node = (await devtools.send("DOM.querySelector", {"nodeId": root, "selector": selector}))["nodeId"]
        fonts = (await devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node}))["fonts"]
        assert {(each["familyName"].split()[0], each["isCustomFont"]) for each in fonts} == {("Sarabun", True)}, (
            selector
        )


async def test_who_reads_what_is_known_now_is_told_when_there_is_more(visitors: Visitors, product: Product) -> None:
    visitor = await visitors(lang="en")
    page = await visitor.open("recommendations")
    news = page.locator("#news")
    await expect(news).to_be_hidden()
    open_ones = [each for each in (await product.ask("recommendations"))["recommendations"] if each["state"] == "open"]
    path = f"recommendations/{open_ones[0]['stream']}/follow-up"
    async with product.offices() as offices:
        await offices.send("evaluation", path, {"followed_up_on": "2017-11-01", "progress": f"ตัวอย่าง {uuid4()}"})
    await expect(news).to_be_visible(timeout=30_000)
    await news.get_by_role("link").click()
    await expect(news).to_be_hidden()


async def huge(page: Page) -> str:
    """The board's first figure."""
    return "".join((await page.locator(".huge").inner_text()).split())
