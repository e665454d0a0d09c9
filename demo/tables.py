"""The demonstration's closing tables, from reporting's answers alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from demo.senders import Ledger
from shared.contracts.types import BANGKOK
from shared.thai.fiscal import to_be

Answer = Mapping[str, Any]

SATANG = Decimal(100)
OUTCOMES = {
    "sent": ("ส่ง", "sent"),
    "accepted": ("รับ", "accepted"),
    "waited": ("รอก่อน", "waited"),
    "again": ("ซ้ำ", "again"),
    "conflict": ("ขัดกัน", "conflict"),
    "rejected": ("ไม่รับ", "rejected"),
}
"""What is counted of each system, by the ledger's word."""
LEADING_VOWELS = "เแโใไ"
"""Written before the consonant that they are spoken after: nothing ends with one."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the regions' table: of a region, of the centre and in all; shown where the terminal is so wide."""

    thai: str
    english: str
    of_region: Callable[[Answer], str]
    of_centre: Callable[[Answer], str]
    in_all: Callable[[Answer], str]
    width: int = 0


def all_tables(
    national: Answer, regions: Answer, times: Iterable[tuple[str, str, str]], width: int
) -> Iterator[RenderableType]:
    """The nation first, "19/19" at its head; then activities, indicators, regions, and what was known when.

    ``width``: the terminal's, in cells.
    """
    yield headline(national, width)
    yield activity_table(national["activities"], width)
    yield indicator_table(national["indicators"], width)
    yield region_table(regions, national, width)
    yield _facts("รู้เมื่อใด มีผลเมื่อใด / Known when, in effect when", times, width)
    yield Text(freshness(national["meta"]), style="dim")


def headline(national: Answer, width: int) -> Group:
    """What a minister's office asks first, line by line."""
    counts, complete, budget = national["committees"], national["completeness"], national["budget"]
    meetings, advice, total = national["meetings"], national["recommendations"], national["total"]
    name = national["programme"]["name"]
    lines = (
        (counts["text"], "คณะกรรมการที่แต่งตั้งแล้ว", "committees appointed"),
        (
            total["total"] or "–",
            f"คะแนนถ่วงน้ำหนัก จากน้ำหนัก {number(total['weight'])}",
            f"weighted score, on {number(total['weight'])} of 100",
        ),
        (
            f"{complete['verified']}/{complete['expected']}",
            "ผลการดำเนินงานที่ตรวจสอบแล้ว",
            f"figures verified, {complete['submitted']} submitted, {complete['timely']} in time",
        ),
        (
            str(meetings["held"]),
            "การประชุมที่จัดแล้ว",
            f"meetings held, {meetings['inquorate']} more without a quorum; {meetings['resolutions']} resolutions",
        ),
        (baht(budget["net_disbursed"]), "บาท เบิกจ่ายแล้ว", f"baht disbursed, of {baht(budget['budget'])} allocated"),
        (
            str(advice["open"]),
            "ข้อเสนอแนะที่ค้างอยู่",
            f"recommendations open, {advice['overdue']} of them overdue; {advice['closed']} closed",
        ),
    )
    return _facts(f"{name['th']} / {name['en']} — ข้อมูลจำลอง (ตัวอย่าง) / simulated data (example)", lines, width)


