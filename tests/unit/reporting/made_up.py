"""Views of a made-up programme, shaped as services/reporting/views.py gives them, and a report's content."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from services.reporting.documents.content import Content, content_of
from services.reporting.queries.history import Position
from shared.thai.fiscal import periods
from shared.thai.regions import CODES

DEFINITION = tomllib.loads((Path(__file__).parents[3] / "programmes" / "2560-cluster.toml").read_text("utf-8"))
REGIONAL = [each for each in DEFINITION["indicators"] if each["measured_at"] == "region"]
PERSON = UUID("6b0f6a3e-0c3f-4d2a-9f0c-7d1c7c0a1b2c")
AT = datetime(2017, 10, 31, 16, 59, 59, tzinfo=UTC)
WITHOUT_COMMITTEE = "R13"
STATUSES = ("returned", "waiting", "not_reported", "not_due", "not_applicable")
POINTS = (
    "การกระจายอำนาจแบบ CLUSTER ทำให้การประสานงานระหว่างส่วนกลางและภูมิภาคคล่องตัวขึ้น และมีผู้รับผิดชอบชัดเจนครบทุกเขตตรวจราชการ",
    "ควรกำหนดให้คณะกรรมการรายงานผลภายใน 15 วันหลังสิ้นไตรมาส",
)


def made_up(**changes: Any) -> Content:
    """A report's content; ``changes`` are those of what ``content_of`` takes."""
    given: dict[str, Any] = {
        "national": national(),
        "regions": {"regions": [region(place, code) for place, code in enumerate(CODES)], "centre": common(3)},
        "committees": {"committees": [committee(place, code) for place, code in enumerate(CODES)]},
        "indicators": {"indicators": [indicator(each) for each in DEFINITION["indicators"]], "total": total("3.85")},
        "activities": {"activities": [activity(each) for each in DEFINITION["activities"]], "briefings": [BRIEFING]},
        "recommendations": recommendations(),
        "budget": budget(),
        "document": document(),
        "meta": {
            "at": AT,
            "simulated": True,
            "positions": [Position("evaluation", 0, 8123), Position("activity", 0, 4711)],
        },
        "edition": 2,
        "title": "รายงานผลการดำเนินงานโครงการการจัดกลุ่ม CLUSTER ประจำปีงบประมาณ พ.ศ. 2560",
        "text": "รายงานฉบับนี้สรุปผลการดำเนินงานตามกิจกรรมทั้ง 5 ของชุดโครงการ\nข้อมูลมาจากบันทึกเหตุการณ์ของระบบ",
        "digests": {"programme": "ab" * 32, "renderer": "cd" * 32},
        "corrects": 1,
        "changes": "แก้ไขตัวเลขการเบิกจ่ายของเขตตรวจราชการที่ 7",
    }
    return content_of(**{**given, **changes})


def only_begun() -> Content:
    """The content when there is nothing yet but a programme."""
    regions = [{**region(0, code), "region": code} for code in CODES]
    return made_up(
        national={**national(), "completeness": complete(0, 0, 0, 0)},
        regions={"regions": regions, "centre": common(0)},
        indicators={"indicators": [], "total": total(None)},
        activities={"activities": [], "briefings": []},
        recommendations={**recommendations(), "recommendations": []},
        document={**document(), "conclusion": None, "cells": [], "year_scores": []},
        corrects=None,
        changes=None,
    )


def national() -> dict[str, Any]:
    """The view ``national``, as far as a report reads it."""
    return {
        "programme": {
            "programme": "2560-cluster",
            "version": 1,
            "fiscal_year": 2560,
            "regions": list(CODES),
            "digest": "ab" * 32,
            "name": DEFINITION["name"],
            "committee_name": DEFINITION["page"]["committee_name"],
        },
        "committees": {"text": "18/19", "regions": 19, "appointed": 18, "proposed": 1, "without": 0, "with_vacancy": 1},
        "completeness": complete(228, 230, 226, 221),
        "meetings": meetings(57),
        "visits": {"visits": 40, "findings": 61, "regions": 19, "last_visited_on": date(2017, 9, 1)},
    }


