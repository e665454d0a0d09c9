"""An answer as a workbook: what it is as of on the first sheet, every table on one of its own, and the dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any

from services.reporting.exports.dictionary import Word, meaning
from services.reporting.exports.tables import Cell, Table
from shared.thai.fiscal import BANGKOK

ABOUT = "About"
ABOUT_COLUMNS = ("รายการ / item", "ความหมาย / meaning", "ค่า / value")
DICTIONARY = "Dictionary"
DICTIONARY_COLUMNS = ("sheet", "column", "ความหมาย", "meaning", "หน่วย / unit")
UNITS = {"instant (UTC)": "instant (Asia/Bangkok)"}
"""Units that are others in a workbook than in the answer."""
CUT = "texts_cut"
LONGEST_NAME = 31
LONGEST_TEXT = 32_767
WIDEST = 48
EXACT = 10**15
"""Excel's numbers are exact below it."""
PLACES = 15
"""Excel shows no more."""
MONEY = "satang"

_A4 = 9


def xlsx_of(tables: Sequence[Table], meta: Mapping[str, Cell]) -> bytes:
    """The workbook. Instants are in Bangkok's time, for Excel knows no offsets; no text is taken for a formula.

    A text that is longer than a cell holds is cut; the first sheet says how many were.
    """
    from xlsxwriter import Workbook

    out = BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(out, {**settings, "default_date_format": "yyyy-mm-dd"}) as book:
        # Without it the file would hold the time at which it was written, and differ each time.
        book.set_properties({"created": datetime(2016, 10, 1, tzinfo=UTC).replace(tzinfo=None)})
        styles = Styles(book)
        for table in (_about(tables, meta), *tables, _dictionary(tables)):
            _sheet(book, table, styles)
    return out.getvalue()


class Styles:
    """How cells look."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.head = book.add_format(
            {"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self.instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.money = book.add_format({"num_format": "#,##0"})
        self.decimal = cache(self._decimal)

    def _decimal(self, places: int) -> Any:
        return self._book.add_format({"num_format": f"0.{'0' * places}" if places else "0"})


def _about(tables: Sequence[Table], meta: Mapping[str, Cell]) -> Table:
    """What the workbook is as of, and how many of its texts were cut."""
    cut = sum(_is_cut(value) for table in tables for row in table.rows for value in row)
    words = {name: meaning(ABOUT, f"meta.{name}") for name in (*meta, CUT)}
    rows = [(name, f"{words[name].thai} / {words[name].english}", value) for name, value in {**meta, CUT: cut}.items()]
    return Table(ABOUT, ABOUT_COLUMNS, rows)


def _dictionary(tables: Sequence[Table]) -> Table:
    """What each column of each sheet means."""
    rows = [
        (table.name, column, word.thai, word.english, UNITS.get(word.unit, word.unit))
        for table in tables
        for column, word in _words(table)
    ]
    return Table(DICTIONARY, DICTIONARY_COLUMNS, rows)


def _words(table: Table) -> list[tuple[str, Word]]:
    return [(column, meaning(table.name, column)) for column in table.columns]


def _sheet(book: Any, table: Table, styles: Styles) -> None:
    sheet = book.add_worksheet(table.name[:LONGEST_NAME])
    for column, (title, word) in enumerate(_words(table)):
        values = [row[column] for row in table.rows]
        sheet.write_string(0, column, title, styles.head)
        sheet.set_column(column, column, _width(title, values))
        for row, value in enumerate(values, 1):
            _write(sheet, row, column, value, styles, word.unit)
    sheet.freeze_panes(1, 0)
    _set_page(sheet)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _set_page(sheet: Any) -> None:
    """On paper: A4, as wide as the table, its head on every page."""
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write(sheet: Any, row: int, column: int, value: Cell, styles: Styles, unit: str) -> None:
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
            sheet.write_datetime(row, column, local, styles.instant)
        case date():
            sheet.write_datetime(row, column, value)
        case int() | float() | Decimal() if not -EXACT < value < EXACT:
            sheet.write_string(row, column, str(value))
        case Decimal():
            sheet.write_number(row, column, value, styles.decimal(_places(value)))
        case int() | float():
            sheet.write_number(row, column, value, styles.money if unit == MONEY else None)


def _is_cut(value: Cell) -> bool:
    return isinstance(value, str) and len(value) > LONGEST_TEXT


def _places(value: Decimal) -> int:
    """Digits behind the point that are shown: as many as there are."""
    exponent = value.as_tuple().exponent
    return min(PLACES, max(0, -exponent)) if isinstance(exponent, int) else 0


def _width(title: str, values: Sequence[Cell]) -> int:
    return min(WIDEST, max(10, len(title), *map(_length, values)) + 2)


def _length(value: Cell) -> int:
    """Characters that a cell shows."""
    match value:
        case None:
            return 0
        case datetime():
            return len("yyyy-mm-dd hh:mm:ss")
        case Decimal():
            return len(format(value, f".{_places(value)}f"))
        case _:
            return len(str(value))
