"""Example values of the demonstration (ตัวอย่าง): who sits where, what is measured, what is paid; never by chance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.thai.regions import region_list

PROGRAMME = "2560-cluster"
REGIONS = ("CTR", *(f"R{number:02}" for number in range(1, 19)))
CENTRE = "สำนักพัฒนาระบบบริหารงานบุคคลและนิติการ"
SECRETARY_GENERAL = "เลขาธิการคณะกรรมการการศึกษาขั้นพื้นฐาน"
SEATS = (
    ("chair", "ศึกษาธิการภาค", True),
    ("vice_chair", "ผู้ทรงคุณวุฒิด้านการบริหารการศึกษา", True),
    ("member", "ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษาประถมศึกษา", True),
    ("member", "ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษามัธยมศึกษา", True),
    ("member", "ผู้แทนผู้บริหารสถานศึกษา", True),
    ("secretary", "กรรมการและเลขานุการ", True),
    ("assistant_secretary", "ผู้ช่วยเลขานุการ", False),
)
"""Seats of every committee; besides these a seat ex officio."""
EX_OFFICIO = "ผู้ตรวจราชการกระทรวงศึกษาธิการ"
ACTIVITIES = {
    "1": ("2016-10-03", "2017-03-31", "2017-04-28"),
    "1.1": ("2016-10-03", "2016-11-30", "2016-12-15"),
    "1.2": ("2016-11-01", "2017-01-31", "2017-02-28"),
    "1.3": ("2017-02-01", "2017-03-31", "2017-04-28"),
    "2": ("2017-02-01", "2017-03-15", "2017-03-31"),
    "3": ("2017-03-01", "2017-08-31", "2017-09-15"),
    "4": ("2016-11-01", "2017-09-30", "2017-10-15"),
    "5": ("2017-08-01", "2017-09-30", "2017-10-31"),
}
"""Plan of each activity: opens, closes, deadline."""
TELEPHONE = "-".join(("081", "234", "5678"))
"""Nobody's: what a report must not hold."""
ALLOCATIONS = {
    "1": 80_000_000,
    "1.2": 20_000_000,
    "1.3": 60_000_000,
    "2": 50_000_000,
    "3": 190_000_000,
    "4": 40_000_000,
}
"""Satang allocated to each activity."""
LATE_ORDER = "R13"
INQUORATE = "R05"
SILENT = "R11"
RETURNED = "R03"
RESTATED = "R08"
VACATED = "R09"
UNACKNOWLEDGED = "R16"
WRONG_PAYMENT = "R02"
MANDATE = {
    "form": "คณะกรรมการระดับเขตตรวจราชการ เขตละหนึ่งคณะ (ตัวอย่าง)",
    "composition": "ประธาน รองประธาน กรรมการ กรรมการและเลขานุการ และผู้ช่วยเลขานุการ (ตัวอย่าง)",
    "scope": "ประสานและเชื่อมโยงงานการศึกษาขั้นพื้นฐานระหว่างส่วนกลางกับจังหวัดในเขตตรวจราชการ (ตัวอย่าง)",
    "duties": "เสนอแนะ กำกับ ติดตาม และรายงานผลการบริหารการศึกษาขั้นพื้นฐาน (ตัวอย่าง)",
    "mission_frame": "งานวิชาการ งบประมาณ การบริหารงานบุคคล และการบริหารทั่วไป (ตัวอย่าง)",
}


def name_of(region: str) -> str:
    """A region as its offices write it: เขตตรวจราชการที่ 7."""
    return region_list(2560).region(region).name_th


def number_of(region: str) -> int:
    """Place of a region in the programme's list, from 0."""
    return REGIONS.index(region)


def thai_day(day: str) -> str:
    """A day as the fiscal system writes it: ISO 8601 with the B.E. year, in Thai digits."""
    year, _, rest = day.partition("-")
    return "".join("๐๑๒๓๔๕๖๗๘๙"[int(each)] if each.isdigit() else each for each in f"{int(year) + 543}-{rest}")


def paper(title: str) -> dict[str, str]:
    """A document of the demonstration."""
    return {"title": title, "uri": f"urn:obec:example:{sum(title.encode()) % 10_000:04}"}


def committee(region: str, people: list[str]) -> list[dict[str, Any]]:
    """Members of a region's committee; ``people`` are the ids of those on SEATS."""
    seated = [
        {"person_id": person, "office": f"{office} {name_of(region)}", "seat": seat, "voting": voting}
        for person, (seat, office, voting) in zip(people, SEATS, strict=True)
    ]
    return [*seated, {"office": f"{EX_OFFICIO} {name_of(region)}", "seat": "member", "voting": True}]


def attendance(region: str, members: list[dict[str, Any]], *, present: int) -> list[dict[str, Any]]:
    """The first ``present`` members came, the ex-officio seat by its office, the others sent apologies."""
    return [
        {
            **({"person_id": each["person_id"]} if "person_id" in each else {"office": each["office"]}),
            "attendance": "present" if place < present else "apology",
        }
        for place, each in enumerate(members)
    ]


def reading(indicator: str, region: str, quarter: int) -> dict[str, str]:
    """What a region reports of an indicator in a quarter (1–4)."""
    place = number_of(region)
    match indicator:
        case "QN2":
            passed = 8 + place % 5 + 4 * quarter
            return {"numerator": str(passed * (62 + 5 * quarter + place % 7) // 100), "denominator": str(passed)}
        case "QN3":
            return {"value": str(9 * quarter + place % 8)}
        case "QN4":
            return {"value": str(Decimal(48 - 6 * quarter + place % 9))}
        case _:
            raise ValueError(indicator)


def level(indicator: str, half: int) -> int:
    """Rubric level of a qualitative indicator at the end of a half-year."""
    return {"QL1": (2, 4), "QL2": (3, 4), "QL3": (0, 5)}[indicator][half - 1]