def complete(expected: int, submitted: int, verified: int, timely: int) -> dict[str, Any]:
    """Completeness, as views have it."""
    counts = {"expected": expected, "submitted": submitted, "verified": verified, "timely": timely}
    ratios = {
        name: round(Decimal(part) / expected, 4) if expected else None
        for name, part in (("completeness", verified), ("timeliness", timely))
    }
    return {**counts, **ratios, "state": "due" if expected else "not_due"}


def meetings(held: int) -> dict[str, int]:
    """Meetings counted."""
    counts = {"held": held, "scheduled": 1, "cancelled": 2, "inquorate": 1}
    return {**counts, "resolutions": held * 7, "with_minutes": held - 1}


def total(text: str | None) -> dict[str, Any]:
    """A weighted total."""
    return {"total": text and Decimal(text), "weight": Decimal("60") if text else Decimal(0), "indicators": 4}


def common(place: int) -> dict[str, Any]:
    """What a region and the centre have in common."""
    return {
        "meetings": meetings(place + 1),
        "budget": {
            "disbursed": 12_345_678_90 + place,
            "reversed": 1_000_00,
            "net_disbursed": 12_344_678_90 + place,
            "payments": 17 + place,
        },
        "recommendations": {
            "open": place % 3,
            "closed": 2,
            "overdue": place % 2,
            "oldest_open_days": place % 3 * 21 or None,
        },
        "due": {"next_due": date(2017, 11, 15), "overdue": place % 4},
    }


def region(place: int, code: str) -> dict[str, Any]:
    """One of the view ``regions``."""
    return {
        "region": code,
        "committee": {"state": "proposed" if code == WITHOUT_COMMITTEE else "appointed"},
        "completeness": complete(12, 12, 12 - place % 4, 11) if place else complete(0, 0, 0, 0),
        "total": total(f"{1 + place * Decimal('0.21'):.2f}" if place else None),
        "visits": {
            "visits": place % 5,
            "findings": place,
            "last_visited_on": date(2017, 8, place) if place % 5 else None,
        },
        **common(place),
    }


def committee(place: int, code: str) -> dict[str, Any]:
    """One of the view ``committees``; the secretary is a person."""
    none = code == WITHOUT_COMMITTEE
    members = [
        {"person_id": None, "office": "ผู้ตรวจราชการกระทรวงศึกษาธิการ", "seat": "chair", "voting": True},
        {"person_id": str(PERSON), "office": None, "seat": "secretary", "voting": True},
    ]
    return {
        "region": code,
        "state": "proposed" if none else "appointed",
        "order_unit": None if none else "สพฐ.",
        "order_number": None if none else 100 + place,
        "order_year": None if none else 2560,
        "order_date": None if none else date(2017, 1, 12),
        "effective_from": None if none else date(2017, 1, 15),
        "chairs": 1,
        "secretaries": 1,
        "voting": 2,
        "vacant": [],
        "members": members,
        "person_id": str(PERSON),
    }


def indicator(defined: dict[str, Any]) -> dict[str, Any]:
    """One of the view ``indicators``."""
    decimals = ("baseline", "target", "national_target", "weight")
    regional = defined["measured_at"] == "region"
    scored = defined["code"] != "QL3"
    names = [str(each) for each in periods(2560, defined["frequency"])]
    counted = (
        {"regions_counted": 18, "regions_expected": 19}
        if regional
        else {"regions_counted": None, "regions_expected": None}
    )
    score = {
        "indicator": defined["code"],
        "scope": "TH",
        "period": "2560-Y",
        "figure": Decimal("0.8123456789") if defined["code"] == "QN2" else Decimal(defined["target"]),
        "target": Decimal(defined["target"]),
        "score": Decimal("4.12"),
        "level": 4,
        "weight": Decimal(defined["weight"]),
        "weighted": Decimal("0.62"),
        "provisional": regional,
        **counted,
    }
    nation = [
        {**score, "period": name, "status": "provisional" if scored else "not_reported", "due_on": date(2017, 10, 15)}
        for name in names
    ]
    empty = {"figure": None, "score": None}
    return {
        **{name: defined.get(name) for name in ("code", "kind", "name", "unit", "measured_at", "frequency", "example")},
        **{name: Decimal(defined[name]) if name in defined else None for name in decimals},
        "revisions": [REVISION] if defined["code"] == "QN3" else [],
        "nation": [each if scored else {**each, **empty} for each in nation],
        "year_score": score if scored else None,
    }


