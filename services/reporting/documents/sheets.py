"""The tables of a report: PDF, HTML and workbook are made from these, so that each number comes from one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.reporting.documents.cells import (
    LANGUAGES,
    Cell,
    Words,
    baht,
    count,
    day,
    figure,
    moment,
    named,
    percent,
    period,
    said,
    score,
    told,
    why,
)
from services.reporting.documents.content import Content
from services.reporting.documents.wording import (
    ACTIVITY_STATES,
    ADVICE_STATES,
    CENTRE,
    COMMITTEE_STATES,
    FREQUENCIES,
    KINDS,
    NATION_STATUS,
    REASONS,
    STORES,
    TOTAL,
)
from shared.thai.fiscal import periods
from shared.thai.regions import DOUBT_EN, DOUBT_TH, region_list

Row = Mapping[str, Any]

EMPTY_FIRST = ("waiting", "returned", "not_reported", "verified", "not_due", "not_applicable")
"""Which of a year's reasons is told, as for the nation's periods in docs/views.md."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, whether it holds numbers (shown to the right), and its share of the table's width."""

    title: Words
    number: bool = False
    width: float = 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. ``wide`` ones need a page turned on its side; the last row of one with ``total`` sums up the others."""

    key: str
    title: Words
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[Words] = ()
    wide: bool = False
    total: bool = False


def sheets_of(content: Content) -> dict[str, Sheet]:
    """Every table of the report by its key, in the order in which a workbook has them."""
    made = [
        about(content),
        indicators(content),
        results(content),
        *([revisions(content)] if any(row["revisions"] for row in content["indicators"]) else []),
        activities(content),
        *([briefings(content)] if content["briefings"] else []),
        regions(content),
        scores(content),
        committees(content),
        meetings(content),
        budget(content),
        budget_by_region(content),
        supervision(content),
        *([recommendations(content)] if content["recommendations"]["list"] else []),
        national_periods(content),
        *(regional_periods(content, row) for row in content["indicators"] if row["measured_at"] == "region"),
        positions(content),
        digests(content),
    ]
    return {sheet.key: sheet for sheet in made}


def about(content: Content) -> Sheet:
    """What the report is, and what it was made from."""
    report, programme, sources = content["report"], content["programme"], content["sources"]
    complete = content["results"]["completeness"]
    rows = [
        (said("รายงาน", "Report"), told(report["title"])),
        (said("ฉบับที่", "Edition"), count(report["edition"])),
        *([(said("แก้ไขฉบับที่", "Corrects edition"), count(report["corrects"]))] if report["corrects"] else []),
        *([(said("สิ่งที่แก้ไข", "What it changes"), told(report["changes"]))] if report["changes"] else []),
        (said("โครงการ", "Programme"), named(programme["name"])),
        (said("ปีงบประมาณ พ.ศ.", "Fiscal year (B.E.)"), told(str(programme["fiscal_year"]))),
        (said("ข้อมูล ณ วันที่", "As of"), moment(sources["at"])),
        (said("คณะกรรมการที่แต่งตั้งแล้ว", "Committees appointed"), told(content["results"]["committees"]["text"])),
        (said("ค่าที่ถึงกำหนดรายงาน", "Figures expected"), count(complete["expected"])),
        (said("ค่าที่ได้รับรายงาน", "Figures submitted"), count(complete["submitted"])),
        (said("ค่าที่ตรวจสอบแล้ว", "Figures verified"), count(complete["verified"])),
        (said("ความครบถ้วน", "Completeness"), _ratio(complete, "completeness")),
        (said("ความตรงเวลา", "Timeliness"), _ratio(complete, "timeliness")),
        (said("ลักษณะข้อมูล", "Kind of data"), _kind_of_data(sources["simulated"])),
    ]
    columns = (_column("รายการ", "Item", width=2), _column("ค่า", "Value", width=4))
    return Sheet("about", Words("ข้อมูลของรายงาน", "About this report"), columns, rows)


def indicators(content: Content) -> Sheet:
    """The indicators as they are defined; as on the page, the quantitative ones first."""
    columns = (
        _column("รหัส", "Code", width=0.9),
        _column("ประเภท", "Kind", width=1.9),
        _column("ตัวชี้วัด", "Indicator", width=5.2),
        _column("หน่วยนับ", "Unit", width=1.7),
        _column("ความถี่", "Frequency", width=1.7),
        _column("ค่าฐาน", "Baseline", number=True, width=1.5),
        _column("เป้าหมาย", "Target", number=True, width=1.5),
        _column("น้ำหนัก", "Weight", number=True, width=1.4),
    )
    rows = [
        (
            told(row["code"]),
            Cell(KINDS[row["kind"]]),
            named(row["name"]),
            named(row["unit"]),
            Cell(FREQUENCIES[row["frequency"]]),
            _figure(row["baseline"], "not_set"),
            _figure(target_of(row), "not_set"),
            figure(row["weight"]),
        )
        for kind in KINDS
        for row in content["indicators"]
        if row["kind"] == kind
    ]
    notes = [Words("เป้าหมายของทั้งประเทศ น้ำหนักเป็นร้อยละ", "Targets are the nation's; weights are per cent.")]
    if any(row["example"] for row in content["indicators"]):
        example = Words(
            "ค่าที่เอกสารโครงการไม่ได้กำหนดไว้เป็นค่าตัวอย่าง", "Values on which the programme's page is silent are examples."
        )
        notes.append(example)
    return Sheet("indicators", Words("ตัวชี้วัดของโครงการ", "Indicators of the programme"), columns, rows, notes)


def results(content: Content) -> Sheet:
    """The nation's figure of the year for each indicator, against its target."""
    columns = (
        _column("รหัส", "Code", width=1),
        _column("หน่วยนับ", "Unit", width=2.2),
        _column("เป้าหมาย", "Target", number=True, width=1.4),
        _column("ผล", "Result", number=True, width=1.4),
        _column("คะแนน", "Score", number=True, width=1.2),
        _column("ระดับ", "Level", number=True, width=1),
        _column("คะแนนถ่วงน้ำหนัก", "Weighted", number=True, width=1.4),
        _column("งวด", "Period", width=1.5),
        _column("ข้อมูลจาก", "From", width=2),
    )
    rows = [_result(row) for row in content["indicators"]]
    total = content["results"]["total"]
    if total["total"] is not None:
        blank = why(REASONS["not_summed"])
        mean = Words("คะแนนเฉลี่ยถ่วงน้ำหนัก", "Weighted mean score")
        basis = said(f"น้ำหนัก {_whole(total['weight'])} จาก 100", f"on {_whole(total['weight'])} of 100")
        rows.append((Cell(TOTAL), Cell(mean), blank, blank, score(total["total"]), blank, blank, blank, basis))
    title = Words("ผลตามตัวชี้วัดเทียบกับเป้าหมาย", "Indicators against their targets")
    return Sheet("results", title, columns, rows, total=total["total"] is not None)


