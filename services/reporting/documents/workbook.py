"""The report as a workbook: what it is on the first sheet, and every table on one of its own, in both languages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from services.reporting.documents.cells import Cell, Words
from services.reporting.documents.content import Content
from services.reporting.documents.sheets import Sheet, sheets_of
from shared.thai.digits import to_arabic

HEAD_ROWS = 3
"""Title in Thai, title in English, names of the columns."""
WIDTH = 7
WIDEST = 60
TOP = {"valign": "top", "text_wrap": True}
EXACT = 10**13
"""Below it, Excel's numbers keep two decimals exactly."""


def workbook_of(content: Content) -> bytes:
    """The workbook. Its date is that of the figures; no text is taken for a formula or a link."""
    out = BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(out, settings) as book:
        at = datetime.fromisoformat(content["sources"]["at"]).replace(tzinfo=None, microsecond=0)
        book.set_properties({"title": content["report"]["title"], "created": at})
        for sheet in sheets_of(content).values():
            _Writer(book, sheet).write()
    return out.getvalue()


class _Writer:
    def __init__(self, book: Any, sheet: Sheet) -> None:
        self.book, self.sheet = book, sheet
        self.page = book.add_worksheet(sheet.key)
        self._formats: dict[tuple[str, bool, bool], Any] = {}

    def write(self) -> None:
        """Titles, names of columns, rows, notes."""
        sheet, page = self.sheet, self.page
        title = self.book.add_format({"bold": True, "font_size": 13})
        head = self.book.add_format({**TOP, "bold": True, "bottom": 1, "bg_color": "#F2F2F2"})
        page.write_string(0, 0, sheet.title.th, title)
        page.write_string(1, 0, sheet.title.en, title)
        for place, column in enumerate(sheet.columns):
            page.write_string(HEAD_ROWS - 1, place, _both(column.title, "\n"), head)
            page.set_column(place, place, min(WIDEST, max(12, WIDTH * column.width)))
        for number, row in enumerate(sheet.rows, HEAD_ROWS):
            total = sheet.total and number == HEAD_ROWS + len(sheet.rows) - 1
            for place, cell in enumerate(row):
                self._cell(number, place, cell, total)
        for number, note in enumerate(sheet.notes, HEAD_ROWS + len(sheet.rows) + 1):
            page.write_string(number, 0, _both(note))
        page.freeze_panes(HEAD_ROWS, 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(HEAD_ROWS - 1)

    def _cell(self, row: int, column: int, cell: Cell, total: bool) -> None:
        form = self._format(cell, total)
        match cell.value:
            case Decimal() if abs(cell.value) < EXACT:
                self.page.write_number(row, column, cell.value, form)
            case date():
                self.page.write_datetime(row, column, cell.value, form)
            case _:
                self.page.write_string(row, column, _both(cell.words), form)

    def _format(self, cell: Cell, total: bool) -> Any:
        known = (cell.format, cell.why, total)
        if known not in self._formats:
            grey = {"font_color": "#595959"} if cell.why else {}
            looks = {**TOP, "num_format": cell.format or "@", "bold": total, **grey}
            self._formats[known] = self.book.add_format(looks)
        return self._formats[known]


def _both(words: Words, between: str = " / ") -> str:
    """The words in both languages, or once where they are the same but for the digits."""
    return words.en if to_arabic(words.th) == words.en else f"{words.th}{between}{words.en}"
