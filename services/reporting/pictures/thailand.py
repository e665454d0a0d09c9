"""The map of Thailand by inspection regions; its shapes are read from the npm package ``@svg-maps/thailand``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import orjson

from services.reporting.pictures.colours import BORDER, LINE, ink_over
from services.reporting.pictures.shapes import Ring, closed_path, inner_borders, middle, open_path, outline, rings
from services.reporting.pictures.svg import element, number, picture, titled, words
from shared.packages import npm_package
from shared.thai.regions import CENTRAL, Province, RegionList, region_list

ATTRIBUTION: Mapping[str, str] = {
    "th": (
        "แผนที่: MapSVG และ Victor Cazanave (svg-maps) สัญญาอนุญาต CC BY 4.0 "
        "ดัดแปลงโดยรวมจังหวัดเป็นเขตตรวจราชการและลดรายละเอียดของเส้น"
    ),
    "en": (
        "Map: MapSVG and Victor Cazanave (svg-maps), CC BY 4.0; "
        "changed: provinces joined into inspection regions, lines simplified"
    ),
}
"""To be printed under every map, by language: the licence asks for it."""
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"

WIDTH, HEIGHT = 560, 1025
OTHER_SPELLINGS = {"Buri Ram": "Buriram"}
"""Names of provinces that the map spells in another way."""
ASIDE: Mapping[str, tuple[float, float]] = {CENTRAL: (222, 574)}
"""Where the label of a region stands that is too small to hold it: in the sea, with a line to the region."""
TEXT = 22


@dataclass(frozen=True, slots=True)
class Look:
    """How a region is drawn: colour ``#rrggbb``, what is read out and shown when pointed at, where it leads, its label.

    A ``hatched`` region stands out without colour too.
    """

    fill: str
    title: str
    href: str | None = None
    label: str = ""
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A region's lines on the map: ``d`` of its outline and of the borders between its provinces; its label's place."""

    outline: str
    inside: str
    label: tuple[float, float]
    pointer: tuple[float, float]


def region_map(
    looks: Mapping[str, Look], *, region_list: int, title: str, description: str, labels: bool = True
) -> str:
    """Thailand as SVG, every inspection region of the list of that fiscal year (B.E.) drawn as ``looks`` says.

    Raises :class:`shared.thai.regions.NoListForYear`, and KeyError when a region has no look.
    """
    drawn = regions_drawn(region_list)
    inks = sorted({ink_over(look.fill) for look in looks.values() if look.hatched})
    bodies = [_region(code, drawn[code], looks[code]) for code in drawn]
    signs = [_label(code, drawn[code], looks[code]) for code in drawn if labels and looks[code].label]
    return picture(
        WIDTH,
        HEIGHT,
        *([element("defs", *map(_hatching, inks))] if inks else []),
        element("g", *bodies, stroke=BORDER, stroke_width=2, stroke_linejoin="round"),
        # Over all shapes, and no obstacle to who points at one.
        element("g", *signs, font_size=TEXT, font_weight=600, text_anchor="middle", pointer_events="none"),
        title=title,
        description=description,
        kind="map",
        interactive=any(look.href for look in looks.values()),
    )


@cache
def regions_drawn(year: int) -> Mapping[str, Drawn]:
    """Every region of a fiscal year's list, in its order. Raises ValueError when the map's provinces are not these."""
    listed = region_list(year)
    check_joined(listed, {name: map_id for map_id, (name, _) in _shapes().items()})
    return {
        region.code: _drawn(region.code, tuple(province.map_id for province in region.provinces)) for region in listed
    }


def check_joined(listed: RegionList, map_ids: Mapping[str, str]) -> None:
    """Hold the list's provinces against the map's ids by name.

    Raises ValueError, which names the provinces that do not stand there under their id.
    """
    provinces = [province for region in listed for province in region.provinces]
    strange = [province.name_en for province in provinces if map_ids.get(_name_on_map(province)) != province.map_id]
    if strange:
        raise ValueError(f"the map has no province {', '.join(strange)}")


def _name_on_map(province: Province) -> str:
    return OTHER_SPELLINGS.get(province.name_en, province.name_en)


@cache
def _shapes() -> Mapping[str, tuple[str, Sequence[Ring]]]:
    """Name and shape by the map's ids. A lake is among them, which no region holds."""
    module = npm_package("@svg-maps/thailand") / "index.js"
    told = orjson.loads(module.read_text(encoding="utf-8").removeprefix("export default ").rstrip(" ;\n"))
    return {each["id"]: (each["name"], rings(each["path"])) for each in told["locations"]}


@cache
def _drawn(code: str, map_ids: tuple[str, ...]) -> Drawn:
    """A region of these provinces: most are of the same ones in every year's list."""
    provinces = [_shapes()[each][1] for each in map_ids]
    around = outline(provinces)
    centre = middle(around)
    return Drawn(closed_path(around), open_path(inner_borders(provinces)), ASIDE.get(code, centre), centre)


def _region(code: str, drawn: Drawn, look: Look) -> str:
    stripes = f"url(#{_hatching_id(ink_over(look.fill))})"
    shapes = [
        element("path", d=drawn.outline, fill=look.fill, fill_rule="evenodd"),
        *([element("path", d=drawn.outline, fill=stripes, fill_rule="evenodd")] if look.hatched else []),
        *([element("path", d=drawn.inside, fill="none", stroke_width=0.5)] if drawn.inside else []),
    ]
    named = {"class_": "region", "data_region": code}
    if look.href is None:
        return element("g", titled(look.title), *shapes, **named)
    return element("a", titled(look.title), *shapes, href=look.href, **named)


def _label(code: str, drawn: Drawn, look: Look) -> str:
    x, y = drawn.label
    placed = {"x": number(x), "y": number(y + TEXT / 3)}
    if code not in ASIDE:
        # The hatching would run through the label.
        halo = {"stroke": look.fill, "stroke_width": 5, "paint_order": "stroke"} if look.hatched else {}
        return words(look.label, fill=ink_over(look.fill), **halo, **placed)
    end_x, end_y = drawn.pointer
    line = element(
        "path", d=f"M{number(end_x)} {number(end_y)}L{number(x)} {number(y - TEXT / 2)}", stroke=LINE, stroke_width=1.5
    )
    return line + words(look.label, fill=LINE, **placed)


def _hatching(ink: str) -> str:
    """Stripes to draw over a colour on which text is in ``ink``."""
    return element(
        "pattern",
        element("path", d="M-2 12L12 -2", stroke=ink, stroke_width=1.2),
        id=_hatching_id(ink),
        width=10,
        height=10,
        patternUnits="userSpaceOnUse",
    )


def _hatching_id(ink: str) -> str:
    return f"map-hatching-{ink.removeprefix('#')}"