def _result(row: Row) -> Sequence[Cell]:
    year = row["year_score"]
    if year is None:
        empty = why(REASONS[_reason(each["status"] for each in row["nation"])])
        found = [empty] * 5
        basis = empty
    else:
        found = [
            _figure(year["figure"], "not_reported"),
            score(year["score"]),
            count(year["level"]),
            score(year["weighted"]),
            period(year["period"]),
        ]
        basis = _basis(year)
    return (told(row["code"]), named(row["unit"]), _figure(target_of(row), "not_set"), *found, basis)


def _basis(row: Row) -> Cell:
    """From how many regions a figure of the nation was made."""
    th, en = ("เบื้องต้น ", "provisional, ") if row["provisional"] else ("", "")
    if row["regions_expected"] is None:
        return said(f"{th}วัดระดับประเทศ", f"{en}measured nationally")
    counted, expected = row["regions_counted"], row["regions_expected"]
    return said(f"{th}{counted} จาก {expected} เขต", f"{en}{counted} of {expected} regions")


def revisions(content: Content) -> Sheet:
    """Every revision of a target."""
    columns = (
        _column("รหัส", "Code"),
        _column("วันที่ปรับ", "Revised on", width=1.6),
        _column("เป้าหมายเดิม", "Old target", number=True, width=1.4),
        _column("เป้าหมายใหม่", "New target", number=True, width=1.4),
        _column("ทั้งประเทศเดิม", "Nation, old", number=True, width=1.4),
        _column("ทั้งประเทศใหม่", "Nation, new", number=True, width=1.4),
        _column("เหตุผล", "Reason", width=4),
    )
    targets = ("old_target", "new_target", "old_national_target", "new_national_target")
    rows = [
        (
            told(row["code"]),
            day(each["revised_on"][:10]),
            *(_figure(each[name], "not_set") for name in targets),
            told(each["reason"]),
        )
        for row in content["indicators"]
        for each in row["revisions"]
    ]
    return Sheet("revisions", Words("การปรับเป้าหมาย", "Revisions of targets"), columns, rows)


