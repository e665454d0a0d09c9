"""Pictures: every province on the map once, well-formed, drawn as tall and wide as the figures say."""

import gzip
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from services.reporting.pictures import charts, colours, shapes, thailand
from services.reporting.pictures.charts import Activity, Bar, Column
from services.reporting.pictures.thailand import Look, region_map, regions_drawn
from shared.thai.regions import YEARS, Region, RegionList, region_list

SVG = "{http://www.w3.org/2000/svg}"
SQUARE = "m 0,0 0,10 10,0 0,-10 z"
NEXT_SQUARE = "m 10,0 0,10 10,0 0,-10 z"


@pytest.mark.parametrize("year", YEARS)
def test_all_77_provinces_are_on_the_map_once(year: int) -> None:
    shapes_on_map = thailand._shapes()
    joined = [province.map_id for region in region_list(year) for province in region.provinces]
    assert len(joined) == len(set(joined)) == 77
    assert set(shapes_on_map) - set(joined) == {"lksg"}, "the lake is no province"


@pytest.mark.parametrize("year", YEARS)
def test_a_region_is_as_large_as_its_provinces_together(year: int) -> None:
    for region in region_list(year):
        provinces = [thailand._shapes()[province.map_id][1] for province in region.provinces]
        parts = sum(shapes.area(ring) for shape in provinces for ring in shape)
        around = shapes.outline(provinces)
        holes = [ring for ring in around if any(shapes._inside(ring[0], other) for other in around if other != ring)]
        whole = sum(map(shapes.area, around)) - 2 * sum(map(shapes.area, holes))
        assert whole == pytest.approx(parts, rel=0.02, abs=8), region.code


def test_the_whole_map_is_a_small_part_of_what_a_page_may_weigh() -> None:
    assert len(gzip.compress(drawn_map(2560).encode())) < 20_000


def test_a_province_that_is_not_on_the_map_fails_loudly() -> None:
    first, *others = region_list(2560)
    moved = Region(first.code, first.number, region_list(2560).region("R01").provinces)
    map_ids = {province.name_en: province.map_id for province in first.provinces}
    with pytest.raises(ValueError, match="Nonthaburi"):
        thailand.check_joined(RegionList(2560, (moved, *others)), map_ids)


def test_the_map_has_every_region_of_the_list_with_its_title_link_and_label() -> None:
    tree = parsed(drawn_map(2560))
    regions = {each.get("data-region"): each for each in tree.iter(f"{SVG}a")}
    assert list(regions) == [region.code for region in region_list(2560)]
    for code, region in regions.items():
        assert region.get("href") == f"/regions/{code}"
        assert region.findtext(f"{SVG}title") == f"Region {code}"
    assert [each.text for each in tree.iter(f"{SVG}text")] == [f"n{code}" for code in regions]


def test_a_map_without_links_or_labels_is_a_plain_image() -> None:
    tree = parsed(region_map(looks(2560, linked=False), region_list=2560, title="t", description="d", labels=False))
    assert (tree.get("role"), len(list(tree.iter(f"{SVG}a"))), len(list(tree.iter(f"{SVG}text")))) == ("img", 0, 0)


def test_regions_of_both_lists_differ_where_they_were_redrawn() -> None:
    old, new = regions_drawn(2560), regions_drawn(2563)
    assert old["R13"].outline == new["R14"].outline
    assert old["R02"].outline != new["R02"].outline


def test_two_squares_side_by_side_have_one_outline_and_one_border_between_them() -> None:
    squares = [shapes.rings(SQUARE), shapes.rings(NEXT_SQUARE)]
    (around,) = shapes.outline(squares)
    assert shapes.area(around) == 200
    assert [sorted(line) for line in shapes.inner_borders(squares)] == [[(10, 0), (10, 10)]]
    assert shapes.middle([around])[1] == 5


@pytest.mark.parametrize("tone", [*colours.LEVELS.values(), *colours.STATES.values()], ids=lambda tone: tone.fill)
def test_text_over_every_colour_can_be_read(tone: colours.Tone) -> None:
    assert colours.contrast(tone.ink, tone.fill) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_no_two_states_or_levels_look_or_read_the_same() -> None:
    for tones in (colours.LEVELS, colours.STATES):
        assert len({tone.fill for tone in tones.values()}) == len({tone.sign for tone in tones.values()}) == len(tones)


