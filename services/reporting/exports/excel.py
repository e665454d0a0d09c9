"""An answer as a workbook: what it is as of on the first sheet, every table on one of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from services.reporting.exports.dictionary import meaning
from services.reporting.exports.tables import Cell, Table
from shared.thai.fiscal import BANGKOK

ABOUT = "About"
DICTIONARY = "Dictionary"
DICTIONARY_COLUMNS = ("sheet", "column", "ความหมาย", "meaning", "หน่วย / unit")
ABOUT_COLUMNS = ("รายการ / item", "ความหมาย / meaning", "ค่า / value")
MEANINGS = {
    "programme": "โครงการ / programme",
    "question": "คำถาม / what was asked",
    "as_of": "ตามที่บันทึกไว้ ณ / as it was recorded by",
    "effective_at": "ตามที่มีผล ณ / as it was in effect at",
    "at": "เวลาที่ใช้ตัดสินกำหนดส่ง / time at which due dates are judged",
    "final": "จะไม่เปลี่ยนอีก / will not change any more",
    "complete_up_to": "ข้อมูลครบถึง / complete up to",
    "newest_recorded_at": "บันทึกล่าสุด / newest record",
    "completeness.submitted": "ค่าที่ส่งแล้ว / figures submitted",
    "completeness.verified": "ค่าที่ตรวจแล้ว / figures verified",
    "completeness.expected": "ค่าที่ครบกำหนด / figures expected",
    "parked": "เหตุการณ์ที่พักไว้ / events parked",
    "stale": "ยังไม่ถึงตำแหน่งที่ขอ / not yet at the position asked for",
    "positions": "ตำแหน่งของบันทึก / positions of the stores",
}
LONGEST_NAME = 31
LONGEST_TEXT = 32_767
WIDEST = 48
EXACT = 10**15
"""Excel's numbers are exact below it."""


def xlsx_of(tables: Sequence[Table], meta: Mapping[str, Cell]) -> bytes:
    """The workbook. Instants are in Bangkok's time, for Excel knows no offsets; no text is taken for a formula."""
    from xlsxwriter import Workbook

    out = BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(out, {**settings, "default_date_format": "yyyy-mm-dd"}) as book:
        # Without it the file would hold the time at which it was written, and differ each time.
        book.set_properties({"created": datetime(2016, 10, 1, tzinfo=UTC).replace(tzinfo=None)})
        rows = [(name, MEANINGS.get(name, ""), value) for name, value in meta.items()]
        _sheet(book, ABOUT, Table(ABOUT, ABOUT_COLUMNS, rows))
        for table in tables:
            _sheet(book, table.name[:LONGEST_NAME], table)
        _sheet(book, DICTIONARY, _dictionary(tables))
    return out.getvalue()


def _dictionary(tables: Sequence[Table]) -> Table:
    """What each column of each sheet means."""
    rows = [
        (table.name, column, word.thai, word.english, word.unit)
        for table in tables
        for column in table.columns
        for word in [meaning(column)]
    ]
    return Table(DICTIONARY, DICTIONARY_COLUMNS, rows)


def _sheet(book: Any, name: str, table: Table) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for column, title in enumerate(table.columns):
        sheet.write_string(0, column, title, head)
        sheet.set_column(column, column, _width(title, [row[column] for row in table.rows]))
    for number, row in enumerate(table.rows, 1):
        for column, value in enumerate(row):
            _write(sheet, number, column, value, instant)
    sheet.freeze_panes(1, 0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _write(sheet: Any, row: int, column: int, value: Cell, instant: Any) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(row, column, value)
        case str():
            sheet.write_string(row, column, value[:LONGEST_TEXT])
        case datetime():
            # Excel would round the last instant of a day to the next day.
            local = value.astimezone(BANGKOK).replace(microsecond=0, tzinfo=None)
            sheet.write_datetime(row, column, local, instant)
        case date():
            sheet.write_datetime(row, column, value)
        case int() | float() | Decimal():
            _write_number(sheet, row, column, value)


def _write_number(sheet: Any, row: int, column: int, value: int | float | Decimal) -> None:
    if -EXACT < value < EXACT:
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value))


def _width(title: str, values: Sequence[Cell]) -> int:
    return min(WIDEST, max(10, len(title), *(len(str(value)) for value in values if value is not None)) + 2)