def activities(content: Content) -> Sheet:
    """The activities of the page with their progress."""
    columns = (
        _column("ที่", "No.", width=0.8),
        _column("กิจกรรม", "Activity", width=4.6),
        _column("สถานะ", "State", width=1.7),
        _column("เริ่มตามแผน", "Opens", width=1.7),
        _column("สิ้นสุดตามแผน", "Closes", width=1.7),
        _column("กำหนดเสร็จ", "Deadline", width=1.7),
        _column("แล้วเสร็จเมื่อ", "Completed on", width=1.8),
        _column("หลักฐาน", "Evidence", width=1.8),
        _column("ล่าช้า (วัน)", "Days late", number=True, width=1.2),
    )
    rows = [
        (
            told(row["code"]),
            named(row["name"]),
            Cell(ACTIVITY_STATES[row["state"]]),
            *(_day(row[name], "not_set") for name in ("opens", "closes", "deadline")),
            _day(row["completed_on"], "not_done"),
            why(REASONS["no_rule"]) if row["needed"] is None else told(f"{row['counted']}/{row['needed']}"),
            count(row["days_late"]),
        )
        for row in content["activities"]
    ]
    title = Words("กิจกรรมและความก้าวหน้า", "Activities and their progress")
    return Sheet("activities", title, columns, rows)


def briefings(content: Content) -> Sheet:
    """Policy briefings, and which regions have acknowledged them."""
    columns = (
        _column("กิจกรรม", "Activity", width=1),
        _column("เรื่อง", "Title", width=3.2),
        _column("วันที่", "Date", width=1.7),
        _column("เขตที่แจ้ง", "Called", number=True, width=1.2),
        _column("เขตที่รับทราบ", "Acknowledged", number=True, width=2),
        _column("รอรับทราบ", "Awaited", width=3),
    )
    names = region_names(content)
    rows = [
        (
            told(row["activity"]),
            told(row["title"]),
            day(row["briefed_on"]),
            count(row["called"]),
            count(row["acknowledged"]),
            _joined(names[region] for region in row["awaited"]) if row["awaited"] else why(REASONS["none"]),
        )
        for row in content["briefings"]
    ]
    title = Words("การชี้แจงและมอบนโยบาย", "Briefings and policy delivery")
    return Sheet("briefings", title, columns, rows)


def _joined(cells: Iterable[Cell]) -> Cell:
    parts = list(cells)
    return Cell(Words(*(", ".join(part.shown(language) for part in parts) for language in LANGUAGES)))


