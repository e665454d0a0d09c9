"""The words of a report for states, kinds and reasons, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from services.reporting.documents.cells import Words

REASONS: Mapping[str, Words] = {
    "not_due": Words("ยังไม่ถึงกำหนด", "not due"),
    "not_reported": Words("ยังไม่รายงาน", "not reported"),
    "returned": Words("ส่งคืนให้แก้ไข", "returned"),
    "waiting": Words("รอการตรวจสอบ", "waiting"),
    "not_applicable": Words("ไม่เกี่ยวข้อง", "not applicable"),
    "no_order": Words("ยังไม่มีคำสั่ง", "no order yet"),
    "vacant": Words("ว่าง", "vacant"),
    "by_person": Words("โดยบุคคล", "by a person"),
    "none": Words("ไม่มี", "none"),
    "never": Words("ยังไม่มี", "none yet"),
    "not_set": Words("ไม่ได้กำหนด", "not set"),
    "not_done": Words("ยังไม่แล้วเสร็จ", "not completed"),
    "not_summed": Words("ไม่รวม", "not summed"),
    "no_rule": Words("ไม่ได้นับจากหลักฐาน", "not counted"),
}
"""Why a cell is empty."""

NATION_STATUS: Mapping[str, Words] = {
    "scored": Words("ตรวจสอบแล้ว", "verified"),
    "verified": Words("ตรวจสอบแล้ว", "verified"),
    "provisional": Words("ค่าเบื้องต้น", "provisional"),
    "waiting": Words("รอการตรวจสอบ", "waiting"),
    "returned": Words("ส่งคืนให้แก้ไข", "returned"),
    "not_reported": Words("ยังไม่รายงาน", "not reported"),
    "not_due": Words("ยังไม่ถึงกำหนด", "not due"),
    "not_applicable": Words("ไม่เกี่ยวข้อง", "not applicable"),
}
COMMITTEE_STATES: Mapping[str, Words] = {
    "none": Words("ยังไม่เสนอ", "not proposed"),
    "proposed": Words("เสนอแต่งตั้งแล้ว", "proposed"),
    "appointed": Words("แต่งตั้งแล้ว", "appointed"),
    "dissolved": Words("ยุบเลิกแล้ว", "dissolved"),
    "withdrawn": Words("ถอนข้อเสนอแล้ว", "withdrawn"),
}
ACTIVITY_STATES: Mapping[str, Words] = {
    "not_planned": Words("ยังไม่ได้วางแผน", "not planned"),
    "planned": Words("วางแผนแล้ว", "planned"),
    "started": Words("กำลังดำเนินการ", "started"),
    "completed": Words("แล้วเสร็จ", "completed"),
    "cancelled": Words("ยกเลิก", "cancelled"),
}
ADVICE_STATES: Mapping[str, Words] = {
    "open": Words("กำลังดำเนินการ", "open"),
    "closed": Words("ปิดแล้ว", "closed"),
    "overdue": Words("เกินกำหนด", "overdue"),
}
STORES: Mapping[str, Words] = {
    "committee": Words("คณะกรรมการ (committee)", "committee"),
    "activity": Words("กิจกรรม (activity)", "activity"),
    "evaluation": Words("การประเมินผล (evaluation)", "evaluation"),
    "reporting": Words("การรายงาน (reporting)", "reporting"),
}
KINDS: Mapping[str, Words] = {
    "quantitative": Words("เชิงปริมาณ", "quantitative"),
    "qualitative": Words("เชิงคุณภาพ", "qualitative"),
}
"""In the page's order."""
FREQUENCIES: Mapping[str, Words] = {
    "monthly": Words("รายเดือน", "monthly"),
    "quarterly": Words("รายไตรมาส", "quarterly"),
    "half_yearly": Words("รายครึ่งปี", "half-yearly"),
    "yearly": Words("รายปี", "yearly"),
}
CENTRE = Words("ส่วนกลางของโครงการ", "The programme's centre")
TOTAL = Words("รวม", "Total")