def activity_table(activities: Iterable[Answer], width: int) -> Table:
    """Progress by code."""
    table = _table("กิจกรรม / Activities", left=("รหัส\ncode", "กิจกรรม\nactivity", "สถานะ\nstate"))
    for heading in ("เริ่ม\nstarted", "แล้วเสร็จ\ncompleted", "กำหนด\ndeadline", "ล่าช้า\ndays late"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in activities:
        days = (thai_day(each[name]) for name in ("started_on", "completed_on", "deadline"))
        table.add_row(
            each["code"], shortened(each["name"]["th"], width - 68), each["state"], *days, some(each["days_late"])
        )
    return table


def indicator_table(indicators: Iterable[Answer], width: int) -> Table:
    """Each indicator's target, figure, score and weight for the nation's year."""
    table = _table("ตัวชี้วัด / Indicators", left=("รหัส\ncode", "ตัวชี้วัด\nindicator"))
    for heading in ("เป้าหมาย\ntarget", "ผล\nfigure", "คะแนน\nscore", "น้ำหนัก\nweight", "จากเขต\nfrom regions"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in indicators:
        score = each["year_score"] or {}
        target = score.get("target") or each["national_target"] or each["target"]
        counted = f"{score['regions_counted']}/{score['regions_expected']}" if score.get("regions_expected") else ""
        cells = (number(target), number(score.get("figure")), score.get("score") or "–", f"{number(each['weight'])} %")
        table.add_row(each["code"], shortened(each["name"]["th"], width - 57), *cells, counted)
    return table


def region_table(regions: Answer, national: Answer, width: int) -> Table:
    """One line a region, the centre's own work, and what they come to."""
    shown = [column for column in COLUMNS if column.width <= width]
    table = _table("เขตตรวจราชการ / Inspection regions", left=("เขต\nregion", "คณะกรรมการ\ncommittee"))
    for column in shown:
        table.add_column(f"{column.thai}\n{column.english}", justify="right", no_wrap=True)
    for each in regions["regions"]:
        state = each["committee"]["state"] + (" (vacancy)" if each["committee"]["vacant"] else "")
        table.add_row(each["region"], state, *(column.of_region(each) for column in shown))
    table.add_row("centre", "", *(column.of_centre(regions["centre"]) for column in shown), end_section=True)
    table.add_row("total", national["committees"]["text"], *(column.in_all(national) for column in shown))
    table.caption = "* และที่ไม่ครบองค์ประชุม / and one without a quorum · ค้าง / open: ข้อเสนอแนะ / recommendations"
    table.caption_justify = "left"
    return table


def _nothing(_of: Answer) -> str:
    return ""


def _order(of: Answer) -> str:
    committee = of["committee"]
    return f"{committee['order_number']}/{committee['order_year']}" if committee["order_number"] else ""


def _since(of: Answer) -> str:
    return thai_day(of["committee"]["effective_from"])


def _members(of: Answer) -> str:
    return some(of["committee"]["members"])


def _meetings(of: Answer) -> str:
    return f"{of['meetings']['held']}{'*' if of['meetings']['inquorate'] else ' '}"


def _resolved(of: Answer) -> str:
    return str(of["meetings"]["resolutions"])


def _score(of: Answer) -> str:
    return of["total"]["total"] or "–"


def _weight(of: Answer) -> str:
    return f"{number(of['total']['weight'])} %"


def _verified(of: Answer) -> str:
    return f"{of['completeness']['verified']}/{of['completeness']['expected']}"


def _paid(of: Answer) -> str:
    return baht(of["budget"]["net_disbursed"])


def _open(of: Answer) -> str:
    return some(of["recommendations"]["open"])


COLUMNS = (
    Column("คำสั่งที่", "order", _order, _nothing, _nothing, 92),
    Column("ตั้งแต่", "since", _since, _nothing, _nothing, 80),
    Column("กรรมการ", "members", _members, _nothing, _nothing, 118),
    Column("ประชุม", "met", _meetings, _meetings, _meetings),
    Column("มติ", "resolved", _resolved, _resolved, _resolved, 100),
    Column("คะแนน", "score", _score, _nothing, _score),
    Column("น้ำหนัก", "on", _weight, _nothing, _weight, 110),
    Column("ตรวจสอบ", "verified", _verified, _nothing, _verified),
    Column("เบิกจ่าย (บาท)", "baht paid", _paid, _paid, _paid),
    Column("ค้าง", "open", _open, _open, _open),
)


def freshness(meta: Answer) -> str:
    """How far the answer has read."""
    read = ", ".join(f"{each['store']} {each['position']}" for each in meta["positions"])
    return f"read up to: {read} · complete up to {thai_moment(meta['complete_up_to'])} · parked: {meta['parked']}"


def baht(satang: int) -> str:
    """Money in whole baht and satang, with separators."""
    return f"{Decimal(satang) / SATANG:,.2f}"


def number(text: str | None) -> str:
    """A decimal without needless digits; at most three places."""
    if text is None:
        return "–"
    return f"{Decimal(text):.3f}".rstrip("0").rstrip(".")


def some(count: int | None) -> str:
    """A count, or nothing where there is none."""
    return str(count) if count else ""


def thai_day(text: str | None) -> str:
    """A C.E. day as 12/01/2560."""
    if not text:
        return ""
    year, month, day = text[:10].split("-")
    return f"{day}/{month}/{to_be(int(year))}"


def thai_moment(text: str | None) -> str:
    """An instant as 12/01/2560 18:00 in Bangkok."""
    if not text:
        return "–"
    moment = datetime.fromisoformat(text).astimezone(BANGKOK)
    return f"{thai_day(moment.date().isoformat())} {moment:%H:%M}"


def sender_tables(ledgers: Mapping[str, Ledger], width: int) -> Iterator[RenderableType]:
    """What each sending system sent, and what became of it, as it was told; then why something came back."""
    table = _table("ระบบที่ส่งเหตุการณ์ / Sending systems", left=("",))
    for thai, english in OUTCOMES.values():
        table.add_column(f"{thai}\n{english}", justify="right", no_wrap=True)
    for name, ledger in ledgers.items():
        counts = [ledger.sent, *(ledger.outcomes[outcome] for outcome in list(OUTCOMES)[1:])]
        table.add_row(name, *(f"{count or '–'}" for count in counts))
    yield table
    reasons = _table("เหตุที่ไม่รับ / What came back, and why", left=("", "รหัส\ncode"))
    reasons.add_column("เหตุผล\nreason")
    for name, ledger in ledgers.items():
        for place, (code, thai, english) in enumerate(ledger.reasons):
            reasons.add_row(name if place == 0 else "", code, f"{thai}\n{english}")
    yield reasons


def shortened(text: str, width: int) -> str:
    """Text in at most ``width`` cells, no letter torn from its vowel and tone marks."""
    if cell_len(text) <= width:
        return text
    kept = ""
    for cluster in clusters(text):
        if cell_len(kept + cluster) > width - 1:
            break
        kept += cluster
    if kept.count("(") > kept.count(")"):
        kept = kept[: kept.rindex("(")]
    return kept.rstrip(f" {LEADING_VOWELS}") + "…"


def clusters(text: str) -> list[str]:
    """Letters, each with the marks above and below it, and with a following ำ."""
    found: list[str] = []
    for letter in text:
        if found and (unicodedata.combining(letter) or unicodedata.category(letter) == "Mn" or letter in "ะาำ"):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _facts(title: str, lines: Iterable[Sequence[str]], width: int) -> Group:
    """Lines of a figure and what it is, in both languages: side by side, or below one another where it is narrow."""
    rows = list(lines)
    beside = sum(max(cell_len(row[place]) for row in rows) for place in range(3)) + 6 <= width
    table = Table(box=None, show_header=False)
    for justify in ("right", "left", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for place, (figure, thai, english) in enumerate(rows):
        shown = Text(figure, style="bold green" if place == 0 else "bold")
        if beside:
            table.add_row(shown, thai, english)
        else:
            table.add_row(shown, thai)
            table.add_row("", english)
    return Group(Text(f"\n{title}", style="bold"), table, Text())


def _table(title: str, *, left: Sequence[str]) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        caption_style="dim",
    )
    for heading in left:
        table.add_column(heading, no_wrap=True)
    return table