def regions(content: Content) -> Sheet:
    """Every region at a glance."""
    columns = (
        _column("เขตตรวจราชการ", "Inspection region", width=3),
        _column("คณะกรรมการ", "Committee", width=2),
        _column("ค่าที่ตรวจสอบแล้ว/ถึงกำหนด", "Verified/ expected", width=1.6),
        _column("ความครบถ้วน", "Complete", number=True, width=1.5),
        _column("คะแนนเฉลี่ย", "Mean score", number=True, width=1.5),
        _column("จากน้ำหนัก", "On weight", number=True, width=1.3),
        _column("ประชุม (ครั้ง)", "Meetings held", number=True, width=1.3),
        _column("มติ", "Resolutions", number=True, width=1.2),
        _column("เบิกจ่ายสุทธิ (บาท)", "Net paid (baht)", number=True, width=2),
        _column("นิเทศ (ครั้ง)", "Visits", number=True, width=1.1),
        _column("ข้อเสนอแนะค้าง", "Advice open", number=True, width=1.3),
        _column("งานเกินกำหนด", "Overdue", number=True, width=1.3),
    )
    names = region_names(content)
    rows = [
        (
            names[row["region"]],
            Cell(COMMITTEE_STATES[row["committee"]]),
            told(f"{row['completeness']['verified']}/{row['completeness']['expected']}"),
            _ratio(row["completeness"], "completeness"),
            score(row["total"]["total"]) if row["total"]["total"] else why(_unscored(content, row["region"])),
            figure(row["total"]["weight"]),
            count(row["meetings"]["held"]),
            count(row["meetings"]["resolutions"]),
            baht(row["budget"]["net_disbursed"]),
            count(row["visits"]["visits"]),
            count(row["recommendations"]["open"]),
            count(row["overdue"]),
        )
        for row in content["results"]["regions"]
    ]
    title = Words("ผลการดำเนินงานรายเขตตรวจราชการ", "Results by inspection region")
    return Sheet("regions", title, columns, rows, _doubt(content), wide=True)


def scores(content: Content) -> Sheet:
    """Figure and score of the year, of each region for each indicator that regions report."""
    regional = [row for row in content["indicators"] if row["measured_at"] == "region"]
    columns = [_column("เขตตรวจราชการ", "Inspection region", width=2.4)]
    for row in regional:
        columns += [
            _column(f"{row['code']} ผล", f"{row['code']} figure", number=True, width=1.5),
            _column(f"{row['code']} คะแนน", f"{row['code']} score", number=True, width=1.5),
        ]
    found = {(row["indicator"], row["scope"]): row for row in content["results"]["scores"]}
    names = region_names(content)
    rows = []
    for region in content["programme"]["regions"]:
        line = [names[region]]
        for row in regional:
            line += _scored(content, found.get((row["code"], region)), row["code"], region)
        rows.append(line)
    title = Words("ผลและคะแนนตามตัวชี้วัดรายเขต", "Figures and scores of the regions")
    return Sheet("scores", title, columns, rows, wide=True)


def _scored(content: Content, row: Row | None, indicator: str, region: str) -> Sequence[Cell]:
    if row is not None:
        return _figure(row["figure"], "not_reported"), score(row["score"])
    its = (each for each in content["results"]["cells"] if (each["indicator"], each["scope"]) == (indicator, region))
    empty = why(REASONS[_reason(each["status"] for each in its)])
    return empty, empty


def committees(content: Content) -> Sheet:
    """The committee of each region; members by seat and office."""
    columns = (
        _column("เขตตรวจราชการ", "Inspection region", width=3),
        _column("สถานะ", "State", width=2.2),
        _column("คำสั่งที่", "Order", width=1.7),
        _column("หน่วยงานที่ออกคำสั่ง", "Issued by", width=2.2),
        _column("ลงวันที่", "Dated", width=2.2),
        _column("มีผลตั้งแต่", "In effect from", width=2.2),
        _column("ประธาน", "Chair", width=4.4),
        _column("เลขานุการ", "Secretary", width=3),
        _column("กรรมการ (คน)", "Members", number=True, width=1.6),
        _column("มีสิทธิออกเสียง", "Voting", number=True, width=1.5),
    )
    names = region_names(content)
    rows = [
        (
            names[row["region"]],
            Cell(COMMITTEE_STATES[row["state"]]),
            told(f"{row['order_number']}/{row['order_year']}") if row["order_number"] else why(REASONS["no_order"]),
            told(row["order_unit"]) if row["order_unit"] else why(REASONS["no_order"]),
            _day(row["order_date"], "no_order"),
            _day(row["effective_from"], "no_order"),
            _held(row, "chair", "chairs"),
            _held(row, "secretary", "secretaries"),
            count(row["members"]),
            count(row["voting"] or 0),
        )
        for row in content["committees"]
    ]
    return Sheet("committees", Words("คณะกรรมการรายเขต", "Committees of the regions"), columns, rows, wide=True)