def test_bars_are_as_long_as_their_share_of_the_scale() -> None:
    rows = [Bar(f"QN{n}", Decimal(n), Decimal(8), "t", upper=Decimal(10)) for n in (2, 4)] + [
        Bar("QN5", None, None, "not due")
    ]
    tree = parsed(charts.bars(rows, title="t", description="d"))
    assert [float(each.get("width", 0)) for each in of_class(tree, "value")] == [64, 128]
    assert len(of_class(tree, "target")) == 2


@pytest.mark.parametrize("lang", ["th", "en"])
def test_a_timeline_puts_days_where_they_are_in_the_year(lang: str) -> None:
    first, last = date(2016, 10, 1), date(2017, 9, 30)
    row = Activity("1", "t", first, last, date(2017, 3, 31), date(2016, 12, 12), date(2017, 2, 22))
    text = charts.timeline([row], first=first, last=last, today=date(2017, 4, 1), lang=lang, title="t", description="d")
    tree = parsed(text)
    (planned,), (done,) = of_class(tree, "planned", "rect")[1:], of_class(tree, "done", "rect")[1:]
    assert float(planned.get("width", 0)) == charts.WIDTH
    assert float(done.get("x", 0)) == pytest.approx(72 / 365 * charts.WIDTH, abs=0.1)
    assert float(done.get("width", 0)) == pytest.approx(73 / 365 * charts.WIDTH, abs=0.1)
    assert ("ต.ค. 2559" in text, "Oct 2016" in text) == (lang == "th", lang == "en")
    assert charts.LEGEND[lang]["today"] in text
    past = charts.timeline([row], first=first, last=last, today=None, lang=lang, title="t", description="d")
    assert charts.LEGEND[lang]["today"] not in past


def test_what_began_and_is_not_completed_lasts_until_today() -> None:
    first, last = date(2016, 10, 1), date(2017, 9, 30)
    row = Activity("1", "t", None, None, None, first, None, late=True)
    text = charts.timeline([row], first=first, last=last, today=first, lang="en", title="t", description="d")
    assert float(of_class(parsed(text), "done", "rect")[1].get("width", 0)) == pytest.approx(
        charts.WIDTH / 365, abs=0.1
    )
    assert charts.LEGEND["en"]["late"] in text


def test_columns_are_as_tall_as_their_score_and_a_missing_one_is_none() -> None:
    rows = [Column(str(n), Decimal(n), n, f"{n}.00") for n in (1, 5)] + [Column("7", None, None, "–")]
    tree = parsed(charts.columns(rows, title="t", description="d"))
    assert [float(each.get("height", 0)) for each in of_class(tree, "score")] == [30, 150]
    assert [each.get("fill") for each in of_class(tree, "score")] == [colours.LEVELS[1].fill, colours.LEVELS[5].fill]


def test_words_of_a_caller_stay_words() -> None:
    text = charts.bars([Bar("<b>&", None, None, '"')], title="</title>", description="<d>")
    assert parsed(text).findtext(f"{SVG}title") == "</title>"


def looks(year: int, *, linked: bool = True) -> Mapping[str, Look]:
    return {
        code: Look("#a1dab4", f"Region {code}", f"/regions/{code}" if linked else None, f"n{code}", hatched=linked)
        for code in regions_drawn(year)
    }


def drawn_map(year: int) -> str:
    return region_map(looks(year), region_list=year, title="Map", description="Every region")


def parsed(text: str) -> ElementTree.Element:
    """Well-formed, named and described, and nothing that a content security policy would forbid."""
    tree = ElementTree.fromstring(text)
    assert tree.findtext(f"{SVG}title")
    assert tree.findtext(f"{SVG}desc")
    assert tree.get("aria-labelledby") == next(tree.iter(f"{SVG}title")).get("id")
    for each in tree.iter():
        assert "style" not in each.attrib
        assert each.tag not in {f"{SVG}style", f"{SVG}script"}
        assert not [name for name in each.attrib if name.startswith("on")]
    return tree


def of_class(tree: ElementTree.Element, name: str, tag: str = "*") -> list[ElementTree.Element]:
    return [each for each in tree.iter() if each.get("class") == name and tag in ("*", each.tag.removeprefix(SVG))]
