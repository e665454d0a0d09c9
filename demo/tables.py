"""The demonstration's closing tables, from reporting's answers alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from shared.thai.fiscal import to_be

Answer = Mapping[str, Any]

SATANG = Decimal(100)


def all_tables(national: Answer, regions: Answer) -> Iterator[RenderableType]:
    """The nation first, "19/19" at its head; then activities, indicators and regions."""
    yield headline(national)
    yield activity_table(national["activities"])
    yield indicator_table(national["indicators"])
    yield region_table(regions["regions"])
    yield Text(freshness(national["meta"]), style="dim")


def headline(national: Answer) -> Text:
    """What a minister's office asks first, line by line."""
    counts, complete, budget = national["committees"], national["completeness"], national["budget"]
    meetings, advice = national["meetings"], national["recommendations"]
    lines = (
        (f"{counts['text']}", "คณะกรรมการที่แต่งตั้งแล้ว / committees appointed"),
        (national["total"]["text"] or "–", "คะแนนถ่วงน้ำหนัก / weighted score"),
        (
            f"{complete['verified']}/{complete['expected']}",
            f"ผลการดำเนินงานที่ตรวจสอบแล้ว / figures verified ({complete['submitted']} submitted)",
        ),
        (
            f"{meetings['held']}",
            f"การประชุมที่จัดแล้ว / meetings held, {meetings['inquorate']} inquorate, {meetings['resolutions']} resolutions",
        ),
        (
            f"{baht(budget['net_disbursed'])} / {baht(budget['budget'])}",
            "บาท เบิกจ่าย / จัดสรร · baht disbursed / allocated",
        ),
        (f"{advice['open']} / {advice['closed']}", "ข้อเสนอแนะ ค้าง / ปิดแล้ว · recommendations open / closed"),
    )
    name = national["programme"]["name"]
    text = Text(f"\n{name['th']} · {name['en']} · ข้อมูลจำลอง (ตัวอย่าง) / simulated data\n\n", style="bold")
    for number, (figure, meaning) in enumerate(lines):
        text.append(f"{figure:>26}  ", style="bold green" if number == 0 else "bold")
        text.append(f"{meaning}\n", style="not bold")
    return text


def activity_table(activities: Iterable[Answer]) -> Table:
    """Progress by code."""
    table = _table("กิจกรรม / Activities", "code", "activity", "state", "started", "completed", "deadline", "late")
    for each in activities:
        late = f"{each['days_late']} d" if each["days_late"] else ""
        days = (thai_day(each[name]) for name in ("started_on", "completed_on", "deadline"))
        table.add_row(each["code"], _short(each["name"]["th"], 44), each["state"], *days, late)
    return table


def indicator_table(indicators: Iterable[Answer]) -> Table:
    """Each indicator's target, figure, score and weight for the nation's year."""
    table = _table("ตัวชี้วัด / Indicators", "code", "indicator", "target", "figure", "score", "weight", "from")
    for each in indicators:
        score = each["year_score"] or {}
        target = score.get("target") or each["national_target"] or each["target"]
        counted = f"{score['regions_counted']}/{score['regions_expected']}" if score.get("regions_expected") else ""
        cells = (number(target), number(score.get("figure")), score.get("score") or "–", f"{number(each['weight'])} %")
        table.add_row(each["code"], _short(each["name"]["th"], 40), *cells, counted)
    return table


def region_table(regions: Iterable[Answer]) -> Table:
    """One line a region."""
    columns = ("region", "committee", "order", "since", "members", "met", "resolved", "score", "on", "figures", "baht")
    table = _table("เขตตรวจราชการ / Inspection regions", *columns, "open")
    for each in regions:
        committee, complete, total = each["committee"], each["completeness"], each["total"]
        order = f"{committee['order_number']}/{committee['order_year']}" if committee["order_number"] else ""
        table.add_row(
            each["region"],
            committee["state"] + (" (vacant)" if committee["vacant"] else ""),
            order,
            thai_day(committee["effective_from"]),
            str(committee["members"] or ""),
            f"{each['meetings']['held']}"
            + (f" +{each['meetings']['inquorate']}*" if each["meetings"]["inquorate"] else ""),
            str(each["meetings"]["resolutions"]),
            total["total"] or "–",
            f"{number(total['weight'])} %",
            f"{complete['verified']}/{complete['expected']}",
            baht(each["budget"]["net_disbursed"]),
            str(each["recommendations"]["open"] or ""),
        )
    table.caption = "* inquorate, adjourned"
    return table


def freshness(meta: Answer) -> str:
    """How far the answer has read."""
    read = ", ".join(f"{each['store']} {each['position']}" for each in meta["positions"])
    return f"read up to: {read} · complete up to {meta['complete_up_to']} · parked: {meta['parked']}"


def baht(satang: int) -> str:
    """Money in whole baht and satang, with separators."""
    return f"{Decimal(satang) / SATANG:,.2f}"


def number(text: str | None) -> str:
    """A decimal without needless digits; at most three places."""
    if text is None:
        return "–"
    return f"{Decimal(text):.3f}".rstrip("0").rstrip(".")


def thai_day(text: str | None) -> str:
    """A C.E. day as 12/01/2560."""
    if not text:
        return ""
    year, month, day = text[:10].split("-")
    return f"{day}/{month}/{to_be(int(year))}"


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for column in columns:
        right = column in ("target", "figure", "score", "weight", "on", "figures", "baht", "met", "resolved", "members")
        table.add_column(column, justify="right" if right else "left", no_wrap=column not in ("activity", "indicator"))
    return table


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