def _held(row: Row, seat: str, number: str) -> Cell:
    if row[seat]:
        return told(row[seat])
    return why(REASONS["by_person" if row[number] else "vacant" if row["state"] == "appointed" else "no_order"])


def meetings(content: Content) -> Sheet:
    """Meetings of each region and of the centre."""
    columns = (
        _column("เขตตรวจราชการ", "Inspection region", width=2.6),
        _column("จัดแล้ว", "Held", number=True),
        _column("กำหนดไว้", "Scheduled", number=True, width=1.2),
        _column("ยกเลิก", "Cancelled", number=True, width=1.2),
        _column("ไม่ครบองค์ประชุม", "Inquorate", number=True, width=1.2),
        _column("มติ", "Resolutions", number=True, width=1.3),
        _column("รับรองรายงานแล้ว", "Minutes approved", number=True, width=1.3),
    )
    members = ("held", "scheduled", "cancelled", "inquorate", "resolutions", "with_minutes")
    rows = [(name, *(count(row["meetings"][each]) for each in members)) for name, row in _with_centre(content)]
    rows.append((Cell(TOTAL), *(count(content["results"]["meetings"][each]) for each in members)))
    return Sheet("meetings", Words("การประชุม", "Meetings"), columns, rows, total=True)


def budget(content: Content) -> Sheet:
    """Money by activity, in baht."""
    columns = (
        _column("กิจกรรม", "Activity", width=1.1),
        _column("จัดสรร", "Allocated", number=True, width=1.6),
        _column("งบประมาณหลังโอน", "Budget after transfers", number=True, width=1.6),
        _column("เบิกจ่าย", "Disbursed", number=True, width=1.6),
        _column("คืนเงิน", "Reversed", number=True, width=1.5),
        _column("เบิกจ่ายสุทธิ", "Net disbursed", number=True, width=1.6),
        _column("คงเหลือ", "Remaining", number=True, width=1.6),
    )
    members = ("allocated", "budget", "disbursed", "reversed", "net_disbursed", "remaining")
    money = content["budget"]
    rows = [(told(row["activity"]), *(baht(row[each]) for each in members)) for row in money["by_activity"]]
    rows.append((Cell(TOTAL), *(baht(money["total"][each]) for each in members)))
    title = Words("งบประมาณรายกิจกรรม (บาท)", "Budget by activity (baht)")
    return Sheet("budget", title, columns, rows, total=True)


def budget_by_region(content: Content) -> Sheet:
    """What was paid in each region and by the centre, in baht."""
    columns = (
        _column("เขตตรวจราชการ", "Inspection region", width=2.2),
        _column("เบิกจ่าย", "Disbursed", number=True, width=1.6),
        _column("คืนเงิน", "Reversed", number=True, width=1.6),
        _column("เบิกจ่ายสุทธิ", "Net disbursed", number=True, width=1.6),
        _column("จำนวนรายการจ่าย", "Payments", number=True, width=1.2),
    )
    found = _with_centre(content)
    money = ("disbursed", "reversed", "net_disbursed")
    rows = [
        (name, *(baht(row["budget"][each]) for each in money), count(row["budget"]["payments"])) for name, row in found
    ]
    total = content["budget"]["total"]
    payments = count(sum(row["budget"]["payments"] for _name, row in found))
    rows.append((Cell(TOTAL), *(baht(total[each]) for each in money), payments))
    title = Words("การเบิกจ่ายรายเขต (บาท)", "Disbursement by region (baht)")
    return Sheet("budget-regions", title, columns, rows, total=True)


