"""A report as its sections and blocks in one language, in the programme page's order: what both templates lay out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from services.reporting.documents.cells import Cell, Words, moment, thai_digits
from services.reporting.documents.content import Content
from services.reporting.documents.drawings import indicators_chart, map_of_regions, regions_chart
from services.reporting.documents.sheets import Sheet, sheets_of

Block = dict[str, Any]

MINISTRY = Words("สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน", "Office of the Basic Education Commission")
SIMULATED = Words("ข้อมูลจำลอง มิใช่ผลการดำเนินงานจริง", "Simulated data: these are not the programme's real results")
_THAI = re.compile("[\u0e01-\u0e5b]")


def outlined(content: Content, language: str) -> dict[str, Any]:
    """The whole report, every text as it is shown; ``language`` is ``th`` or ``en``."""
    return _Outline(content, language).whole()


class _Outline:
    def __init__(self, content: Content, language: str) -> None:
        self.content, self.language = content, language
        self.sheets = sheets_of(content)

    def whole(self) -> dict[str, Any]:
        content, programme = self.content, self.content["programme"]
        at = content["sources"]["at"]
        sections = [self._programme(), self._indicators(), self._activities(), self._results()]
        sections += [self._conclusion(), self._expected(), self._annex(), self._sources()]
        year = programme["fiscal_year"]
        return {
            "language": self.language,
            "title": self._own(content["report"]["title"]),
            "programme": self._kept(programme["name"]),
            "year": self._said(f"ปีงบประมาณ พ.ศ. {year}", f"Fiscal year B.E. {year}"),
            "ministry": MINISTRY.shown(self.language),
            "unit": self._kept(programme["page"]["unit"]),
            "edition": self._said(f"ฉบับที่ {content['report']['edition']}", f"Edition {content['report']['edition']}"),
            "as_of": self._said("ข้อมูล ณ ", "As of ") + moment(at).shown(self.language),
            "at": at,
            "contents": self._said("สารบัญ", "Contents"),
            "page": self._said("หน้า", "Page"),
            "simulated": SIMULATED.shown(self.language) if content["sources"]["simulated"] else "",
            "about": self._table("about"),
            "sections": [
                {**section, "title": self._said(f"{place}. ", f"{place}. ") + section["title"]}
                for place, section in enumerate(sections, 1)
            ],
        }

    def _programme(self) -> Block:
        programme, report = self.content["programme"], self.content["report"]
        page = programme["page"]
        facts = [
            (self._said("ชุดโครงการ", "Project set"), self._kept(page["project_set"])),
            (self._said("ยุทธศาสตร์", "Strategy"), self._kept(page["strategy"])),
            (self._said("หน่วยงานรับผิดชอบ", "Responsible unit"), self._kept(page["unit"])),
            (self._said("แหล่งงบประมาณ", "Budget document"), self._own(page["source"])["text"]),
        ]
        blocks = [
            {"kind": "facts", "facts": [{"name": name, "text": text, "lang": _language(text)} for name, text in facts]},
            *self._paragraphs(report["text"]),
        ]
        if report["changes"]:
            correction = self._said(
                f"ฉบับนี้แก้ไขรายงานฉบับที่ {report['corrects']}", f"This edition corrects edition {report['corrects']}"
            )
            blocks += [_heading(correction), *self._paragraphs(report["changes"])]
        return self._section("ชุดโครงการและแผนยุทธศาสตร์", "Programme and strategy", blocks)

    def _indicators(self) -> Block:
        return self._section("ตัวชี้วัดโครงการ/กิจกรรม", "Indicators", self._tables("indicators", "revisions"))

    def _activities(self) -> Block:
        return self._section(
            "กิจกรรมที่ดำเนินการส่วนกลาง",
            "Activities carried out by the centre",
            self._tables("activities", "briefings"),
        )

    def _results(self) -> Block:
        committees = self.content["results"]["committees"]
        headline = {
            "kind": "headline",
            "text": self._own(committees["text"])["text"],
            "caption": self._kept(self.content["programme"]["page"]["committee_name"])
            + self._said(" ที่แต่งตั้งแล้ว", " appointed"),
        }
        wide = [self._table(key) for key in ("regions", "scores", "committees")]
        blocks = [
            headline,
            *([indicators_chart(self.content, self.language)] if self.content["indicators"] else []),
            *self._tables("results"),
            map_of_regions(self.content, self.language),
            regions_chart(self.content, self.language),
            {"kind": "wide", "blocks": wide},
            *self._tables("meetings", "budget", "budget-regions", "supervision", "recommendations"),
        ]
        return self._section("ผลการดำเนินงาน", "Results", blocks)

    def _conclusion(self) -> Block:
        conclusion = self.content["conclusion"] or {}
        blocks: list[Block] = []
        for name, th, en in (
            ("conclusions", "ข้อสรุป", "Conclusions"),
            ("recommendations", "ข้อเสนอแนะ", "Recommendations"),
            ("guidelines", "แนวทางในการดำเนินการ", "Guidelines"),
        ):
            said = conclusion.get(name)
            none = self._said("ยังไม่มีการสรุปผลการประเมินโครงการ", "The programme's evaluation has not been concluded yet.")
            blocks += [_heading(self._said(th, en)), self._list(said) if said else _paragraph(none)]
        return self._section("ข้อสรุป ข้อเสนอแนะ และแนวทาง", "Conclusions, recommendations and guidelines", blocks)

    def _expected(self) -> Block:
        results = [self._kept(each) for each in self.content["expected_results"]]
        return self._section("ผลที่คาดว่าจะได้รับ", "Expected results", [self._list(results, ordered=True)])

    def _annex(self) -> Block:
        keys = [key for key in self.sheets if key.startswith("cells-")]
        return self._section("ผลรายงวด", "Figures by period", self._tables("nation", *keys))

    def _sources(self) -> Block:
        said = self._said(
            "รายงานนี้จัดทำจากบันทึกเหตุการณ์ที่อ่านถึงตำแหน่งต่อไปนี้ ผู้ใดอ่านบันทึกถึงตำแหน่งเดียวกันย่อมจัดทำรายงานนี้ขึ้นใหม่ได้เหมือนกันทุกประการ",
            "This report was made from the records of events, read up to these positions. "
            "Whoever reads them up to the same positions can make the same report again.",
        )
        return self._section("แหล่งข้อมูล", "Sources", [_paragraph(said), *self._tables("positions", "digests")])

    def _section(self, th: str, en: str, blocks: Sequence[Block]) -> Block:
        return {"title": self._said(th, en), "blocks": list(blocks)}

    def _said(self, th: str, en: str) -> str:
        return thai_digits(th) if self.language == "th" else en

    def _kept(self, text: Mapping[str, str]) -> str:
        return self._said(text["th"], text["en"])

    def _own(self, text: str) -> Block:
        """A text as somebody wrote it, and the language it is in."""
        return {"text": self._said(text, text), "lang": _language(text)}

    def _paragraphs(self, text: str) -> list[Block]:
        parts = (part.strip() for part in text.splitlines())
        return [{"kind": "paragraph", **self._own(part)} for part in parts if part]

    def _list(self, items: Iterable[str], *, ordered: bool = False) -> Block:
        return {"kind": "list", "ordered": ordered, "items": [self._own(each) for each in items]}

    def _tables(self, *keys: str) -> list[Block]:
        """Those of these tables that there are."""
        found = [key for key in keys if key in self.sheets]
        return [
            {"kind": "wide", "blocks": [self._table(key)]} if self.sheets[key].wide else self._table(key)
            for key in found
        ]

    def _table(self, key: str) -> Block:
        return shown(self.sheets[key], self.language)


def shown(sheet: Sheet, language: str) -> Block:
    """A table as it stands in the edition of a language."""
    return {
        "kind": "table",
        "key": sheet.key,
        "title": sheet.title.shown(language),
        "columns": [
            {"title": column.title.shown(language), "number": column.number, "width": column.width}
            for column in sheet.columns
        ],
        "rows": [[_shown(cell, language) for cell in row] for row in sheet.rows],
        "notes": [note.shown(language) for note in sheet.notes],
        "total": sheet.total,
    }


def _shown(cell: Cell, language: str) -> Block:
    text = cell.shown(language)
    iso = cell.value.isoformat() if isinstance(cell.value, date) else None
    return {"text": text, "why": cell.why, "day": iso, "lang": _language(text) if text else language}


def _heading(text: str) -> Block:
    return {"kind": "heading", "text": text}


def _paragraph(text: str) -> Block:
    return {"kind": "paragraph", "text": text, "lang": _language(text)}


def _language(text: str) -> str:
    return "th" if _THAI.search(text) else "en"
