"""The pictures of a report: figures against targets, scores of the regions, and these on the map."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.reporting.documents.cells import Words, figure, said, score, thai_digits
from services.reporting.documents.content import Content
from services.reporting.documents.sheets import region_names, target_of
from services.reporting.pictures.charts import HIGHEST_SCORE, Bar, Column, bars, columns
from services.reporting.pictures.colours import LEVELS, level_tone
from services.reporting.pictures.thailand import ATTRIBUTION, Look, region_map
from shared.thai.regions import DOUBTFUL, region_list

Block = dict[str, Any]

NO_FIGURE = Words("ยังไม่มีผล", "no figure yet")
NO_SCORE = Words("ยังไม่มีคะแนน", "no score yet")
NO_MORE: Block = {"legend": [], "credit": ""}
_TEXT_NODE = re.compile(r">([^<>]+)<")


def indicators_chart(content: Content, language: str) -> Block:
    """Every indicator's figure of the year against its target."""
    title = Words("ผลตามตัวชี้วัดเทียบกับเป้าหมาย (ขีดตั้งคือเป้าหมาย)", "Results against targets (the upright mark is the target)")
    rows = [_bar(row, language) for row in content["indicators"]]
    described = "; ".join(f"{row.label}: {row.text}" for row in rows)
    svg = bars(rows, title=title.shown(language), description=described)
    return _picture(svg, title, described, language, width="narrow")


def _bar(row: Mapping[str, Any], language: str) -> Bar:
    year, target = row["year_score"], target_of(row)
    reached = figure(year["figure"]) if year and year["figure"] is not None else None
    unit = row["unit"][language]
    wanted = "–" if target is None else figure(target).shown(language)
    text = f"{reached.shown(language) if reached else NO_FIGURE.shown(language)} / {wanted} {unit}"
    value = None if reached is None else Decimal(str(reached.value))
    return Bar(row["code"], value, None if target is None else Decimal(target), text)


def regions_chart(content: Content, language: str) -> Block:
    """The weighted mean score of each region as columns."""
    title = Words("คะแนนเฉลี่ยถ่วงน้ำหนักรายเขตตรวจราชการ", "Weighted mean score of each inspection region")
    numbers = {region.code: region.number for region in region_list(content["programme"]["region_list"])}
    centre = said("ก", "C").shown(language)
    rows = [
        Column(str(numbers[code] or centre), mean, _level(mean), text) for code, mean, text in _means(content, language)
    ]
    described = _described(content, language)
    svg = columns(rows, title=title.shown(language), description=described)
    return _picture(svg, title, described, language, width="narrow")


def map_of_regions(content: Content, language: str) -> Block:
    """The same on the map, with what the colours mean."""
    title = Words("แผนที่คะแนนเฉลี่ยถ่วงน้ำหนักรายเขตตรวจราชการ", "Map of the regions' weighted mean scores")
    listed = content["programme"]["region_list"]
    labels = {region.code: str(region.number or said("ก", "C").shown(language)) for region in region_list(listed)}
    looks = {
        code: Look(
            level_tone(_level(mean)).fill,
            f"{region_names(content)[code].shown(language)}: {text}",
            label=labels[code],
            hatched=code in DOUBTFUL,
        )
        for code, mean, text in _means(content, language)
    }
    described = _described(content, language)
    svg = region_map(looks, region_list=listed, title=title.shown(language), description=described)
    legend = [*_levels(language), _hatched(language)]
    return {**_picture(svg, title, described, language, width="map"), "legend": legend, "credit": ATTRIBUTION[language]}


def _levels(language: str) -> Sequence[Block]:
    shown = [
        {"fill": tone.fill, "text": said(f"คะแนน {level}", f"score {level}").shown(language)}
        for level, tone in LEVELS.items()
    ]
    return [{"fill": level_tone(None).fill, "text": NO_SCORE.shown(language)}, *shown]


def _hatched(language: str) -> Block:
    doubt = Words("ลายเส้น: รายชื่อจังหวัดมีหลักฐานอ้างอิงน้อยกว่า", "hatched: provinces rest on weaker evidence")
    return {"fill": None, "text": doubt.shown(language)}


def _means(content: Content, language: str) -> list[tuple[str, Decimal | None, str]]:
    """Each region's code, mean score, and that in words."""
    found = []
    for row in content["results"]["regions"]:
        mean = row["total"]["total"]
        text = NO_SCORE.shown(language) if mean is None else score(mean).shown(language)
        found.append((row["region"], None if mean is None else Decimal(mean), text))
    return found


def _described(content: Content, language: str) -> str:
    names = region_names(content)
    return "; ".join(f"{names[code].shown(language)}: {text}" for code, _mean, text in _means(content, language))


def _level(mean: Decimal | None) -> int | None:
    return None if mean is None else min(int(mean), HIGHEST_SCORE)


def _picture(svg: str, title: Words, described: str, language: str, *, width: str) -> Block:
    if language == "th":
        svg = _TEXT_NODE.sub(lambda found: f">{thai_digits(found[1])}<", svg)
    return {"kind": "picture", "svg": svg, "title": title.shown(language), "alt": described, "width": width, **NO_MORE}