def supervision(content: Content) -> Sheet:
    """Supervision visits and recommendations of each region."""
    columns = (
        _column("เขตตรวจราชการ", "Inspection region", width=2.6),
        _column("นิเทศ (ครั้ง)", "Visits", number=True),
        _column("ข้อค้นพบ", "Findings", number=True),
        _column("ครั้งล่าสุด", "Last visit", width=1.6),
        _column("ข้อเสนอแนะเปิดอยู่", "Advice open", number=True, width=1.2),
        _column("ปิดแล้ว", "Closed", number=True),
        _column("เกินกำหนด", "Overdue", number=True),
        _column("ค้างนานสุด (วัน)", "Oldest open (days)", number=True, width=1.3),
    )
    names = region_names(content)
    rows = [
        _supervised(names[row["region"]], row["visits"], row["recommendations"])
        for row in content["results"]["regions"]
    ]
    rows.append(_supervised(Cell(CENTRE), None, content["results"]["centre"]["recommendations"]))
    rows.append(_supervised(Cell(TOTAL), content["results"]["visits"], content["recommendations"]["total"]))
    title = Words("การนิเทศ ติดตาม และข้อเสนอแนะ", "Supervision and recommendations")
    return Sheet("supervision", title, columns, rows, total=True)


def _supervised(name: Cell, visits: Row | None, advice: Row) -> Sequence[Cell]:
    if visits is None:
        visited = [why(REASONS["not_applicable"])] * 3
    else:
        last = _day(visits["last_visited_on"], "never")
        visited = [count(visits["visits"]), count(visits["findings"]), last]
    oldest = advice["oldest_open_days"]
    return (
        name,
        *visited,
        *(count(advice[each]) for each in ("open", "closed", "overdue")),
        why(REASONS["none"]) if oldest is None else count(oldest),
    )


def recommendations(content: Content) -> Sheet:
    """Every recommendation with its owner, an office."""
    columns = (
        _column("เขตตรวจราชการ", "Inspection region", width=2),
        _column("ข้อเสนอแนะ", "Recommendation", width=5),
        _column("หน่วยงานเจ้าของเรื่อง", "Owner", width=2.2),
        _column("วันที่ออก", "Issued on", width=1.6),
        _column("กำหนด", "Due on", width=1.6),
        _column("สถานะ", "State", width=1.6),
    )
    names = region_names(content)
    rows = [
        (
            names[row["region"]] if row["region"] else Cell(CENTRE),
            told(row["text"]),
            told(row["owner"]),
            day(row["issued_on"]),
            day(row["due_on"]),
            Cell(ADVICE_STATES["overdue" if row["overdue"] else row["state"]]),
        )
        for row in content["recommendations"]["list"]
    ]
    title = Words("รายการข้อเสนอแนะจากการนิเทศ", "Recommendations from supervision")
    return Sheet("recommendations", title, columns, rows)


def national_periods(content: Content) -> Sheet:
    """The nation's figure of each indicator in each period."""
    columns = (
        _column("รหัส", "Code"),
        _column("งวด", "Period", width=1.5),
        _column("ผล", "Figure", number=True, width=1.5),
        _column("คะแนน", "Score", number=True, width=1.5),
        _column("ข้อมูลจาก", "From", width=2.4),
        _column("สถานะ", "Status", width=1.8),
    )
    rows = [
        _national_period(indicator["code"], row) for indicator in content["indicators"] for row in indicator["nation"]
    ]
    title = Words("ผลระดับประเทศรายงวด", "The nation's figures by period")
    return Sheet("nation", title, columns, rows)


def _national_period(code: str, row: Row) -> Sequence[Cell]:
    state = Cell(NATION_STATUS[row["status"]])
    empty = why(REASONS[_reason([row["status"]])])
    return (
        told(code),
        period(row["period"]),
        empty if row["figure"] is None else figure(row["figure"]),
        empty if row["score"] is None else score(row["score"]),
        empty if row["figure"] is None else _basis(row),
        state,
    )


def regional_periods(content: Content, indicator: Row) -> Sheet:
    """One indicator's figure in each region and period; ``*``: not verified yet."""
    code = indicator["code"]
    names = [str(each) for each in periods(content["programme"]["fiscal_year"], indicator["frequency"])]
    found = {(row["scope"], row["period"]): row for row in content["results"]["cells"] if row["indicator"] == code}
    columns = [_column("เขตตรวจราชการ", "Inspection region", width=2.2)]
    columns += [Column(period(name).words, True, 1.5) for name in names]
    regional = region_names(content)
    rows = [
        (regional[region], *(_reported(found.get((region, name))) for name in names))
        for region in content["programme"]["regions"]
    ]
    title = said(
        f"{code} {indicator['name']['th']} รายเขตและงวด", f"{code} {indicator['name']['en']}, by region and period"
    )
    notes = [Words("แสดงเฉพาะค่าที่ตรวจสอบแล้ว", "Verified figures only.")]
    return Sheet(f"cells-{code}", title.words, columns, rows, notes, wide=len(names) > 6)


