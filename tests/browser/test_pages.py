"""Every kind of page, as whoever reads it has it: complete, in either language, on any width, without a script."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from demo.example import PROGRAMME
from services.reporting.pages.sheets import SHEETS
from tests.browser.axe import findings
from tests.browser.figures import Known, shown_in, told_in, told_of
from tests.browser.kinds import AS_OF, KINDS, Kind, paths
from tests.browser.visitor import HEIGHTS, LOCALES, Visitor, Visitors, visitor
from tests.scenarios.product import Product
from tests.scenarios.year import Lived

EVERY_LOOK = "OBEC_EVERY_LOOK"
BOTH_ENDS = (("th", 1440), ("en", 360))
EVERY = tuple((lang, width) for lang in LOCALES for width in HEIGHTS)
LOOKS = EVERY if EVERY_LOOK in os.environ else BOTH_ENDS
"""Languages and widths: the campaign looks at all of them."""
SEARCHED = {
    kind.path: LOOKS if EVERY_LOOK in os.environ else (LOOKS[at % len(LOOKS)],)
    for at, kind in enumerate(KINDS.values())
}
"""Of which looks of a kind each element is held against every rule: one kind in Thai, the next in English."""

Look = tuple[str, int]
Paths = Mapping[str, str]

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=[name or "board" for name in KINDS])
each_look = pytest.mark.parametrize(("lang", "width"), LOOKS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def examples(product: Product, year: Lived) -> Paths:
    """Streams and events that there are."""
    assert year
    return await paths(product)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def readers(browser: Browser, product: Product, year: Lived) -> AsyncIterator[Mapping[Look, Visitor]]:
    """One for each look, who goes from page to page."""
    assert year
    async with AsyncExitStack() as opened:
        yield {
            look: await opened.enter_async_context(
                visitor(browser, product.addresses["reporting"], lang=look[0], width=look[1])
            )
            for look in LOOKS
        }


def test_every_kind_of_page_is_tested() -> None:
    assert {sheet.path for sheet in SHEETS} <= set(KINDS)


@each_kind
@each_look
async def test_a_page_can_be_read_by_everybody_on_any_screen(
    readers: Mapping[Look, Visitor], examples: Paths, kind: Kind, lang: str, width: int
) -> None:
    reader = readers[lang, width]
    page = await opened(reader, kind, examples)
    assert await page.locator("html").get_attribute("lang") == lang
    assert await page.locator("main h1").count() == 1
    if (lang, width) in SEARCHED[kind.path]:
        assert await findings(page) == []
    assert await reader.sideways() == []
    assert reader.heard() == []


@each_kind
async def test_a_page_has_every_figure_as_the_interface_gives_it_before_any_script_ran(
    product: Product, examples: Paths, kind: Kind
) -> None:
    sent = await product.get(f"/{PROGRAMME}/{kind.path.format(**examples)}".rstrip("/"), **AS_OF, **kind.query)
    shown = shown_in(sent.text)
    known = dict(await answered(product, kind))
    for figure in {each.figure for each in shown if (each.figure, each.member) not in known}:
        known |= await told_of(product, figure, **AS_OF)
    assert [each for each in shown if each.value not in known.get((each.figure, each.member), ())] == []
    assert all(each.text for each in shown)
    assert shown


@each_look
async def test_the_list_of_programmes_and_a_page_that_is_not_there_can_be_read_by_everybody(
    visitors: Visitors, lang: str, width: int
) -> None:
    stray = await visitors(lang=lang, width=width)
    stray.expected.add(404)
    for page in (await stray.go("/programmes"), await stray.open("regions/R99")):
        assert await page.locator("html").get_attribute("lang") == lang
        assert await page.locator("main h1").count() == 1
        assert await findings(page) == []
        assert await stray.sideways() == []
    other = "en" if lang == "th" else "th"
    assert "R99" in await page.locator(f"main [lang={other}]").inner_text()
    await page.locator(f"nav.languages a[lang={other}]").click()
    assert page.url.endswith(f"/regions/R99?lang={other}")
    assert await page.locator("html").get_attribute("lang") == other


async def opened(reader: Visitor, kind: Kind, examples: Paths) -> Page:
    """The kind's example, as of the end of the year."""
    return await reader.open(kind.path.format(**examples), **AS_OF, **kind.query)


async def answered(product: Product, kind: Kind) -> Known:
    """The figures of the interface's answers to a kind's questions, and of what stands around every page."""
    asked = kind.query if kind.asked is None else kind.asked
    return told_in(
        await product.ask("national", **AS_OF),
        *[await product.ask(question, **AS_OF, **asked) for question in kind.questions],
    )