def activity(defined: dict[str, Any]) -> dict[str, Any]:
    """One of the view ``activities``."""
    done = defined["code"].startswith("1")
    return {
        **{name: defined[name] for name in ("code", "name", "opens", "closes", "deadline")},
        "state": "completed" if done else "started",
        "completed_on": date(2017, 2, 27) if done else None,
        "overdue": not done,
        "days_late": 0 if done else 16,
        "needed": 19 if "completed_when" in defined else None,
        "counted": 18 if "completed_when" in defined else None,
    }


def recommendations() -> dict[str, Any]:
    """The view ``recommendations``."""
    row = {
        "region": "R07",
        "issued_on": date(2017, 6, 1),
        "due_on": date(2017, 8, 30),
        "text": "ควรจัดให้มีระบบติดตามการดำเนินการตามมติที่ประชุมอย่างต่อเนื่อง และรายงานผลต่อคณะกรรมการทุกไตรมาส",
        "owner": "สำนักงานเขตพื้นที่การศึกษาประถมศึกษาภูเก็ต",
        "state": "open",
        "overdue": True,
        "follow_ups": 1,
    }
    closed = {**row, "region": None, "state": "closed", "overdue": False, "closed_on": date(2017, 8, 1)}
    return {
        "total": {"open": 18, "closed": 38, "overdue": 9, "oldest_open_days": 152},
        "recommendations": [row, closed],
    }


def budget() -> dict[str, Any]:
    """The view ``budget``, in satang."""
    line = {"allocated": 100_000_000_00, "budget": 98_000_000_00, "disbursed": 91_234_567_89, "reversed": 34_567_89}
    line = {**line, "net_disbursed": 91_200_000_00, "remaining": 6_800_000_00}
    return {"total": line, "by_activity": [{"activity": code, **line} for code in ("1.1", "1.2", "1.3", "2", "3")]}


def document() -> dict[str, Any]:
    """The view ``document``: one region of four has no score, for every reason in turn."""
    cells, scores = [], []
    for place, code in enumerate(CODES):
        status = STATUSES[place // 4 % len(STATUSES)] if place % 4 == 0 else "verified"
        for each in REGIONAL:
            figure = Decimal(each["target"]) * (place + 1) / 19 if status == "verified" else None
            for name in map(str, periods(2560, each["frequency"])):
                cells.append(
                    {
                        "indicator": each["code"],
                        "scope": code,
                        "period": name,
                        "status": status,
                        "verified_figure": figure,
                    }
                )
            if figure is not None:
                scores.append({"indicator": each["code"], "scope": code, "figure": figure, "score": Decimal("3.5")})
    return {
        "page": {**DEFINITION["page"]},
        "region_list": 2560,
        "expected_results": DEFINITION["expected_results"],
        "conclusion": {
            "programme": "2560-cluster",
            "concluded_on": "2017-10-20",
            **dict.fromkeys(("conclusions", "recommendations", "guidelines"), POINTS),
        },
        "cells": cells,
        "year_scores": scores,
    }


BRIEFING = {
    "activity": "2",
    "title": "ประชุมชี้แจงนโยบายการจัดกลุ่ม CLUSTER",
    "briefed_on": date(2017, 2, 20),
    "called": 19,
    "acknowledged": 17,
    "awaited": ["R13", "R18"],
}
REVISION = {
    "version": 2,
    "revised_on": "2017-03-01",
    "old_target": "40",
    "new_target": "42.5",
    "old_national_target": "760",
    "new_national_target": "807.5",
    "reason": "มีจำนวนสถานศึกษาเพิ่มขึ้น",
}