def _reported(row: Row | None) -> Cell:
    if row is None:
        return why(REASONS["not_applicable"])
    if row["verified_figure"] is not None:
        return figure(row["verified_figure"])
    return why(REASONS[row["status"]])


def positions(content: Content) -> Sheet:
    """How far each record had been read."""
    columns = (
        _column("บันทึกของ", "Record of", width=3),
        _column("ส่วนที่", "Shard", number=True),
        _column("ตำแหน่ง", "Position", number=True, width=1.5),
    )
    rows = [
        (Cell(STORES.get(row["store"], Words(row["store"], row["store"]))), count(row["shard"]), count(row["position"]))
        for row in content["sources"]["positions"]
    ]
    title = Words("ตำแหน่งของบันทึกที่ใช้", "Positions of the records that were read")
    return Sheet("positions", title, columns, rows)


def digests(content: Content) -> Sheet:
    """Hashes of what the report was made from and with."""
    columns = (_column("ของ", "Of", width=1), _column("SHA-256", "SHA-256", width=4))
    rows = [(_verbatim(row["of"]), _verbatim(row["sha256"])) for row in content["sources"]["digests"]]
    return Sheet("digests", Words("ค่าแฮช", "Hashes"), columns, rows)


def region_names(content: Content) -> Mapping[str, Cell]:
    """Every region's name by its code."""
    listed = region_list(content["programme"]["region_list"])
    return {region.code: said(region.name_th, region.name_en) for region in listed}


def _with_centre(content: Content) -> list[tuple[Cell, Row]]:
    names = region_names(content)
    found = [(names[row["region"]], row) for row in content["results"]["regions"]]
    return [*found, (Cell(CENTRE), content["results"]["centre"])]


def _doubt(content: Content) -> Sequence[Words]:
    listed = region_list(content["programme"]["region_list"])
    doubtful = [region for region in listed if region.doubtful]
    th, en = (", ".join(str(region.number) for region in doubtful) for _language in range(2))
    note = said(f"เขตตรวจราชการที่ {th}: {DOUBT_TH}", f"Inspection Regions {en}: {DOUBT_EN}")
    return [note.words] if doubtful else []


def _unscored(content: Content, region: str) -> Words:
    return REASONS[_reason(row["status"] for row in content["results"]["cells"] if row["scope"] == region)]


def _reason(statuses: Iterable[str]) -> str:
    """Why there is no score: a verified figure's own is on its way, so it is waited for."""
    found = set(statuses)
    first = next((each for each in EMPTY_FIRST if each in found), "not_applicable")
    return "waiting" if first == "verified" else first


def _column(th: str, en: str, *, number: bool = False, width: float = 1) -> Column:
    return Column(said(th, en).words, number, width)


def _figure(text: str | None, reason: str) -> Cell:
    return why(REASONS[reason]) if text is None else figure(text)


def _day(iso: str | None, reason: str) -> Cell:
    return why(REASONS[reason]) if iso is None else day(iso)


def _ratio(row: Row, name: str) -> Cell:
    return why(REASONS["not_due"]) if row[name] is None else percent(row[name])


def target_of(indicator: Row) -> str | None:
    """The nation's target: its own, or each region's where it has none."""
    target: str | None = indicator["national_target"] or indicator["target"]
    return target


def _whole(weight: str) -> str:
    return figure(weight).shown("en")


def _verbatim(text: str) -> Cell:
    return Cell(Words(text, text))


def _kind_of_data(simulated: bool) -> Cell:
    return said("ข้อมูลจำลอง", "simulated data") if simulated else said("ข้อมูลจริง", "real data")
